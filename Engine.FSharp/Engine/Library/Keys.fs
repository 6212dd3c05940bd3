// Random keys as tensors: seeds, splitting and folding of threefry-2x32 keys, in operations that stage and batch like any other.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// One key: uint32[2] and the layout in which bits are drawn from it.
[<NoComparison; NoEquality>]
type internal Key = { Data: Tensor; Layout: KeyLayout }

[<RequireQualifiedAccess>]
module internal Keys =
    let required name (a: Tensor) =
        if isNull a then nullArg name

        a

    /// The sizes of a shape that a user gave, or others where there is none.
    let shape operation (sizes: IReadOnlyList<int>) (otherwise: int[]) =
        if isNull sizes then
            otherwise
        else
            let dims = Seq.toArray sizes

            if dims |> Array.exists (fun d -> d < 0) then
                raise (ShapeException $"{operation}: the shape {Shape.text dims} has a negative size.")

            dims

    let words (first: uint32) (second: uint32) = Tensor(NDArray.ofData DType.UInt32 [| 2 |] [| first; second |])

    let ofSeed (seed: int64) = words (uint32 (seed >>> 32)) (uint32 seed)

    let private shifted zip (count: int) (a: Tensor) = Primitive.zip zip a (Primitive.fillLike a (float count))

    /// The high and the low half of 64-bit integers, along a new last axis.
    let private halves (a: Tensor) =
        let half = Primitive.convert DType.UInt32
        Primitive.stack a.Rank [| half (shifted Zip.ShiftRight 32 a); half a |]

    let private requireInteger operation what (a: Tensor) =
        let a = required what a

        if not (DType.isInteger a.DType) then
            raise (DTypeException $"{operation}: the {what} is an integer, not {DType.name a.DType}; convert it (AsType).")

        if a.Rank <> 0 then
            raise (
                ShapeException
                    $"{operation}: the {what} is one integer, not a tensor of shape {Shape.text a.Dims}; vectorize the function for several."
            )

    /// The key data of a seed that may be traced. A type of 32 bits or fewer has no high word: it is 0, for negative seeds too.
    let ofSeedTensor (seed: Tensor) =
        requireInteger "FromSeed" "seed" seed

        if DType.bytes seed.DType = 8 then
            halves seed
        else
            let low = Primitive.convert DType.UInt32 seed
            Primitive.stack 0 [| Primitive.fillLike low 0.0; low |]

    let bits dtype (shape: int[]) (key: Key) = Primitive.apply1 (Op.RandomBits(dtype, shape, key.Layout)) key.Data

    /// The data of `count` keys, [count, 2]: the hash of 0 .. 2 count - 1, or both words of the hash of each index.
    let splitData (count: int) (key: Key) =
        match key.Layout with
        | KeyLayout.Original -> bits DType.UInt32 [| count; 2 |] key
        | KeyLayout.Partitionable -> halves (bits DType.UInt64 [| count |] key)

    let split (count: int) (key: Key) =
        let data = splitData count key

        Array.init count (fun i -> { key with Data = Primitive.entry 0 i data })

    /// The hash of (0, data) under a key, written out for keys or data that have no number yet.
    let private hash (key: Tensor) (data: Tensor) =
        let xor = Primitive.zip Zip.Xor
        let constant (value: uint32) = Primitive.fillLike data (float value)
        let first, second = Primitive.entry 0 0 key, Primitive.entry 0 1 key
        let words = [| first; second; xor (xor first second) (constant 0x1BD11BDAu) |]
        let mutable x = first
        let mutable y = Primitive.add data second

        for group in 0..4 do
            for rotation in (if group % 2 = 0 then [| 13; 15; 26; 6 |] else [| 17; 29; 16; 24 |]) do
                x <- Primitive.add x y

                let rotated = Primitive.zip Zip.Or (shifted Zip.ShiftLeft rotation y) (shifted Zip.ShiftRight (32 - rotation) y)

                y <- xor rotated x

            x <- Primitive.add x words[(group + 1) % 3]
            y <- Primitive.add (Primitive.add y words[(group + 2) % 3]) (constant (uint32 (group + 1)))

        Primitive.stack 0 [| x; y |]

    /// The data of the key's descendant number `data`, which is taken modulo 2^32. The same in both layouts.
    let foldIn (data: Tensor) (key: Key) =
        requireInteger "FoldIn" "number to fold in" data
        let word = Primitive.convert DType.UInt32 data

        if isNull word.Trace && isNull key.Data.Trace then
            // A hundred operations in one, where the numbers are there.
            let keyWords = (KernelsViews.contiguous key.Data.Array).Span<uint32>()
            let counter = (KernelsViews.contiguous word.Array).Span<uint32>()
            let struct (x, y) = KernelsRandom.hash keyWords[0] keyWords[1] 0u counter[0]
            words x y
        else
            hash key.Data word
