// Statements of operations that do not fuse: products of matrices and running sums.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Opaque =
    /// A product of matrices over views; operands whose axes do not merge are copied first.
    let product (buffers: ProgramBuffers) first (axes: DotAxes) (left: Stored) (right: Stored) (result: Stored) : Statement[] =
        let free (stored: Stored) (contracted: int[]) = [|
            for i in axes.Batch .. stored.Type.Shape.Length - 1 do
                if not (Array.contains i contracted) then i
        |]

        let batch = [| 0 .. axes.Batch - 1 |]
        let copies = ResizeArray()

        /// A fresh copy with the contracted axes last, and where they are.
        let copied (stored: Stored) (contracted: int[]) : struct (Stored * int[]) =
            let free = free stored contracted
            let moved = Stored.transpose (Array.concat [ batch; free; contracted ]) stored
            let fresh = buffers.Workspace moved.Type
            copies.AddRange(Statements.copy first moved fresh)
            struct (fresh, [| batch.Length + free.Length .. stored.Type.Shape.Length - 1 |])

        /// (view, stride of the batch, the free and the contracted axes)
        let rec strides (stored: Stored) (contracted: int[]) : struct (Stored * int * int * int) =
            match Stored.merged batch stored, Stored.merged (free stored contracted) stored, Stored.merged contracted stored with
            | ValueSome b, ValueSome f, ValueSome c -> struct (stored, b, f, c)
            | _ ->
                let struct (fresh, last) = copied stored contracted
                strides fresh last

        let sizes = DotAxes.sizes axes left.Type.Shape right.Type.Shape
        let struct (batchSize, m, n, k) = sizes
        let order = SumOrder.ofProduct result.Type.DType axes left.Type.Shape right.Type.Shape sizes

        /// The same for so many rows, without gaps where results have lanes.
        let rows count (stored: Stored) (contracted: int[]) =
            let found = strides stored contracted
            let struct (_, b, f, c) = found
            let isDense = (batchSize = 1 || b = count * k) && (count = 1 || f = k) && c = 1

            if order.Lanes = 1 || isDense then
                found
            else
                let struct (fresh, last) = copied stored contracted
                strides fresh last

        let struct (left, leftBatch, leftRow, leftInner) = rows m left axes.ContractLeft
        let struct (right, rightBatch, rightColumn, rightInner) = rows n right axes.ContractRight

        copies.Add(
            Statement.Product {
                DType = result.Type.DType
                Order = order
                Batch = batchSize
                M = m
                N = n
                K = k
                A = Stored.start left
                B = Stored.start right
                C = Stored.start result
                StridesA = struct (leftBatch, leftRow, leftInner)
                StridesB = struct (rightBatch, rightInner, rightColumn)
                StridesC = struct (m * n, n)
            }
        )

        copies.ToArray()

    /// Running sums: the first entry, then each entry added to the sum before it. Long sums of floats are kept with what their
    /// additions lost beside them: total + x = next + ((total - (next - (next - total))) + (x - (next - total))) exactly.
    let cumulativeSum (buffers: ProgramBuffers) counter axis reverse (operand: Stored) (result: Stored) : Statement[] =
        let dtype = operand.Type.DType
        let length = operand.Type.Shape[axis]

        // Entry number start of the axis, and with a loop's counter the entries behind it.
        let entry start running (stored: Stored) =
            let stride = stored.Strides[axis]
            let place = if reverse then length - 1 - start else start

            {
                stored with
                    Type = { stored.Type with Shape = Array.removeAt axis stored.Type.Shape }
                    Strides = Array.removeAt axis stored.Strides
                    Offset = stored.Offset + place * stride
                    Counters =
                        if running && stride <> 0 then
                            Array.append stored.Counters [| struct (counter, (if reverse then -stride else stride)) |]
                        else
                            stored.Counters
            }

        let first = counter + 1
        let shape = Array.removeAt axis operand.Type.Shape
        let extents = shape |> Array.filter (fun extent -> extent <> 1)
        let sources = NestSources(first, extents.Length, fun _ -> operand)
        let index = Index.running shape

        let entries = entry 0 false operand

        let load (stored: Stored) = sources.Load(stored, index)

        let store (stored: Stored) value = { Target = Stored.access first index stored; Value = value }

        let nest (sources: NestSources) stores = Statement.Nest(Nests.build first extents (sources.ToArray()) stores [||])

        let isLong = DType.isFloat dtype && SumOrder.isCompensated length

        let start, stores =
            if isLong then
                let total, lost = buffers.Workspace entries.Type, buffers.Workspace entries.Type
                let add, subtract = FuseLanes.zip Zip.Add, FuseLanes.zip Zip.Subtract
                let before, missing, x = load total, load lost, load (entry 1 true operand)
                let next = add before x
                let added = subtract next before

                let missing = add missing (add (subtract before (subtract next added)) (subtract x added))

                // Past an infinity nothing is lost.
                let zero = FuseLanes.number dtype 0.0
                let isFinite = Lane.equal (subtract missing missing) zero
                let sum = Lane.select isFinite (add next missing) next
                let rest = Lane.select isFinite (subtract missing (subtract sum next)) zero
                let none = store lost zero

                Array.append (Statements.copy counter entries total) [|
                    nest (NestSources(first, extents.Length, fun _ -> operand)) [| none |]
                |],
                [| store total sum; store lost rest; store (entry 1 true result) sum |]
            else
                let sum = FuseLanes.zip Zip.Add (load (entry 0 true result)) (load (entry 1 true operand))

                [||], [| store (entry 1 true result) sum |]

        [|
            yield! Statements.copy counter entries (entry 0 false result)
            if length > 1 then
                yield! start
                Statement.Repeat(counter, length - 1, [| nest sources stores |])
        |]
