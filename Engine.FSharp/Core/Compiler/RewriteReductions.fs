// Rules for reductions, each with its equation: of one entry, of equal numbers and of reductions; long sums of float32 are made in float64.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal RewriteReductions =
    /// A variable of the same value that is cheaper.
    let simplify (b: RewriteBuilder) (emit: Op -> int[] -> int) reduction (axes: int[]) x : int voption =
        let shape = b.Shape x
        let result = Shape.without axes shape
        let count = Shape.count axes shape

        match reduction, b.Definition x with
        // One entry: itself, at position 0.
        | (Reduction.ArgMax | Reduction.ArgMin), _ when count = 1 ->
            ValueSome(emit (Op.Broadcast(result, [||])) [| b.Number(DType.Int32, 0.0) |])
        | (Reduction.ArgMax | Reduction.ArgMin), _ -> ValueNone
        | (Reduction.Sum | Reduction.Product | Reduction.Maximum | Reduction.Minimum), _ when count = 1 ->
            ValueSome(emit (Op.Reshape result) [| x |])
        | Reduction.Sum, _ when SumOrder.isWide (b.DType x) count ->
            let sum = emit (Op.Reduce(Reduction.Sum, axes)) [| emit (Op.Convert DType.Float64) [| x |] |]
            ValueSome(emit (Op.Convert(b.DType x)) [| sum |])
        // The maximum of n equal numbers is one of them. (Their sum is not n times one of them: that would round once.)
        | (Reduction.Sum | Reduction.Product | Reduction.Maximum | Reduction.Minimum),
          ValueSome { Op = Op.Broadcast(_, kept); Inputs = [| operand |] } when
            count > 0 && b.DType x <> DType.Bool && axes |> Array.forall (fun axis -> not (Array.contains axis kept))
            ->
            let repeated v = if result.Length = 0 then v else emit (Op.Broadcast(result, [||])) [| v |]

            let smaller () =
                if Shape.equal result (b.Shape operand) then
                    operand
                else
                    let position axis = axis - (axes |> Array.filter (fun a -> a < axis) |> Array.length)

                    emit (Op.Broadcast(result, Array.map position kept)) [| operand |]

            match reduction with
            | Reduction.Maximum
            | Reduction.Minimum -> ValueSome(smaller ())
            | Reduction.Sum when not (isNull (b.Uniform x)) && Shape.size shape <= CostModel.searchedElements && Shape.size result > 0 ->
                // All sums are that of the first.
                let sums = Kernels.apply (Op.Reduce(reduction, axes)) [| KernelsViews.broadcast shape [||] (b.Uniform x) |]
                let sum = KernelsViews.contiguous (NDArray.view sums[0].DType [||] [||] sums[0].Data sums[0].Offset)
                ValueSome(repeated (emit (Op.Constant sum) [||]))
            | _ -> ValueNone
        // max (max x) = max x, over the axes of both; of integers their sums and products too, which floats add in another order.
        | (Reduction.Sum | Reduction.Product | Reduction.Maximum | Reduction.Minimum),
          ValueSome { Op = Op.Reduce(first, axes'); Inputs = [| operand |] } when
            first = reduction && not (SumOrder.isOrdered reduction (b.DType x))
            ->
            let kept = [|
                for i in 0 .. (b.Shape operand).Length - 1 do
                    if not (Array.contains i axes') then i
            |]

            let merged = Array.sort (Array.append axes' (axes |> Array.map (fun axis -> kept[axis])))

            ValueSome(emit (Op.Reduce(reduction, merged)) [| operand |])
        | (Reduction.Sum | Reduction.Product | Reduction.Maximum | Reduction.Minimum), _ -> ValueNone
