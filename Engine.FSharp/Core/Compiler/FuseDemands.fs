// What a graph's variables must be before it can be lowered: results of their own, memory, or nests of their own shape.
namespace Pipeline.Engine

open Pipeline

/// A graph whose outputs and loop carries are variables that own their memory, and what its fusion has to heed.
[<NoComparison; NoEquality>]
type internal Demands = {
    Graph: Graph
    Forms: Form[]
    /// Variables with contiguous memory.
    Forced: bool[]
    /// Variables computed in a nest of their own shape, since a consumer would compute their elements many times.
    Wanted: bool[]
    /// Where outputs go.
    Targets: Stored voption[]
}

[<RequireQualifiedAccess>]
module internal Demands =
    /// (operand, result) where a result takes the memory of an operand: what a loop carries, and what is written over.
    let carriesOf (op: Op) : struct (int * int)[] =
        match op with
        | Op.Loop loop -> Array.init loop.Carries (fun i -> struct (loop.Constants + i, i))
        | Op.Switch branches -> [|
            for struct (i, result) in Graphs.passedOn branches |> Array.mapi (fun k i -> struct (i, k)) do
                if i >= 0 then struct (1 + i, result)
          |]
        | _ when (Traits.ofOp op 1 DType.Bool).Overwrites -> [| struct (0, 0) |]
        | _ -> [||]

    let private formsOf (graph: Graph) =
        let forms = Array.create graph.Types.Length Form.Leaf

        for equation in graph.Equations do
            let operands = equation.Inputs |> Array.map (fun v -> graph.Types[v])

            for v in equation.Outputs do
                forms[v] <- Form.ofOp equation.Op operands graph.Types[v]

        forms

    /// Copies (as StopGradient, the identity) are inserted where an output or a carry is not computed for that purpose alone.
    let private own (graph: Graph) (targets: Stored voption[]) =
        let forms = formsOf graph
        let types = ResizeArray graph.Types
        let equations = ResizeArray()
        let uses = Array.zeroCreate<int> graph.Types.Length
        let producers: Equation[] = Array.zeroCreate graph.Types.Length
        let results = Array.copy graph.Outputs
        let mutable owned = Set.empty
        let placed = System.Collections.Generic.Dictionary<int, Stored>()

        for equation in graph.Equations do
            for v in equation.Inputs do
                uses[v] <- uses[v] + 1

            for v in equation.Outputs do
                producers[v] <- equation

        for v in graph.Outputs do
            uses[v] <- uses[v] + 1

        let copy v =
            types.Add types[v]

            equations.Add { Op = Op.StopGradient; Inputs = [| v |]; Outputs = [| types.Count - 1 |] }

            types.Count - 1

        let isComputed v = not (isNull (box producers[v])) && forms[v] <> Form.Leaf && forms[v] <> Form.Alias

        let isCarry v = carriesOf producers[v].Op |> Array.exists (fun (struct (_, result)) -> producers[v].Outputs[result] = v)

        /// What a reshape that nothing else reads makes another view of.
        let rec viewed v =
            if isNull (box producers[v]) || uses[v] > 1 then
                v
            else
                match producers[v].Op with
                | Op.Reshape _ -> viewed producers[v].Inputs[0]
                | _ -> v

        // An output written by what computes it: which equation that is must be known before the copies of carries are placed.
        let claimed = System.Collections.Generic.HashSet<int>()

        let claims =
            graph.Outputs
            |> Array.mapi (fun k output ->
                match targets[k] with
                | ValueNone -> ValueNone
                | ValueSome target ->
                    let v = viewed output

                    if
                        isComputed v
                        && (v = output || isCarry v && uses[v] = 1)
                        && (not (isCarry v) || Stored.isWhole target)
                        && claimed.Add v
                    then
                        Stored.reshape types[v].Shape target |> ValueOption.map (fun place -> struct (v, place))
                    else
                        ValueNone)

        for equation in EquationOrder.overwritingLate (EquationOrder.choosingEarly graph.Equations) do
            let carries = carriesOf equation.Op

            let inputs =
                equation.Inputs
                |> Array.mapi (fun i v ->
                    if carries |> Array.exists (fun (struct (operand, _)) -> operand = i) then
                        let v = if isComputed v && uses[v] = 1 then v else copy v
                        owned <- owned.Add v
                        v
                    else
                        v)

            equations.Add { equation with Inputs = inputs }

        for k in 0 .. results.Length - 1 do
            match targets[k], claims[k] with
            | ValueNone, _ -> ()
            | _, ValueSome(struct (v, place)) ->
                owned <- owned.Add v
                placed[v] <- place
            | ValueSome target, ValueNone ->
                results[k] <- copy results[k]
                owned <- owned.Add results[k]
                placed[results[k]] <- target

        let graph = { InputCount = graph.InputCount; Equations = equations.ToArray(); Outputs = results; Types = types.ToArray() }

        struct (graph,
                owned,
                Array.init types.Count (fun v ->
                    match placed.TryGetValue v with
                    | true, t -> ValueSome t
                    | _ -> ValueNone))

    /// The targets are for the outputs that must go somewhere.
    let ofGraph (graph: Graph) (targets: Stored voption[]) : Demands =
        let struct (graph, owned, placed) = own graph targets
        let forms = formsOf graph
        let types = graph.Types
        let forced = Array.zeroCreate types.Length
        let wanted = Array.zeroCreate types.Length
        let producers: Equation[] = Array.zeroCreate types.Length

        for equation in graph.Equations do
            for v in equation.Outputs do
                producers[v] <- equation

        let size v = Shape.size types[v].Shape

        let rec requireContiguous v =
            match forms[v] with
            | Form.Leaf
            | Form.Reduced
            | Form.Pieces
            | Form.Opaque -> ()
            | Form.Alias -> requireContiguous producers[v].Inputs[0]
            | Form.Movement ->
                match producers[v].Op with
                | Op.Reshape _ -> requireContiguous producers[v].Inputs[0]
                | _ -> forced[v] <- true
            | Form.Inline
            | Form.Unrolled -> forced[v] <- true

        let rec requireMemory v =
            match forms[v] with
            | Form.Movement -> requireMemory producers[v].Inputs[0]
            | _ -> requireContiguous v

        let rec want v =
            match forms[v] with
            | Form.Movement -> want producers[v].Inputs[0]
            | Form.Inline ->
                match producers[v].Op with
                | Op.Iota _ -> ()
                | _ -> wanted[v] <- true
            | _ -> ()

        /// What lies far apart along the last axis, so that lines of memory have left the first cache before the next row wants them, is turned by a
        /// statement of its own.
        let rec turn v =
            match forms[v], producers[v] with
            | Form.Movement, { Op = Op.Transpose permutation; Inputs = [| x |] } when Form.isFarApart permutation types[x] ->
                forms[v] <- Form.Opaque
                requireMemory x
            | Form.Movement, producer -> turn producer.Inputs[0]
            | _ -> ()

        for v in owned do
            forced[v] <- true

        for equation in graph.Equations do
            let result = equation.Outputs[0]
            let inputs = equation.Inputs

            match equation.Op with
            | _ when forms[result] = Form.Alias -> requireContiguous inputs[0]
            | Op.Broadcast _ -> if size result > size inputs[0] then want inputs[0]
            | Op.Reduce _ -> turn inputs[0]
            | Op.Dot axes when
                forms[result] = Form.Inline
                || forms[result] = Form.Reduced && not (Form.isSeparate axes types[inputs[0]].Shape types[inputs[1]].Shape)
                ->
                let struct (_, m, n, _) = DotAxes.sizes axes types[inputs[0]].Shape types[inputs[1]].Shape

                if n > 1 then want inputs[0]

                if m > 1 then want inputs[1]
            | Op.Gather _ ->
                requireMemory inputs[0]

                if size result > size inputs[1] then want inputs[1]
            | Op.Scatter _ -> if size inputs[1] > size inputs[2] then want inputs[2]
            | Op.Dot _
            | Op.Transpose _
            | Op.CumulativeSum _ when forms[result] = Form.Opaque -> Array.iter requireMemory inputs
            | _ when forms[result] = Form.Opaque -> Array.iter requireContiguous inputs
            | _ when forms[result] = Form.Inline -> Array.iter turn inputs
            | _ -> ()

        { Graph = graph; Forms = forms; Forced = forced; Wanted = wanted; Targets = placed }
