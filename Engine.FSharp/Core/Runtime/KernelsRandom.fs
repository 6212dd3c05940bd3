// Random bits: the threefry-2x32 hash (Salmon et al. 2011, 20 rounds) in JAX's two layouts.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsRandom =
    /// The most pairs of counters that are hashed at once.
    let private block = 4096

    /// Room for the pairs of so many counters, or of as many of them as are hashed at once.
    let private room (counters: int) : uint32[] =
        let together = Threefry.Together
        GC.AllocateUninitializedArray<uint32>((min block counters + together - 1) / together * together)

    /// Pairs of counters to noise.
    let private hashAll (key0: uint32) (key1: uint32) (x: uint32[]) (y: uint32[]) =
        use a = fixed x
        use b = fixed y
        Threefry.Hash(key0, key1, a, b, x.Length)

    /// Two words of counter to two words of noise under a key of two words.
    let hash (key0: uint32) (key1: uint32) (counter0: uint32) (counter1: uint32) : struct (uint32 * uint32) =
        let x, y = Array.zeroCreate Threefry.Together, Array.zeroCreate Threefry.Together
        x[0] <- counter0
        y[0] <- counter1
        hashAll key0 key1 x y
        struct (x[0], y[0])

    /// The hash of 0, 1, .., n - 1 (and a 0 where n is odd): counters are paired from the two halves, and the noise is cut at n.
    let private hashIota (key0: uint32) (key1: uint32) (n: int64) : uint32[] =
        let n, half = int n, int ((n + 1L) / 2L)
        let words = GC.AllocateUninitializedArray<uint32> n
        let x, y = room half, room half
        let mutable first = 0

        while first < half do
            let count = min x.Length (half - first)
            let seconds = min count (n - half - first)

            for k in 0 .. count - 1 do
                x[k] <- uint32 (first + k)
                y[k] <- if k < seconds then uint32 (half + first + k) else 0u

            hashAll key0 key1 x y
            Array.Copy(x, 0, words, first, count)
            Array.Copy(y, 0, words, half + first, seconds)
            first <- CancellationScope.Next(first + count, half)

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

    let private partitionable (dtype: DType) key0 key1 (x: uint32[]) (y: uint32[]) (target: NDArray) (first: int) (size: int) =
        let mutable begun = 0

        while begun < size do
            let count = min x.Length (size - begun)

            for k in 0 .. count - 1 do
                x[k] <- 0u
                y[k] <- uint32 (begun + k)

            hashAll key0 key1 x y

            match dtype with
            | DType.UInt64 ->
                let elements = (KernelsViews.words<uint64> target).Slice(first + begun, count)

                for k in 0 .. count - 1 do
                    elements[k] <- (uint64 x[k] <<< 32) ||| uint64 y[k]
            | DType.UInt32 ->
                let elements = (KernelsViews.words<uint32> target).Slice(first + begun, count)

                for k in 0 .. count - 1 do
                    elements[k] <- x[k] ^^^ y[k]
            | DType.UInt16 ->
                let elements = (KernelsViews.words<uint16> target).Slice(first + begun, count)

                for k in 0 .. count - 1 do
                    elements[k] <- uint16 (x[k] ^^^ y[k])
            | _ ->
                let elements = (KernelsViews.words<byte> target).Slice(first + begun, count)

                for k in 0 .. count - 1 do
                    elements[k] <- byte (x[k] ^^^ y[k])

            begun <- CancellationScope.Next(begun + count, size)

    /// Keys [.., 2] to bits [.., shape]: each key as if it were alone.
    let bits (dtype: DType) (shape: int[]) (layout: KeyLayout) (keys: NDArray) : NDArray =
        if keys.DType <> DType.UInt32 || keys.Rank = 0 || keys.Shape[keys.Rank - 1] <> 2 then
            raise (ShapeException $"A key is uint32[2], not {DType.name keys.DType}{Shape.text keys.Shape}.")

        let result = NDArray.allocate dtype (Array.append keys.Shape[.. keys.Rank - 2] shape)

        let size = Shape.size shape
        let words = KernelsViews.elements<uint32>(KernelsViews.contiguous keys)
        let x, y = room size, room size

        for i in 0 .. words.Length / 2 - 1 do
            CancellationScope.CheckAt i

            match layout with
            | KeyLayout.Original -> original dtype words[2 * i] words[2 * i + 1] result (i * size) size
            | KeyLayout.Partitionable -> partitionable dtype words[2 * i] words[2 * i + 1] x y result (i * size) size

        result
