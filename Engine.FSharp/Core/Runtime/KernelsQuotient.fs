// Quotients of three arrays, element by element.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsQuotient =
    let private each<'T when 'T: unmanaged> (f: 'T -> 'T -> 'T -> 'T) (t: NDArray) (n: NDArray) (d: NDArray) =
        let f = OptimizedClosures.FSharpFunc<_, _, _, _>.Adapt f
        let result = NDArray.allocate t.DType t.Shape
        let struct (t, stepT) = KernelsLoops.operand t
        let struct (n, stepN) = KernelsLoops.operand n
        let struct (d, stepD) = KernelsLoops.operand d
        let x = KernelsLoops.span<'T> t stepT
        let y = KernelsLoops.span<'T> n stepN
        let z = KernelsLoops.span<'T> d stepD
        let r = KernelsViews.elements<'T> result

        for i in 0 .. r.Length - 1 do
            CancellationScope.CheckAt i
            r[i] <- f.Invoke(x[i * stepT], y[i * stepN], z[i * stepD])

        result

    /// n / d of two repeated numbers, where it is a normal number: of all t the coefficient.
    let private coefficient (n: NDArray) (d: NDArray) : NDArray voption =
        if KernelsViews.isRepeated n && KernelsViews.isRepeated d then
            let c = NDArray.scalar n.DType (NDArray.elementAt n n.Offset / NDArray.elementAt d d.Offset)
            let number = NDArray.elementAt c 0
            let isNormal = if n.DType = DType.Float32 then Single.IsNormal(float32 number) else Double.IsNormal number
            if isNormal then ValueSome c else ValueNone
        else
            ValueNone

    /// t n / d; 0 where t or n is 0 or d infinite.
    let quotient (t: NDArray) (n: NDArray) (d: NDArray) : NDArray =
        match coefficient n d with
        | ValueSome c -> KernelsZip.zip Zip.Multiply t (NDArray.view c.DType t.Shape (Array.zeroCreate t.Rank) c.Data 0)
        | ValueNone ->
            match t.DType with
            | DType.Float32 -> each<float32> QuotientFunction.scalar32 t n d
            | _ -> each<float> QuotientFunction.scalar t n d
