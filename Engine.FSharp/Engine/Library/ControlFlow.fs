// Loops and choices as operations: the body is staged first, and every tensor that it captured becomes an operand, whatever its trace.
namespace Pipeline.Engine

open System
open Pipeline

/// A branch of a choice, with the delegate or closure that it was given as.
[<NoComparison; NoEquality>]
type internal Branch<'T, 'R> = { Given: obj; Run: 'T -> 'R }

[<RequireQualifiedAccess>]
module internal ControlFlow =
    /// A carry that the body returned, in the type in which it came: never a type that holds less than the body made.
    let private fit operation number (initial: LeafType) (returned: Tensor) : Tensor =
        if not (Shape.equal returned.Dims initial.Type.Shape) then
            raise (
                LoopException
                    $"{operation}: the body turns tensor {number} of what it carries from {initial.Type} into {returned.Type}; start from the shape that it keeps (BroadcastTo), or reduce in the body."
            )

        let dtype = initial.Type.DType

        if returned.DType = dtype then
            returned
        elif
            (returned.Weak || initial.IsWeak)
            && fst (DType.promote (dtype, initial.IsWeak) (returned.DType, returned.Weak)) = dtype
        then
            Tensor.Cast(returned, dtype, initial.IsWeak)
        else
            let start =
                if DType.isFloat returned.DType && not (DType.isFloat dtype) then
                    $"start with {DType.name returned.DType}, or with a plain number (0.0 for Tensor.Scalar(0))"
                else
                    "start with that type"

            raise (
                LoopException
                    $"{operation}: the body turns tensor {number} of what it carries from {initial.Type} into {returned.Type}; {start}, or convert in the body (AsType)."
            )

    /// Weakly typed carries that the body turns into other types, with those.
    exception private Promoted of types: struct (DType * bool)[]

    /// A weakly typed carry in another type; of a transformation's tensor only a new one can have another.
    let private start (a: Tensor) dtype weak : Tensor =
        if not a.Weak || (a.DType = dtype && weak) then
            a
        else
            let converted = Tensor.Apply1(Op.Convert dtype, a)
            converted.Weak <- weak
            converted

    /// Weakly typed carries (plain numbers) start in the type in which the body returns them, found by running it again until none changes.
    let rec settled (carries: Tensor[]) (attempt: Tensor[] -> 'Result) : 'Result =
        let again =
            try
                Choice1Of2(attempt carries)
            with Promoted types ->
                Choice2Of2(Array.map2 (fun a (struct (dtype, weak)) -> start a dtype weak) carries types)

        match again with
        | Choice1Of2 result -> result
        | Choice2Of2 carries -> settled carries attempt

    /// The tensors of what a body returned, in the structure and the types in which they came.
    let returned operation (structure: Structure) (initial: LeafType[]) (value: 'C) : Tensor[] =
        let struct (leaves, actual) = Tree.flatten value

        if not (structure.Equals actual) then
            raise (
                LoopException
                    $"{operation}: the body returns another structure than it carries: {leaves.Length} tensors where {initial.Length} came, or other values beside them."
            )

        let promoted =
            Array.map2
                (fun (t: LeafType) (leaf: Tensor) ->
                    if t.IsWeak then
                        let dtype, weak = DType.promote (t.Type.DType, true) (leaf.DType, leaf.Weak)
                        struct (dtype, weak)
                    else
                        struct (t.Type.DType, false))
                initial
                leaves

        if Array.exists2 (fun (t: LeafType) (struct (dtype, weak)) -> t.Type.DType <> dtype || t.IsWeak <> weak) initial promoted then
            raise (Promoted promoted)

        leaves |> Array.mapi (fun i leaf -> fit operation i initial[i] leaf)

    let scan
        operation
        (body: 'C -> 'X -> struct ('C * 'Y))
        (initial: 'C)
        (inputs: 'X)
        (length: int voption)
        (reverse: bool)
        (slots: int -> int)
        : struct ('C * 'Y) =
        let struct (carries, carryStructure) = Tree.flatten initial
        let struct (stacks, inputStructure) = Tree.flatten inputs

        for stack in stacks do
            if stack.Rank = 0 then
                raise (LoopException $"{operation}: an input is a scalar; the first axis of every input tensor is the steps.")

        let length =
            match Array.distinct (Array.append (ValueOption.toArray length) (stacks |> Array.map (fun s -> s.Dims[0]))) with
            | [| length |] -> length
            | [||] ->
                raise (LoopException $"{operation}: there is no input tensor whose first axis gives the number of steps; give the length.")
            | sizes ->
                raise (
                    LoopException
                        $"{operation}: the first axes of the inputs have sizes {Shape.text sizes}; they are the steps and must be equal."
                )

        settled carries (fun carries ->
            let carryTypes = carries |> Array.map Staging.leafType

            let sliceTypes = stacks |> Array.map (fun s -> { Type = Typing.tensor s.DType s.Dims[1..]; IsWeak = s.Weak })

            let types = Array.append carryTypes sliceTypes
            let mutable outputStructure = null

            let program =
                Staging.stage operation types (fun leaves ->
                    let carried = Tree.rebuild<'C> carryStructure leaves[.. carries.Length - 1]

                    let struct (next, output) = body carried (Tree.rebuild<'X> inputStructure leaves[carries.Length ..])

                    let next = returned operation carryStructure carryTypes next
                    let struct (outputs, structure) = Tree.flatten output
                    outputStructure <- structure
                    struct (Array.append next outputs, Structure.Leaf))

            let constants, graphs = Staging.together (types |> Array.map _.Type) [| program |]

            let loop = { Loop.counted length constants.Length carries.Length graphs[0] with Reverse = reverse; Slots = slots length }

            let results = Primitive.apply (Op.Loop loop) (Array.concat [ constants; carries; stacks ])

            Staging.restoreWeak (Array.append (carryTypes |> Array.map _.IsWeak) program.Weak[carries.Length ..]) results

            struct (Tree.rebuild<'C> carryStructure results[.. carries.Length - 1],
                    Tree.rebuild<'Y> outputStructure results[carries.Length ..]))

    /// Reverse mode keeps what it needs of every step.
    let private every (_: int) = 0

    /// The body over the slices of the inputs, from the last to the first if reverse.
    let scanOver (reverse: bool) (body: 'C -> 'X -> struct ('C * 'Y)) (initial: 'C) (inputs: 'X) : struct ('C * 'Y) =
        scan "Scan" body initial inputs ValueNone reverse every

    /// The body a number of times.
    let scanTimes (length: int) (body: 'C -> struct ('C * 'Y)) (initial: 'C) : struct ('C * 'Y) =
        Limits.NotNegative(length, nameof length)
        scan "Scan" (fun c () -> body c) initial () (ValueSome length) false every

    let private truth operation (a: Tensor) : Tensor =
        if isNull a || Shape.size a.Dims <> 1 then
            raise (LoopException $"{operation}: the condition is a scalar; reduce it (All, Any, Max).")

        let a = Primitive.reshape [||] a

        if a.DType = DType.Bool then a else Primitive.compare Relation.NotEqual a (Primitive.fillLike a 0.0)

    let whileLoop operation (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) (bound: int) : 'C =
        let struct (carries, structure) = Tree.flatten initial

        settled carries (fun carries ->
            let types = carries |> Array.map Staging.leafType

            let programs = [|
                Staging.stage operation types (fun leaves ->
                    struct ([| truth operation (condition (Tree.rebuild structure leaves)) |], Structure.Leaf))
                Staging.stage operation types (fun leaves ->
                    struct (returned operation structure types (body (Tree.rebuild structure leaves)), Structure.Leaf))
            |]

            let constants, graphs = Staging.together (types |> Array.map _.Type) programs

            let loop = Loop.conditional bound constants.Length graphs[0] graphs[1]
            let results = Primitive.apply (Op.Loop loop) (Array.append constants carries)
            Staging.restoreWeak (types |> Array.map _.IsWeak) results
            Tree.rebuild<'C> structure results)

    /// A limit of a counted loop.
    let private limit (a: Tensor) : Tensor =
        if isNull a || Shape.size a.Dims <> 1 then
            raise (LoopException "For: a limit is a scalar; index it.")

        if not (DType.isInteger a.DType) then
            raise (DTypeException $"For: a limit is an integer, not {DType.name a.DType}; convert it (AsType).")

        // No loop takes so many steps, but a number that wrapped would be a wrong one.
        Tensor.Convert(Primitive.reshape [||] a, DType.Int32)

    /// Limits that are known now make a scan, whose reverse mode knows how many steps it saves; else a while loop.
    let forLoop (start: Tensor) (limitOfSteps: Tensor) (body: Tensor -> 'C -> 'C) (initial: 'C) (bound: int) : 'C =
        let start, last = limit start, limit limitOfSteps

        if start.IsKnown && last.IsKnown then
            let first = int64 (start.ToDouble())
            let steps = max 0L (int64 (last.ToDouble()) - first)
            let most = if bound > 0 then bound else Int32.MaxValue

            if steps > int64 most then
                raise (
                    LoopException
                        $"For: {steps} steps lie between the limits, more than the bound of {most}; give a larger bound, or limits that lie closer."
                )

            let count = int steps

            // Counted from 0 outside, so that compiled code knows the range of the counter.
            let counter (i: Tensor) = if first = 0 then i else Primitive.add i (Primitive.fillLike i (float first))

            let numbers = Primitive.iota DType.Int32 [| count |] 0

            let struct (last, _) =
                scan "For" (fun c i -> struct (body (counter i) c, ())) initial numbers ValueNone false (fun _ -> 0)

            last
        else
            let struct (_, last) =
                whileLoop
                    "For"
                    (fun (struct (i: Tensor, _: 'C)) -> Primitive.compare Relation.Less i last)
                    (fun (struct (i, c)) -> struct (Primitive.add i (Primitive.fillLike i 1.0), body i c))
                    (struct (start, initial))
                    bound

            last

    /// The type that each result takes: that of the branches that return tensors, which must be one; plain numbers take it. What does not fit
    /// together is refused by name. Branches of which nothing is known agree with all.
    let private joint name (label: int -> string) (branches: struct (LeafType[] * Structure) voption[]) : struct (DType * bool)[] =
        let known =
            branches
            |> Array.indexed
            |> Array.choose (fun (i, branch) ->
                match branch with
                | ValueSome(struct (types, structure)) -> Some struct (label i, types, structure)
                | ValueNone -> None)

        let struct (first, expected, structure) = known[0]

        for struct (own, types, given) in Array.tail known do
            if not (structure.Equals given) then
                raise (
                    LoopException
                        $"{name}: {own} returns another structure than {first}; return the same members, with the same values beside the tensors."
                )

            for k in 0 .. types.Length - 1 do
                if not (Shape.equal expected[k].Type.Shape types[k].Type.Shape) then
                    raise (
                        LoopException
                            $"{name}: tensor {k} of {own} is {types[k].Type} where {first} returns {expected[k].Type}; give the branches one shape (BroadcastTo)."
                    )

        Array.init expected.Length (fun k ->
            let own = known |> Array.map (fun (struct (label, types, _)) -> struct (label, types[k]))

            let promote (a: LeafType) (b: LeafType) = DType.promote (a.Type.DType, a.IsWeak) (b.Type.DType, b.IsWeak)

            for struct (one, a) in own do
                for struct (other, b) in own do
                    if not a.IsWeak && fst (promote a b) <> a.Type.DType then
                        let number = if b.IsWeak then ", a plain number" else ""

                        raise (
                            LoopException
                                $"{name}: tensor {k} of {other} is {b.Type}{number} where {one} returns {a.Type}; give the branches one type (AsType), or return a plain number that takes the other's (0.0 for Tensor.Scalar(0))."
                        )

            let dtype, weak = own |> Array.map (fun (struct (_, t)) -> t.Type.DType, t.IsWeak) |> Array.reduce DType.promote

            struct (dtype, weak))

    /// Programs that return one dtype each: plain numbers in that of the others.
    let private agree name label (programs: StagedProgram voption[]) : StagedProgram[] =
        let joint =
            programs
            |> Array.map (
                ValueOption.map (fun p ->
                    let types = Array.map2 (fun t weak -> { Type = t; IsWeak = weak }) (Graphs.outputs p.Graph) p.Weak

                    struct (types, p.Result))
            )
            |> joint name label

        let converted (p: StagedProgram) =
            Record.closed name (Typing.graphInputs p.Graph) (fun inputs ->
                Primitive.evaluateGraph p.Graph inputs
                |> Array.mapi (fun k a ->
                    let struct (dtype, weak) = joint[k]

                    if a.DType = dtype then
                        a
                    else
                        // A plain number that the type does not hold is an error, as beside a tensor.
                        a.Weak <- p.Weak[k]
                        Tensor.Cast(a, dtype, weak)))

        programs
        |> Array.collect ValueOption.toArray
        |> Array.map (fun p ->
            let fits =
                Array.forall2 (fun (t: TensorType) (struct (dtype, _)) -> t.DType = dtype) (Graphs.outputs p.Graph) joint

            {
                p with
                    Graph = if fits then p.Graph else converted p
                    Weak = joint |> Array.map (fun (struct (_, weak)) -> weak)
            })

    /// What a branch that is not taken would return. Nothing where that cannot be told, and then the reading of a number that a compiled function
    /// would know, if that is why: of one that throws or calls itself there is no compiled function.
    let private untaken name (branch: Branch<'T, 'R>) structure (types: LeafType[]) =
        try
            struct (Untaken.Branch(BranchIdentity(branch.Given, structure), fun () -> Staging.resultTypes name branch.Run structure types),
                    "")
        with
        | :? TracedValueException as reading -> struct (ValueNone, reading.Message)
        | _ -> struct (ValueNone, "")

    /// The branch of that number, with its results in the types that they have in a staged choice: the others are run for their types alone.
    let private take name label (number: int) (branches: Branch<'T, 'R>[]) (operand: 'T) : 'R =
        let value = branches[number].Run operand

        if branches.Length = 1 then
            value
        else
            let struct (leaves, structure) = Tree.flatten operand
            let types = leaves |> Array.map Staging.leafType
            let struct (results, resultStructure) = Tree.flatten value

            let found =
                branches
                |> Array.mapi (fun i branch ->
                    if i = number then
                        struct (ValueSome(struct (Array.map Staging.leafType results, resultStructure)), "")
                    else
                        untaken name branch structure types)

            let joint = found |> Array.map (fun (struct (types, _)) -> types) |> joint name label

            // Tensors keep their types whatever the others return; a plain number would take theirs.
            if joint |> Array.exists (fun (struct (_, weak)) -> weak) then
                found
                |> Array.iteri (fun i (struct (_, reading)) ->
                    if reading <> "" then
                        raise (
                            TracedValueException
                                $"{name}: {label number} returns a plain number, which takes the type of {label i}, and that one, which is not taken, reads a number before its type can be told ({reading}). Return a tensor of the type that is meant (Tensor.Scalar), or read the number outside of the branches."
                        ))

            let fits =
                Array.forall2 (fun (a: Tensor) (struct (dtype, weak)) -> a.DType = dtype && a.Weak = weak) results joint

            if fits then
                value
            else
                Array.map2 (fun a (struct (dtype, weak)) -> Tensor.Cast(a, dtype, weak)) results joint
                |> Tree.rebuild<'R> resultStructure

    /// The branch of a number that is known now runs as it is; otherwise all are staged.
    let private choose name label (index: Tensor) (branches: Branch<'T, 'R>[]) (operand: 'T) : 'R =
        if index.IsKnown then
            let number = max 0 (min (branches.Length - 1) (int (index.ToDouble())))
            take name label number branches operand
        else
            let index = Primitive.convert DType.Int32 (Primitive.reshape [||] index)
            let struct (leaves, structure) = Tree.flatten operand
            let types = leaves |> Array.map Staging.leafType

            let stage (branch: Branch<'T, 'R>) =
                let staged () = Staging.tree name branch.Run structure types

                if isNull Untaken.Recorder then
                    ValueSome(staged ())
                else
                    Untaken.Branch(BranchIdentity(branch.Given, structure), staged)

            let programs = branches |> Array.map stage

            if programs |> Array.forall _.IsNone then
                raise (LoopException $"{name}: every branch calls the function that it stands in.")

            let programs = agree name label programs

            let constants, graphs = Staging.together (types |> Array.map _.Type) programs

            let results = Primitive.apply (Op.Switch graphs) (Array.concat [ [| index |]; constants; leaves ])

            Staging.restoreWeak programs[0].Weak results
            Tree.rebuild<'R> programs[0].Result results

    let switch (index: Tensor) (branches: Branch<'T, 'R>[]) (operand: 'T) : 'R =
        if branches.Length = 0 then
            raise (LoopException "Switch: there is no branch to take; give at least one.")

        if isNull index || Shape.size index.Dims <> 1 then
            raise (LoopException "Switch: the number of a branch is a scalar; index it.")

        if DType.isFloat index.DType then
            raise (
                DTypeException
                    $"Switch: the number of a branch is an integer, not {DType.name index.DType}; convert it (AsType cuts a fraction off)."
            )

        let number = Tensor.Convert(Primitive.reshape [||] index, DType.Int32)
        choose "Switch" (fun i -> $"branch {i}") number branches operand

    let cond (predicate: Tensor) (ifTrue: Branch<'T, 'R>) (ifFalse: Branch<'T, 'R>) (operand: 'T) : 'R =
        let label i = if i = 0 then "the second function" else "the first function"

        choose "Cond" label (Primitive.convert DType.Int32 (truth "Cond" predicate)) [| ifFalse; ifTrue |] operand
