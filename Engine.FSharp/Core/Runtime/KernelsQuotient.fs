// Quotients of three arrays, element by element.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsQuotient =
    /// n / d of two repeated numbers, where it is a normal number: of all t the coefficient.
    let private coefficient (n: NDArray) (d: NDArray) : NDArray voption =
        if KernelsViews.isRepeated n && KernelsViews.isRepeated d then
            let c = NDArray.scalar n.DType (NDArray.elementAt n n.Offset / NDArray.elementAt d d.Offset)
            let number = NDArray.elementAt c 0
            let isNormal = if n.DType = DType.Float32 then Single.IsNormal(float32 number) else Double.IsNormal number
            if isNormal then ValueSome c else ValueNone
        else
            ValueNone

    let private instruction (dtype: DType) t n d r : BlockInstruction =
        if dtype = DType.Float32 then
            BlockZip3<QuotientLanes, float32>(Loops.Width, QuotientLanes(), t, n, d, r)
        else
            BlockZip3<QuotientLanes, float>(Loops.Width, QuotientLanes(), t, n, d, r)

    /// t n / d; 0 where t or n is 0 or d infinite.
    let quotient (t: NDArray) (n: NDArray) (d: NDArray) : NDArray =
        match coefficient n d with
        | ValueSome c ->
            let everywhere = if t.Rank = 0 then c else NDArray.view c.DType t.Shape (Array.zeroCreate t.Rank) c.Data 0
            KernelsRows.zipFunction Zips.scaleFinite.Meaning t everywhere
        | ValueNone -> KernelsLoops.map3 (instruction t.DType) t.DType t n d
