// Loops over contiguous elements, each specialised by the JIT for a scalar function that is given as a struct type.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// A function of one element. F# functions would be called through a pointer; a struct's method is inlined.
type internal IMap<'A, 'R> =
    abstract Scalar: 'A -> 'R

/// A function of two elements.
type internal IZip<'A, 'R> =
    abstract Scalar: 'A * 'A -> 'R

/// A function of one element that also has a form on vectors.
type internal IVectorMap<'T> =
    inherit IMap<'T, 'T>
    abstract Vector: Vector<'T> -> Vector<'T>

/// A function of two elements that also has a form on vectors.
type internal IVectorZip<'T> =
    inherit IZip<'T, 'T>
    abstract Vector: Vector<'T> * Vector<'T> -> Vector<'T>

[<RequireQualifiedAccess>]
module internal KernelsLoops =
    let sameShape (a: NDArray) (b: NDArray) =
        if not (Object.ReferenceEquals(a.Shape, b.Shape) || Shape.equal a.Shape b.Shape) then
            raise (
                ShapeException $"An elementwise operation takes operands of one shape, not {Shape.text a.Shape} and {Shape.text b.Shape}."
            )

    /// An operand of an elementwise loop, as contiguous elements, or as one element that is repeated (step 0).
    let operand (array: NDArray) =
        if array.IsContiguous then struct (array, 1)
        elif KernelsViews.isRepeated array then struct (array, 0)
        else struct (KernelsViews.contiguous array, 1)

    /// The elements that operand prepared.
    let span<'T when 'T: unmanaged> (array: NDArray) (step: int) : Span<'T> =
        (KernelsViews.words<'T> array).Slice(array.Offset, (if step = 0 then 1 else array.Size))

    /// A block of what span gives.
    let private block (x: Span<'T>) step first count = if step = 0 then x else x.Slice(first, count)

    /// One of two shapes that are equal: the one whose strides a fresh result can share.
    let like (a: NDArray) (b: NDArray) = if a.IsContiguous then a else b

    let map<'F, 'A, 'R when 'F: struct and 'F :> IMap<'A, 'R> and 'A: unmanaged and 'R: unmanaged> (f: 'F) (dtype: DType) (array: NDArray) =
        let mutable f = f
        let array = KernelsViews.contiguous array
        let result = KernelsViews.allocateLike dtype array
        let elements = KernelsViews.elements<'A> array
        let results = KernelsViews.elements<'R> result
        let mutable first = 0

        while first < results.Length do
            let count = min CancellationScope.Block (results.Length - first)
            let x = elements.Slice(first, count)
            let r = results.Slice(first, count)

            for i in 0 .. r.Length - 1 do
                r[i] <- f.Scalar x[i]

            first <- CancellationScope.Next(first + count, results.Length)

        result

    let mapVector<'F, 'T when 'F: struct and 'F :> IVectorMap<'T> and 'T: unmanaged> (f: 'F) (array: NDArray) =
        let mutable f = f
        let array = KernelsViews.contiguous array
        let result = KernelsViews.allocateLike array.DType array
        let elements = KernelsViews.elements<'T> array
        let results = KernelsViews.elements<'T> result
        let mutable first = 0

        while first < results.Length do
            let count = min CancellationScope.Block (results.Length - first)
            let x = elements.Slice(first, count)
            let r = results.Slice(first, count)
            let mutable i = 0

            while i <= r.Length - Vector<'T>.Count do
                f.Vector(Vector<'T>(x.Slice i)).CopyTo(r.Slice i)
                i <- i + Vector<'T>.Count

            while i < r.Length do
                r[i] <- f.Scalar x[i]
                i <- i + 1

            first <- CancellationScope.Next(first + count, results.Length)

        result

    let zip<'F, 'A, 'R when 'F: struct and 'F :> IZip<'A, 'R> and 'A: unmanaged and 'R: unmanaged>
        (f: 'F)
        (dtype: DType)
        (a: NDArray)
        (b: NDArray)
        =
        sameShape a b
        let mutable f = f
        let result = KernelsViews.allocateLike dtype (like a b)
        let struct (a, stepA) = operand a
        let struct (b, stepB) = operand b
        let left = span<'A> a stepA
        let right = span<'A> b stepB
        let results = KernelsViews.elements<'R> result
        let mutable first = 0

        while first < results.Length do
            let count = min CancellationScope.Block (results.Length - first)
            let x = block left stepA first count
            let z = block right stepB first count
            let r = results.Slice(first, count)

            for i in 0 .. r.Length - 1 do
                r[i] <- f.Scalar(x[i * stepA], z[i * stepB])

            first <- CancellationScope.Next(first + count, results.Length)

        result

    let zipVector<'F, 'T when 'F: struct and 'F :> IVectorZip<'T> and 'T: unmanaged> (f: 'F) (a: NDArray) (b: NDArray) =
        sameShape a b
        let mutable f = f
        let result = KernelsViews.allocateLike a.DType (like a b)
        let struct (a, stepA) = operand a
        let struct (b, stepB) = operand b
        let left = span<'T> a stepA
        let right = span<'T> b stepB
        let results = KernelsViews.elements<'T> result
        let mutable first = 0

        while first < results.Length do
            let count = min CancellationScope.Block (results.Length - first)
            let x = block left stepA first count
            let z = block right stepB first count
            let r = results.Slice(first, count)
            let mutable i = 0

            if r.Length >= Vector<'T>.Count then
                // Used where the step is 0.
                let repeatedX = Vector<'T>(x[0])
                let repeatedZ = Vector<'T>(z[0])

                while i <= r.Length - Vector<'T>.Count do
                    let vx = if stepA = 0 then repeatedX else Vector<'T>(x.Slice i)
                    let vz = if stepB = 0 then repeatedZ else Vector<'T>(z.Slice i)
                    f.Vector(vx, vz).CopyTo(r.Slice i)
                    i <- i + Vector<'T>.Count

            while i < r.Length do
                r[i] <- f.Scalar(x[i * stepA], z[i * stepB])
                i <- i + 1

            first <- CancellationScope.Next(first + count, results.Length)

        result

    /// Where its first element is in its memory.
    let bytesTo (array: NDArray) = nativeint array.Offset * nativeint (DType.bytes array.DType)

    /// A function of the table on floats.
    let mapFunction (meaning: Meaning) (array: NDArray) : NDArray =
        let array = KernelsViews.contiguous array
        let result = KernelsViews.allocateLike array.DType array

        if array.Size > 0 then
            let x = &MemoryMarshal.GetArrayDataReference array.Data
            let r = &MemoryMarshal.GetArrayDataReference result.Data
            use x = fixed &x
            use r = fixed &r
            let x, r = NativePtr.toNativeInt x + bytesTo array, NativePtr.toNativeInt r
            let bytes = DType.bytes array.DType
            let mutable first = 0

            while first < result.Size do
                let count = min CancellationScope.Block (result.Size - first)
                let offset = nativeint first * nativeint bytes
                meaning.Map(Loops.Width, array.DType, x + offset, r + offset, count)
                first <- CancellationScope.Next(first + count, result.Size)

        result
