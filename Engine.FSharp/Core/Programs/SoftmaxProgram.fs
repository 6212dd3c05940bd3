// The shares of exponentials in their sum, and their logarithms, as programs of other operations: of numbers less the largest, so that none leaves the range.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal SoftmaxProgram =
    let expand (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (kind: Softmax) (axes: int[]) (x: 'v) : 'v =
        let kept = Shape.kept axes shape.Length
        let result = Shape.without axes shape
        let along v = if kept.Length = shape.Length then v else apply (Op.Broadcast(shape, kept)) [| v |]
        let zip zip a b = apply (Op.Zip zip) [| a; b |]
        let map row a = apply (Op.Map row) [| a |]
        let areEqual a b = apply (Op.Compare Relation.Equal) [| a; b |]

        let repeated value =
            let number = apply (Op.Constant(NDArray.scalar dtype value)) [||]
            if result.Length = 0 then number else apply (Op.Broadcast(result, [||])) [| number |]

        // 0 where it is -infinity, and of nothing.
        let largest =
            let reduction = if Shape.count axes shape = 0 then Reduction.Sum else Reduction.Maximum
            let largest = apply (Op.Reduce(reduction, axes)) [| x |]
            apply Op.Select [| areEqual largest (repeated Double.NegativeInfinity); repeated 0.0; largest |]

        // x - largest, but 0 for infinite entries that are the largest.
        let shifted =
            let saturate = map Elementwise.saturate
            let difference = zip Zip.Subtract (saturate x) (along (saturate largest))
            let largest = along largest
            apply Op.Select [| areEqual x largest; difference; zip Zip.Subtract x largest |]

        let powers = map Elementwise.exp shifted
        let total = apply (Op.Reduce(Reduction.Sum, axes)) [| powers |]

        match kind with
        | Softmax.Shares -> zip Zip.Divide powers (along total)
        | Softmax.LogShares -> zip Zip.Subtract shifted (along (map Elementwise.log total))
        | Softmax.LogSum -> zip Zip.Add (map Elementwise.log total) largest
