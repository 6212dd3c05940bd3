// Loops as operations: the body is staged first, and every tensor that it captured becomes an operand, whatever its trace.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Loops =
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

    /// A condition as one boolean.
    let truth operation (a: Tensor) : Tensor =
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

        let knownStart, knownLast = start.Below, last.Below

        if not (isNull knownStart || isNull knownLast) then
            let first = int64 (knownStart.ToDouble())
            let steps = max 0L (int64 (knownLast.ToDouble()) - first)
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
