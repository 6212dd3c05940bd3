// The types of the results of loops, choices and calls, from those of their bodies, which must fit the operands.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal BodyTypes =
    let inputs (graph: Graph) : TensorType[] = Array.sub graph.Types 0 graph.InputCount

    let outputs (graph: Graph) : TensorType[] = graph.Outputs |> Array.map (fun v -> graph.Types[v])

    let private fits operation what (expected: TensorType[]) (actual: TensorType[]) =
        if expected.Length <> actual.Length then
            raise (LoopException $"{operation}: {what} has {expected.Length} values where {actual.Length} are given.")

        for i in 0 .. expected.Length - 1 do
            if expected[i] <> actual[i] then
                raise (
                    LoopException $"{operation}: {what} number {i} is {expected[i]} where {actual[i]} is given; keep its shape and dtype."
                )

    let ofLoop (loop: Loop) (operands: TensorType[]) : TensorType[] =
        let operation = if loop.Condition.IsSome then "While" else "Scan"
        let results = Loop.results loop (outputs loop.Body)
        let given = Loop.parts loop operands

        let slice i (t: TensorType) =
            if t.Shape.Length = 0 || ValueSome t.Shape[0] <> loop.Length then
                raise (
                    LoopException
                        $"{operation}: stacked input number {i} is {t}; its first axis must be the {ValueOption.defaultValue 0 loop.Length} steps."
                )

            { t with Shape = t.Shape[1..] }

        fits operation "the body's argument" (inputs loop.Body) (Parts.join { given with Inputs = Array.mapi slice given.Inputs })
        fits operation "the carry" results.Carries given.Carries

        match loop.Condition with
        | ValueSome condition ->
            fits operation "the condition's argument" (inputs condition) operands
            fits operation "the condition's result" (outputs condition) [| { DType = DType.Bool; Shape = [||] } |]
            fits operation "the stack" results.Inputs [||]
        | ValueNone -> ()

        Array.append results.Carries (results.Inputs |> Array.map (fun t -> { t with Shape = Shape.insert 0 loop.Length.Value t.Shape }))

    let ofSwitch (branches: Graph[]) (operands: TensorType[]) : TensorType[] =
        if operands.Length = 0 || operands[0] <> { DType = DType.Int32; Shape = [||] } then
            raise (LoopException "Switch: the branch index is an int32 scalar.")

        let results = outputs branches[0]

        for branch in branches do
            fits "Switch" "a branch's argument" (inputs branch) operands[1..]
            fits "Switch" "a branch's result" results (outputs branch)

        results

    let ofCall (graph: Graph) (operands: TensorType[]) : TensorType[] =
        fits "Call" "the argument" (inputs graph) operands
        outputs graph
