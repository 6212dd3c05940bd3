// Entries at indices over a leading axis of the entries, of the indices, or of both: lane b of a merged axis begins at b times its length.
module internal Pipeline.Engine.BatchIndexing

open Pipeline

/// Indices of the merged axes [size, count]: clamped within their own lane.
let private offsetIndices size count (indices: Tensor) : Tensor =
    let wide = Primitive.convert DType.Int64 indices
    let low = Primitive.zip Zip.Maximum wide (Primitive.fillLike wide 0.0)

    let clamped = Primitive.zip Zip.Minimum low (Primitive.fillLike wide (float (count - 1)))

    let starts =
        Record.recipe "Vectorized" (fun make ->
            let lane = make (Op.Iota(DType.Int64, indices.Dims, 0))
            Primitive.multiply lane (Primitive.fillLike lane (float count)))

    Primitive.add clamped starts

/// The entries of an axis at indices.
let gather size axis (values: Tensor[]) (batched: bool[]) : Tensor =
    let x, indices = values[0], values[1]

    if not batched[1] then
        Primitive.gather (axis + 1) x indices
    elif not batched[0] then
        // x's axis becomes [size, indices]: bring the batch to the front.
        Primitive.moveAxis axis 0 (Primitive.gather axis x indices)
    else
        // Lane b reads entry b * n + i of the batch and the axis merged into one.
        let front = Primitive.moveAxis (axis + 1) 1 x
        let n = front.Dims[1]
        let merged = Primitive.reshape (Array.append [| size * n |] front.Dims[2..]) front
        let flat = Primitive.gather 0 merged (offsetIndices size n indices)
        let lead = indices.Rank - 1
        // Axes: batch, indices, then the others: the indices go where the axis was.
        let rest = [| for i in 0 .. front.Rank - 3 -> 1 + lead + i |]

        let order = Array.concat [ [| 0 |]; rest[.. axis - 1]; [| for i in 1..lead -> i |]; rest[axis..] ]

        Primitive.transpose order flat

/// Updates added at the indices of an axis.
let scatter size axis (values: Tensor[]) (batched: bool[]) : Tensor =
    let filled = BatchLanes.fill size [| true; true; false |] batched values
    let x, updates, indices = filled[0], filled[1], filled[2]

    if not batched[2] then
        Primitive.scatter (axis + 1) x updates indices
    else
        let lead = indices.Rank - 1
        // Bring [batch, axis] and [batch, indices] to the front, scatter into [size * count], take it apart again.
        let front = Primitive.moveAxis (axis + 1) 1 x
        let count = front.Dims[1]

        let merged = Primitive.reshape (Array.append [| size * count |] front.Dims[2..]) front

        let order =
            Array.concat [
                [| 0 |]
                [| for i in 0 .. lead - 1 -> 1 + axis + i |]
                [| for i in 0 .. axis - 1 -> 1 + i |]
                [| 1 + axis + lead .. updates.Rank - 1 |]
            ]

        let flat = Primitive.scatter 0 merged (Primitive.transpose order updates) (offsetIndices size count indices)

        let split = Primitive.reshape front.Dims flat
        Primitive.moveAxis 1 (1 + axis) split

/// One entry of an axis replaced.
let update size axis (values: Tensor[]) (batched: bool[]) : Tensor =
    if not batched[2] then
        (Primitive.apply (Op.Update(axis + 1)) (BatchLanes.fill size [| true; true; false |] batched values))[0]
    else
        // Every lane replaces an entry of its own.
        let filled = BatchLanes.fill size [| true; true; true |] batched values
        let x, entry, index = filled[0], filled[1], filled[2]
        let last = Primitive.fillLike index (float (x.Dims[axis + 1] - 1))

        let clamped = Primitive.zip Zip.Minimum (Primitive.zip Zip.Maximum index (Primitive.fillLike index 0.0)) last

        let number = Primitive.iota index.DType x.Dims (axis + 1)

        let here = Primitive.compare Relation.Equal number (Primitive.broadcast x.Dims [| 0 |] clamped)

        let others = Array.removeAt (axis + 1) [| 0 .. x.Rank - 1 |]
        Primitive.select here (Primitive.broadcast x.Dims others entry) x
