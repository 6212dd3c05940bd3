// Choices, shapes, entries and parts: axes counted from the end, sizes inferred, shapes broadcast.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal ShapeOperations =
    let where (condition: Tensor) (a: Tensor) (b: Tensor) =
        let struct (a, b) = Tensor.Join("Where", a, b)
        let condition = Operations.required condition

        let condition =
            if condition.DType = DType.Bool then
                condition
            else
                Primitive.compare Relation.NotEqual condition (Primitive.fillLike condition 0.0)

        let shape = Shape.broadcast "Where" condition.Dims a.Dims
        let fit (t: Tensor) = Tensor.BroadcastTo("Where", t, shape)
        let result = Primitive.select (fit condition) (fit a) (fit b)
        // Two plain numbers stay weakly typed: the condition has no say in it.
        if a.Weak && b.Weak then result.Weak <- true

        result

    /// One size may be -1: what is left.
    let reshape (shape: int[]) (a: Tensor) =
        let a = Operations.required a
        let unknown = shape |> Array.filter (fun d -> d = -1) |> Array.length

        if unknown > 1 || shape |> Array.exists (fun d -> d < -1) then
            raise (ShapeException $"Reshape: {Shape.text shape} has more than one unknown size, or a negative one; write -1 once at most.")

        if unknown = 0 then
            Primitive.reshape shape a
        else
            let known = shape |> Array.filter (fun d -> d <> -1) |> Shape.size
            let size = Shape.size a.Dims

            if known = 0 || size % known <> 0 then
                raise (ShapeException $"Reshape: {Shape.text a.Dims} has {size} elements, which do not divide into {Shape.text shape}.")

            Primitive.reshape (shape |> Array.map (fun d -> if d = -1 then size / known else d)) a

    /// Without a permutation, the axes reversed.
    let transpose (permutation: int[]) (a: Tensor) =
        let a = Operations.required a

        if isNull permutation then
            Primitive.transpose [| a.Rank - 1 .. -1 .. 0 |] a
        else
            Primitive.transpose (permutation |> Array.map (Shape.axis "Transpose" a.Rank)) a

    let moveAxis source target (a: Tensor) =
        Primitive.moveAxis (Shape.axis "MoveAxis" (Operations.required a).Rank source) (Shape.axis "MoveAxis" a.Rank target) a

    let expandDims axis (a: Tensor) =
        Primitive.reshape (Shape.insert (Shape.axis "ExpandDims" ((Operations.required a).Rank + 1) axis) 1 a.Dims) a

    let squeeze (a: Tensor) = Primitive.reshape ((Operations.required a).Dims |> Array.filter (fun d -> d <> 1)) a

    /// Without one axis, of size 1.
    let squeezeAxis axis (a: Tensor) =
        let axis = Shape.axis "Squeeze" (Operations.required a).Rank axis

        if a.Dims[axis] <> 1 then
            raise (
                ShapeException
                    $"Squeeze: axis {axis} of {Shape.text a.Dims} has size {a.Dims[axis]}, and only an axis of size 1 can be left out; index or reduce it instead."
            )

        Primitive.reshape (Array.removeAt axis a.Dims) a

    /// The entries of an axis, each without it.
    let unstack axis (a: Tensor) : Tensor[] =
        let axis = Shape.axis "Unstack" (Operations.required a).Rank axis
        Array.init a.Dims[axis] (fun i -> Primitive.entry axis i a)

    let broadcastTo shape (a: Tensor) = Tensor.BroadcastTo("BroadcastTo", Operations.required a, shape)

    /// Entries start .. limit - 1 of an axis in steps; negative positions count from the end.
    let slice axis (start: int) (limit: int) step (a: Tensor) =
        let a = Operations.required a
        let axis = Shape.axis "Slice" a.Rank axis
        let size = a.Dims[axis]
        let place i = if i < 0 then i + size else i

        let starts, limits, steps = Array.zeroCreate a.Rank, Array.copy a.Dims, Array.create a.Rank 1

        starts[axis] <- place start
        limits[axis] <- place limit
        steps[axis] <- step
        Primitive.slice starts limits steps a

    /// The entry of an axis at a number known now.
    let entry axis index (a: Tensor) =
        let a = Operations.required a
        let axis = Shape.axis "Entry" a.Rank axis
        let size = a.Dims[axis]
        let resolved = if index < 0 then index + size else index

        if resolved < 0 || resolved >= size then
            raise (ShapeException $"Entry: there is no entry {string index} in axis {axis} of {Shape.text a.Dims}.")

        Primitive.entry axis resolved a

    let private indexed operation axis (indices: Tensor) (a: Tensor) (places: int -> Tensor) =
        let a, indices = Operations.required a, Operations.required indices
        let axis = Shape.axis operation a.Rank axis

        if not (DType.isInteger indices.DType) then
            raise (DTypeException $"{operation}: indices are integers, not {DType.name indices.DType}; convert them (AsType).")

        Operations.named operation (fun () -> Primitive.gather axis a (places axis))

    /// The entries of an axis at integer indices, of any shape; negative indices count from the end, others outside are an error in the name of
    /// an operation.
    let taken operation axis (indices: Tensor) (a: Tensor) =
        indexed operation axis indices a (fun axis ->
            Tensor.Through(Indexing.places operation axis a.Dims[axis] indices.Type indices.Recipe, indices))

    let take axis (indices: Tensor) (a: Tensor) = taken "Take" axis indices a

    /// The same without errors: an index below 0 takes the first entry, one past the end the last.
    let takeClamped axis (indices: Tensor) (a: Tensor) =
        indexed "TakeClamped" axis indices a (fun _ ->
            if indices.DType = DType.Int32 then indices else Tensor.Convert(indices, DType.Int64))

    let private common operation (parts: Tensor[]) =
        if parts.Length = 0 then raise (ShapeException $"{operation}: takes at least one tensor.")

        let mutable dtype, weak = (Operations.required parts[0]).DType, parts[0].Weak

        for part in parts do
            let d, w = DType.promote (dtype, weak) ((Operations.required part).DType, part.Weak)
            dtype <- d
            weak <- w

        parts |> Array.map (fun part -> Tensor.Cast(part, dtype, weak))

    let concatenate axis (parts: Tensor[]) =
        let parts = common "Concatenate" parts
        Primitive.concatenate (Shape.axis "Concatenate" parts[0].Rank axis) parts

    let stack axis (parts: Tensor[]) =
        let parts = common "Stack" parts
        let axis = Shape.axis "Stack" (parts[0].Rank + 1) axis

        for part in parts do
            if not (Shape.equal part.Dims parts[0].Dims) then
                raise (
                    ShapeException
                        $"Stack: takes tensors of one shape, not {Shape.text parts[0].Dims} and {Shape.text part.Dims}; use Concatenate along an axis that they have, or make them equal (BroadcastTo)."
                )

        Primitive.stack axis parts

    /// out[i] = x[(i - shift) mod n] along an axis.
    let roll shift axis (a: Tensor) =
        let axis = Shape.axis "Roll" (Operations.required a).Rank axis
        let size = a.Dims[axis]
        let k = if size = 0 then 0 else ((shift % size) + size) % size

        if k = 0 then
            a
        else
            Primitive.concatenate axis [| Primitive.sliceAxis axis (size - k) size a; Primitive.sliceAxis axis 0 (size - k) a |]

    let flip axis (a: Tensor) =
        let axis = Shape.axis "Flip" (Operations.required a).Rank axis
        let size = a.Dims[axis]
        let ascending = Primitive.iota DType.Int32 [| size |] 0

        if size = 0 then
            a
        else
            Primitive.gather axis a (Primitive.subtract (Primitive.fillLike ascending (float (size - 1))) ascending)
