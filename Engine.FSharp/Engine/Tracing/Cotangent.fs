// Collecting the cotangent of one value from everything that read it.
namespace Pipeline.Engine

open Pipeline

/// The cotangent of one value while it is being collected. What was read from parts of the value is kept part by part and added once,
/// so that n reads of an n-vector cost n and not n^2.
[<Sealed; AllowNullLiteral>]
type internal Cotangent(t: TensorType) =
    let mutable sum: Tensor = null
    let mutable slices: ResizeArray<struct (int[] * int[] * Tensor)> = null
    let mutable gathered: ResizeArray<struct (int * Tensor * Tensor)> = null

    /// The transpose of one slice.
    let pad (starts: int[]) (strides: int[]) (ct: Tensor) =
        let high =
            Array.init starts.Length (fun i ->
                let taken = ct.Dims[i]
                t.Shape[i] - starts[i] - (if taken = 0 then 0 else (taken - 1) * strides[i] + 1))

        Primitive.apply1 (Op.Pad(starts, high, strides |> Array.map (fun s -> s - 1))) ct

    /// The positions of a slice's entries in the flattened value.
    let positions (starts: int[]) (strides: int[]) (shape: int[]) =
        let steps = Shape.strides t.Shape
        let result = Array.zeroCreate (Shape.size shape)

        for flat in 0 .. result.Length - 1 do
            let mutable rest = flat
            let mutable position = 0

            for axis in shape.Length - 1 .. -1 .. 0 do
                position <- position + (starts[axis] + rest % shape[axis] * strides[axis]) * steps[axis]
                rest <- rest / shape[axis]

            result[flat] <- position

        result

    /// From so many times fewer entries on, entries are added one by one to a sum, which a loop then carries in place.
    let few = 8

    let withSlices (total: Tensor) =
        let size = Shape.size t.Shape

        match (if isNull slices then 0 else slices.Count) with
        | 0 -> total
        | 1 when
            (let struct (_, _, ct) = slices[0]
             isNull total || Shape.size ct.Dims * few > size)
            ->
            let struct (starts, strides, ct) = slices[0]
            Primitive.addSymbolic total (pad starts strides ct)
        | _ ->
            let flat = [| for struct (_, _, ct) in slices -> Primitive.reshape [| Shape.size ct.Dims |] ct |]

            let at =
                slices.ToArray() |> Array.collect (fun (struct (starts, strides, ct)) -> positions starts strides ct.Dims)

            let indices = Tensor(NDArray.ofData DType.Int32 [| at.Length |] at, Literal = true)
            let sum = Primitive.reshape [| size |] (Primitive.orZeros t total)
            Primitive.reshape t.Shape (Primitive.scatter 0 sum (Primitive.concatenate 0 flat) indices)

    let withGathered (total: Tensor) =
        (if isNull gathered then [||] else gathered.ToArray())
        |> Array.groupBy (fun (struct (axis, indices, _)) -> struct (axis, indices.DType))
        |> Array.fold
            (fun total (struct (axis, _), group) ->
                let flatten (struct (_, indices: Tensor, ct: Tensor)) =
                    let count = Shape.size indices.Dims

                    let shape = Array.concat [ ct.Dims[.. axis - 1]; [| count |]; ct.Dims[axis + indices.Rank ..] ]

                    Primitive.reshape [| count |] indices, Primitive.reshape shape ct

                let indices, updates = group |> Array.map flatten |> Array.unzip
                let sum = Primitive.orZeros t total
                Primitive.scatter axis sum (Primitive.concatenate axis updates) (Primitive.concatenate 0 indices))
            total

    member _.Add(ct: Tensor) = sum <- Primitive.addSymbolic sum ct

    member _.AddSlice(starts, strides, ct: Tensor) =
        if isNull slices then slices <- ResizeArray()

        slices.Add(struct (starts, strides, ct))

    member _.AddGathered(axis, indices: Tensor, ct: Tensor) =
        if isNull gathered then gathered <- ResizeArray()

        gathered.Add(struct (axis, indices, ct))

    /// Everything given, added; null if nothing was.
    member _.Total = sum |> withSlices |> withGathered

    /// Whether nothing but parts of the value has been given.
    member _.IsOfParts = isNull sum && not (isNull slices && isNull gathered)

    /// Everything given so far, which is then given anew with what it becomes.
    member this.Take() =
        let total = this.Total
        sum <- null
        slices <- null
        gathered <- null
        total
