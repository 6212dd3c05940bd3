// Programs to simpler programs of the same meaning.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Rewrite =
    let rec graph (program: Graph) : Graph =
        let types = ResizeArray<TensorType>()
        let equations = ResizeArray<Equation>()

        let fresh tensor =
            types.Add tensor
            types.Count - 1

        let inputs = Typing.graphInputs program |> Array.map fresh

        let rec inlined (program: Graph) (arguments: int[]) : int[] =
            let values = Array.create program.Types.Length -1
            Array.blit arguments 0 values 0 arguments.Length

            for equation in program.Equations do
                let operands = equation.Inputs |> Array.map (fun v -> values[v])

                let results =
                    match equation.Op with
                    | Op.Call(_, callee) -> inlined callee operands
                    | op ->
                        let op =
                            match op with
                            | Op.Scan scan -> Op.Scan { scan with Body = graph scan.Body }
                            | Op.While loop ->
                                Op.While
                                    { loop with
                                        Condition = graph loop.Condition
                                        Body = graph loop.Body
                                    }
                            | Op.Switch branches -> Op.Switch(Array.map graph branches)
                            | op -> op

                        let results = equation.Outputs |> Array.map (fun v -> fresh program.Types[v])

                        equations.Add
                            {
                                Op = op
                                Inputs = operands
                                Outputs = results
                            }

                        results

                Array.iter2 (fun v result -> values[v] <- result) equation.Outputs results

            program.Outputs |> Array.map (fun v -> values[v])

        let outputs = inlined program inputs

        Graphs.prune
            {
                InputCount = program.InputCount
                Equations = equations.ToArray()
                Outputs = outputs
                Types = types.ToArray()
            }
