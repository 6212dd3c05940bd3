// What stands between the brackets of a tensor, worked out on its shape: which entries of which axes, and what is left of the axes.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Indexing =
    /// The operations that take the entries between starts and limits, and then the axes away of which a place was named.
    let between (shape: int[]) (starts: int[]) (limits: int[]) (isPlace: int -> bool) : Op list =
        let kept = [|
            for axis in 0 .. shape.Length - 1 do
                if not (isPlace axis) then limits[axis] - starts[axis]
        |]

        let slice = Op.Slice(starts, limits, Array.create shape.Length 1)
        if kept.Length = shape.Length then [ slice ] else [ slice; Op.Reshape kept ]

    /// The operations that take what places and ranges name, all of an axis where a tensor names entries, and then the axes of the places away.
    let part (shape: int[]) (places: AxisIndex[]) : Op list =
        if places.Length > shape.Length then
            let text = places |> Array.map string |> String.concat ", "
            raise (ShapeException $"Index: [{text}] names more axes than {Shape.text shape} has.")

        let starts, limits = Array.zeroCreate shape.Length, Array.copy shape

        for axis in 0 .. places.Length - 1 do
            let struct (start, limit) = places[axis].On shape[axis]

            if start < 0 || limit > shape[axis] || limit < start then
                raise (
                    ShapeException
                        $"Index: there is no {places[axis]} in axis {axis} of {Shape.text shape}; places run from 0 to {shape[axis] - 1}, or from ^1 to ^{shape[axis]}."
                )

            starts[axis] <- start
            limits[axis] <- limit

        between shape starts limits (fun axis -> axis < places.Length && places[axis].IsPlace)

    /// The axes of what the places leave, of which tensors name the entries.
    let namedAxes (places: AxisIndex[]) : int[] =
        places
        |> Array.filter (fun place -> not place.IsPlace)
        |> Array.indexed
        |> Array.filter (fun (_, place) -> not (isNull place.Entries))
        |> Array.map fst

    /// Whether what names the entries of an axis is a mask of it; else it is integers.
    let isMask (shape: int[]) (axis: int) (index: TensorType) : bool =
        if DType.isInteger index.DType then
            false
        elif index.DType <> DType.Bool then
            raise (
                DTypeException
                    $"Index: entries are named by integers, or by booleans as a mask, not by {DType.name index.DType}; convert the index (AsType)."
            )
        elif Shape.equal index.Shape [| shape[axis] |] then
            true
        else
            raise (
                ShapeException
                    $"Index: a mask of shape {Shape.text index.Shape} does not fit axis {axis} of {Shape.text shape}; beside other indices a mask has the length of its axis."
            )

    /// The operations that say where integer indices lie on an axis: negative ones count from the end, and others outside are an error. Counters
    /// (of which the recipe tells) that stay within the axis need no check. None of the conversions to int64 loses a number: uint64 is read as it is.
    let places (operation: string) (axis: int) (size: int) (indices: TensorType) (recipe: Op voption) : Op list =
        let signed = if indices.DType = DType.Int64 then [] else [ Op.Convert DType.Int64 ]

        match recipe with
        | ValueSome(Op.Iota(_, shape, counted)) when indices.DType = DType.Int32 && shape[counted] <= size -> []
        | _ when Shape.size indices.Shape = 0 -> signed
        | _ ->
            let isRead = indices.DType = DType.Int32 || indices.DType = DType.UInt64
            (if isRead then [] else signed) @ [ Op.Places(operation, axis, size) ]

    /// The shape in which the first axes, those of a mask, are one.
    let flattened (shape: int[]) (mask: int[]) : int[] =
        if mask.Length > shape.Length || not (Shape.equal mask shape[.. mask.Length - 1]) then
            raise (
                ShapeException
                    $"Index: a mask of shape {Shape.text mask} does not fit {Shape.text shape}; it has the shape of the tensor, or of its first axes."
            )

        Array.append [| Shape.size mask |] shape[mask.Length ..]

    /// The operations that make some axes, in ascending order, one; and which it is: where they stood together, or the first.
    let merge (shape: int[]) (axes: int[]) : struct (Op list * int) =
        let others = [| 0 .. shape.Length - 1 |] |> Array.except axes
        let isTogether = axes[axes.Length - 1] - axes[0] = axes.Length - 1
        let merged = if isTogether then axes[0] else 0
        let sizes, otherSizes = axes |> Array.map (fun axis -> shape[axis]), others |> Array.map (fun axis -> shape[axis])
        let reshape = Op.Reshape(otherSizes |> Array.insertAt merged (Shape.size sizes))
        struct ((if isTogether then [ reshape ] else [ Op.Transpose(Array.append axes others); reshape ]), merged)

    /// Where a mask is true, in row-major order.
    let taken (mask: NDArray) : NDArray =
        let isTaken = Reading.toArray<bool> "Index" mask
        let places = [| 0 .. isTaken.Length - 1 |] |> Array.filter (fun i -> isTaken[i])
        NDArray.ofData DType.Int32 [| places.Length |] places

    /// Refuses a mask whose numbers are not known.
    let refuseUnknownMask (transformation: string) =
        raise (
            TracedValueException
                $"Index: how many entries a mask takes out is not known while a {transformation} function is staged or batched. Write Tensor.Where(mask, x, 0), whose shape does not depend on the mask."
        )
