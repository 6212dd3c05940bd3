// Random bits: the threefry-2x32 hash (Salmon et al. 2011, 20 rounds) in JAX's two layouts.
namespace Pipeline.Engine

open System
open System.Numerics
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsRandom =
    /// Two words of counter to two words of noise under a key of two words.
    let hash (key0: uint32) (key1: uint32) (counter0: uint32) (counter1: uint32) : struct (uint32 * uint32) =
        let key2 = key0 ^^^ key1 ^^^ 0x1BD11BDAu
        let mutable x = counter0 + key0
        let mutable y = counter1 + key1

        let inline round rotation =
            x <- x + y
            y <- BitOperations.RotateLeft(y, rotation) ^^^ x

        let inline even () =
            round 13
            round 15
            round 26
            round 6

        let inline odd () =
            round 17
            round 29
            round 16
            round 24

        even ()
        x <- x + key1
        y <- y + key2 + 1u
        odd ()
        x <- x + key2
        y <- y + key0 + 2u
        even ()
        x <- x + key0
        y <- y + key1 + 3u
        odd ()
        x <- x + key1
        y <- y + key2 + 4u
        even ()
        x <- x + key2
        y <- y + key0 + 5u
        struct (x, y)

    /// The hash of 0, 1, .., n - 1 (and a 0 where n is odd): counters are paired from the two halves, and the noise is cut at n.
    let private hashIota (key0: uint32) (key1: uint32) (n: int64) : uint32[] =
        let half = (n + 1L) / 2L
        let words = GC.AllocateUninitializedArray<uint32>(int n)

        for i in 0 .. int half - 1 do
            CancellationScope.CheckAt i
            let second = half + int64 i

            let struct (x, y) = hash key0 key1 (uint32 i) (if second < n then uint32 second else 0u)

            words[i] <- x

            if second < n then words[int second] <- y

        words

    let private original (dtype: DType) key0 key1 (target: NDArray) (first: int) (size: int) =
        match dtype with
        | DType.UInt64 ->
            let words = hashIota key0 key1 (2L * int64 size)
            let elements = KernelsViews.words<uint64> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                elements[first + i] <- (uint64 words[i] <<< 32) ||| uint64 words[size + i]
        | DType.UInt32 ->
            KernelsViews.copyElements (ReadOnlySpan(hashIota key0 key1 (int64 size))) ((KernelsViews.words<uint32> target).Slice first)
        | DType.UInt16 ->
            let words = hashIota key0 key1 ((int64 size + 1L) / 2L)
            let elements = KernelsViews.words<uint16> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                elements[first + i] <- uint16 (words[i / 2] >>> (16 * (i % 2)))
        | _ ->
            let words = hashIota key0 key1 ((int64 size + 3L) / 4L)
            let elements = KernelsViews.words<byte> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                elements[first + i] <- byte (words[i / 4] >>> (8 * (i % 4)))

    let private partitionable (dtype: DType) key0 key1 (target: NDArray) (first: int) (size: int) =
        match dtype with
        | DType.UInt64 ->
            let elements = KernelsViews.words<uint64> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                let struct (x, y) = hash key0 key1 0u (uint32 i)
                elements[first + i] <- (uint64 x <<< 32) ||| uint64 y
        | DType.UInt32 ->
            let elements = KernelsViews.words<uint32> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                let struct (x, y) = hash key0 key1 0u (uint32 i)
                elements[first + i] <- x ^^^ y
        | DType.UInt16 ->
            let elements = KernelsViews.words<uint16> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                let struct (x, y) = hash key0 key1 0u (uint32 i)
                elements[first + i] <- uint16 (x ^^^ y)
        | _ ->
            let elements = KernelsViews.words<byte> target

            for i in 0 .. size - 1 do
                CancellationScope.CheckAt i
                let struct (x, y) = hash key0 key1 0u (uint32 i)
                elements[first + i] <- byte (x ^^^ y)

    /// Keys [.., 2] to bits [.., shape]: each key as if it were alone.
    let bits (dtype: DType) (shape: int[]) (layout: KeyLayout) (keys: NDArray) : NDArray =
        if keys.DType <> DType.UInt32 || keys.Rank = 0 || keys.Shape[keys.Rank - 1] <> 2 then
            raise (ShapeException $"A key is uint32[2], not {DType.name keys.DType}{Shape.text keys.Shape}.")

        if not (dtype >= DType.UInt8 && dtype <= DType.UInt64) then
            raise (DTypeException $"Random bits are uint8, uint16, uint32 or uint64, not {DType.name dtype}.")

        let result = NDArray.allocate dtype (Array.append keys.Shape[.. keys.Rank - 2] shape)

        let size = Shape.size shape
        let words = KernelsViews.elements<uint32>(KernelsViews.contiguous keys)

        for i in 0 .. words.Length / 2 - 1 do
            CancellationScope.CheckAt i

            match layout with
            | KeyLayout.Original -> original dtype words[2 * i] words[2 * i + 1] result (i * size) size
            | KeyLayout.Partitionable -> partitionable dtype words[2 * i] words[2 * i + 1] result (i * size) size

        result
