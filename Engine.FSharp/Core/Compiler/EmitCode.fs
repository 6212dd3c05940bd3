// A stream of IL with the few conveniences that all of Emit uses: rented locals, addresses, loops, and objects that the code refers to.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection.Emit
open Pipeline

/// Instructions as text, for the architecture's page.
[<RequireQualifiedAccess>]
module internal CodeText =
    let rec ofType (t: Type) : string =
        if t.IsByRef then
            ofType (t.GetElementType()) + "&"
        elif t.IsGenericType then
            let arguments = t.GetGenericArguments() |> Array.map ofType
            $"{t.Name.Split('`')[0]}<{String.Join(',', arguments)}>"
        else
            t.Name

    let ofLocal (local: CodeLocal) = $"{local.Index}:{ofType local.Type}"

    /// Emitted methods have no declaring type.
    let ofMethod (callee: Reflection.MethodInfo) =
        if isNull callee.DeclaringType then callee.Name else $"{ofType callee.DeclaringType}.{callee.Name}"

/// An element of a buffer, by its bytes from the start, or a loop variable (number, 0) in a local.
[<NoComparison; ReferenceEquality>]
type internal HeldLocal = { Number: int; Offset: int64; Local: CodeLocal }

/// One method that is being written. Argument 0 is the table of objects, argument 1 the workspace. A listing, if there is one, gets its text.
[<Sealed>]
type internal Code(name: string, further: Type[], header: Header, objects: List<obj>, listing: List<string>) =
    let method =
        DynamicMethod(name, typeof<Void>, Array.append [| typeof<obj[]>; typeof<nativeint> |] further, typeof<Header>.Module, true)

    let writer = InstructionWriter method
    let free = Dictionary<Type, Stack<CodeLocal>>()
    /// Elements of buffers that are in locals where the writing stands, and loop variables likewise.
    let held = List<HeldLocal>()
    let variables = List<HeldLocal>()
    let mutable instructions, blocks, locals, references = 0, 1, 0, 0
    /// Where the last basic block begins.
    let mutable leader = 0
    let isListed = not (isNull listing)

    let list (op: OpCode) (operand: string) = listing.Add($"    {op.Name} {operand}".TrimEnd())

    let count () = instructions <- instructions + 1

    let countReference () =
        instructions <- instructions + 1
        references <- references + 1

    let beginBlock () =
        if writer.Length <> leader then
            leader <- writer.Length
            blocks <- blocks + 1

    let declare (local: Type) isPinned =
        locals <- locals + 1
        writer.Local(local, isPinned)

    static let cancelled =
        typeof<CancellationScope>
            .GetMethod("Error", Reflection.BindingFlags.Static ||| Reflection.BindingFlags.Public ||| Reflection.BindingFlags.NonPublic)

    member _.Method = method
    member _.Header = header
    member _.Size = writer.Length

    /// What the JIT will count of what is written so far.
    member _.Measured: MethodSize = {
        Bytes = writer.Length
        Instructions = instructions
        Blocks = blocks
        Locals = locals
        References = references
    }

    /// Returns, and gives the method what is written.
    member code.End() =
        code.Emit OpCodes.Ret
        writer.End()

    member _.Emit(op: OpCode) =
        if isListed then list op ""

        if op.Value >= OpCodes.Ldarg_0.Value && op.Value <= OpCodes.Ldarg_3.Value then
            countReference ()
        else
            count ()

        writer.Write op

    member _.Emit(op: OpCode, label: CodeLabel) =
        if isListed then list op $"L{label.Id}"

        count ()
        writer.Write(op, label)
        beginBlock ()

    member _.Switch(labels: CodeLabel[]) =
        if isListed then
            list OpCodes.Switch (String.Join(' ', labels |> Array.map (fun label -> $"L{label.Id}")))

        count ()
        writer.Switch labels
        beginBlock ()

    member _.Emit(op: OpCode, value: Type) =
        if isListed then list op (CodeText.ofType value)

        count ()
        writer.Write(op, value)

    member _.Emit(op: OpCode, value: byte) =
        if isListed then list op (string value)

        count ()
        writer.Write(op, value)

    member private _.Call(op: OpCode, callee: Reflection.MethodInfo) =
        if isListed then list op (CodeText.ofMethod callee)

        count ()
        writer.Write(op, callee)

    member code.Call(callee: Reflection.MethodInfo) = code.Call(OpCodes.Call, callee)
    member code.CallVirtual(callee: Reflection.MethodInfo) = code.Call(OpCodes.Callvirt, callee)
    member _.Label() = writer.Label()

    member _.Mark(label: CodeLabel) =
        if isListed then listing.Add $"L{label.Id}:"

        writer.Mark label
        beginBlock ()

    member _.Pinned(elementType: Type) = declare (elementType.MakeByRefType()) true

    /// A local of the type: one that was given back, or a new one. Few locals keep the JIT optimising.
    member _.Rent(local: Type) =
        match free.TryGetValue local with
        | true, stack when stack.Count > 0 -> stack.Pop()
        | _ -> declare local false

    member _.Return(local: CodeLocal) =
        match free.TryGetValue local.Type with
        | true, stack -> stack.Push local
        | _ ->
            let stack = Stack()
            stack.Push local
            free[local.Type] <- stack

    /// From now on an element is in a local, until it is let go.
    member _.Hold(buffer, offset, local) = held.Add { Number = buffer; Offset = offset; Local = local }
    member _.LetGo(buffer, offset) = held.RemoveAll(fun e -> e.Number = buffer && e.Offset = offset) |> ignore

    /// Whether elements of a buffer are in locals, all that are touched then.
    member _.Holds(buffer) = held.Exists(fun e -> e.Number = buffer)
    member _.HoldsAny = held.Count > 0

    /// The local of an element, or null.
    member _.Held(buffer, offset) : CodeLocal =
        match held.FindIndex(fun e -> e.Number = buffer && e.Offset = offset) with
        | -1 -> null
        | k -> held[k].Local

    /// The body with a loop variable in a local, a native integer, too.
    member _.WithVariable(variable, local, body: unit -> unit) =
        variables.Add { Number = variable; Offset = 0L; Local = local }
        body ()
        variables.RemoveAt(variables.Count - 1)

    /// Pushes a loop variable as a native integer.
    member code.Variable(variable: int) =
        match variables.FindLastIndex(fun e -> e.Number = variable) with
        | -1 ->
            code.Workspace(header.Variables + 8 * variable)
            code.Emit OpCodes.Ldind_I8
            code.Emit OpCodes.Conv_I
        | k -> code.Load variables[k].Local

    member _.Load(local: CodeLocal) =
        if isListed then list OpCodes.Ldloc (CodeText.ofLocal local)

        countReference ()
        writer.Load local

    member _.Store(local: CodeLocal) =
        if isListed then list OpCodes.Stloc (CodeText.ofLocal local)

        countReference ()
        writer.Store local

    member _.Int(value: int) =
        if isListed then list OpCodes.Ldc_I4 (string value)

        count ()
        writer.Int value

    member _.Long(value: int64) =
        if isListed then list OpCodes.Ldc_I8 (string value)

        count ()
        writer.Long value

    member _.Single(value: float32) =
        if isListed then list OpCodes.Ldc_R4 (string value)

        count ()
        writer.Single value

    member _.Double(value: float) =
        if isListed then list OpCodes.Ldc_R8 (string value)

        count ()
        writer.Double value

    member code.Native(value: int64) =
        if value = int64 (int32 value) then code.Int(int value) else code.Long value
        code.Emit OpCodes.Conv_I

    /// Adds a constant to the native integer on the stack.
    member code.AddNative(value: int64) =
        if value <> 0L then
            code.Native value
            code.Emit OpCodes.Add

    /// Multiplies the native integer on the stack.
    member code.MultiplyNative(value: int64) =
        if value <> 1L then
            code.Native value
            code.Emit OpCodes.Mul

    /// The address of a place in the workspace.
    member code.Workspace(offset: int) =
        code.Emit OpCodes.Ldarg_1
        code.AddNative(int64 offset)

    /// Pushes an object of the program's table.
    member code.Object(value: obj) =
        objects.Add value
        code.Emit OpCodes.Ldarg_0
        code.Int(objects.Count - 1)
        code.Emit OpCodes.Ldelem_Ref

    /// Throws if the run is cancelled.
    member code.Watch() =
        let going = code.Label()
        code.Workspace header.Cancellation
        code.Emit OpCodes.Ldind_I
        // Without it the JIT may read the flag once, before a loop.
        code.Emit OpCodes.Volatile
        code.Emit OpCodes.Ldind_I4
        code.Emit(OpCodes.Brfalse, going)
        code.Call cancelled
        code.Emit OpCodes.Throw
        code.Mark going

    /// body for index = 0, step, .. below limit (not empty); index is a native integer.
    member code.Loop(limit: int64, step: int64, body: CodeLocal -> unit) = code.LoopFrom((fun () -> code.Native 0L), limit, step, body)

    /// The same from the index on that first pushes.
    member code.LoopFrom(first: unit -> unit, limit: int64, step: int64, body: CodeLocal -> unit) =
        let index = code.Rent typeof<nativeint>
        let top = code.Label()
        first ()
        code.Store index
        code.Mark top
        body index
        code.Load index
        code.AddNative step
        code.Store index
        code.Load index
        code.Native limit
        code.Emit(OpCodes.Blt, top)
        code.Return index

    /// The same, interrupted between chunks of indices (a multiple of step), the last of which may be a part.
    member code.LoopInChunks(first: unit -> unit, limit: int64, step: int64, chunk: int64, body: CodeLocal -> unit, between: unit -> unit) =
        let index, finish = code.Rent typeof<nativeint>, code.Rent typeof<nativeint>
        let outer, inner, within, last = code.Label(), code.Label(), code.Label(), code.Label()
        first ()
        code.Store index
        code.Mark outer
        code.Load index
        code.AddNative chunk
        code.Store finish
        code.Load finish
        code.Native limit
        code.Emit(OpCodes.Ble, within)
        code.Native limit
        code.Store finish
        code.Mark within
        code.Mark inner
        body index
        code.Load index
        code.AddNative step
        code.Store index
        code.Load index
        code.Load finish
        code.Emit(OpCodes.Blt, inner)
        code.Load index
        code.Native limit
        code.Emit(OpCodes.Bge, last)
        between ()
        code.Emit(OpCodes.Br, outer)
        code.Mark last
        code.Return index
        code.Return finish

    /// The loop of whose iterations each is so much work, which looks at cancellation as often as that asks for.
    member code.WatchedLoop(first: unit -> unit, limit: int64, step: int64, work: float, body: CodeLocal -> unit) =
        match Work.between work ((limit + step - 1L) / step) with
        | 0L -> code.LoopFrom(first, limit, step, body)
        | 1L ->
            code.LoopFrom(
                first,
                limit,
                step,
                fun index ->
                    code.Watch()
                    body index
            )
        | iterations -> code.LoopInChunks(first, limit, step, iterations * step, body, code.Watch)

/// A number that emitted code can push as often as it is needed.
[<Struct; NoComparison; NoEquality>]
type internal Operand = {
    DType: DType
    /// Bytes of an element of the mask that a Bool has in vector code.
    MaskBytes: int
    Push: unit -> unit
}
