// Bodies of loops and branches with other inputs and outputs, and without what nothing needs.
namespace Pipeline.Engine

open Pipeline

/// An input of a body in the making: the variable that it stands for (-1 for none), or whose operand it is by an operation.
[<NoComparison; NoEquality>]
type internal BodyInput = { Type: TensorType; Variable: int; Through: Op voption }

[<RequireQualifiedAccess>]
module internal RewriteGraphs =
    let input (graph: Graph) v = { Type = graph.Types[v]; Variable = v; Through = ValueNone }

    /// The same computation from other inputs to other outputs, variables numbered anew. What the inputs stand for is not computed.
    /// Branches that read what comes through an operation read what it comes from, and do the operation themselves.
    let rec withInputs (inputs: BodyInput[]) (outputs: int[]) (graph: Graph) : Graph =
        let names = Array.create graph.Types.Length -1
        let types = ResizeArray<TensorType>(inputs |> Array.map _.Type)
        let equations = ResizeArray()

        let define v =
            types.Add graph.Types[v]
            names[v] <- types.Count - 1
            names[v]

        inputs
        |> Array.iteri (fun k input ->
            match input.Through with
            | ValueNone -> if input.Variable >= 0 then names[input.Variable] <- k
            | ValueSome op -> equations.Add { Op = op; Inputs = [| k |]; Outputs = [| define input.Variable |] })

        /// The input that a variable comes from through an operation.
        let source v =
            match inputs |> Array.tryFindIndex (fun input -> input.Variable = v && input.Through.IsSome) with
            | Some k -> ValueSome k
            | None -> ValueNone

        let needed = Array.zeroCreate graph.Types.Length

        for v in outputs do
            needed[v] <- true

        let isGiven v = names[v] >= 0
        let kept = ResizeArray()

        for i in graph.Equations.Length - 1 .. -1 .. 0 do
            let equation = graph.Equations[i]

            if equation.Outputs |> Array.exists (fun v -> needed[v] && not (isGiven v)) then
                kept.Add equation

                for v in equation.Inputs do
                    needed[v] <- true

        for i in kept.Count - 1 .. -1 .. 0 do
            let equation = kept[i]
            let operands = equation.Inputs |> Array.map (fun v -> names[v])

            let op =
                match equation.Op with
                | Op.Switch branches when equation.Inputs |> Array.exists (fun v -> (source v).IsSome) ->
                    let among (branch: Graph) =
                        Array.init branch.InputCount (fun k ->
                            match source equation.Inputs[1 + k] with
                            | ValueNone -> input branch k
                            | ValueSome from -> { inputs[from] with Variable = k })

                    let branches = branches |> Array.map (fun branch -> withInputs (among branch) branch.Outputs branch)

                    for k in 1 .. operands.Length - 1 do
                        source equation.Inputs[k] |> ValueOption.iter (fun from -> operands[k] <- from)

                    Op.Switch branches
                | op -> op

            equations.Add { equation with Op = op; Inputs = operands; Outputs = Array.map define equation.Outputs }

        Graphs.prune {
            InputCount = inputs.Length
            Equations = equations.ToArray()
            Outputs = outputs |> Array.map (fun v -> names[v])
            Types = types.ToArray()
        }

    /// The inputs that outputs depend on.
    let private dependencies (graph: Graph) (outputs: int seq) : bool[] =
        let needed = Array.zeroCreate graph.Types.Length

        for v in outputs do
            needed[v] <- true

        for i in graph.Equations.Length - 1 .. -1 .. 0 do
            let equation = graph.Equations[i]

            if equation.Outputs |> Array.exists (fun v -> needed[v]) then
                for v in equation.Inputs do
                    needed[v] <- true

        Array.sub needed 0 graph.InputCount

    let private positions (flags: bool[]) = [|
        for i in 0 .. flags.Length - 1 do
            if flags[i] then i
    |]

    let private choose (positions: int[]) (items: 'a[]) = positions |> Array.map (fun i -> items[i])

    /// Which carries matter: those that are used, and those that they depend on.
    let private neededCarries constants (used: bool[]) (dependsOn: bool[] -> bool[]) =
        let mutable carries = Array.copy used
        let mutable settled = false

        while not settled do
            let inputs = dependsOn carries
            let next = Array.init carries.Length (fun i -> carries[i] || inputs[constants + i])
            settled <- next = carries
            carries <- next

        carries

    /// Without the equations, loop carries, stacked results, constants and branches' results that no output depends on.
    let rec prune (graph: Graph) : Graph =
        let needed = Array.zeroCreate graph.Types.Length

        for v in graph.Outputs do
            needed[v] <- true

        let kept = ResizeArray()

        for i in graph.Equations.Length - 1 .. -1 .. 0 do
            let equation = graph.Equations[i]
            let used = equation.Outputs |> Array.map (fun v -> needed[v])

            if Array.contains true used then
                let equation = shrink equation used
                kept.Add equation

                for v in equation.Inputs do
                    needed[v] <- true

        kept.Reverse()

        { graph with Equations = kept.ToArray() }

    and private shrink (equation: Equation) (used: bool[]) : Equation =
        match equation.Op with
        | Op.Loop loop ->
            let bodies = Loop.bodies loop |> Array.map prune
            let body = Array.last bodies
            let used = Loop.results loop used
            let stacked = positions used.Inputs |> Array.map (fun i -> loop.Carries + i)

            let inputsFor (carries: bool[]) =
                let results = Seq.append (positions carries) stacked |> Seq.map (fun i -> body.Outputs[i])

                Array.append (ValueOption.toArray loop.Condition |> Array.map (fun _ -> dependencies bodies[0] bodies[0].Outputs)) [|
                    dependencies body results
                |]
                |> Array.reduce (Array.map2 (||))

            let carries = neededCarries loop.Constants used.Carries inputsFor
            let needed = Loop.parts loop (inputsFor carries)
            let kept = positions (Parts.join { needed with Carries = carries })
            let results = Array.append (positions carries) stacked

            let shrunk =
                bodies
                |> Array.mapi (fun i graph ->
                    let outputs = if i = bodies.Length - 1 then choose results body.Outputs else graph.Outputs
                    withInputs (kept |> Array.map (input graph)) outputs graph)

            {
                Op =
                    Op.Loop {
                        Loop.withBodies shrunk loop with
                            Constants = (positions needed.Constants).Length
                            Carries = (positions carries).Length
                    }
                Inputs = choose kept equation.Inputs
                Outputs = choose results equation.Outputs
            }
        | Op.Switch branches ->
            let results = positions used
            let branches = branches |> Array.map prune

            let inputs =
                branches
                |> Array.map (fun branch -> dependencies branch (choose results branch.Outputs))
                |> Array.reduce (Array.map2 (||))

            let kept = positions inputs

            {
                Op =
                    Op.Switch(
                        branches
                        |> Array.map (fun branch -> withInputs (kept |> Array.map (input branch)) (choose results branch.Outputs) branch)
                    )
                Inputs = Array.append [| equation.Inputs[0] |] (kept |> Array.map (fun i -> equation.Inputs[1 + i]))
                Outputs = choose results equation.Outputs
            }
        | _ -> equation
