// The loop language, run one point after the other: the oracle of emitted machine code.
namespace Pipeline.Engine.Tests

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Engine

/// Numbers of any dtype as bit patterns.
module internal Bits =
    let f32 (bits: uint64) =
        BitConverter.UInt32BitsToSingle(uint32 bits)

    let f64 (bits: uint64) = BitConverter.UInt64BitsToDouble bits

    let ofF32 (value: float32) =
        uint64 (BitConverter.SingleToUInt32Bits value)

    let ofF64 (value: float) = BitConverter.DoubleToUInt64Bits value
    let width dtype = 8 * DType.bytes dtype

    let wrap dtype (bits: uint64) =
        if dtype = DType.Bool then
            (if bits <> 0UL then 1UL else 0UL)
        elif width dtype = 64 then
            bits
        else
            bits &&& ((1UL <<< width dtype) - 1UL)

    /// The value of a signed pattern.
    let signed dtype (bits: uint64) =
        let shift = 64 - width dtype
        (int64 (bits <<< shift)) >>> shift

    let ofNumber dtype (value: float) =
        match dtype with
        | DType.Float32 -> ofF32 (float32 value)
        | DType.Float64 -> ofF64 value
        | _ -> wrap dtype (if value < 0.0 then uint64 (int64 value) else uint64 value)

    let private saturate dtype (value: float) =
        let value = Math.Truncate value

        let low, high =
            match dtype with
            | DType.Int32 -> -2147483648.0, 2147483647.0
            | DType.Int64 -> -9223372036854775808.0, 9223372036854775808.0
            | DType.UInt8 -> 0.0, 255.0
            | DType.UInt16 -> 0.0, 65535.0
            | DType.UInt32 -> 0.0, 4294967295.0
            | _ -> 0.0, 18446744073709551616.0

        if Double.IsNaN value then
            0UL
        elif value <= low then
            wrap dtype (if low < 0.0 then uint64 (int64 low) else 0UL)
        elif value >= high then
            match dtype with
            | DType.Int64 -> uint64 Int64.MaxValue
            | DType.UInt64 -> UInt64.MaxValue
            | _ -> uint64 high
        elif low < 0.0 then
            wrap dtype (uint64 (int64 value))
        else
            uint64 value

    let convert source target (bits: uint64) =
        if source = target then
            bits
        elif DType.isFloat source then
            let value =
                if source = DType.Float32 then
                    float (f32 bits)
                else
                    f64 bits

            match target with
            | DType.Float32 -> ofF32 (float32 value)
            | DType.Float64 -> ofF64 value
            | DType.Bool -> if value <> 0.0 then 1UL else 0UL
            | _ -> saturate target value
        elif DType.isFloat target then
            if DType.isSigned source then
                let value = signed source bits

                if target = DType.Float32 then
                    ofF32 (float32 value)
                else
                    ofF64 (float value)
            else if target = DType.Float32 then
                ofF32 (float32 bits)
            else
                ofF64 (float bits)
        elif DType.isSigned source then
            wrap target (uint64 (signed source bits))
        else
            wrap target bits

    let private integer op dtype (a: uint64) (b: uint64) : uint64 =
        let isSigned = DType.isSigned dtype
        let x, y = signed dtype a, signed dtype b

        match op with
        | LaneOp.Add when dtype = DType.Bool -> a ||| b
        | LaneOp.Add -> wrap dtype (a + b)
        | LaneOp.Subtract -> wrap dtype (a - b)
        | LaneOp.Multiply -> wrap dtype (a * b)
        | LaneOp.Divide ->
            if b = 0UL then
                0UL
            elif isSigned then
                (if y = -1L then
                     wrap dtype (uint64 (-x))
                 else
                     wrap dtype (uint64 (x / y)))
            else
                a / b
        | LaneOp.Remainder ->
            if b = 0UL then
                0UL
            elif isSigned then
                (if y = -1L then 0UL else wrap dtype (uint64 (x % y)))
            else
                a % b
        | LaneOp.Minimum -> if isSigned then (if x <= y then a else b) else min a b
        | LaneOp.Maximum -> if isSigned then (if x >= y then a else b) else max a b
        | LaneOp.And -> a &&& b
        | LaneOp.Or -> a ||| b
        | LaneOp.Xor -> a ^^^ b
        | LaneOp.ShiftLeftBy ->
            if b >= uint64 (width dtype) then
                0UL
            else
                wrap dtype (a <<< int b)
        | LaneOp.ShiftRightBy ->
            if isSigned then
                wrap dtype (uint64 (x >>> (if b >= uint64 (width dtype) then 63 else int b)))
            elif b >= uint64 (width dtype) then
                0UL
            else
                a >>> int b
        | LaneOp.Compare Relation.Equal -> if a = b then 1UL else 0UL
        | LaneOp.Compare Relation.NotEqual -> if a <> b then 1UL else 0UL
        | LaneOp.Compare Relation.Less -> if (if isSigned then x < y else a < b) then 1UL else 0UL
        | LaneOp.Compare Relation.LessEqual -> if (if isSigned then x <= y else a <= b) then 1UL else 0UL
        | op -> failwith $"{op} of integers"

    let inline private real
        op
        (a: 'T)
        (b: 'T)
        (ofReal: 'T -> uint64)
        (minimum: 'T -> 'T -> 'T)
        (maximum: 'T -> 'T -> 'T)
        : uint64 =
        match op with
        | LaneOp.Add -> ofReal (a + b)
        | LaneOp.Subtract -> ofReal (a - b)
        | LaneOp.Multiply -> ofReal (a * b)
        | LaneOp.Divide -> ofReal (a / b)
        | LaneOp.Minimum -> ofReal (minimum a b)
        | LaneOp.Maximum -> ofReal (maximum a b)
        | LaneOp.Compare Relation.Equal -> if a = b then 1UL else 0UL
        | LaneOp.Compare Relation.NotEqual -> if a = b then 0UL else 1UL
        | LaneOp.Compare Relation.Less -> if a < b then 1UL else 0UL
        | LaneOp.Compare Relation.LessEqual -> if a <= b then 1UL else 0UL
        | op -> failwith $"{op} of floats"

    /// Two operands of one dtype.
    let binary op dtype (a: uint64) (b: uint64) : uint64 =
        match op, dtype with
        | LaneOp.Call2(_, f), DType.Float32 -> ofF32 (float32 (f (float (f32 a)) (float (f32 b))))
        | LaneOp.Call2(_, f), _ -> ofF64 (f (f64 a) (f64 b))
        | _, DType.Float32 -> real op (f32 a) (f32 b) ofF32 (fun x y -> MathF.Min(x, y)) (fun x y -> MathF.Max(x, y))
        | _, DType.Float64 -> real op (f64 a) (f64 b) ofF64 (fun x y -> Math.Min(x, y)) (fun x y -> Math.Max(x, y))
        | _ -> integer op dtype a b

    let private unaryReal op (a: float) : float =
        match op with
        | LaneOp.Negate -> -a
        | LaneOp.Absolute -> Math.Abs a
        | LaneOp.SquareRoot -> Math.Sqrt a
        | LaneOp.Floor -> Math.Floor a
        | LaneOp.Round -> Math.Round(a, MidpointRounding.ToEven)
        | op -> failwith $"{op} of a float"

    let unary op (source: DType) (dtype: DType) (a: uint64) : uint64 =
        match op with
        | LaneOp.Convert -> convert source dtype a
        | LaneOp.Reinterpret -> a
        | LaneOp.Not -> wrap dtype (if dtype = DType.Bool then 1UL - a else ~~~a)
        | LaneOp.ShiftLeft k -> wrap dtype (a <<< k)
        | LaneOp.ShiftRight k ->
            if DType.isSigned dtype then
                wrap dtype (uint64 (signed dtype a >>> k))
            else
                a >>> k
        | LaneOp.RotateLeft k -> wrap dtype ((a <<< k) ||| (a >>> (width dtype - k)))
        | LaneOp.Call1(_, f, g) ->
            if dtype = DType.Float32 then
                ofF32 (g (f32 a))
            else
                ofF64 (f (f64 a))
        | _ when dtype = DType.Float32 -> ofF32 (float32 (unaryReal op (float (f32 a))))
        | _ when dtype = DType.Float64 -> ofF64 (unaryReal op (f64 a))
        | LaneOp.Negate -> wrap dtype (0UL - a)
        | LaneOp.Absolute ->
            if DType.isSigned dtype && signed dtype a < 0L then
                wrap dtype (0UL - a)
            else
                a
        | LaneOp.Floor
        | LaneOp.Round -> a
        | op -> failwith $"{op} of {dtype}"

    let fma dtype (a: uint64) (b: uint64) (c: uint64) =
        match dtype with
        | DType.Float32 -> ofF32 (MathF.FusedMultiplyAdd(f32 a, f32 b, f32 c))
        | DType.Float64 -> ofF64 (Math.FusedMultiplyAdd(f64 a, f64 b, f64 c))
        | _ -> wrap dtype (a * b + c)

/// Lane expressions flattened to a list in which operands come first.
[<Sealed>]
type internal FlatLanes(roots: Lane[]) =
    let order = ResizeArray<Lane>()
    let places = Dictionary<Lane, int>(HashIdentity.Reference)

    let rec place (lane: Lane) =
        if not (places.ContainsKey lane) then
            Array.iter place lane.Arguments
            places[lane] <- order.Count
            order.Add lane

    do Array.iter place roots

    let operands =
        order
        |> Seq.map (fun lane -> lane.Arguments |> Array.map (fun a -> places[a]))
        |> Array.ofSeq

    let values: uint64[] = Array.zeroCreate order.Count

    member _.Value(lane: Lane) = values[places[lane]]

    /// Arguments from a function of their number.
    member _.Run(argument: int -> uint64) =
        for i in 0 .. order.Count - 1 do
            let lane = order[i]
            let x k = values[operands[i][k]]
            let source k = lane.Arguments[k].DType

            values[i] <-
                match lane.Op with
                | LaneOp.Constant value -> Bits.ofNumber lane.DType value
                | LaneOp.Bits bits -> bits
                | LaneOp.Argument k -> argument k
                | LaneOp.Select -> if x 0 <> 0UL then x 1 else x 2
                | LaneOp.CallWhere(name, f, g) ->
                    if x 0 <> 0UL then
                        Bits.unary (LaneOp.Call1(name, f, g)) lane.DType lane.DType (x 1)
                    else
                        x 2
                | LaneOp.FusedMultiplyAdd -> Bits.fma lane.DType (x 0) (x 1) (x 2)
                | op when lane.Arguments.Length = 1 -> Bits.unary op (source 0) lane.DType (x 0)
                | op -> Bits.binary op (source 0) (x 0) (x 1)

    /// Evaluates what one lane needs only.
    member _.RunFor(lane: Lane, argument: int -> uint64) =
        let flat = FlatLanes [| lane |]
        flat.Run argument
        flat.Value lane

module internal LoopInterpreter =
    /// A buffer's memory now: swaps exchange it.
    [<AllowNullLiteral>]
    type private Memory(bytes: byte[], start: int) =
        member _.Bytes = bytes
        member _.Start = start

    type private Machine(program: LoopProgram, memory: Memory[]) =
        let variables = Dictionary<int, int>()

        let position (access: Access) =
            let mutable at = access.Offset

            for struct (variable, stride) in access.Terms do
                at <- at + stride * variables[variable]

            at

        let check buffer at =
            if at < 0 || at >= program.Buffers[buffer].Size then
                failwith $"Element {at} of buffer {buffer} with {program.Buffers[buffer].Size} elements."

        let read buffer at : uint64 =
            check buffer at
            let m = memory[buffer]
            let bytes = DType.bytes program.Buffers[buffer].DType
            let span = ReadOnlySpan(m.Bytes, m.Start + at * bytes, bytes)

            match bytes with
            | 1 -> uint64 span[0]
            | 2 -> uint64 (BitConverter.ToUInt16 span)
            | 4 -> uint64 (BitConverter.ToUInt32 span)
            | _ -> BitConverter.ToUInt64 span

        let write buffer at (value: uint64) =
            check buffer at
            let m = memory[buffer]
            let bytes = DType.bytes program.Buffers[buffer].DType
            let span = Span(m.Bytes, m.Start + at * bytes, bytes)

            match bytes with
            | 1 -> span[0] <- byte value
            | 2 -> BitConverter.TryWriteBytes(span, uint16 value) |> ignore
            | 4 -> BitConverter.TryWriteBytes(span, uint32 value) |> ignore
            | _ -> BitConverter.TryWriteBytes(span, value) |> ignore

        let sourceTypes (lanes: Lane[]) count =
            let types = Array.create count DType.Int32
            let seen = HashSet<Lane>(HashIdentity.Reference)

            let rec visit (lane: Lane) =
                if seen.Add lane then
                    match lane.Op with
                    | LaneOp.Argument k -> types[k] <- lane.DType
                    | _ -> Array.iter visit lane.Arguments

            Array.iter visit lanes
            types

        let clamped dtype (index: uint64) count =
            let index = Bits.signed dtype index
            int (max 0L (min index (int64 (count - 1))))

        /// The values of sources at the current point, in order.
        let load (sources: Source[]) (types: DType[]) (indices: FlatLanes[]) =
            let values: uint64[] = Array.zeroCreate sources.Length

            for k in 0 .. sources.Length - 1 do
                values[k] <-
                    match sources[k] with
                    | Source.Load access -> read access.Buffer (position access)
                    | Source.LoadAt(access, index, count, stride) ->
                        indices[k]
                            .Run(fun i ->
                                if i >= k then
                                    failwith "An index depends on a later source."

                                values[i])

                        read
                            access.Buffer
                            (position access + stride * clamped index.DType (indices[k].Value index) count)
                    | Source.Counter(variable, factor, offset) ->
                        let value = int64 variables[variable] * int64 factor + int64 offset

                        if DType.isFloat types[k] then
                            Bits.ofNumber types[k] (float value)
                        else
                            Bits.wrap types[k] (uint64 value)

            values

        let indicesOf (sources: Source[]) =
            sources
            |> Array.map (function
                | Source.LoadAt(_, index, _, _) -> FlatLanes [| index |]
                | _ -> FlatLanes [||])

        let indexLanes (sources: Source[]) =
            sources
            |> Array.collect (function
                | Source.LoadAt(_, index, _, _) -> [| index |]
                | _ -> [||])

        /// Every point, the last axis fastest.
        let points (axes: Axis[]) (visit: int[] -> unit) =
            let at = Array.zeroCreate axes.Length

            let rec loop depth =
                if depth = axes.Length then
                    visit at
                else
                    for i in 0 .. axes[depth].Extent - 1 do
                        at[depth] <- i
                        variables[axes[depth].Variable] <- i
                        loop (depth + 1)

            loop 0

        let isNaN dtype bits =
            (dtype = DType.Float32 && Single.IsNaN(Bits.f32 bits))
            || (dtype = DType.Float64 && Double.IsNaN(Bits.f64 bits))

        let combine kind dtype (a: struct (uint64 * int)) (b: struct (uint64 * int)) : struct (uint64 * int) =
            let struct (x, i), struct (y, j) = a, b

            match kind with
            | Reduction.Sum -> struct (Bits.binary LaneOp.Add dtype x y, 0)
            | Reduction.Product -> struct (Bits.binary LaneOp.Multiply dtype x y, 0)
            | Reduction.Maximum -> struct (Bits.binary LaneOp.Maximum dtype x y, 0)
            | Reduction.Minimum -> struct (Bits.binary LaneOp.Minimum dtype x y, 0)
            | Reduction.ArgMax
            | Reduction.ArgMin ->
                // i < 0: nothing yet.
                if i < 0 then
                    b
                elif j < 0 then
                    a
                else
                    let firstNaN, secondNaN = isNaN dtype x, isNaN dtype y

                    let second =
                        if firstNaN || secondNaN then
                            secondNaN && (not firstNaN || j < i)
                        else
                            let less a b =
                                Bits.binary (LaneOp.Compare Relation.Less) dtype a b = 1UL

                            let wins = if kind = Reduction.ArgMax then less x y else less y x
                            wins || (not (if kind = Reduction.ArgMax then less y x else less x y) && j < i)

                    if second then b else a

        let identity kind dtype : struct (uint64 * int) =
            match kind with
            | Reduction.Sum -> struct (0UL, 0)
            | Reduction.Product -> struct (Bits.ofNumber dtype 1.0, 0)
            | Reduction.Maximum ->
                struct ((if DType.isFloat dtype then
                             Bits.ofNumber dtype Double.NegativeInfinity
                         elif DType.isSigned dtype then
                             Bits.wrap dtype (1UL <<< (Bits.width dtype - 1))
                         else
                             0UL),
                        0)
            | Reduction.Minimum ->
                struct ((if DType.isFloat dtype then
                             Bits.ofNumber dtype Double.PositiveInfinity
                         elif DType.isSigned dtype then
                             (1UL <<< (Bits.width dtype - 1)) - 1UL
                         else
                             Bits.wrap dtype UInt64.MaxValue),
                        0)
            | Reduction.ArgMax
            | Reduction.ArgMin -> struct (0UL, -1)

        let nest (nest: Nest) =
            let lanes =
                Array.append
                    (nest.Stores |> Array.map (fun s -> s.Value))
                    (nest.Reductions |> Array.map (fun r -> r.Value))

            let flat = FlatLanes lanes

            let types =
                sourceTypes (Array.append lanes (indexLanes nest.Sources)) nest.Sources.Length

            let indices = indicesOf nest.Sources

            let accumulators: struct (uint64 * int)[][] =
                Array.zeroCreate nest.Reductions.Length

            // Where a reduced axis is empty no point writes the result: it is the identity.
            for reduction in nest.Reductions do
                let kept, reduced = Array.splitAt (nest.Axes.Length - reduction.Axes) nest.Axes

                if reduced |> Array.exists (fun axis -> axis.Extent = 0) then
                    let struct (value, _) = identity reduction.Kind reduction.Value.DType
                    points kept (fun _ -> write reduction.Target.Buffer (position reduction.Target) value)

            points nest.Axes (fun at ->
                let values = load nest.Sources types indices
                flat.Run(fun k -> values[k])

                for store in nest.Stores do
                    write store.Target.Buffer (position store.Target) (flat.Value store.Value)

                for r in 0 .. nest.Reductions.Length - 1 do
                    let reduction = nest.Reductions[r]
                    let dtype = reduction.Value.DType
                    let kept = nest.Axes.Length - reduction.Axes
                    let inner = [| kept .. nest.Axes.Length - 1 |]
                    let isVector = nest.VectorAxis >= kept

                    let lanes =
                        if not isVector then 1
                        elif DType.bytes dtype = 8 then 32
                        else 64

                    if inner |> Array.forall (fun k -> at[k] = 0) then
                        accumulators[r] <- Array.create lanes (identity reduction.Kind dtype)

                    let lane = if isVector then at[nest.VectorAxis] % lanes else 0

                    let flatPosition =
                        inner |> Array.fold (fun p k -> p * nest.Axes[k].Extent + at[k]) 0

                    let sums = accumulators[r]

                    sums[lane] <-
                        combine reduction.Kind dtype (sums[lane]) (struct (flat.Value reduction.Value, flatPosition))

                    if inner |> Array.forall (fun k -> at[k] = nest.Axes[k].Extent - 1) then
                        let mutable n = lanes / 2

                        while n >= 1 do
                            for l in 0 .. n - 1 do
                                sums[l] <- combine reduction.Kind dtype (sums[l]) (sums[l + n])

                            n <- n / 2

                        let struct (value, index) = sums[0]

                        let result =
                            match reduction.Kind with
                            | Reduction.ArgMax
                            | Reduction.ArgMin -> uint64 index
                            | _ -> value

                        write reduction.Target.Buffer (position reduction.Target) result)

        let accumulate (a: Accumulation) =
            let lanes = [| a.Index; a.Value |]
            let flat = FlatLanes lanes
            let types = sourceTypes (Array.append lanes (indexLanes a.Sources)) a.Sources.Length
            let indices = indicesOf a.Sources

            points a.Axes (fun _ ->
                let values = load a.Sources types indices
                flat.Run(fun k -> values[k])

                let at =
                    position a.Target
                    + a.Stride * clamped a.Index.DType (flat.Value a.Index) a.Count

                write
                    a.Target.Buffer
                    at
                    (Bits.binary LaneOp.Add a.Value.DType (read a.Target.Buffer at) (flat.Value a.Value)))

        let product (p: Product) =
            let a0, b0, c0 = position p.A, position p.B, position p.C
            let struct (ab, am, ak) = p.StridesA
            let struct (bb, bk, bn) = p.StridesB
            let struct (cb, cm, cn) = p.StridesC

            for b in 0 .. p.Batch - 1 do
                for m in 0 .. p.M - 1 do
                    for n in 0 .. p.N - 1 do
                        let mutable sum = 0UL

                        for k in 0 .. p.K - 1 do
                            sum <-
                                Bits.fma
                                    p.DType
                                    (read p.A.Buffer (a0 + b * ab + m * am + k * ak))
                                    (read p.B.Buffer (b0 + b * bb + k * bk + n * bn))
                                    sum

                        write p.C.Buffer (c0 + b * cb + m * cm + n * cn) sum

        let toArray (access: Access) (tensor: TensorType) =
            let array = NDArray.allocate tensor.DType tensor.Shape
            let at = position access
            let m = memory[access.Buffer]
            let bytes = DType.bytes tensor.DType
            Buffer.BlockCopy(m.Bytes, m.Start + at * bytes, array.Data, 0, array.Size * bytes)
            array

        let ofArray (access: Access) (array: NDArray) =
            let array = KernelsViews.contiguous array
            let at = position access
            let m = memory[access.Buffer]
            let bytes = DType.bytes array.DType
            Buffer.BlockCopy(array.Data, array.Offset * bytes, m.Bytes, m.Start + at * bytes, array.Size * bytes)

        let rec run (statement: Statement) =
            match statement with
            | Statement.Nest n -> nest n
            | Statement.Accumulate a -> accumulate a
            | Statement.Product p -> product p
            | Statement.Repeat(variable, count, body) ->
                for i in 0 .. count - 1 do
                    variables[variable] <- i
                    Array.iter run body
            | Statement.RepeatWhile(test, flag, bound, body) ->
                let mutable steps = 0

                let holds () =
                    Array.iter run test
                    read flag.Buffer (position flag) <> 0UL

                while holds () do
                    if bound > 0 && steps = bound then
                        raise (LoopException "While: past its bound.")

                    Array.iter run body
                    steps <- steps + 1
            | Statement.Choose(index, branches) ->
                let i = clamped DType.Int32 (read index.Buffer (position index)) branches.Length
                Array.iter run branches[i]
            | Statement.Swap(a, b) ->
                let kept = memory[a]
                memory[a] <- memory[b]
                memory[b] <- kept
            | Statement.Kernel(op, inputs, outputs) ->
                let arguments =
                    inputs |> Array.map (fun (struct (access, tensor)) -> toArray access tensor)

                let struct (access, _) = outputs[0]
                ofArray access (Kernels.apply op arguments)

        member _.Run() = Array.iter run program.Body

        member _.Result(buffer, tensor) =
            toArray
                {
                    Buffer = buffer
                    Offset = 0
                    Terms = [||]
                }
                tensor

    let private bytesOf (array: NDArray) =
        let array = KernelsViews.contiguous array
        let bytes = DType.bytes array.DType
        let result = Array.zeroCreate (array.Size * bytes)
        Buffer.BlockCopy(array.Data, array.Offset * bytes, result, 0, result.Length)
        result

    /// Scratch memory and results start as garbage.
    let run (program: LoopProgram) (inputs: NDArray[]) : NDArray[] =
        let workspace = Array.create program.WorkspaceBytes 0xCDuy

        let memory =
            program.Buffers
            |> Array.map (fun buffer ->
                match buffer.Kind with
                | BufferKind.Input k -> Memory(bytesOf inputs[k], 0)
                | BufferKind.Output _ -> Memory(Array.create (buffer.Size * DType.bytes buffer.DType) 0xCDuy, 0)
                | BufferKind.Workspace offset ->
                    if
                        offset % 64 <> 0
                        || offset + buffer.Size * DType.bytes buffer.DType > workspace.Length
                    then
                        failwith $"A buffer at byte {offset}."

                    Memory(workspace, offset)
                | BufferKind.Data array -> Memory(bytesOf array, 0))

        let machine = Machine(program, memory)
        machine.Run()

        program.OutputTypes
        |> Array.mapi (fun k tensor ->
            let buffer =
                program.Buffers
                |> Array.tryFindIndex (fun b ->
                    match b.Kind with
                    | BufferKind.Output number -> number = k
                    | _ -> false)

            match buffer with
            | Some buffer -> machine.Result(buffer, tensor)
            | None when Shape.size tensor.Shape = 0 -> NDArray.allocate tensor.DType tensor.Shape
            | None -> failwith $"Nothing writes output {k}.")
