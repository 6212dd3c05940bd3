// Choices between branches: the one of a number that is known runs as it is; otherwise all are staged, and what they captured becomes operands.
namespace Pipeline.Engine

open Pipeline

/// A branch of a choice, with the delegate or closure that it was given as.
[<NoComparison; NoEquality>]
type internal Branch<'T, 'R> = { Given: obj; Run: 'T -> 'R }

[<RequireQualifiedAccess>]
module internal Conditionals =
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
            Record.closed name (Graphs.inputs p.Graph) (fun inputs ->
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
            struct (NestedBranches.Run(
                        BranchIdentity(branch.Given, structure),
                        fun () -> Staging.resultTypes name branch.Run structure types
                    ),
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
            let struct (results, resultStructure) = Tree.flattenResult name value

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
        match index.Below with
        | known when not (isNull known) ->
            let number = max 0 (min (branches.Length - 1) (int (known.ToDouble())))
            take name label number branches operand
        | _ ->
            let index = Primitive.convert DType.Int32 (Primitive.reshape [||] index)
            let struct (leaves, structure) = Tree.flatten operand

            let stage (branch: Branch<'T, 'R>) =
                let staged () = Staging.branch name branch.Run structure leaves

                if isNull Branching.OfKnown then
                    ValueSome(staged ())
                else
                    NestedBranches.Run(BranchIdentity(branch.Given, structure), staged)

            let programs = branches |> Array.map stage

            if programs |> Array.forall _.IsNone then
                raise (LoopException $"{name}: every branch calls the function that it stands in.")

            let programs = agree name label programs

            let operands, graphs = Staging.shared (leaves |> Array.filter _.IsKnown) programs

            let results = Primitive.apply (Op.Switch graphs) (Array.append [| index |] operands)

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

        choose "Cond" label (Primitive.convert DType.Int32 (Loops.truth "Cond" predicate)) [| ifFalse; ifTrue |] operand
