// The instructions of one method. The writer of System.Reflection.Emit makes a token for a callee or type every time it is named, and a dynamic method
// keeps them all, and its buffers: 38 of the 53 MB that a program of 10,000 operations kept. Here each has one.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit

/// A local of an emitted method.
[<Sealed; AllowNullLiteral>]
type internal CodeLocal(index: int, localType: Type) =
    member _.Index = index
    member _.Type = localType

/// A place in an emitted method that branches lead to: where it is and how many values are on the stack there, each -1 as long as it is not known.
[<Sealed>]
type internal CodeLabel(id: int) =
    member _.Id = id
    member val Place = -1 with get, set
    member val Depth = -1 with get, set

/// A method or type as the method names it, and how many more values are on the stack behind its call.
[<Sealed; AllowNullLiteral>]
type private Token(number: int, change: int) =
    member _.Number = number
    member _.Change = change

/// A distance that is written when its label has a place: where, and from where it counts.
[<Struct; NoComparison; NoEquality>]
type private Distance = { At: int; From: int; Label: CodeLabel }

[<Sealed>]
type internal InstructionWriter(method: DynamicMethod) =
    let info = method.GetDynamicILInfo()
    let signature = SignatureHelper.GetLocalVarSigHelper()
    let tokens = Dictionary<MemberInfo, Token>(HashIdentity.Reference)
    let distances = List<Distance>()
    let bytes = InstructionBytes()
    let mutable locals, labels = 0, 0
    /// Values on the stack here, and the most anywhere.
    let mutable depth, deepest = 0, 0

    let change by =
        depth <- depth + by
        deepest <- max deepest depth

    /// How many values an instruction takes from the stack, calls apart.
    let taken (op: OpCode) =
        match op.StackBehaviourPop with
        | StackBehaviour.Pop0
        | StackBehaviour.Varpop -> 0
        | StackBehaviour.Pop1
        | StackBehaviour.Popi
        | StackBehaviour.Popref -> 1
        | StackBehaviour.Pop1_pop1
        | StackBehaviour.Popi_pop1
        | StackBehaviour.Popi_popi
        | StackBehaviour.Popi_popi8
        | StackBehaviour.Popi_popr4
        | StackBehaviour.Popi_popr8
        | StackBehaviour.Popref_popi -> 2
        | StackBehaviour.Popi_popi_popi -> 3
        | _ -> invalidOp $"No emitted method has {op}."

    let given (op: OpCode) =
        match op.StackBehaviourPush with
        | StackBehaviour.Push0
        | StackBehaviour.Varpush -> 0
        | _ -> 1

    /// The instruction without its operand, for which there is room.
    let putOp (op: OpCode) =
        bytes.Reserve 10

        if op.Size = 2 then bytes.Put1(int op.Value >>> 8)

        bytes.Put1(int op.Value)
        change (given op - taken op)

    /// The instruction of a local: the first four have one of their own, the first 256 one with an operand of a byte.
    let putLocal first short long (local: CodeLocal) =
        bytes.Reserve 4

        if local.Index < 4 then
            bytes.Put1(first + local.Index)
        elif local.Index < 256 then
            bytes.Put1 short
            bytes.Put1 local.Index
        else
            bytes.Put1 0xFE
            bytes.Put1 long
            bytes.Put2 local.Index

    let leadTo (label: CodeLabel) = if label.Depth < 0 then label.Depth <- depth

    /// The distance to a label from a place behind this one.
    let putDistance (label: CodeLabel) from =
        leadTo label
        distances.Add { At = bytes.Length; From = from; Label = label }
        bytes.Put4 0

    let known (subject: MemberInfo) =
        match tokens.TryGetValue subject with
        | true, token -> token
        | _ -> null

    let keep (subject: MemberInfo) (token: Token) =
        tokens[subject] <- token
        token

    let ofMethod (callee: MethodInfo) =
        let number =
            match callee with
            | :? DynamicMethod as emitted -> info.GetTokenFor emitted
            | _ when callee.DeclaringType.IsGenericType -> info.GetTokenFor(callee.MethodHandle, callee.DeclaringType.TypeHandle)
            | _ -> info.GetTokenFor callee.MethodHandle

        let arguments = callee.GetParameters().Length + (if callee.IsStatic then 0 else 1)
        Token(number, (if callee.ReturnType = typeof<Void> then 0 else 1) - arguments)

    /// Bytes so far.
    member _.Length = bytes.Length

    member _.Local(localType: Type, isPinned: bool) =
        signature.AddArgument(localType, isPinned)
        locals <- locals + 1
        CodeLocal(locals - 1, localType)

    member _.Label() =
        labels <- labels + 1
        CodeLabel(labels - 1)

    /// The label is here. Where nothing runs on from the instruction before, the branches to it tell what is on the stack.
    member _.Mark(label: CodeLabel) =
        leadTo label
        label.Place <- bytes.Length
        depth <- label.Depth

    member _.Write(op: OpCode) =
        putOp op

        if op.FlowControl = FlowControl.Throw then depth <- 0

    member _.Write(op: OpCode, value: byte) =
        putOp op
        bytes.Put1(int value)

    member _.Write(op: OpCode, value: Type) =
        let token =
            match known value with
            | null -> keep value (Token(info.GetTokenFor value.TypeHandle, 0))
            | token -> token

        putOp op
        bytes.Put4 token.Number

    member _.Write(op: OpCode, callee: MethodInfo) =
        let token =
            match known callee with
            | null -> keep callee (ofMethod callee)
            | token -> token

        putOp op
        bytes.Put4 token.Number
        change token.Change

    /// A branch. Back to a place near by it has a short form, thirteen below the long one.
    member _.Write(op: OpCode, label: CodeLabel) =
        change (-(taken op))
        bytes.Reserve 5
        let back = label.Place - (bytes.Length + 2)

        if label.Place >= 0 && back >= -128 then
            bytes.Put1(int op.Value - 13)
            bytes.Put1 back
        else
            bytes.Put1(int op.Value)
            putDistance label (bytes.Length + 4)

        if op.FlowControl = FlowControl.Branch then depth <- 0

    member _.Switch(targets: CodeLabel[]) =
        putOp OpCodes.Switch
        bytes.Reserve(4 + 4 * targets.Length)
        bytes.Put4 targets.Length
        let behind = bytes.Length + 4 * targets.Length

        for label in targets do
            putDistance label behind

    member _.Load(local: CodeLocal) =
        putLocal 0x06 0x11 0x0C local
        change 1

    member _.Store(local: CodeLocal) =
        putLocal 0x0A 0x13 0x0E local
        change -1

    /// A number in the shortest of its forms.
    member _.Int(value: int) =
        bytes.Reserve 5

        if value >= -1 && value <= 8 then
            bytes.Put1(0x16 + value)
        elif value >= -128 && value <= 127 then
            bytes.Put1 0x1F
            bytes.Put1 value
        else
            bytes.Put1 0x20
            bytes.Put4 value

        change 1

    member _.Long(value: int64) =
        putOp OpCodes.Ldc_I8
        bytes.Put8 value

    member _.Single(value: float32) =
        putOp OpCodes.Ldc_R4
        bytes.Put4(BitConverter.SingleToInt32Bits value)

    member _.Double(value: float) =
        putOp OpCodes.Ldc_R8
        bytes.Put8(BitConverter.DoubleToInt64Bits value)

    /// Gives the method what is written. Nothing can be written then.
    member _.End() =
        for distance in distances do
            bytes.Correct(distance.At, distance.Label.Place - distance.From)

        info.SetLocalSignature(signature.GetSignature())
        bytes.End(info, deepest)
