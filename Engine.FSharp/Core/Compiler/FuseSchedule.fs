// Which variables of a program are stored, and which nest computes what: tasks of one iteration space share a nest where their order allows it.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// A nest in the making, or a statement of its own.
[<AllowNullLiteral>]
type internal Group(extents: int[], statement: Equation voption) =
    member val Tasks = ResizeArray<Task>()
    member val Cost = 0 with get, set
    member _.Extents = extents
    /// The equation of a group that is not a nest.
    member _.Statement = statement

/// The plan of one graph's nests and statements, in order. Forced variables have contiguous memory in any case; wanted ones are
/// computed in a nest of their own shape, and stored if another reads them.
[<Sealed>]
type internal Schedule(graph: Graph, forms: Form[], forced: bool[], wanted: bool[]) =
    let types = graph.Types
    let definitions: Equation[] = Array.zeroCreate types.Length
    /// The last group that writes a variable; -1 for what is computed where it is needed, -2 for what is there from the start.
    let position = Array.create types.Length -1
    /// Variables whose elements a nest can use while it computes them.
    let isRoot = Array.zeroCreate types.Length
    let stored = Array.copy forced
    let uses = Array.zeroCreate<int> types.Length
    /// How often a consumer takes elements of a variable into one expression.
    let terms = Array.create types.Length 1
    /// What it costs to compute an element of a variable that is not stored.
    let cost = Array.zeroCreate<int> types.Length
    let groups = ResizeArray<Group>()
    /// The nests of each space of loops that have room for more, in order.
    let spaces = Dictionary<string, ResizeArray<int>>()
    let mutable lastStatement = -1

    /// The variable in whose memory a movement's or an alias's elements lie.
    let rec memory v =
        if position[v] = -1 && not (isNull (box definitions[v])) && (forms[v] = Form.Movement || forms[v] = Form.Alias) then
            memory definitions[v].Inputs[0]
        else
            v

    let isOwnElement (v: int) (extents: int[]) (index: Index) =
        let shape = types[v].Shape

        Shape.equal extents (Tasks.extents shape)
        && (extents.Length = 0
            || (ElementComparer.Instance :> IEqualityComparer<_>).Equals(struct (v, index), struct (v, Index.running shape)))

    /// What a space of loops reads of other groups: (variable, whether at the point that its own nest would compute); and what its lanes cost.
    let dependencies (extents: int[]) (needs: struct (int * Index)[]) =
        let seen = HashSet<struct (int * Index)> ElementComparer.Instance
        let reads = ResizeArray<struct (int * bool)>()
        let mutable nodes = 0

        let inMemory v =
            let v = memory v

            if position[v] >= 0 then reads.Add(struct (v, false))

        let rec visit (struct (v, index: Index)) =
            if seen.Add(struct (v, index)) then
                if position[v] >= 0 then
                    reads.Add(struct (v, isRoot[v] && isOwnElement v extents index))
                    nodes <- nodes + 1
                elif position[v] = -2 then
                    nodes <- nodes + 1
                elif forms[v] = Form.Alias then
                    inMemory v
                    nodes <- nodes + 1
                else
                    let equation = definitions[v]
                    let step = Elements.step types equation extents.Length index
                    nodes <- nodes + max (FuseLanes.cost equation.Op) (step.Needs.Length - 1)

                    if step.Indexed >= 0 then inMemory step.Indexed

                    for need in step.Needs do
                        visit need

        Array.iter visit needs
        struct (reads, nodes)

    let settle (reads: ResizeArray<struct (int * bool)>) place =
        for struct (v, together) in reads do
            if not (together && position[v] = place) then stored[v] <- true

    /// The earliest group that may read these variables.
    let earliest (reads: ResizeArray<struct (int * bool)>) from =
        let mutable first = from

        for struct (v, together) in reads do
            first <- max first (if together then position[v] else position[v] + 1)

        first

    let fits (group: Group) (task: Task) nodes =
        group.Statement.IsNone
        && Shape.equal group.Extents task.Extents
        && (group.Tasks.Count = 0 || group.Cost + nodes <= CostModel.nestOperations)
        && (task.Reduction.IsNone
            || group.Tasks |> Seq.forall (fun other -> other.Reduction.IsNone || Nests.canShare other task))

    /// Puts a task in the group of what it uses at the same point, else in the last group that takes it, else in a new one; not before a group.
    let schedule (task: Task) from =
        let struct (reads, nodes) = dependencies task.Extents task.Needs
        let nodes = if task.Reduction.IsSome then nodes + CostModel.reductionOperations else nodes
        let first = earliest reads from
        let mutable place = -1

        for struct (v, together) in reads do
            if together && position[v] >= first && place = -1 && fits groups[position[v]] task nodes then
                place <- position[v]

        // Straight-line code comes after statements that are there already: it may write over what they read.
        let first = if task.Extents.Length = 0 then max first (lastStatement + 1) else first
        let space = System.String.Join(',', task.Extents)

        let nests =
            match spaces.TryGetValue space with
            | true, nests -> nests
            | _ ->
                let nests = ResizeArray()
                spaces[space] <- nests
                nests

        let mutable candidate = nests.Count - 1

        while place = -1 && candidate >= 0 && nests[candidate] >= first do
            let group = groups[nests[candidate]]

            if fits group task nodes then place <- nests[candidate]
            elif group.Cost >= CostModel.nestOperations then nests.RemoveAt candidate

            candidate <- candidate - 1

        if place = -1 then
            place <- groups.Count
            groups.Add(Group(task.Extents, ValueNone))
            nests.Add place

        groups[place].Tasks.Add task
        groups[place].Cost <- groups[place].Cost + nodes
        settle reads place
        place

    let statement (equation: Equation) (axes: int) (needs: struct (int * Index)[]) =
        let place = groups.Count

        for v in equation.Inputs do
            let v = memory v

            if position[v] >= 0 then stored[v] <- true

        // Elements that the statement computes itself, in a space that no nest has.
        let struct (reads, _) = dependencies (Array.create axes -1) needs
        settle reads place
        lastStatement <- place
        groups.Add(Group([||], ValueSome equation))

        for v in equation.Outputs do
            position[v] <- place
            stored[v] <- true

    let root v =
        position[v] <- -1
        let place = schedule (Tasks.root v types[v].Shape) 0
        position[v] <- place
        isRoot[v] <- true
        cost[v] <- 0

    let isMovement v = forms[v] = Form.Movement

    let equation (equation: Equation) =
        let v = equation.Outputs[0]

        match forms[v] with
        | _ when equation.Outputs |> Array.forall (fun v -> Array.contains 0 types[v].Shape) && forms[v] <> Form.Opaque ->
            // Nothing to compute.
            position[v] <- -2
        | Form.Leaf -> position[v] <- -2
        | Form.Alias -> ()
        | Form.Opaque ->
            match equation.Op with
            | Op.Scatter axis
            | Op.Update axis ->
                let axes = (Index.axes types[equation.Inputs[1]].Shape).Length
                statement equation axes (Tasks.scattered axis types equation)
            | _ -> statement equation 0 [||]
        | Form.Reduced ->
            let task =
                match equation.Op with
                | Op.Reduce(kind, axes) -> Reductions.reduce kind axes types equation
                | Op.Dot axes -> Reductions.dot axes types equation
                | op -> invalidOp $"{Typing.name op} is no reduction."

            position[v] <- schedule task 0
            stored[v] <- true
        | Form.Pieces ->
            let struct (ordered, tasks) =
                match equation.Op with
                | Op.Concatenate axis -> struct (false, Tasks.concatenate axis types equation)
                | Op.Pad(low, high, interior) -> Tasks.pad low high interior types equation
                | Op.RandomBits(_, sizes, _) -> struct (false, Tasks.random types equation sizes)
                | op -> invalidOp $"{Typing.name op} is not made of pieces."

            let mutable last = -1

            for task in tasks do
                last <- max last (schedule task (if ordered then last + 1 else 0))

            position[v] <- last
            stored[v] <- true
        | Form.Movement
        | Form.Inline
        | Form.Unrolled ->
            let own = if isMovement v then 0 else FuseLanes.cost equation.Op

            cost[v] <- own + (equation.Inputs |> Array.distinct |> Array.sumBy (fun i -> terms[i] * (cost[i] + terms[i] - 1)))

            if
                forced[v]
                || wanted[v]
                || forms[v] = Form.Unrolled
                || (not (isMovement v) && ((uses[v] > 1 && cost[v] > 2) || cost[v] * terms[v] > CostModel.recomputedOperations))
            then
                root v

    do
        for equation in graph.Equations do
            for v in Array.distinct equation.Inputs do
                uses[v] <- uses[v] + 1

            if forms[equation.Outputs[0]] = Form.Inline then
                match equation.Op with
                | Op.Reduce _ ->
                    terms[equation.Inputs[0]] <-
                        Shape.size types[equation.Inputs[0]].Shape / max 1 (Shape.size types[equation.Outputs[0]].Shape)
                | Op.Dot axes ->
                    let struct (_, _, _, k) = DotAxes.sizes axes types[equation.Inputs[0]].Shape types[equation.Inputs[1]].Shape

                    for v in equation.Inputs do
                        terms[v] <- max 1 k
                | _ -> ()

            for v in equation.Outputs do
                definitions[v] <- equation

        for v in 0 .. graph.InputCount - 1 do
            position[v] <- -2

        Array.iter equation graph.Equations

    member _.Groups = groups
    member _.Definitions = definitions

    /// Whether a group reads a variable's element from memory, rather than computing it.
    member _.IsRead(v, group: int, extents, index) =
        position[v] = -2
        || (position[v] >= 0 && not (position[v] = group && isRoot[v] && isOwnElement v extents index))
        || (position[v] = -1 && forms[v] = Form.Alias)

    member _.IsStored v = stored[v]
    /// Whether a variable has memory of its own.
    member _.HasMemory v = position[v] >= 0
