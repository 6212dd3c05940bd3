// Loops and branches from functions on tensors: the bodies are staged first, and every tensor they capture, of whatever trace, becomes an operand.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Control =
    /// The graph of a body over shared captures @ its own arguments.
    let private withCaptures name (captures: TensorType[]) (own: TensorType[]) (graph: Graph) (start: int) (count: int) =
        Record.closed name (Array.append captures own) (fun inputs ->
            Primitive.evaluateGraph graph (Array.append inputs[captures.Length ..] (Array.sub inputs start count)))

    let private types (tensors: Tensor[]) = tensors |> Array.map _.Type

    /// Carries and stacked outputs of step: carries @ slices -> carries @ outputs, over the leading axis of the stacked inputs.
    let scan length reverse (carries: Tensor[]) (stacked: Tensor[]) (step: Tensor[] -> Tensor[]) : Tensor[] =
        let slices = stacked |> Array.map (fun a -> Typing.tensor a.DType (Array.tail a.Dims))

        let own = Array.append (types carries) slices
        let graph, captured = Record.stage "Scan" own step
        let body = withCaptures "Scan" (types captured) own graph 0 captured.Length

        Primitive.apply
            (Op.Loop { Loop.counted length captured.Length carries.Length body with Reverse = reverse })
            (Array.concat [ captured; carries; stacked ])

    let whileLoop bound (carries: Tensor[]) (condition: Tensor[] -> Tensor) (step: Tensor[] -> Tensor[]) : Tensor[] =
        let own = types carries
        let test, testCaptured = Record.stage "While" own (fun x -> [| condition x |])
        let body, bodyCaptured = Record.stage "While" own step
        let captured = Array.append testCaptured bodyCaptured
        let condition = withCaptures "While" (types captured) own test 0 testCaptured.Length
        let body = withCaptures "While" (types captured) own body testCaptured.Length bodyCaptured.Length

        Primitive.apply (Op.Loop(Loop.conditional bound captured.Length condition body)) (Array.append captured carries)

    /// The branch of that number (clamped); with a number known now, that branch alone runs.
    let switch (index: Tensor) (operands: Tensor[]) (branches: (Tensor[] -> Tensor[])[]) : Tensor[] =
        if isNull index.Trace then
            let array = index.Array
            branches[max 0 (min (int (NDArray.elementAt array array.Offset)) (branches.Length - 1))] operands
        else
            let own = types operands
            let staged = branches |> Array.map (Record.stage "Switch" own)
            let captured = staged |> Array.collect snd
            let starts = staged |> Array.scan (fun start (_, c) -> start + c.Length) 0

            let graphs =
                staged |> Array.mapi (fun i (graph, c) -> withCaptures "Switch" (types captured) own graph starts[i] c.Length)

            Primitive.apply (Op.Switch graphs) (Array.concat [ [| Primitive.convert DType.Int32 index |]; captured; operands ])

    /// A call that the transformations treat by its kind.
    let call kind name (operands: Tensor[]) (f: Tensor[] -> Tensor[]) : Tensor[] =
        let graph, captured = Record.stage name (types operands) f
        Primitive.apply (Op.Call(kind, graph)) (Array.append operands captured)
