// Statements as IL: the loops, choices and steps around nests, split into methods small enough for the JIT to optimise.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection.Emit
open Pipeline

/// Branches meet the JIT when they are first taken, unless all is prepared with the program.
[<Sealed>]
type internal EmitProgram
    (
        program: LoopProgram,
        width: int,
        kernel: Op -> NDArray[] -> NDArray[],
        header: Header,
        swapped: bool[],
        blocks: BlockProgram,
        preparesAll: bool,
        listings: List<List<string>>
    ) =
    let methods = ProgramMethods(header, listings)
    let plans = Dictionary<Nest, struct (NestPlan * NestShape)>(HashIdentity.Reference)

    /// The plan of a nest, kept until it is emitted: its size is asked for before.
    let planned (nest: Nest) =
        match plans.TryGetValue nest with
        | true, known -> known
        | _ ->
            let plan = PlanNest.create width program.Buffers nest
            let made = struct (plan, NestShape.choose plan width)
            plans[nest] <- made
            made

    let isOnBlocks (s: Statement) =
        match s with
        | Statement.Nest nest ->
            let struct (_, shape) = planned nest
            shape.OnBlocks
        | _ -> false

    /// What there is in a method of a statement and all within it.
    let rec wholeOf (s: Statement) =
        match s with
        | Statement.Nest nest when not (isOnBlocks s) ->
            let struct (plan, shape) = planned nest
            NestShape.codeOf plan shape.Span
        | Statement.Repeat(_, _, body) -> 500 + Array.sumBy wholeOf body
        | Statement.RepeatWhile(test, _, _, body) -> 500 + Array.sumBy wholeOf test + Array.sumBy wholeOf body
        | Statement.Choose(_, branches) -> 500 + Array.sumBy (Array.sumBy wholeOf) branches
        | Statement.Nest _
        | Statement.Accumulate _
        | Statement.Product _
        | Statement.Swap _
        | Statement.Kernel _ -> 500

    /// The elements that a loop holds in locals, if all of it fits in one method.
    let heldBy (s: Statement) =
        match s with
        | _ when wholeOf s > CostModel.methodCode / 2 -> [||]
        | Statement.Repeat(_, _, body) -> LoopRegisters.elements program.Buffers [||] body
        | Statement.RepeatWhile(test, flag, _, body) -> LoopRegisters.elements program.Buffers [| flag |] (Array.append test body)
        | _ -> [||]

    let codeOf (s: Statement) =
        match s with
        | Statement.Repeat _
        | Statement.RepeatWhile _ -> if (heldBy s).Length > 0 then wholeOf s else 500
        | Statement.Choose _ -> 500
        | _ -> wholeOf s

    /// Statements in order. Those that a method has no room for are methods of their own, called one after the other: neither the compiler nor
    /// what it makes goes deeper with every one of them.
    let rec statements (code: Code) (body: Statement[]) =
        if code.HoldsAny then
            // A loop that fits in one method, with elements in its locals.
            for s in body do
                statement code s
        elif body.Length > CostModel.methodStatements then
            for some in Array.chunkBySize CostModel.methodStatements body do
                apart code some
        else
            let mutable part = code

            let close () = if not (obj.ReferenceEquals(part, code)) then methods.Call(code, part)

            for s in body do
                if
                    part.Size > 100
                    && (part.Size + codeOf s > CostModel.methodCode || MethodSize.used part.Measured > CostModel.methodUse)
                then
                    close ()
                    part <- methods.Part()

                statement part s

            close ()

    /// Calls statements that are a method of their own.
    and apart (code: Code) (body: Statement[]) =
        let part = methods.Part()
        statements part body
        methods.Call(code, part)

    /// One of the branches from the first on, of so many.
    and choose (code: Code) (index: Access) first count (branches: Statement[][]) =
        let parts = (branches.Length + CostModel.methodBranches - 1) / CostModel.methodBranches
        let labels = Array.init (if parts > 1 then parts else branches.Length) (fun _ -> code.Label())
        let finish = code.Label()
        EmitStep.number program.Buffers code index

        // Of two the second is the one of conditions that hold: it follows the test.
        if count = 2 then
            code.Int 0
            code.Emit(OpCodes.Ble, labels[0])
        else
            code.Emit OpCodes.Conv_I
            code.Native(int64 (count - 1))
            code.Call(VectorType.overload typeof<LaneArithmetic> "ClampIndex" [| typeof<nativeint>; typeof<nativeint> |])
            code.AddNative(int64 -first)

            if parts > 1 then
                code.Native(int64 CostModel.methodBranches)
                code.Emit OpCodes.Div

            code.Emit OpCodes.Conv_I4
            code.Switch labels

        for k in labels.Length - 1 .. -1 .. 0 do
            code.Mark(labels[k])

            if parts > 1 then
                let part = methods.Part()
                let some = branches |> Array.skip (k * CostModel.methodBranches) |> Array.truncate CostModel.methodBranches
                choose part index (first + k * CostModel.methodBranches) count some
                methods.Call(code, part)
            elif Array.forall LoopRegisters.isStraight branches[k] then
                statements code branches[k]
            elif preparesAll then
                apart code branches[k]
            else
                methods.Branch(code, fun () -> apart code branches[k])

            code.Emit(OpCodes.Br, finish)

        code.Mark finish

    /// From the turn on that first pushes.
    and repeat (code: Code) first variable count (body: Statement[]) =
        code.WatchedLoop(
            first,
            int64 count,
            1L,
            Work.ofBody body,
            fun index ->
                // For what is not in this method.
                code.Workspace(header.Variables + 8 * variable)
                code.Load index
                code.Emit OpCodes.Conv_I8
                code.Emit OpCodes.Stind_I8
                code.WithVariable(variable, index, (fun () -> statements code body))
        )

    /// So many turns are done, as finished pushes.
    and repeatWhile (code: Code) finished (test: Statement[]) (flag: Access) bound (body: Statement[]) =
        let top, finish = code.Label(), code.Label()

        let apart =
            if Work.ofBody test + Work.ofBody body >= CostModel.watchedIteration then
                1L
            else
                int64 CostModel.watchedRounds

        let left = code.Rent typeof<int64>
        code.Long apart
        code.Store left

        /// A count in a register costs short rounds less than a look at memory.
        let watchNowAndThen () =
            if apart = 1L then
                code.Watch()
            else
                let going = code.Label()
                code.Load left
                code.Long 1L
                code.Emit OpCodes.Sub
                code.Store left
                code.Load left
                code.Long 0L
                code.Emit(OpCodes.Bgt, going)
                code.Watch()
                code.Long apart
                code.Store left
                code.Mark going

        let steps = code.Rent typeof<int64>
        finished ()
        code.Store steps
        code.Mark top
        watchNowAndThen ()
        statements code test
        EmitStep.number program.Buffers code flag
        code.Emit(OpCodes.Brfalse, finish)

        if bound > 0 then
            let within = code.Label()
            code.Load steps
            code.Long(int64 bound)
            code.Emit(OpCodes.Blt, within)
            code.Int bound
            code.Call(VectorType.overload typeof<LoopFailure> "PastBound" [| typeof<int> |])
            code.Mark within
            code.Load steps
            code.Long 1L
            code.Emit OpCodes.Add
            code.Store steps

        statements code body
        code.Emit(OpCodes.Br, top)
        code.Mark finish
        code.Return steps
        code.Return left

    and statement (code: Code) (s: Statement) =
        match s with
        | Statement.Nest nest ->
            let struct (plan, shape) = planned nest
            let isLarge = codeOf s > CostModel.methodCode / 2 || nest.Reductions.Length > CostModel.methodReductions
            plans.Remove nest |> ignore

            if shape.OnBlocks then
                EmitStep.onBlocks code (blocks.Step s)
            elif isLarge then
                // A method of its own, which is kept if the JIT will optimise it.
                let part = methods.Part()
                EmitNest(part, plan, shape).Emit()

                if MethodSize.used part.Measured < 1.0 then
                    methods.Call(code, part)
                else
                    EmitStep.onBlocks code (blocks.Step s)
            else
                EmitNest(code, plan, shape).Emit()
        | Statement.Accumulate a ->
            let plan = PlanNest.accumulation false program.Buffers a
            EmitNest(code, plan, NestShape.choose plan width).Emit()
        | Statement.Product product -> EmitStep.product program.Buffers width code product
        | Statement.Repeat(variable, count, body) ->
            if count > 0 then
                EmitStep.holding program.Buffers code (heldBy s) (fun () -> repeat code (fun () -> code.Native 0L) variable count body)
        | Statement.RepeatWhile(test, flag, bound, body) ->
            EmitStep.holding program.Buffers code (heldBy s) (fun () -> repeatWhile code (fun () -> code.Long 0L) test flag bound body)
        | Statement.Choose(index, branches) -> choose code index 0 branches.Length branches
        | Statement.Swap(a, b) -> EmitStep.swap code a b
        | Statement.Kernel(Op.Places(operation, axis, size), [| struct (source, indices) |], [| struct (target, _) |]) ->
            EmitStep.places program.Buffers code operation axis size source indices target
        | Statement.Kernel(op, inputs, outputs) ->
            code.Watch()
            EmitStep.kernel program.Buffers kernel code op inputs outputs

    /// What the JIT counts of each method.
    member _.Methods = methods.Measured

    /// A method for statements, which runs on the program's workspace.
    member _.Part(body: Statement[]) =
        let code = methods.Part()
        statements code body
        methods.End(code, typeof<Action<nativeint>>) :?> Action<nativeint>

    /// A method for what is left of a loop that runs: it goes on at the turn that its variable, or the header, says.
    member _.Rest(s: Statement) =
        let code = methods.Part()

        let from place () =
            code.Workspace place
            code.Emit OpCodes.Ldind_I8

        let rest () =
            match s with
            | Statement.Repeat(variable, count, body) ->
                let first () =
                    from (header.Variables + 8 * variable) ()
                    code.Emit OpCodes.Conv_I

                repeat code first variable count body
            | Statement.RepeatWhile(test, flag, bound, body) -> repeatWhile code (from header.Turn) test flag bound body
            | Statement.Nest _
            | Statement.Accumulate _
            | Statement.Product _
            | Statement.Choose _
            | Statement.Swap _
            | Statement.Kernel _ -> invalidOp "There is no rest of what is no loop."

        EmitStep.holding program.Buffers code (heldBy s) rest
        methods.End(code, typeof<Action<nativeint>>) :?> Action<nativeint>

    /// The method (objects, workspace, inputs, outputs) that pins arguments and results and runs the program.
    member _.Entry() =
        let arrays = typeof<NDArray[]>
        let code = methods.Whole("program", [| arrays; arrays |])
        EmitEntry.around program swapped code (fun () -> statements code program.Body)
        methods.End(code, typeof<Action<nativeint, NDArray[], NDArray[]>>) :?> Action<nativeint, NDArray[], NDArray[]>
