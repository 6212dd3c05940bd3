// The loop language, run one point after the other: the oracle of emitted machine code.
namespace Pipeline.Engine.Tests

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Engine

module internal LoopInterpreter =
    open LoopArithmetic

    /// A buffer's memory now: swaps exchange it.
    [<AllowNullLiteral>]
    type private Memory(bytes: byte[], start: int) =
        member _.Bytes = bytes
        member _.Start = start

    type private Machine(program: LoopProgram, memory: Memory[]) =
        let variables = Dictionary<int, int>()
        let mutable writes = 0L

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
            writes <- writes + 1L
            let m = memory[buffer]
            let bytes = DType.bytes program.Buffers[buffer].DType
            let span = Span(m.Bytes, m.Start + at * bytes, bytes)

            match bytes with
            | 1 -> span[0] <- byte value
            | 2 -> BitConverter.TryWriteBytes(span, uint16 value) |> ignore
            | 4 -> BitConverter.TryWriteBytes(span, uint32 value) |> ignore
            | _ -> BitConverter.TryWriteBytes(span, value) |> ignore

        /// The dtypes that lanes give their arguments.
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
            let index = if dtype = DType.Int32 then int64 (int index) else int64 index

            int (max 0L (min index (int64 (count - 1))))

        /// The values of sources at the current point, in order.
        let load (sources: Source[]) (types: DType[]) =
            let values: uint64[] = Array.zeroCreate sources.Length

            for k in 0 .. sources.Length - 1 do
                values[k] <-
                    match sources[k] with
                    | Source.Load access -> read access.Buffer (position access)
                    | Source.LoadAt(access, index, count, stride) ->
                        // Over earlier sources.
                        let at = clamped index.DType (evaluate values[.. k - 1] index) count
                        read access.Buffer (position access + stride * at)
                    | Source.Counter(variable, factor, offset) ->
                        let value = int64 variables[variable] * int64 factor + int64 offset

                        if DType.isFloat types[k] then
                            number types[k] (float value)
                        else
                            unary LaneOp.Convert types[k] DType.Int64 (uint64 value)

            values

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

        /// The sum of the sums of blocks: that of the largest power of two of them below their number, and that of the others.
        let rec tree add (blocks: uint64[]) =
            match blocks.Length with
            | 1 -> blocks[0]
            | n ->
                let mutable left = 1

                while 2 * left < n do
                    left <- 2 * left

                add (tree add blocks[.. left - 1]) (tree add blocks[left..])

        let nest (nest: Nest) =
            let lanes =
                Array.append (nest.Stores |> Array.map (fun s -> s.Value)) (nest.Reductions |> Array.map (fun r -> r.Value))


            let types = sourceTypes (Array.append lanes (indexLanes nest.Sources)) nest.Sources.Length


            let lanesOf (reduction: LoopReduction) =
                match reduction.Order with
                | ValueSome order -> order.Lanes
                | ValueNone -> 1

            let start (reduction: LoopReduction) = Array.create (lanesOf reduction) (identity reduction.Kind reduction.Value.DType)
            let accumulators = nest.Reductions |> Array.map start

            /// Of each sum: which block it is in, and the sums of those before.
            let blocks = nest.Reductions |> Array.map (fun _ -> struct (0, ResizeArray<uint64>()))

            // Where a reduced axis is empty no point writes the result: it is the identity, of a sum 0.
            for reduction in nest.Reductions do
                let kept, reduced = Array.splitAt (nest.Axes.Length - reduction.Axes) nest.Axes

                if reduced |> Array.exists (fun axis -> axis.Extent = 0) then
                    let struct (value, _) =
                        if reduction.Kind = Reduction.Sum then
                            struct (0UL, 0)
                        else
                            identity reduction.Kind reduction.Value.DType

                    points kept (fun _ -> write reduction.Target.Buffer (position reduction.Target) value)

            /// Of the entry at a flat position the lane and the block.
            let place (reduction: LoopReduction) entry =
                match reduction.Order with
                | ValueNone -> struct (0, 0)
                | ValueSome order ->
                    let row, p = entry / order.Row, entry % order.Row

                    struct (p % order.Lanes,
                            (if order.Row > order.Turns * order.Lanes then
                                 row * order.Cuts + p / (order.Turns * order.Lanes)
                             else
                                 row / order.RowsOfBlock))

            let takeIn (values: uint64[]) (reduction: LoopReduction) (struct (sum, _) as before) position =
                let dtype = reduction.Value.DType

                match reduction.Kind, reduction.Value with
                | Reduction.Sum, { Op = LaneOp.FusedMultiplyAdd; Arguments = [| a; b; { Op = LaneOp.Constant _ } as c |] } when
                    evaluate values c = number dtype -0.0
                    ->
                    let arguments = [| evaluate values a; evaluate values b; sum |]
                    struct (LaneEvaluate.apply LaneOp.FusedMultiplyAdd dtype [||] arguments, position)
                | _ -> combine reduction.Kind dtype before (struct (evaluate values reduction.Value, position))

            let halves (reduction: LoopReduction) (lanes: struct (uint64 * int)[]) =
                let mutable n = lanes.Length / 2

                while n >= 1 do
                    for l in 0 .. n - 1 do
                        lanes[l] <- combine reduction.Kind reduction.Value.DType (lanes[l]) (lanes[l + n])

                    n <- n / 2

                lanes[0]

            points nest.Axes (fun at ->
                let values = load nest.Sources types

                for store in nest.Stores do
                    write store.Target.Buffer (position store.Target) (evaluate values store.Value)

                for r in 0 .. nest.Reductions.Length - 1 do
                    let reduction = nest.Reductions[r]
                    let dtype = reduction.Value.DType
                    let kept = nest.Axes.Length - reduction.Axes
                    let inner = [| kept .. nest.Axes.Length - 1 |]
                    let entry = inner |> Array.fold (fun p k -> p * nest.Axes[k].Extent + at[k]) 0
                    let entries = inner |> Array.fold (fun n k -> n * nest.Axes[k].Extent) 1
                    let struct (lane, block) = place reduction entry

                    if entry = 0 then
                        accumulators[r] <- start reduction
                        blocks[r] <- struct (0, ResizeArray())

                    let struct (current, finished) = blocks[r]

                    if block <> current then
                        let struct (sum, _) = halves reduction accumulators[r]
                        finished.Add sum
                        accumulators[r] <- start reduction
                        blocks[r] <- struct (block, finished)

                    accumulators[r][lane] <- takeIn values reduction (accumulators[r][lane]) entry

                    if entry = entries - 1 then
                        let struct (value, index) = halves reduction accumulators[r]
                        finished.Add value

                        let add a b =
                            let struct (sum, _) = combine reduction.Kind dtype (struct (a, 0)) (struct (b, 0))
                            sum

                        let result =
                            match reduction.Kind with
                            | Reduction.ArgMax
                            | Reduction.ArgMin -> uint64 index
                            | _ -> tree add (finished.ToArray())

                        write reduction.Target.Buffer (position reduction.Target) result)

        let accumulate (a: Accumulation) =
            let lanes = [| a.Index; a.Value |]
            let types = sourceTypes (Array.append lanes (indexLanes a.Sources)) a.Sources.Length

            points a.Axes (fun _ ->
                let values = load a.Sources types

                let at = position a.Target + a.Stride * clamped a.Index.DType (evaluate values a.Index) a.Count

                let value = evaluate values a.Value

                write
                    a.Target.Buffer
                    at
                    (if a.Replaces then
                         value
                     else
                         binary
                             (if a.Value.DType = DType.Bool then LaneOp.Or else LaneOp.Add)
                             a.Value.DType
                             (read a.Target.Buffer at)
                             value))

        let product (p: Product) =
            let a0, b0, c0 = position p.A, position p.B, position p.C
            let struct (ab, am, ak) = p.StridesA
            let struct (bb, bk, bn) = p.StridesB
            let struct (cb, cm) = p.StridesC
            let add x y = LaneEvaluate.apply LaneOp.Add p.DType [||] [| x; y |]
            let nothing = LaneEvaluate.ofFloat p.DType -0.0

            let rec halves (lanes: uint64[]) =
                if lanes.Length = 1 then
                    lanes[0]
                else
                    let half = lanes.Length / 2
                    halves (Array.init half (fun i -> add lanes[i] lanes[i + half]))

            for b in 0 .. p.Batch - 1 do
                for m in 0 .. p.M - 1 do
                    for n in 0 .. p.N - 1 do
                        let take sum k =
                            let x = read p.A.Buffer (a0 + b * ab + m * am + k * ak)
                            let y = read p.B.Buffer (b0 + b * bb + k * bk + n * bn)
                            LaneEvaluate.apply LaneOp.FusedMultiplyAdd p.DType [||] [| x; y; sum |]

                        let sums =
                            [| 0 .. p.K - 1 |]
                            |> Array.chunkBySize p.Order.Cut
                            |> Array.map (fun block ->
                                let lanes = Array.create p.Order.Lanes nothing
                                block |> Array.iteri (fun i k -> lanes[i % lanes.Length] <- take lanes[i % lanes.Length] k)
                                halves lanes)

                        write p.C.Buffer (c0 + b * cb + m * cm + n) (if p.K = 0 then 0UL else tree add sums)

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
                    if bound > 0 && steps = bound then raise (LoopException "While: past its bound.")

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
                let arguments = inputs |> Array.map (fun (struct (access, tensor)) -> toArray access tensor)

                let results = Kernels.apply op arguments

                for k in 0 .. outputs.Length - 1 do
                    let struct (access, _) = outputs[k]
                    ofArray access results[k]

        member _.Run() = Array.iter run program.Body
        member _.Writes = writes

        member _.Result(buffer, tensor) = toArray { Buffer = buffer; Offset = 0; Terms = [||] } tensor

    let private bytesOf (array: NDArray) =
        let array = KernelsViews.contiguous array
        let bytes = DType.bytes array.DType
        let result = Array.zeroCreate (array.Size * bytes)
        Buffer.BlockCopy(array.Data, array.Offset * bytes, result, 0, result.Length)
        result

    /// The results, and how many elements were written on the way. Scratch memory and results start as garbage.
    let runCounting (program: LoopProgram) (inputs: NDArray[]) : struct (NDArray[] * int64) =
        LoopCheck.run program
        let workspace = Array.create program.WorkspaceBytes 0xCDuy

        let memory =
            program.Buffers
            |> Array.map (fun buffer ->
                match buffer.Kind with
                | BufferKind.Input k -> Memory(bytesOf inputs[k], 0)
                | BufferKind.Output _ -> Memory(Array.create (buffer.Size * DType.bytes buffer.DType) 0xCDuy, 0)
                | BufferKind.Workspace offset ->
                    if offset % 64 <> 0 || offset + buffer.Size * DType.bytes buffer.DType > workspace.Length then
                        failwith $"A buffer at byte {offset}."

                    Memory(workspace, offset)
                | BufferKind.Data array -> Memory(bytesOf array, 0))

        let machine = Machine(program, memory)
        machine.Run()

        let results =
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

        struct (results, machine.Writes)

    let run (program: LoopProgram) (inputs: NDArray[]) : NDArray[] =
        let struct (results, _) = runCounting program inputs
        results
