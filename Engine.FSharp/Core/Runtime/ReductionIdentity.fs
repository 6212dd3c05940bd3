// What reductions begin with.
namespace Pipeline.Engine

open System
open Pipeline

/// The numbers that reductions begin with, as bits.
[<RequireQualifiedAccess>]
module internal ReductionIdentity =
    let private number (dtype: DType) value = LaneEvaluate.apply (LaneOp.Constant value) dtype [||] [||]

    /// What changes no number.
    let ofNumbers (kind: Reduction) (dtype: DType) =
        let all = UInt64.MaxValue >>> (64 - 8 * DType.bytes dtype)

        match kind, (DType.row dtype).Class with
        | Reduction.Sum, DTypeClass.Float -> number dtype -0.0
        | Reduction.Maximum, DTypeClass.Float -> number dtype -infinity
        | Reduction.Minimum, DTypeClass.Float -> number dtype infinity
        | Reduction.Maximum, DTypeClass.Signed -> (all >>> 1) + 1UL
        | Reduction.Minimum, DTypeClass.Signed -> all >>> 1
        | Reduction.Minimum, DTypeClass.Unsigned -> all
        | Reduction.Minimum, DTypeClass.Bool -> 1UL
        | Reduction.Product, _ -> number dtype 1.0
        | (Reduction.Sum | Reduction.Maximum | Reduction.ArgMax | Reduction.ArgMin), _ -> 0UL

    /// The same, truth values being masks.
    let ofMasks kind dtype =
        let bits = ofNumbers kind dtype
        if dtype = DType.Bool && bits <> 0UL then UInt64.MaxValue else bits

    /// The result without entries: that of a sum is 0.
    let ofNothing kind dtype = if kind = Reduction.Sum then 0UL else ofNumbers kind dtype
