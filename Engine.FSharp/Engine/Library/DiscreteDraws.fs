// Draws of orders, choices and signs from a key, with JAX's bits and formulas.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal DiscreteDraws =
    /// How many times n entries are sorted by 32 random bits, so that equal bits leave no visible trace.
    let private rounds (n: int) = int (ceil (3.0 * Special.log (float (max 1 n)) / Special.log (float UInt32.MaxValue)))

    /// Sorted by fresh random bits, round after round; reorder applies an order to what has come so far.
    let private shuffle (shape: int[]) axis (start: Tensor) (reorder: Tensor -> Tensor -> Tensor) (key: Key) =
        let mutable key = key
        let mutable entries = start

        for _ in 1 .. rounds (Shape.size shape) do
            let keys = Keys.split 2 key
            key <- keys[0]
            entries <- reorder entries (Sort.order axis (Keys.bits DType.UInt32 shape keys[1]))

        entries

    let permutation (n: int) (key: Key) = shuffle [| n |] 0 (Primitive.iota DType.Int32 [| n |] 0) (Primitive.gather 0) key

    /// Whole slices along an axis in random order.
    let private permuteSlices axis (a: Tensor) (key: Key) = Primitive.gather axis a (permutation a.Dims[axis] key)

    /// Each line along an axis in a random order of its own.
    let private permuteLines axis (a: Tensor) (key: Key) =
        let last = a.Rank - 1
        let moved = Primitive.moveAxis axis last a
        let n = moved.Dims[last]
        let size = Shape.size a.Dims

        let reorder (entries: Tensor) (order: Tensor) =
            let order = Primitive.reshape [| size / n; n |] (Primitive.moveAxis axis last order)
            let row = Primitive.iota DType.Int32 order.Dims 0

            let position = Primitive.add order (Primitive.multiply row (Primitive.fillLike row (float n)))

            Primitive.gather 0 entries (Primitive.reshape [| size |] position)

        let entries = shuffle a.Dims axis (Primitive.reshape [| size |] moved) reorder key
        Primitive.moveAxis last axis (Primitive.reshape moved.Dims entries)

    /// Whole slices along an axis in random order, or each line in an order of its own.
    let permuted operation axis independent (x: Tensor) (key: Key) =
        let permute = if independent then permuteLines else permuteSlices
        permute (Shape.axis operation (Keys.required "x" x).Rank axis) x key

    /// How many of the first n - 1 ascending entries lie below each value: the leftmost place among n, by halving.
    let private search (ascending: Tensor) (values: Tensor) =
        let n = ascending.Dims[0]

        let place (k: int) = Primitive.fill DType.Int32 values.Dims (float k)

        let mutable found = place 0

        for power in 30..-1..0 do
            let step = 1 <<< power

            if step < n then
                let next = Primitive.add found (place step)
                let entry = Primitive.gather 0 ascending (Primitive.subtract next (place 1))
                let exists = Primitive.compare Relation.Less next (place n)
                let below = Primitive.compare Relation.Less entry values
                found <- Primitive.select (Primitive.zip Zip.And exists below) next found

        found

    /// The places of the k largest along the last axis, largest first.
    let private largest k (a: Tensor) =
        let order = Sort.order (a.Rank - 1) (Primitive.negate a)
        Primitive.sliceAxis (a.Rank - 1) 0 k order

    let private requireEnough operation (k: int) (n: int) =
        if k > n then
            raise (
                ShapeException
                    $"{operation}: {k} draws without replacement cannot be made from {n} entries; draw with replacement, or fewer."
            )

    /// Weights whose sum and its smallest shares have a range: as they are, or over the largest.
    let private inRange (weights: Tensor) =
        let largest = Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| 0 |])) weights
        let limit value = Primitive.fillLike largest value
        let isLess = Primitive.compare Relation.Less

        let isOrdinary = Primitive.zip Zip.And (isLess (limit 1e-20) largest) (isLess largest (limit 1e20))

        let unit = Primitive.select isOrdinary (limit 1.0) largest
        Primitive.zip Zip.Divide weights (Primitive.broadcast weights.Dims [||] unit)

    /// Indices below n, int32 or int64.
    let choice operation (n: int) (shape: int[]) (replace: bool) (weights: Tensor) dtype (key: Key) =
        if dtype <> DType.Int32 && dtype <> DType.Int64 then
            raise (DTypeException $"{operation}: indices are int32 or int64, not {DType.name dtype}.")

        let size = Shape.size shape

        if n < 0 || n = 0 && size > 0 then
            raise (ShapeException $"{operation}: nothing can be chosen from {n} entries.")

        if not replace then requireEnough operation size n

        if isNull weights then
            if replace then
                IntegerDraws.integers operation 0L (int64 n) dtype shape key
            else
                Primitive.convert dtype (Primitive.reshape shape (Primitive.sliceAxis 0 0 size (permutation n key)))
        else
            if weights.Dims <> [| n |] then
                raise (ShapeException $"{operation}: {n} entries need {n} weights, not {Shape.text weights.Dims}.")

            let weights =
                Primitive.convert
                    (ContinuousDraws.dtypeOf operation ValueNone [| struct ("weights", weights) |])
                    (Operations.stopGradient weights)

            let chosen =
                if size = 0 then
                    Primitive.fill DType.Int32 shape 0.0
                elif replace then
                    let cumulative = Primitive.apply1 (Op.CumulativeSum(0, false)) (inRange weights)
                    let u = ContinuousDraws.unit operation weights.DType shape key

                    let total = Tensor.BroadcastTo(operation, Primitive.entry 0 (n - 1) cumulative, shape)

                    search cumulative (Primitive.multiply total (Primitive.subtract (Primitive.fillLike u 1.0) u))
                else
                    let noise = ContinuousDraws.gumbel operation weights.DType [| n |] key
                    Primitive.reshape shape (largest size (Primitive.add noise (Primitive.map Elementwise.log weights)))

            Primitive.convert dtype chosen
            |> ContinuousDraws.where operation (Requirement.Weights(if replace then 1 else max 1 size)) weights

    /// Entries along an axis at chosen indices.
    let chosen operation axis (x: Tensor) shape replace weights (key: Key) =
        let axis = Shape.axis operation (Keys.required "x" x).Rank axis
        Primitive.gather axis x (choice operation x.Dims[axis] shape replace weights DType.Int32 key)

    /// u < p.
    let bernoulli operation (probability: Tensor) (shape: int[]) (key: Key) =
        let dtype = ContinuousDraws.dtypeOf operation ValueNone [| struct ("probability", probability) |]

        let p = Tensor.BroadcastTo(operation, Primitive.convert dtype probability, shape)

        Primitive.compare Relation.Less (ContinuousDraws.unit operation dtype shape key) p
        |> ContinuousDraws.where
            operation
            Requirement.Probabilities
            (Primitive.reshape [| Shape.size probability.Dims |] (Primitive.convert dtype probability))

    /// +1 where u < 1/2, else -1.
    let rademacher operation dtype (shape: int[]) (key: Key) =
        if dtype = DType.Bool || DType.isInteger dtype && not (DType.isSigned dtype) then
            raise (DTypeException $"{operation}: {DType.name dtype} has no -1; draw a signed or floating type.")

        let uniformType = if dtype = DType.Float64 then dtype else DType.Float32
        let heads = bernoulli operation (Primitive.fill uniformType [||] 0.5) shape key
        Primitive.select heads (Primitive.fill dtype shape 1.0) (Primitive.fill dtype shape -1.0)

    /// The places of the largest of logits + gumbel noise along an axis; axes of the shape before the batch axes are further draws.
    let categorical operation (logits: Tensor) axis (shape: int[]) (replace: bool) (key: Key) =
        let dtype = ContinuousDraws.dtypeOf operation ValueNone [| struct ("logits", logits) |]

        let logits = Primitive.convert dtype logits
        let axis = Shape.axis operation logits.Rank axis
        let batch = Array.removeAt axis logits.Dims
        let shape = if isNull shape then batch else shape
        let lead = shape.Length - batch.Length

        if lead < 0 || shape[lead..] <> batch then
            raise (
                ShapeException
                    $"{operation}: the shape {Shape.text shape} does not end with {Shape.text batch}, the shape of logits {Shape.text logits.Dims} without axis {axis}."
            )

        let prefix = shape[.. lead - 1]
        let needed = if replace then 1 else max 1 (Shape.size prefix)

        let met =
            ContinuousDraws.where operation (Requirement.LogWeights needed) (Primitive.moveAxis axis (logits.Rank - 1) logits)

        if replace then
            let dims = Array.append prefix logits.Dims
            let noise = ContinuousDraws.gumbel operation dtype dims key
            let noisy = Primitive.add noise (Tensor.BroadcastTo(operation, logits, dims))
            met (Primitive.apply1 (Op.Reduce(Reduction.ArgMax, [| lead + axis |])) noisy)
        else
            let k = Shape.size prefix
            requireEnough operation k logits.Dims[axis]

            let noisy = Primitive.add logits (ContinuousDraws.gumbel operation dtype logits.Dims key)

            let chosen = largest k (Primitive.moveAxis axis (logits.Rank - 1) noisy)
            met (Primitive.reshape shape (Primitive.moveAxis (logits.Rank - 1) 0 chosen))
