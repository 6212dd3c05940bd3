// Functions of trees with a derivative that the user gives.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal CustomRules =
    let private name = "CustomRule"

    let private wrong detail = raise (CustomRuleException $"{name}: {detail}")

    /// The tensors that a rule returned, in the structure and types that they must have; those that are not float are not looked at where they stand for changes.
    let private fitted what (structure: Structure) (types: LeafType[]) isChange (value: 'V) : Tensor[] =
        let struct (leaves, actual) = Tree.flatten value

        if leaves.Length <> types.Length || not (structure.Equals actual) then
            wrong
                $"{what} has another structure than it must have: {leaves.Length} tensors in a {typeof<'V>.Name} where there are {types.Length}, or other values beside them."

        Array.mapi2
            (fun i (leaf: Tensor) (expected: LeafType) ->
                if isChange && not (DType.isFloat expected.Type.DType) then
                    Primitive.zeros expected.Type
                else
                    if not (Shape.equal leaf.Dims expected.Type.Shape) then
                        wrong $"tensor {i} of {what} has shape {Shape.text leaf.Dims} where it must have {Shape.text expected.Type.Shape}."

                    if leaf.DType = expected.Type.DType then
                        leaf
                    elif leaf.Weak then
                        Tensor.Cast(leaf, expected.Type.DType, expected.IsWeak)
                    else
                        wrong
                            $"tensor {i} of {what} is {DType.name leaf.DType} where it must be {DType.name expected.Type.DType}; convert it (AsType).")
            leaves
            types

    let private isFloat (t: LeafType) = DType.isFloat t.Type.DType
    let private plain (types: LeafType[]) = types |> Array.map _.Type

    /// A tree of changes from those of its float leaves.
    let private changes (structure: Structure) (types: LeafType[]) (floats: Tensor[]) : 'V =
        Mask.spread (Array.map isFloat types) floats
        |> Array.map2 (fun (t: LeafType) a -> Primitive.orZeros t.Type a) types
        |> Tree.rebuild<'V> structure

    let private onlyFloats (types: LeafType[]) (items: 'I[]) =
        Array.zip types items |> Array.choose (fun (t, item) -> if isFloat t then Some item else None)

    /// The types of a program's results as promotion sees them.
    let private resultTypes (program: StagedProgram) : LeafType[] =
        Array.map2 (fun t weak -> { Type = t; IsWeak = weak }) (Graphs.outputs program.Graph) program.Weak

    /// Inputs one after the other, as many as each of the lengths says; the rest last.
    let private segments (lengths: int list) (inputs: Tensor[]) : Tensor[][] =
        let starts = List.scan (+) 0 lengths

        [|
            for start, length in List.zip starts[.. lengths.Length - 1] lengths do
                Array.sub inputs start length
            inputs[List.last starts ..]
        |]

    /// What the programs of a call have in common: captured tensors are operands after the leaves. A rule is for the argument alone; with
    /// respect to captured tensors the derivative is the function's own.
    [<NoComparison; NoEquality>]
    type Shared = {
        Leaves: LeafType[]
        Constants: Tensor[]
        /// The function on leaves @ constants.
        Body: Graph
        Function: StagedProgram
    } with

        member this.ConstantTypes = this.Constants |> Array.map _.Type

        /// A program of the call, its captured tensors taken from the constants.
        member this.Run (program: StagedProgram) (arguments: Tensor[]) (constants: Tensor[]) : Tensor[] =
            program.Captured
            |> Array.map (fun a -> constants[Array.FindIndex(this.Constants, fun c -> obj.ReferenceEquals(c, a))])
            |> Array.append arguments
            |> Primitive.evaluateGraph program.Graph

        /// Constants that may vary: those of a transformation in progress.
        member this.Varies = this.Constants |> Array.map (fun c -> not (isNull c.Trace) && DType.isFloat c.DType)

        member this.Results = resultTypes this.Function

    let private share (leaves: LeafType[]) (f: StagedProgram) (others: StagedProgram[]) : Shared =
        let constants = Staging.captured (Array.append [| f |] others)

        let shared = { Leaves = leaves; Constants = constants; Body = f.Graph; Function = f }

        {
            shared with
                Body =
                    Record.closed name (Array.append (plain leaves) shared.ConstantTypes) (fun inputs ->
                        shared.Run f inputs[.. leaves.Length - 1] inputs[leaves.Length ..])
        }

    let private floatConstants (shared: Shared) = shared.ConstantTypes |> Array.filter (fun t -> DType.isFloat t.DType)

    let private forward (f: 'T -> 'R) (rule: 'T -> 'T -> struct ('R * 'R)) (structure: Structure) (leaves: LeafType[]) =
        let program = Staging.tree name f structure leaves
        let results = resultTypes program

        let given =
            Staging.stage name (Array.append leaves (onlyFloats leaves leaves)) (fun inputs ->
                let struct (value, change) =
                    rule (Tree.rebuild<'T> structure inputs[.. leaves.Length - 1]) (changes structure leaves inputs[leaves.Length ..])

                let values = fitted "the value of the forward rule" program.Result results false value

                let changes = fitted "the change of the forward rule" program.Result results true change

                struct (Array.append values (onlyFloats results changes), Structure.Leaf))

        let shared = share leaves program [| given |]
        let varies = shared.Varies

        let types =
            Array.concat [ plain leaves; shared.ConstantTypes; plain (onlyFloats leaves leaves); floatConstants shared ]

        let complete =
            Record.closed name types (fun inputs ->
                let parts = segments [ leaves.Length; shared.Constants.Length; (onlyFloats leaves leaves).Length ] inputs

                let point, constants, along, alongConstants = parts[0], parts[1], parts[2], parts[3]
                let found = shared.Run given (Array.append point along) constants

                if not (Array.contains true varies) then
                    found
                else
                    let floats = constants |> Array.map (fun c -> DType.isFloat c.DType)

                    let tangents =
                        Array.map2 (fun isVariable along -> if isVariable then along else null) varies (Mask.spread floats alongConstants)

                    let _, own =
                        Linearize.pushforward
                            name
                            (fun constants -> Primitive.evaluateGraph shared.Body (Array.append point constants))
                            constants
                            tangents

                    Array.map2 Primitive.addSymbolic found[results.Length ..] (onlyFloats results own)
                    |> Array.append found[.. results.Length - 1])

        let mask = Array.init types.Length (fun i -> i >= leaves.Length + shared.ConstantTypes.Length)

        shared, CallKind.CustomForward(Annihilation.products complete mask)

    let private reverse
        (f: 'T -> 'R)
        (forward: 'T -> struct ('R * 'S))
        (backward: 'S -> 'R -> 'T)
        (structure: Structure)
        (leaves: LeafType[])
        =
        let program = Staging.tree name f structure leaves
        let results = resultTypes program
        let mutable kept: Structure = null

        let ahead =
            Staging.stage name leaves (fun inputs ->
                let struct (value, residuals) = forward (Tree.rebuild<'T> structure inputs)

                let values = fitted "the value of the forward function" program.Result results false value

                let struct (saved, savedStructure) = Tree.flatten residuals
                kept <- savedStructure
                struct (Array.append values saved, Structure.Leaf))

        let saved = (resultTypes ahead)[results.Length ..]

        let back =
            Staging.stage name (Array.append saved (onlyFloats results results)) (fun inputs ->
                let cotangent = changes program.Result results inputs[saved.Length ..]

                let found =
                    backward (Tree.rebuild<'S> kept inputs[.. saved.Length - 1]) cotangent
                    |> fitted "the result of the backward function" structure leaves true

                struct (onlyFloats leaves found, Structure.Leaf))

        let shared = share leaves program [| ahead; back |]
        let varies = shared.Varies
        // The function itself runs again in the backward pass where something that it captured may vary.
        let again = if Array.contains true varies then plain leaves else [||]

        let complete =
            Record.closed name (Array.append (plain leaves) shared.ConstantTypes) (fun inputs ->
                let point, constants = inputs[.. leaves.Length - 1], inputs[leaves.Length ..]
                Array.concat [ shared.Run ahead point constants; constants; point[.. again.Length - 1] ])

        let types = Array.concat [ plain saved; shared.ConstantTypes; again; plain (onlyFloats results results) ]

        let completeBack =
            Record.closed name types (fun inputs ->
                let parts = segments [ saved.Length; shared.Constants.Length; again.Length ] inputs
                let residuals, constants, point, cotangents = parts[0], parts[1], parts[2], parts[3]
                let found = shared.Run back (Array.append residuals cotangents) constants

                let own =
                    if again.Length = 0 then
                        Array.zeroCreate constants.Length
                    else
                        let _, pull =
                            Linearize.pullback
                                name
                                (fun constants -> Primitive.evaluateGraph shared.Body (Array.append point constants))
                                constants

                        pull (Mask.spread (Array.map isFloat results) cotangents)

                Array.append found [|
                    for i in 0 .. constants.Length - 1 do
                        if DType.isFloat constants[i].DType then
                            Primitive.orZeros constants[i].Type (if varies[i] then own[i] else null)
                |])

        let cotangents = types.Length - (onlyFloats results results).Length
        let mask = Array.init types.Length (fun i -> i >= cotangents)
        shared, CallKind.CustomReverse(complete, Annihilation.products completeBack mask)

    /// The function with its rule. Where nothing is being transformed the function itself runs; its first run for arguments of a kind checks the rule.
    let private wrap (f: 'T -> 'R) (build: Structure -> LeafType[] -> Shared * CallKind) : 'T -> 'R =
        let mutable known: struct (Structure * LeafType[]) = struct (null, null)

        fun argument ->
            let struct (leaves, structure) = Tree.flatten argument
            let types = leaves |> Array.map Staging.leafType
            let struct (knownStructure, knownTypes) = known

            let isKnown =
                not (isNull knownStructure)
                && knownTypes.Length = types.Length
                && Array.forall2 (fun (a: LeafType) b -> a.IsWeak = b.IsWeak && a.Type = b.Type) knownTypes types
                && knownStructure.Equals structure

            let isTraced = leaves |> Array.exists (fun leaf -> not (isNull leaf.Trace))

            if isKnown && not isTraced then
                f argument
            else
                let shared, kind = build structure types
                known <- struct (structure, types)

                if not isTraced then
                    f argument
                else
                    let operands = Array.append leaves shared.Constants
                    let results = Primitive.apply (Op.Call(kind, shared.Body)) operands
                    Staging.restoreWeak shared.Function.Weak results
                    Tree.rebuild<'R> shared.Function.Result results

    /// The function with a rule from a point and a direction to the value and its change.
    let withForward (f: 'T -> 'R) (rule: 'T -> 'T -> struct ('R * 'R)) : 'T -> 'R = wrap f (forward f rule)

    /// The function with a rule of its backward pass: the value with what is kept, and from that and a cotangent to one of the argument.
    let withReverse (f: 'T -> 'R) (ahead: 'T -> struct ('R * 'S)) (back: 'S -> 'R -> 'T) : 'T -> 'R = wrap f (reverse f ahead back)
