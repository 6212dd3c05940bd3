// Cheap operations as terms of expressions: the value of one stays in registers for the next, and is stored only where others read it.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Kernels

/// storeOf: where a value of the nest belongs to in memory, if it can be made there.
[<Sealed>]
type internal BlockExpressions(layout: BlockLayout, code: BlockCode, homes: BlockHome[], storeOf: int -> Place voption) =
    let values = layout.Plan.Values

    /// The vectors of numbers of more terms take more than their share of the first cache.
    let mostTerms = 64

    /// By list the value in registers, or -1; and all that its waiting operations make.
    let held = Dictionary<BlockList, int>(HashIdentity.Reference)
    let waiting = Dictionary<BlockList, List<int>>(HashIdentity.Reference)

    let heldBy list =
        match held.TryGetValue list with
        | true, id -> id
        | _ -> -1

    let operandOf (home: BlockHome) =
        match home.Constant with
        | ValueSome bits -> BlockValue.OfBits bits
        | ValueNone -> home.Value.Value

    /// What is in registers goes to memory too.
    let store id =
        let home = homes[id]

        if home.IsLoose then
            let value =
                match (if home.Step = 1 || layout.Depth = 0 then storeOf id else ValueNone) with
                | ValueSome place -> layout.InBuffer(place, home.Step)
                | ValueNone -> code.NewValue(id, (home.Step = 1), Math.Max(home.MaskBytes, DType.bytes home.DType))

            home.Value <- ValueSome value
            home.List.Store value
            home.IsLoose <- false

    /// An operand. (A number may be in registers of another list.)
    let operand (list: BlockList) id =
        let home = homes[id]
        if not (obj.ReferenceEquals(home.List, list)) then store id
        operandOf home

    let flush (list: BlockList) now =
        if list.IsWaiting then
            let id = heldBy list
            if id >= 0 && layout.LastRead id >= now then store id
            held.Remove list |> ignore
            code.Flush list

            match waiting.TryGetValue list with
            | true, made ->
                for id in made do
                    homes[id].IsWaiting <- false

                waiting.Remove list |> ignore
            | _ -> ()

    /// The value into registers. What was there is stored if it is read again.
    let bring (list: BlockList) now id =
        let before = heldBy list

        if before <> id then
            if before >= 0 && layout.LastRead before >= now then store before
            list.Load(operand list id)
            held[list] <- id

    /// An argument into registers, and to memory before the operation if it is read again.
    let take (list: BlockList) now (first: int) (others: int[]) =
        bring list now first
        if layout.LastRead first > now || Array.contains first others then store first

    let apply (list: BlockList) now (first: int) operation (others: int[]) =
        take list now first others
        let other k = if k < others.Length then operand list others[k] else BlockList.None
        list.Term(operation, other 0, other 1, 0)

    /// The operation by which of the arguments is in registers: (argument, operation, others), the first if none is.
    let choose (list: BlockList) now (forms: struct (int * BlockOperation * int[])[]) =
        let inRegisters = heldBy list
        let found = forms |> Array.tryFind (fun (struct (first, _, _)) -> first = inRegisters)
        let struct (first, operation, others) = defaultArg found forms[0]
        apply list now first operation others

    let binary list now x z operation reversed = choose list now [| struct (x, operation, [| z |]); struct (z, reversed, [| x |]) |]

    let compare list now relation x z =
        match relation with
        | Relation.Equal -> binary list now x z BlockOperation.Equal BlockOperation.Equal
        | Relation.NotEqual -> binary list now x z BlockOperation.NotEqual BlockOperation.NotEqual
        | Relation.Less -> binary list now x z BlockOperation.Less BlockOperation.Greater
        | Relation.LessEqual -> binary list now x z BlockOperation.LessEqual BlockOperation.GreaterEqual

    /// Of masks: false is less than true.
    let compareMasks (list: BlockList) now relation x z =
        let invert () = list.Term(BlockOperation.Xor, BlockValue.OfBits UInt64.MaxValue)

        let inverted operation =
            if heldBy list = z then store z
            take list now x [||]
            invert ()
            list.Term(operation, operand list z)

        match relation with
        | Relation.NotEqual -> binary list now x z BlockOperation.Xor BlockOperation.Xor
        | Relation.Equal ->
            binary list now x z BlockOperation.Xor BlockOperation.Xor
            invert ()
        | Relation.Less -> inverted BlockOperation.And
        | Relation.LessEqual -> inverted BlockOperation.Or

    let unary list now x operation = apply list now x operation [||]

    let withBits (list: BlockList) now x operation (bits: uint64) =
        take list now x [||]
        list.Term(operation, BlockValue.OfBits bits)

    let shift (list: BlockList) now x operation (count: int) =
        take list now x [||]
        list.Term(operation, BlockList.None, BlockList.None, count)

    /// The bit of a float's sign.
    let signOf dtype = 1UL <<< (8 * DType.bytes dtype - 1)

    let emit (list: BlockList) now (v: Value) op =
        let x = v.Arguments[0]
        let z = if v.Arguments.Length > 1 then v.Arguments[1] else -1
        let isMask = v.DType = DType.Bool
        let commuting operation = binary list now x z operation operation

        match op with
        | LaneOp.Convert ->
            // Of a truth value 1 where it is true; of a number whether it is other than 0.
            let bits = if isMask then 0UL else LaneEvaluate.apply (LaneOp.Constant 1.0) v.DType [||] [||]
            withBits list now x (if isMask then BlockOperation.NotEqual else BlockOperation.And) bits
        | LaneOp.Compare relation when values[x].DType = DType.Bool -> compareMasks list now relation x z
        | LaneOp.Compare relation -> compare list now relation x z
        | LaneOp.Add
        | LaneOp.Maximum when isMask -> commuting BlockOperation.Or
        | LaneOp.Multiply
        | LaneOp.Minimum when isMask -> commuting BlockOperation.And
        | LaneOp.Add -> commuting BlockOperation.Add
        | LaneOp.Subtract -> binary list now x z BlockOperation.Subtract BlockOperation.SubtractFrom
        | LaneOp.Multiply when x = z -> unary list now x BlockOperation.Square
        | LaneOp.Multiply -> commuting BlockOperation.Multiply
        | LaneOp.Divide -> binary list now x z BlockOperation.Divide BlockOperation.DivideInto
        | LaneOp.Minimum -> commuting BlockOperation.Minimum
        | LaneOp.Maximum -> commuting BlockOperation.Maximum
        | LaneOp.And -> commuting BlockOperation.And
        | LaneOp.Or -> commuting BlockOperation.Or
        | LaneOp.Xor -> commuting BlockOperation.Xor
        | LaneOp.FusedMultiplyAdd ->
            let last = v.Arguments[2]

            choose list now [|
                struct (x, BlockOperation.MultiplyAdd, [| z; last |])
                struct (z, BlockOperation.MultiplyAdd, [| x; last |])
                struct (last, BlockOperation.AddProduct, [| x; z |])
            |]
        | LaneOp.Select ->
            let last = v.Arguments[2]

            choose list now [|
                struct (x, BlockOperation.Select, [| z; last |])
                struct (z, BlockOperation.SelectThis, [| x; last |])
                struct (last, BlockOperation.SelectOther, [| x; z |])
            |]
        | LaneOp.Negate when DType.isFloat v.DType -> withBits list now x BlockOperation.Xor (signOf v.DType)
        | LaneOp.Negate -> withBits list now x BlockOperation.SubtractFrom 0UL
        | LaneOp.Absolute -> withBits list now x BlockOperation.And ~~~(signOf v.DType)
        | LaneOp.SquareRoot -> unary list now x BlockOperation.SquareRoot
        | LaneOp.Floor -> unary list now x BlockOperation.Floor
        | LaneOp.Round -> unary list now x BlockOperation.Round
        | LaneOp.Not -> withBits list now x BlockOperation.Xor UInt64.MaxValue
        | LaneOp.ShiftLeft n -> shift list now x BlockOperation.ShiftLeft n
        | LaneOp.ShiftRight n -> shift list now x BlockOperation.ShiftRight n
        | LaneOp.RotateLeft n -> shift list now x BlockOperation.RotateLeft n
        | _ -> invalidOp $"{op} is no term of an expression."

    /// Whether the value is a term, of numbers of this type.
    member _.TypeOf(list, v) = ExpressionTypes.ofValue values homes list v

    /// The value of an operation on numbers of a type; masks among its arguments have elements as large.
    member _.Emit(list: BlockList, v: Value, op: LaneOp, t: TypeCode, bytes: int) =
        let now = layout.Computed v.Id

        if list.IsWaiting && (list.Type <> t || list.Waiting >= mostTerms) then flush list now
        list.Type <- t
        emit list now v op
        let step = if layout.IsInBlock v.Id then 1 else 0
        let home = BlockHome(v.DType, (if v.DType = DType.Bool then bytes else 0), step, list)
        home.IsLoose <- true
        home.IsWaiting <- true
        homes[v.Id] <- home
        held[list] <- v.Id

        match waiting.TryGetValue list with
        | true, made -> made.Add v.Id
        | _ -> waiting[list] <- List [ v.Id ]

        for a in Array.distinct v.Arguments do
            if layout.LastRead a = now then code.Release a

    /// A value that waits is stored.
    member _.Store(id: int) = store id

    /// What waits in a list is an instruction, and all of it stored that is read from a time on.
    member _.Flush(list: BlockList, now: int) = flush list now

    /// Numbers to their places in memory, when nothing reads any more what lies there.
    member _.StoreNumbers(list: BlockList, stores: PlannedStore[]) =
        let begin' (target: Place) =
            let isOfFour = DType.bytes target.DType = 4
            if list.IsWaiting && isOfFour <> (ExpressionTypes.bytes list.Type = 4) then flush list layout.AtEnd
            if not list.IsWaiting then list.Type <- (if isOfFour then TypeCode.Single else TypeCode.Double)

        for s in stores do
            let home = homes[s.Value]

            if home.Changes then
                begin' s.Target
                bring list layout.AtEnd s.Value
                home.Value <- ValueSome(code.NewValue(s.Value, false, 8))
                home.Changes <- false
                list.Store home.Value.Value

        for s in stores do
            begin' s.Target
            bring list layout.AtEnd s.Value
            list.Store(layout.InBuffer(s.Target, 0))
