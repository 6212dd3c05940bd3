// The coefficient that the products t n / d of many t share, as a program of other operations.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal QuotientProgram =
    /// n / d as a program of other operations, but no number where it is below the normal range or infinite.
    let coefficient (apply: Op -> 'v[] -> 'v) (repeated: float -> 'v) (dtype: DType) (n: 'v) (d: 'v) : 'v =
        let compare relation a b = apply (Op.Compare relation) [| a; b |]

        let c = apply (Op.Zip Zip.Divide) [| n; d |]
        let size = apply (Op.Map Elementwise.abs) [| c |]
        let least = Math.ScaleB(1.0, (if dtype = DType.Float32 then -126 else -1022))

        let isSmall =
            apply (Op.Zip Zip.And) [| compare Relation.Less size (repeated least); compare Relation.NotEqual n (repeated 0.0) |]

        let isOutside = apply (Op.Zip Zip.Or) [| isSmall; compare Relation.LessEqual (repeated infinity) size |]

        apply Op.Select [| isOutside; repeated nan; c |]
