// Sorting: the entries of the last axis in ascending order, and the permutation that brings them there.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Sort =
    /// Unsigned numbers in the order of the elements: equal for equal elements (-0 and +0 too), NaN above all.
    let private orderKeys (x: NDArray) : uint64[] =
        let flip (bits: int64) = if bits < 0L then ~~~(uint64 bits) else uint64 bits ||| 0x8000000000000000UL

        let floatKey (value: float) =
            // Adding 0 turns -0 into +0.
            if Double.IsNaN value then UInt64.MaxValue else flip (BitConverter.DoubleToInt64Bits(value + 0.0))

        let keys = GC.AllocateUninitializedArray<uint64> x.Size

        match x.DType with
        | DType.Int64 ->
            let elements = KernelsViews.elements<int64> x

            for i in 0 .. keys.Length - 1 do
                CancellationScope.CheckAt i
                keys[i] <- uint64 elements[i] ^^^ 0x8000000000000000UL
        | DType.UInt64 -> KernelsViews.copyElements (Span.op_Implicit (KernelsViews.elements<uint64> x)) (keys.AsSpan())
        | _ ->
            // Every other dtype fits float64.
            for i in 0 .. keys.Length - 1 do
                CancellationScope.CheckAt i
                keys[i] <- floatKey (NDArray.elementAt x (x.Offset + i))

        keys

    /// Rows that are longer are sorted by digits.
    let private compared = 4096

    /// The order of a row by its keys, least digits first: stable, and cancelled where it is long.
    let private byDigits (keys: uint64[]) (order: int[]) (row: int) (n: int) =
        let mutable from, fromOrder =
            KernelsViews.copied (ReadOnlySpan(keys, row, n)), KernelsViews.copied (ReadOnlySpan(order, row, n))

        let mutable into, intoOrder = GC.AllocateUninitializedArray<uint64> n, GC.AllocateUninitializedArray<int> n

        for shift in 0..8..56 do
            let places = Array.zeroCreate<int> 257

            for i in 0 .. n - 1 do
                CancellationScope.CheckAt i
                let digit = int (from[i] >>> shift) &&& 0xFF
                places[digit + 1] <- places[digit + 1] + 1

            if Array.IndexOf(places, n) < 0 then
                for digit in 0..255 do
                    places[digit + 1] <- places[digit + 1] + places[digit]

                for i in 0 .. n - 1 do
                    CancellationScope.CheckAt i
                    let digit = int (from[i] >>> shift) &&& 0xFF
                    let place = places[digit]
                    places[digit] <- place + 1
                    into[place] <- from[i]
                    intoOrder[place] <- fromOrder[i]

                let emptied, emptiedOrder = from, fromOrder
                from <- into
                fromOrder <- intoOrder
                into <- emptied
                intoOrder <- emptiedOrder

        KernelsViews.copyElements (ReadOnlySpan fromOrder) (order.AsSpan(row, n))

    /// The same of a short row.
    let private byComparison (keys: uint64[]) (order: int[]) (row: int) (n: int) =
        Array.Sort(keys, order, row, n)
        // The sort is not stable: equal keys come back in the order of their indices.
        let mutable first = row

        for i in row + 1 .. row + n do
            if i = row + n || keys[i] <> keys[first] then
                if i - first > 1 then Array.Sort(order, first, i - first)

                first <- i

    let private gathered<'T when 'T: unmanaged> (x: NDArray) (order: int[]) (n: int) : NDArray =
        let result = NDArray.allocate x.DType x.Shape
        let source = KernelsViews.elements<'T> x
        let target = KernelsViews.elements<'T> result

        for i in 0 .. order.Length - 1 do
            CancellationScope.CheckAt i
            target[i] <- source[i - i % n + order[i]]

        result

    let private run (operands: NDArray[]) : NDArray[] =
        let x = KernelsViews.contiguous operands[0]
        let n = x.Shape[x.Rank - 1]
        let keys = orderKeys x
        let order = GC.AllocateUninitializedArray<int> x.Size

        for i in 0 .. order.Length - 1 do
            CancellationScope.CheckAt i
            order[i] <- i % n

        let mutable row = 0
        let mutable handled = 0L

        while row < order.Length do
            CancellationScope.CheckAfter(&handled, n)

            if n > compared then byDigits keys order row n else byComparison keys order row n

            row <- row + n

        let sorted =
            match DType.bytes x.DType with
            | 1 -> gathered<byte> x order n
            | 2 -> gathered<uint16> x order n
            | 4 -> gathered<uint32> x order n
            | _ -> gathered<uint64> x order n

        [| sorted; NDArray.ofData DType.Int32 x.Shape order |]

    let private infer (operands: TensorType[]) : TensorType[] =
        Matrices.requireCount "Sort" 1 operands
        let x = operands[0]

        if x.Shape.Length = 0 then
            raise (ShapeException "Sort: a number has no axis to sort along; reshape it to one entry.")

        [| x; { x with DType = DType.Int32 } |]

    /// The entries of each row of the last axis at the places of its own.
    let private taken (a: Tensor) (places: Tensor) =
        let n, size = Array.last a.Dims, Shape.size a.Dims

        if a.Rank = 1 then
            Primitive.gather 0 a places
        else
            let rows = Primitive.reshape [| size / max 1 n; n |] places
            let start = Primitive.multiply (Primitive.iota DType.Int32 rows.Dims 0) (Primitive.fillLike rows (float n))
            Primitive.reshape a.Dims (Primitive.gather 0 (Primitive.reshape [| size |] a) (Primitive.add rows start))

    /// x -> its entries along the last axis in ascending order (stable, NaN last), and their places in x, int32: tangents follow the order.
    let routine =
        let change = Rules.change "Sort" infer (fun _ results tangents -> [| taken tangents[0] results[1] |])
        Routine("Sort", null, infer, run, RoutineRule.Choice change, places = [| 1 |])

    let private along axis (a: Tensor) result =
        let last = a.Rank - 1

        Primitive.apply (Op.Routine routine) [| Primitive.moveAxis axis last a |]
        |> Array.item result
        |> Primitive.moveAxis last axis

    /// The entries along an axis in ascending order.
    let values axis (a: Tensor) : Tensor = along axis a 0

    /// The places of the entries along an axis in ascending order.
    let order axis (a: Tensor) : Tensor = along axis a 1
