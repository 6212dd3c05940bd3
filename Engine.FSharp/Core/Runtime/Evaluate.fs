// Programs, run one operation after the other.
namespace Pipeline.Engine

open System
open Pipeline

[<AbstractClass; Sealed>]
type internal LoopFailure =
    /// What plain and compiled code throw alike, for a loop by a condition and for one between limits.
    static member PastBound(bound: int) : unit =
        raise (
            LoopException
                $"Loop: it goes on after the bound of {bound} steps; give While or For a larger bound, or make its condition false sooner."
        )

    /// What a loop carried when it ran past its bound, for the search that it is to say how far it got.
    static member PastBound(bound: int, carries: NDArray[]) : unit =
        try
            LoopFailure.PastBound bound
        with e ->
            e.Data["bound"] <- bound
            e.Data["carries"] <- carries
            reraise ()

    /// How far the search for a point got: it carries how much its last step moved, what it judges by, and the unknowns.
    static member OfSearch(e: LoopException, unknowns: int) : LoopException =
        match e.Data["carries"], e.Data["bound"] with
        | (:? (NDArray[]) as carries), (:? int as bound) when carries.Length > unknowns && DType.isFloat carries[0].DType ->
            let text (array: NDArray) =
                if array.Size <= 16 then
                    (Printing.print array).ReplaceLineEndings " "
                else
                    $"{array.Size} numbers from {Printing.print (NDArray.scalar64 (NDArray.elementAt array array.Offset))} on"

            let reached = carries[carries.Length - unknowns ..] |> Array.map text |> String.concat ", "

            LoopException
                $"Implicit: the search has not converged after {bound} steps; the last one moved the unknowns by {text carries[0]}, relative to the largest of them or 1, to {reached}. Start nearer to the solution, allow more steps (maxSteps) or a larger tolerance."
        | _ -> e

/// The order in which a program runs, and which operands of each equation nothing needs afterwards.
[<NoComparison; NoEquality>]
type internal RunOrder = { Equations: Equation[]; IsLast: bool[][] }

/// Arrays, and which of them nothing else refers to, so that they may be written over.
[<NoComparison; NoEquality>]
type internal Owned = { Arrays: NDArray[]; IsOwn: bool[] }

