// A graph, written down equation by equation.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine

/// Builds a graph equation by equation.
[<Sealed>]
type internal GraphBuilder(inputs: TensorType[]) =
    let types = ResizeArray<TensorType> inputs
    let equations = ResizeArray<Equation>()

    member _.Type v = types[v]
    member _.Shape v = types[v].Shape
    member _.Count = types.Count

    member _.AddAll(op: Op, [<ParamArray>] operands: int[]) : int[] =
        let results =
            Typing.infer op (operands |> Array.map (fun v -> types[v]))
            |> Array.map (fun t ->
                types.Add t
                types.Count - 1)

        equations.Add { Op = op; Inputs = operands; Outputs = results }

        results

    member this.Add(op: Op, [<ParamArray>] operands: int[]) : int = this.AddAll(op, operands)[0]

    member this.Number(dtype: DType, value: float, shape: int[]) =
        let scalar = this.Add(Op.Constant(NDArray.scalar dtype value))

        if shape.Length = 0 then scalar else this.Add(Op.Broadcast(shape, [||]), scalar)

    member _.Graph(outputs: int[]) : Graph = {
        InputCount = inputs.Length
        Equations = equations.ToArray()
        Outputs = outputs
        Types = types.ToArray()
    }
