// Statements as IL: the loops, choices and steps around nests, split into methods small enough for the JIT to optimise.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection.Emit
open System.Runtime.InteropServices
open Pipeline

[<Sealed>]
type internal EmitProgram
    (
        program: LoopProgram,
        width: int,
        kernel: Op -> NDArray[] -> NDArray[],
        header: Header,
        swapped: bool[],
        blocks: BlockProgram,
        listings: List<List<string>>
    ) =
    let objects = List<obj>()

    /// Where the text of a method goes, if it is wanted.
    let listing name =
        if isNull listings then
            null
        else
            let lines = List [ $"{name} {listings.Count}" ]
            listings.Add lines
            lines

    let methods = List<MethodSize>()
    let plans = Dictionary<Nest, struct (NestPlan * NestShape)>(HashIdentity.Reference)
    /// The methods of the branch that is emitted; null outside of branches.
    let mutable branch: List<Delegate> = null

    /// The plan of a nest, made once: its size is asked for before it is emitted.
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

    let callStep (code: Code) (step: BlockStep) =
        code.Object step
        code.Emit(OpCodes.Castclass, typeof<BlockStep>)
        code.Workspace 0
        code.CallVirtual(VectorType.overload typeof<BlockStep> "Run" [| typeof<nativeint> |])

    let address (code: Code) (access: Access) =
        let bytes = int64 (DType.bytes program.Buffers[access.Buffer].DType)
        code.Workspace(8 * access.Buffer)
        code.Emit OpCodes.Ldind_I

        for struct (variable, stride) in access.Terms do
            code.Workspace(header.Variables + 8 * variable)
            code.Emit OpCodes.Ldind_I8
            code.Emit OpCodes.Conv_I
            code.MultiplyNative(int64 stride * bytes)
            code.Emit OpCodes.Add

        code.AddNative(int64 access.Offset * bytes)

    let swap (code: Code) a b =
        code.Workspace(8 * a)
        code.Workspace(8 * b)
        code.Emit OpCodes.Ldind_I
        code.Workspace(8 * b)
        code.Workspace(8 * a)
        code.Emit OpCodes.Ldind_I
        code.Emit OpCodes.Stind_I
        code.Emit OpCodes.Stind_I

    let callKernel (code: Code) (op: Op) (inputs: struct (Access * TensorType)[]) (outputs: struct (Access * TensorType)[]) =
        let types = inputs |> Array.map (fun struct (_, t) -> t)
        let all = Array.append inputs outputs

        for k in 0 .. all.Length - 1 do
            let struct (access, _) = all[k]
            code.Workspace(header.KernelPointers + 8 * k)
            address code access
            code.Emit OpCodes.Stind_I

        code.Object(KernelCall(op, kernel, types, outputs.Length))
        code.Emit(OpCodes.Castclass, typeof<KernelCall>)
        code.Workspace header.KernelPointers
        code.Call(VectorType.overload typeof<KernelCall> "Run" [| typeof<nativeint> |])

    let isStraight (s: Statement) =
        match s with
        | Statement.Nest nest -> nest.Axes.Length = 0
        | Statement.Swap _ -> true
        | _ -> false

    /// Where one index lies on an axis; what is outside is left to the check, which throws.
    let place (code: Code) (size: int) (dtype: DType) (source: Access) (target: Access) (check: unit -> unit) =
        let isInt32 = dtype = DType.Int32
        let found = code.Rent typeof<int64>
        let counted, fits = code.Label(), code.Label()
        address code source
        code.Emit(if isInt32 then OpCodes.Ldind_I4 else OpCodes.Ldind_I8)
        code.Emit OpCodes.Conv_I8
        code.Store found
        code.Load found
        code.Long 0L
        code.Emit(OpCodes.Bge, counted)
        code.Load found
        code.Long(int64 size)
        code.Emit OpCodes.Add
        code.Store found
        code.Mark counted
        code.Load found
        code.Long(int64 size)
        code.Emit(OpCodes.Blt_Un, fits)
        check ()
        code.Mark fits
        address code target
        code.Load found

        if isInt32 then code.Emit OpCodes.Conv_I4

        code.Emit(if isInt32 then OpCodes.Stind_I4 else OpCodes.Stind_I8)
        code.Return found

    let codeOf (s: Statement) =
        match s with
        | Statement.Nest nest when not (isOnBlocks s) ->
            let struct (plan, shape) = planned nest
            NestShape.codeOf plan shape.Span
        | _ -> 500

    /// Statements in order. Those that a method has no room for are methods of their own, called one after the other: neither the compiler nor
    /// what it makes goes deeper with every one of them.
    let rec statements (code: Code) (body: Statement[]) =
        if body.Length > CostModel.methodStatements then
            for some in Array.chunkBySize CostModel.methodStatements body do
                apart code some
        else
            let mutable part = code

            let close () = if not (obj.ReferenceEquals(part, code)) then call code part

            for s in body do
                if
                    part.Size > 100
                    && (part.Size + codeOf s > CostModel.methodCode || MethodSize.used part.Measured > CostModel.methodUse)
                then
                    close ()
                    part <- Code("part", [||], header, objects, listing "part")

                statement part s

            close ()

    /// Calls statements that are a method of their own.
    and apart (code: Code) (body: Statement[]) =
        let part = Code("part", [||], header, objects, listing "part")
        statements part body
        call code part

    /// Ends a part and calls it.
    and call (code: Code) (part: Code) =
        part.Emit OpCodes.Ret
        methods.Add part.Measured
        let method = part.Method.CreateDelegate(typeof<Action<obj[], nativeint>>)

        // What runs in any case meets the JIT with the program, where it can be waited for and left; a branch when it is first taken.
        if isNull branch then MachineCode.prepare method |> ignore else branch.Add method

        code.Emit OpCodes.Ldarg_0
        code.Emit OpCodes.Ldarg_1
        code.Call part.Method

    /// One of the branches from the first on, of so many.
    and choose (code: Code) (index: Access) first count (branches: Statement[][]) =
        let parts = (branches.Length + CostModel.methodBranches - 1) / CostModel.methodBranches
        let labels = Array.init (if parts > 1 then parts else branches.Length) (fun _ -> code.Label())
        let finish = code.Label()
        address code index
        code.Emit OpCodes.Ldind_I4

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
            code.Emit(OpCodes.Switch, labels)

        for k in labels.Length - 1 .. -1 .. 0 do
            code.Mark(labels[k])

            if parts > 1 then
                let part = Code("part", [||], header, objects, listing "part")
                let some = branches |> Array.skip (k * CostModel.methodBranches) |> Array.truncate CostModel.methodBranches
                choose part index (first + k * CostModel.methodBranches) count some
                call code part
            // The JIT meets the loops of a branch when it is first taken.
            elif Array.forall isStraight branches[k] then
                statements code branches[k]
            else
                let around = branch
                branch <- List()
                let begins = objects.Count
                objects.Add null
                code.Emit OpCodes.Ldarg_0
                code.Int begins
                code.Emit OpCodes.Ldelem_Ref
                code.Emit(OpCodes.Castclass, typeof<BranchCode>)
                code.Call(VectorType.overload typeof<BranchCode> "Prepare" [||])
                apart code branches[k]
                objects[begins] <- BranchCode(branch.ToArray())
                branch <- around

            code.Emit(OpCodes.Br, finish)

        code.Mark finish

    and statement (code: Code) (s: Statement) =
        match s with
        | Statement.Nest _ when isOnBlocks s -> callStep code (blocks.Step s)
        | Statement.Nest nest ->
            let struct (plan, shape) = planned nest

            if codeOf s > CostModel.methodCode / 2 || nest.Reductions.Length > CostModel.methodReductions then
                // A method of its own, which is kept if the JIT will optimise it.
                let part = Code("part", [||], header, objects, listing "part")
                EmitNest(part, plan, shape).Emit()
                if MethodSize.used part.Measured < 1.0 then call code part else callStep code (blocks.Step s)
            else
                EmitNest(code, plan, shape).Emit()
        | Statement.Accumulate a ->
            let plan = PlanNest.accumulation false program.Buffers a
            EmitNest(code, plan, NestShape.choose plan width).Emit()
        | Statement.Product product ->
            code.Object(ProductCall(width, product))
            code.Emit(OpCodes.Castclass, typeof<ProductCall>)
            address code product.A
            address code product.B
            address code product.C
            code.Call(VectorType.overload typeof<ProductCall> "Run" (Array.replicate 3 typeof<nativeint>))
        | Statement.Repeat(variable, count, body) ->
            if count > 0 then
                code.WatchedLoop(
                    int64 count,
                    1L,
                    Work.ofBody body,
                    fun index ->
                        code.Workspace(header.Variables + 8 * variable)
                        code.Load index
                        code.Emit OpCodes.Conv_I8
                        code.Emit OpCodes.Stind_I8
                        statements code body
                )
        | Statement.RepeatWhile(test, flag, bound, body) ->
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
            code.Long 0L
            code.Store steps
            code.Mark top
            watchNowAndThen ()
            statements code test
            address code flag
            code.Emit OpCodes.Ldind_U1
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
        | Statement.Choose(index, branches) -> choose code index 0 branches.Length branches
        | Statement.Swap(a, b) -> swap code a b
        | Statement.Kernel(Op.Places(operation, axis, size), [| struct (source, indices) |], [| struct (target, _) |]) ->
            let check () =
                code.Object(IndexCheck(operation, axis, size, indices))
                code.Emit(OpCodes.Castclass, typeof<IndexCheck>)
                address code source
                address code target
                code.Call(VectorType.overload typeof<IndexCheck> "Run" [| typeof<nativeint>; typeof<nativeint> |])

            if Shape.size indices.Shape = 1 && indices.DType <> DType.UInt64 then
                place code size indices.DType source target check
            else
                check ()
        | Statement.Kernel(op, inputs, outputs) ->
            code.Watch()
            callKernel code op inputs outputs

    /// What the JIT counts of each method.
    member _.Methods = methods

    /// A method for statements, which runs on the program's workspace.
    member _.Part(body: Statement[]) =
        let code = Code("part", [||], header, objects, listing "part")
        statements code body
        code.Emit OpCodes.Ret
        methods.Add code.Measured
        MachineCode.prepare (code.Method.CreateDelegate(typeof<Action<nativeint>>, objects.ToArray())) :?> Action<nativeint>

    /// The method (objects, workspace, inputs, outputs) that pins arguments and results and runs the program.
    member _.Entry() =
        let arrays = typeof<NDArray[]>
        let code = Code("program", [| arrays; arrays |], header, objects, listing "program")

        /// Pins array number `index` of an argument for the whole run and pushes its address.
        let pin argument index (dtype: DType) =
            let pinned = code.Pinned typeof<byte>

            let array () =
                code.Emit(argument: OpCode)
                code.Int index
                code.Emit OpCodes.Ldelem_Ref

            array ()
            code.Call(VectorType.overload typeof<NDArray> "get_Data" [||])
            code.Call(VectorType.overload typeof<MemoryMarshal> "GetArrayDataReference" [| typeof<Array> |])
            code.Store pinned
            code.Load pinned
            code.Emit OpCodes.Conv_U
            array ()
            code.Call(VectorType.overload typeof<NDArray> "get_Offset" [||])
            code.Emit OpCodes.Conv_I
            code.MultiplyNative(int64 (DType.bytes dtype))
            code.Emit OpCodes.Add

        let enter buffer argument index =
            code.Workspace(8 * buffer)
            pin argument index program.Buffers[buffer].DType
            code.Emit OpCodes.Stind_I


        for buffer in 0 .. program.Buffers.Length - 1 do
            match program.Buffers[buffer].Kind with
            | BufferKind.Input k -> enter buffer OpCodes.Ldarg_2 k
            | BufferKind.Output k when not (swapped[buffer]) -> enter buffer OpCodes.Ldarg_3 k
            | BufferKind.Output _
            | BufferKind.Workspace _
            | BufferKind.Data _ -> ()

        statements code program.Body

        for buffer in 0 .. program.Buffers.Length - 1 do
            match program.Buffers[buffer].Kind with
            | BufferKind.Output k when swapped[buffer] ->
                pin OpCodes.Ldarg_3 k program.Buffers[buffer].DType
                code.Workspace(8 * buffer)
                code.Emit OpCodes.Ldind_I
                code.Int(program.Buffers[buffer].Size * DType.bytes program.Buffers[buffer].DType)
                code.Emit(OpCodes.Unaligned, 1uy)
                code.Emit OpCodes.Cpblk
            | _ -> ()

        code.Emit OpCodes.Ret
        methods.Add code.Measured
        let run = typeof<Action<nativeint, NDArray[], NDArray[]>>
        MachineCode.prepare (code.Method.CreateDelegate(run, objects.ToArray())) :?> Action<nativeint, NDArray[], NDArray[]>
