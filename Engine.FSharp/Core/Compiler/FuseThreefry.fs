// The threefry-2x32 hash (Salmon et al. 2011, 20 rounds) in lanes.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal Threefry =
    /// Two words of counter to two words of noise under a key of two words.
    let hash (key0: Lane) (key1: Lane) (counter0: Lane) (counter1: Lane) : struct (Lane * Lane) =
        let key2 = key0 ^^. key1 ^^. key0.Number(float 0x1BD11BDAu)
        let keys = [| key0; key1; key2 |]

        let isZero (lane: Lane) =
            match lane.Op with
            | LaneOp.Constant 0.0 -> true
            | _ -> false

        let mutable x = if isZero counter0 then key0 else counter0 +. key0
        let mutable y = if isZero counter1 then key1 else counter1 +. key1

        for group in 0..4 do
            for rotation in (if group % 2 = 0 then [| 13; 15; 26; 6 |] else [| 17; 29; 16; 24 |]) do
                x <- x +. y
                y <- Lane.Unary (LaneOp.RotateLeft rotation) y ^^. x

            x <- x +. keys[(group + 1) % 3]
            y <- y +. (keys[(group + 2) % 3] +. key0.Number(float (group + 1)))

        struct (x, y)

    let private word64 (high: Lane) (low: Lane) = Lane.shiftLeft 32 (Lane.convert DType.UInt64 high) ||. Lane.convert DType.UInt64 low

    /// Element i of the partitionable layout, which counts in 64 bits.
    let partitionable (dtype: DType) key0 key1 (counter: Lane) : Lane =
        let struct (x, y) = hash key0 key1 (counter.Number 0.0) counter

        match dtype with
        | DType.UInt64 -> word64 x y
        | DType.UInt32 -> x ^^. y
        // The low bits: cut them out, so that the conversion is exact.
        | DType.UInt16 -> Lane.convert dtype ((x ^^. y) &&. x.Number 65535.0)
        | _ -> Lane.convert dtype ((x ^^. y) &&. x.Number 255.0)

    /// Element i of n 64-bit words in the original layout: the hash of the pair (i, n + i).
    let original64 key0 key1 (counter: Lane) (paired: Lane) : Lane =
        let struct (x, y) = hash key0 key1 counter paired
        word64 x y