[<RequireQualifiedAccess>]
module internal Evaluate =
    let private orders = Runtime.CompilerServices.ConditionalWeakTable<Graph, RunOrder>()

    let private order (program: Graph) =
        orders.GetValue(
            program,
            fun program ->
                let equations = EquationOrder.overwritingLate program.Equations
                let needed = Array.zeroCreate program.Types.Length

                for v in program.Outputs do
                    needed[v] <- true

                let isLast = equations |> Array.map (fun _ -> [||])

                for i in equations.Length - 1 .. -1 .. 0 do
                    let inputs = equations[i].Inputs

                    let once v = Array.IndexOf(inputs, v) = Array.LastIndexOf(inputs, v)

                    isLast[i] <- inputs |> Array.map (fun v -> not needed[v] && once v)

                    for v in inputs do
                        needed[v] <- true

                { Equations = equations; IsLast = isLast }
        )

    let private sharesMemory (a: NDArray) (b: NDArray) = Object.ReferenceEquals(a.Data, b.Data)

    /// The first operand itself where nothing else refers to it, else a copy of it: to be written over.
    let private overwritable (operands: Owned) =
        let x = operands.Arrays[0]

        if operands.IsOwn[0] && x.IsContiguous then x else KernelsViews.duplicate x

    /// The operands that are owned are given up.
    let rec private run (op: Op) (operands: Owned) : Owned =
        let arrays = operands.Arrays

        match op with
        | Op.Loop loop -> runLoop loop operands
        | Op.Switch branches ->
            let index = int (NDArray.elementAt arrays[0] arrays[0].Offset)

            runGraph branches[max 0 (min index (branches.Length - 1))] { Arrays = arrays[1..]; IsOwn = operands.IsOwn[1..] }
        | Op.Call(CallKind.Implicit _, body) ->
            try
                runGraph body operands
            with
            | :? LoopException as e -> raise (LoopFailure.OfSearch(e, body.Outputs.Length))
            | :? LinearAlgebraException as e ->
                raise (
                    LinearAlgebraException
                        $"Implicit: the search came to a point where its next step has no solution, or ended at no solution. {e.Message}"
                )
        | Op.Call(_, body) -> runGraph body operands
        | Op.Scatter axis -> {
            Arrays = [| KernelsStructure.scatter axis (overwritable operands) arrays[1] arrays[2] |]
            IsOwn = [| true |]
          }
        | Op.Update axis -> {
            Arrays = [| KernelsStructure.update axis (overwritable operands) arrays[1] arrays[2] |]
            IsOwn = [| true |]
          }
        | _ ->
            let results = Kernels.apply op arrays

            let isOwn (result: NDArray) =
                match arrays |> Array.tryFindIndex (sharesMemory result) with
                | Some k -> operands.IsOwn[k]
                | None -> arrays.Length > 0

            { Arrays = results; IsOwn = Array.map isOwn results }

    /// An equation on the values so far, of which those that are owned and needed no longer are given up.
    and private runEquation (equation: Equation) (isLast: bool[]) (values: NDArray[]) (isOwn: bool[]) : unit =
        let { Inputs = variables; Outputs = outputs } = equation
        let operands: NDArray[] = Array.zeroCreate variables.Length

        for n in 0 .. variables.Length - 1 do
            operands[n] <- values[variables[n]]

        let inline keep output (result: NDArray) own =
            values[output] <- result
            isOwn[output] <- own

            if not own then
                for n in 0 .. variables.Length - 1 do
                    if sharesMemory operands[n] result then isOwn[variables[n]] <- false

        match equation.Op with
        | Op.Loop _
        | Op.Switch _
        | Op.Call _
        | Op.Routine _
        | Op.Scatter _
        | Op.Update _ ->
            let given = Array.map2 (fun v last -> last && isOwn[v]) variables isLast
            let results = run equation.Op { Arrays = operands; IsOwn = given }

            for k in 0 .. outputs.Length - 1 do
                keep outputs[k] results.Arrays[k] results.IsOwn[k]
        | op ->
            let result = Kernels.single op operands
            let mutable own = variables.Length > 0

            for n in 0 .. variables.Length - 1 do
                if sharesMemory operands[n] result then own <- own && isLast[n] && isOwn[variables[n]]

            keep outputs[0] result own

    and private runGraph (program: Graph) (inputs: Owned) : Owned = runOrdered (order program) program inputs

    /// A program in the order that was found for it, once for all steps of a loop.
    and private runOrdered (order: RunOrder) (program: Graph) (inputs: Owned) : Owned =
        if inputs.Arrays.Length <> program.InputCount then
            raise (ArgumentException $"The program takes {program.InputCount} inputs, not {inputs.Arrays.Length}.")

        let values: NDArray[] = Array.zeroCreate program.Types.Length
        let isOwn: bool[] = Array.zeroCreate program.Types.Length
        Array.blit inputs.Arrays 0 values 0 program.InputCount
        Array.blit inputs.IsOwn 0 isOwn 0 program.InputCount

        for i in 0 .. order.Equations.Length - 1 do
            runEquation order.Equations[i] order.IsLast[i] values isOwn

        let outputs = program.Outputs
        let results: NDArray[] = Array.zeroCreate outputs.Length
        let own: bool[] = Array.zeroCreate outputs.Length

        for k in 0 .. outputs.Length - 1 do
            results[k] <- values[outputs[k]]
            own[k] <- isOwn[outputs[k]] && Array.IndexOf(outputs, outputs[k]) = Array.LastIndexOf(outputs, outputs[k])

        { Arrays = results; IsOwn = own }

    and private holds (condition: Graph) (arguments: NDArray[]) =
        let result = runGraph condition { Arrays = arguments; IsOwn = Array.zeroCreate arguments.Length }

        NDArray.elementAt result.Arrays[0] result.Arrays[0].Offset <> 0.0

    /// Slices are views of the stacked inputs; each step writes its outputs to their place.
    and private runLoop (loop: Loop) (operands: Owned) : Owned =
        let stacked = (Loop.parts loop operands.Arrays).Inputs
        let first = operands.Arrays.Length - stacked.Length
        let arguments = Array.copy operands.Arrays

        let isOwn = Array.mapi (fun i own -> own && i >= loop.Constants && i < first) operands.IsOwn
        let slices = (Loop.results loop (Graphs.outputs loop.Body)).Inputs

        let stacks = slices |> Array.map (fun t -> NDArray.allocate t.DType (Shape.insert 0 loop.Length.Value t.Shape))

        let body = order loop.Body
        let mutable step = 0

        let goesOn () =
            match loop.Condition with
            | ValueNone -> step < loop.Length.Value
            | ValueSome condition ->
                let more = holds condition arguments

                if more && ValueSome step = loop.Length then
                    LoopFailure.PastBound(step, arguments[loop.Constants ..])

                more

        while goesOn () do
            CancellationScope.Check()
            let index = if loop.Reverse then loop.Length.Value - 1 - step else step

            for i in 0 .. stacked.Length - 1 do
                arguments[first + i] <- KernelsViews.entry index stacked[i]

            let results = runOrdered body loop.Body { Arrays = arguments; IsOwn = isOwn }
            Array.blit results.Arrays 0 arguments loop.Constants loop.Carries
            Array.blit results.IsOwn 0 isOwn loop.Constants loop.Carries

            for i in 0 .. stacks.Length - 1 do
                KernelsViews.copy results.Arrays[loop.Carries + i] (KernelsViews.entry index stacks[i])

            step <- step + 1

        {
            Arrays = Array.append (Loop.parts loop arguments).Carries stacks
            IsOwn = Array.append (Loop.parts loop isOwn).Carries (Array.create stacks.Length true)
        }

    let private unowned (arrays: NDArray[]) = { Arrays = arrays; IsOwn = Array.zeroCreate arrays.Length }

    let graph (program: Graph) (inputs: NDArray[]) : NDArray[] = (runGraph program (unowned inputs)).Arrays

    let apply (op: Op) (operands: NDArray[]) : NDArray[] =
        match op with
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> (run op (unowned operands)).Arrays
        | _ -> Kernels.apply op operands
