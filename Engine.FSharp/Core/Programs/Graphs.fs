// Graphs: printing one, checking one, dropping what nothing needs.
namespace Pipeline.Engine

open System
open System.Text
open Pipeline

[<RequireQualifiedAccess>]
module internal Graphs =
    let inputs = BodyTypes.inputs
    let outputs = BodyTypes.outputs

    /// Every variable is defined once before its use and has the type that its operation gives.
    let rec check (graph: Graph) =
        let defined = Array.zeroCreate graph.Types.Length

        for i in 0 .. graph.InputCount - 1 do
            defined[i] <- true

        for equation in graph.Equations do
            for v in equation.Inputs do
                if not defined[v] then
                    invalidOp $"{Typing.name equation.Op} uses variable {v} before it is defined."

            let types = Typing.infer equation.Op (equation.Inputs |> Array.map (fun v -> graph.Types[v]))

            if types.Length <> equation.Outputs.Length then
                invalidOp $"{Typing.name equation.Op} has {types.Length} results, not {equation.Outputs.Length}."

            for i in 0 .. types.Length - 1 do
                let v = equation.Outputs[i]

                if defined[v] then invalidOp $"Variable {v} is defined twice."

                defined[v] <- true

                if graph.Types[v] <> types[i] then
                    invalidOp $"{Typing.name equation.Op} gives {types[i]}, but variable {v} is {graph.Types[v]}."

            for body in bodies equation.Op do
                check body

        for v in graph.Outputs do
            if not defined[v] then invalidOp $"The output {v} is not defined."

    /// The graphs inside an operation.
    and bodies (op: Op) : Graph[] =
        match op with
        | Op.Loop loop -> Loop.bodies loop
        | Op.Switch branches -> branches
        | Op.Call(_, graph) -> [| graph |]
        | Op.Constant _
        | Op.Map _
        | Op.Zip _
        | Op.Quotient
        | Op.Compare _
        | Op.Select
        | Op.Convert _
        | Op.Reinterpret _
        | Op.Reduce _
        | Op.Norm _
        | Op.Softmax _
        | Op.Mean _
        | Op.CumulativeSum _
        | Op.Broadcast _
        | Op.Reshape _
        | Op.Transpose _
        | Op.Slice _
        | Op.Pad _
        | Op.Concatenate _
        | Op.Gather _
        | Op.Places _
        | Op.Scatter _
        | Op.Update _
        | Op.Iota _
        | Op.Dot _
        | Op.RandomBits _
        | Op.Require _
        | Op.Routine _
        | Op.StopGradient -> [||]

    /// Without the equations that no output depends on.
    let prune (graph: Graph) =
        let needed = Array.zeroCreate graph.Types.Length

        for v in graph.Outputs do
            needed[v] <- true

        let kept = ResizeArray()

        for i in graph.Equations.Length - 1 .. -1 .. 0 do
            let equation = graph.Equations[i]

            if equation.Outputs |> Array.exists (fun v -> needed[v]) then
                kept.Add equation

                for v in equation.Inputs do
                    needed[v] <- true

        kept.Reverse()

        { graph with Equations = kept.ToArray() }

    let private passed = Runtime.CompilerServices.ConditionalWeakTable<Graph[], int[]>()

    /// For each result of branches the input, of the same number for all of them, that every branch passes on or writes over to make it; else -1.
    let rec passedOn (branches: Graph[]) : int[] = passed.GetValue(branches, findPassedOn)

    and private findPassedOn (branches: Graph[]) : int[] =
        let sources =
            branches
            |> Array.map (fun branch ->
                let producers: Equation[] = Array.zeroCreate branch.Types.Length

                for equation in branch.Equations do
                    for v in equation.Outputs do
                        producers[v] <- equation

                let rec source v =
                    if v < branch.InputCount then
                        v
                    else
                        let equation = producers[v]
                        let result = Array.IndexOf(equation.Outputs, v)

                        match equation.Op with
                        | Op.Scatter _
                        | Op.Update _
                        | Op.Reshape _ -> source equation.Inputs[0]
                        | Op.Loop loop when result < loop.Carries -> source (Loop.parts loop equation.Inputs).Carries[result]
                        | Op.Switch inner ->
                            match (passedOn inner)[result] with
                            | -1 -> -1
                            | k -> source equation.Inputs[1 + k]
                        | _ -> -1

                branch.Outputs |> Array.map source)

        let types = branches[0].Types

        let common =
            Array.init branches[0].Outputs.Length (fun k ->
                let v = sources[0][k]

                if v >= 0 && sources |> Array.forall (fun s -> s[k] = v) && types[v] = types[branches[0].Outputs[k]] then
                    v
                else
                    -1)

        common
        |> Array.map (fun v -> if v >= 0 && Array.IndexOf(common, v) = Array.LastIndexOf(common, v) then v else -1)

    /// Which variables depend on the inputs of the mask.
    let depends (graph: Graph) (mask: bool[]) : bool[] =
        let dependent: bool[] = Array.zeroCreate graph.Types.Length
        Array.blit mask 0 dependent 0 mask.Length

        for equation in graph.Equations do
            if equation.Inputs |> Array.exists (fun v -> dependent[v]) then
                for v in equation.Outputs do
                    dependent[v] <- true

        dependent

    /// The mask of a loop's inputs with the carries that come to be in it, where results says which of the body's are.
    let rec carriedBy (results: bool[] -> bool[]) (loop: Loop) (mask: bool[]) : bool[] =
        let parts = Loop.parts loop mask
        let next = Loop.results loop (results mask)
        let wider = Parts.join { parts with Carries = Array.map2 (||) parts.Carries next.Carries }
        if wider = mask then mask else carriedBy results loop wider

    /// The same for those that depend on it.
    let carried (loop: Loop) (mask: bool[]) : bool[] =
        let dependent (mask: bool[]) =
            let all = depends loop.Body mask
            loop.Body.Outputs |> Array.map (fun v -> all[v])

        carriedBy dependent loop mask

    let rec private write (indent: string) (graph: Graph) (text: StringBuilder) =
        let variables (vs: int[]) = String.Join(" ", vs |> Array.map (fun v -> $"v{v}:{graph.Types[v]}"))

        text.AppendLine $"{indent}inputs {variables [| 0 .. graph.InputCount - 1 |]}" |> ignore

        for equation in graph.Equations do
            let operands = String.Join(" ", equation.Inputs |> Array.map (fun v -> $"v{v}"))

            text.AppendLine $"{indent}{variables equation.Outputs} = {describe equation.Op} {operands}" |> ignore

            for body in bodies equation.Op do
                write (indent + "    ") body text

        let outputs = String.Join(" ", graph.Outputs |> Array.map (fun v -> $"v{v}"))
        text.AppendLine $"{indent}outputs {outputs}" |> ignore

    and private describe (op: Op) =
        let t = Shape.text

        match op with
        | Op.Constant array when array.Size = 1 ->
            "Constant " + (NDArray.elementAt array array.Offset).ToString("R", Globalization.CultureInfo.InvariantCulture)
        | Op.Reduce(_, axes) -> $"{Typing.name op} axes={t axes}"
        | Op.Places(_, axis, size) -> $"Places axis={axis} size={size}"
        | Op.CumulativeSum(axis, reverse) -> $"CumulativeSum axis={axis} reverse={reverse}"
        | Op.Broadcast(_, axes) -> $"Broadcast axes={t axes}"
        | Op.Transpose permutation -> $"Transpose {t permutation}"
        | Op.Slice(starts, limits, strides) -> $"Slice {t starts} {t limits} {t strides}"
        | Op.Pad(low, high, interior) -> $"Pad {t low} {t high} {t interior}"
        | Op.Concatenate axis
        | Op.Gather axis
        | Op.Update axis
        | Op.Scatter axis
        | Op.Iota(_, _, axis) -> $"{Typing.name op} axis={axis}"
        | Op.Dot axes -> $"Dot batch={axes.Batch} {t axes.ContractLeft}x{t axes.ContractRight}"
        | Op.Loop loop ->
            let length = loop.Length |> ValueOption.map string |> ValueOption.defaultValue "none"
            $"{Typing.name op} length={length} constants={loop.Constants} carries={loop.Carries} reverse={loop.Reverse} slots={loop.Slots}"
        | Op.Call(kind, _) -> $"Call {kind}"
        | Op.Routine routine -> routine.ToString()
        | _ -> Typing.name op

    /// The program as text, one equation a line.
    let print (graph: Graph) =
        let text = StringBuilder()
        write "" graph text
        text.ToString()
