// What is known without running the program is computed once: operations on small constants, and constants that are one number everywhere.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal RewriteConstants =
    /// The results of an operation on small constants, if it cannot fail.
    let evaluated (b: RewriteBuilder) (op: Op) (inputs: int[]) : NDArray[] voption =
        let isSmall (array: NDArray) = not (isNull array) && array.Size <= CostModel.foldedElements

        if
            not (inputs |> Array.forall (fun v -> isSmall (b.Array v)))
            || (Traits.ofOp op inputs.Length (b.DType inputs[0])).MayFail
            || (Graphs.bodies op).Length > 0
            || Typing.infer op (inputs |> Array.map b.Type)
               |> Array.exists (fun t -> Shape.size t.Shape > CostModel.foldedElements)
        then
            ValueNone
        else
            ValueSome(Kernels.apply op (inputs |> Array.map b.Array))

    /// Constants that are one number everywhere are that number, repeated; operations on small constants are done now.
    let fold (b: RewriteBuilder) (emit: Op -> int[] -> int) (op: Op) (inputs: int[]) : int voption =
        let spread (shape: int[]) (array: NDArray) =
            let number = b.Add(Op.Constant array, [||])

            ValueSome(if shape.Length = 0 then number else b.Add(Op.Broadcast(shape, [||]), [| number |]))

        match op with
        | Op.Constant array when array.Rank > 0 && array.Size > 0 && array.Size <= CostModel.searchedElements ->
            let first = NDArray.view array.DType [||] [||] array.Data array.Offset

            let same = KernelsZip.compare Relation.Equal array (KernelsViews.broadcast array.Shape [||] first)

            if
                NDArray.elementAt first first.Offset <> 0.0
                && NDArray.elementAt (KernelsReductions.reduce Reduction.Minimum [| 0 .. array.Rank - 1 |] same) 0 = 1.0
            then
                spread array.Shape (KernelsViews.contiguous first)
            else
                ValueNone
        | _ when
            inputs.Length > 0
            && (Traits.ofOp op inputs.Length (b.DType inputs[0])).Elementwise
            && inputs |> Array.forall (fun v -> not (isNull (b.Uniform v)))
            ->
            let shape = b.Shape inputs[0]

            if inputs |> Array.forall (fun v -> (b.Shape v).Length = 0) then
                spread shape (Kernels.apply op (inputs |> Array.map b.Uniform) |> Array.head)
            else
                ValueSome(
                    emit (Op.Broadcast(shape, [||])) [| emit op (inputs |> Array.map (fun v -> b.Add(Op.Constant(b.Uniform v), [||]))) |]
                )
        | Op.Constant _
        | Op.Iota _
        | Op.Broadcast _ -> ValueNone
        | _ -> evaluated b op inputs |> ValueOption.map (fun arrays -> emit (Op.Constant arrays[0]) [||])
