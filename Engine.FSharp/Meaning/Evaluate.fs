// Programs, run one operation after the other.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Evaluate =
    let rec apply (op: Op) (operands: NDArray[]) : NDArray[] =
        match op with
        | Op.Scan loop -> scan loop operands
        | Op.While loop -> whileLoop loop operands
        | Op.Switch branches ->
            let index = int (NDArray.elementAt operands[0] operands[0].Offset)
            graph branches[max 0 (min index (branches.Length - 1))] operands[1..]
        | Op.Call(_, body) -> graph body operands
        | _ -> [| Kernels.apply op operands |]

    and graph (program: Graph) (inputs: NDArray[]) : NDArray[] =
        if inputs.Length <> program.InputCount then
            raise (ArgumentException $"The program takes {program.InputCount} inputs, not {inputs.Length}.")

        let values: NDArray[] = Array.zeroCreate program.Types.Length
        Array.blit inputs 0 values 0 inputs.Length

        for equation in program.Equations do
            let operands = Array.map (fun v -> values[v]) equation.Inputs
            let results = apply equation.Op operands

            for i in 0 .. results.Length - 1 do
                values[equation.Outputs[i]] <- results[i]

        Array.map (fun v -> values[v]) program.Outputs

    /// Slices are views of the stacked inputs; each step writes its outputs to their place.
    and private scan (loop: Scan) (operands: NDArray[]) =
        let first = loop.Constants + loop.Carries
        let arguments = Array.copy operands

        let stacks =
            Typing.graphOutputs loop.Body
            |> Array.skip loop.Carries
            |> Array.map (fun t -> NDArray.allocate t.DType (Shape.insert 0 loop.Length t.Shape))

        for step in 0 .. loop.Length - 1 do
            let index = if loop.Reverse then loop.Length - 1 - step else step

            for i in first .. operands.Length - 1 do
                arguments[i] <- KernelsViews.entry index operands[i]

            let results = graph loop.Body arguments
            Array.blit results 0 arguments loop.Constants loop.Carries

            for i in 0 .. stacks.Length - 1 do
                KernelsViews.copy results[loop.Carries + i] (KernelsViews.entry index stacks[i])

        Array.append (Array.sub arguments loop.Constants loop.Carries) stacks

    and private holds (condition: Graph) (arguments: NDArray[]) =
        let result = graph condition arguments
        NDArray.elementAt result[0] result[0].Offset <> 0.0

    and private whileLoop (loop: While) (operands: NDArray[]) =
        let arguments = Array.copy operands
        let mutable steps = 0

        while holds loop.Condition arguments do
            if loop.Bound > 0 && steps = loop.Bound then
                raise (
                    LoopException
                        $"While: the condition still holds after the bound of {loop.Bound} steps; give a larger bound."
                )

            let results = graph loop.Body arguments
            Array.blit results 0 arguments loop.Constants results.Length
            steps <- steps + 1

        arguments[loop.Constants ..]
