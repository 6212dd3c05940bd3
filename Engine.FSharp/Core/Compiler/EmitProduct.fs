// Matrix products as IL: blocks of rows times vectors of columns, each result a chain of fused multiply-adds over k, or blocks of such.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

[<Sealed>]
type internal EmitProduct(code: Code, product: Product, width: int) =
    let dtype = product.DType
    let bytes = DType.bytes dtype
    let isVector = width > 64
    let lanes = if isVector then width / (8 * bytes) else 1
    let struct (batchA, rowA, depthA) = product.StridesA
    let struct (batchB, depthB, columnB) = product.StridesB
    let struct (batchC, rowC, columnC) = product.StridesC
    // Variables that no statement uses: the loops of the product are written here.
    let columnAxis = -2

    /// The columns as the vector axis of three pointers, so that partial and strided vectors load as they do in nests.
    let plan =
        let pointer (access: Access) column = {
            Buffer = access.Buffer
            Terms = Array.append [| struct (columnAxis, column) |] access.Terms
            Bytes = bytes
        }

        {
            Axes = [| { Variable = columnAxis; Extent = product.N } |]
            VectorAxis = 0
            Pointers = [| pointer product.A 0; pointer product.B columnB; pointer product.C columnC |]
            Values = [||]
            Lanes = lanes
            Stores = [||]
            Reductions = [||]
            Accumulations = [||]
            Blocks = SumBlocks.ofProduct product
        }

    let memory = EmitMemory(code, plan)
    let vectorMemory = EmitVectorMemory(code, plan, memory)
    let vectors = memory.Vectors

    let localType = if isVector then vectors.Type(dtype, 0) else EmitScalar.localType dtype

    let place pointer (access: Access) = { Pointer = pointer; Displacement = int64 access.Offset * int64 bytes; DType = dtype }

    let operand (local: LocalBuilder) = { DType = dtype; MaskBytes = 0; Push = fun () -> code.Load local }

    let blocks =
        let counter = code.Header.Partials

        let emit op (a: unit -> unit) (b: unit -> unit) =
            let arguments = [| a; b |] |> Array.map (fun push -> { DType = dtype; MaskBytes = 0; Push = push })

            if isVector then
                vectors.Emit(op, dtype, 0, arguments, lanes)
            else
                EmitScalar.emit code op dtype arguments

        EmitBlocks(
            code,
            counter,
            counter + Header.CounterBytes,
            Header.TileBytes,
            (fun () -> if isVector then code.Emit(OpCodes.Ldobj, localType) else EmitScalar.load code dtype),
            (fun push ->
                push ()

                if isVector then code.Emit(OpCodes.Stobj, localType) else EmitScalar.store code dtype),
            emit LaneOp.Add
        )

    /// start + index * stride, in bytes, in a local that the caller gives back.
    let offset (parts: struct (LocalBuilder * int) list) =
        let local = code.Rent typeof<nativeint>
        code.Native 0L

        for struct (index, stride) in parts do
            if not (isNull index) && stride <> 0 then
                code.Load index
                code.MultiplyNative(int64 stride * int64 bytes)
                code.Emit OpCodes.Add

        code.Store local
        local

    /// rows x vectorCount results from the current row and column on; the last vector holds `partial` lanes (0: all).
    let block (batch: LocalBuilder) (row: LocalBuilder) (firstRow: int) rows vectorCount partial =
        let count v = if partial > 0 && v = vectorCount - 1 then partial else lanes

        let baseA = offset [ struct (batch, batchA); struct (row, rowA) ]
        let baseC = offset [ struct (batch, batchC); struct (row, rowC) ]

        let start (sum: LocalBuilder) =
            EmitScalar.constant code dtype 0.0

            if isVector then vectors.Broadcast(dtype, 0)

            code.Store sum

        let sums =
            Array.init rows (fun _ ->
                Array.init vectorCount (fun _ ->
                    let sum = code.Rent localType
                    start sum
                    sum))

        let addressA = code.Rent typeof<nativeint>
        let addressB = offset [ struct (batch, batchB) ]
        memory.Address(place 0 product.A, 0, baseA)
        code.AddNative(int64 firstRow * int64 rowA * int64 bytes)
        code.Store addressA

        let step (_: LocalBuilder) =
            let columns =
                Array.init vectorCount (fun v ->
                    let column = code.Rent localType

                    if isVector then
                        vectorMemory.Load(place 1 product.B, 0, v * lanes, addressB, count v)
                    else
                        memory.LoadScalar(place 1 product.B, v, addressB)

                    code.Store column
                    column)

            let factor = code.Rent localType

            for r in 0 .. rows - 1 do
                code.Load addressA
                code.AddNative(int64 r * int64 rowA * int64 bytes)
                EmitScalar.load code dtype

                if isVector then vectors.Broadcast(dtype, 0)

                code.Store factor

                for v in 0 .. vectorCount - 1 do
                    let arguments = [| operand factor; operand (columns[v]); operand (sums[r][v]) |]

                    if isVector then
                        vectors.Emit(LaneOp.FusedMultiplyAdd, dtype, 0, arguments, count v)
                    else
                        EmitScalar.emit code LaneOp.FusedMultiplyAdd dtype arguments

                    code.Store(sums[r][v])

            code.Return factor

            for column in columns do
                code.Return column

            for struct (address, stride) in [ struct (addressA, depthA); struct (addressB, depthB) ] do
                code.Load address
                code.AddNative(int64 stride * int64 bytes)
                code.Store address

        if plan.Blocks.Axis >= 0 then
            let parts =
                Array.concat sums |> Array.mapi (fun k sum -> struct (sum, fun () -> code.Native(int64 (k * lanes * bytes))))

            let carry () =
                blocks.Carry(parts, bytes)

                for struct (sum, _) in parts do
                    start sum

                code.Watch()

            blocks.Clear 1
            code.LoopInChunks(int64 product.K, 1L, int64 plan.Blocks.Length, step, carry)
            blocks.Collapse(parts, bytes)
        elif product.K > 0 then
            code.Loop(int64 product.K, 1L, step)

        for r in 0 .. rows - 1 do
            let target = {
                place 2 product.C with
                    Displacement = int64 bytes * (int64 product.C.Offset + int64 (firstRow + r) * int64 rowC)
            }

            for v in 0 .. vectorCount - 1 do
                vectorMemory.Store(target, 0, v * lanes, count v, baseC, (fun () -> code.Load(sums[r][v])))

        for local in Seq.append (Seq.concat sums) [ baseA; baseC; addressA; addressB ] do
            code.Return local

    let breadth = if isVector then 3 else 4
    let rowsAtOnce = if width = 512 then 8 else 4

    let rowBlocks batch vectorCount partial =
        let blocks = product.M / rowsAtOnce
        let rest = product.M % rowsAtOnce

        if blocks > 0 then
            code.WatchedLoop(
                int64 (blocks * rowsAtOnce),
                int64 rowsAtOnce,
                float rowsAtOnce * float (vectorCount * lanes) * float product.K,
                fun row -> block batch row 0 rowsAtOnce vectorCount partial
            )

        if rest > 0 then block batch null (blocks * rowsAtOnce) rest vectorCount partial

    let columnBlocks batch =
        let width = breadth * lanes
        let blocks = product.N / width
        let rest = product.N % width

        if blocks > 0 then
            code.WatchedLoop(
                int64 (blocks * width),
                int64 width,
                float product.M * float width * float product.K,
                fun column -> memory.At(0, column, 0L, (fun () -> rowBlocks batch breadth 0))
            )

        if rest > 0 then
            memory.At(0, null, int64 (blocks * width), fun () -> rowBlocks batch ((rest + lanes - 1) / lanes) (rest % lanes))

    member _.Emit() =
        memory.Enter()

        if product.M > 0 && product.N > 0 then
            if product.Batch = 1 then
                columnBlocks null
            elif product.Batch > 1 then
                let work = float product.M * float product.N * float product.K
                code.WatchedLoop(int64 product.Batch, 1L, work, columnBlocks)

        memory.Leave()
