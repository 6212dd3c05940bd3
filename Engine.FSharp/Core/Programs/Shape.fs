// Shapes as int arrays: sizes, row-major strides, broadcasting and the words that error messages use.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Shape =
    let scalar: int[] = [||]

    let text (shape: int[]) = "[" + (shape |> Array.map string |> String.concat ", ") + "]"

    /// The number of elements; more than 2^31 - 1 is refused.
    let size (shape: int[]) =
        let mutable n = 1L

        for d in shape do
            if d < 0 then
                raise (ShapeException $"The shape {text shape} has a negative size; sizes are at least 0.")

            n <- n * int64 d

            if n > int64 System.Int32.MaxValue then
                raise (ShapeException $"The shape {text shape} has more than 2^31 - 1 elements; split it along an axis.")

        int n

    /// An extent that was counted in 64 bits.
    let extent (operation: string) (axis: int) (count: int64) : int =
        if count > int64 System.Int32.MaxValue then
            raise (ShapeException $"{operation}: axis {axis} would have {count} entries, more than 2^31 - 1; work on parts of it.")

        int count

    let strides (shape: int[]) =
        if shape.Length = 0 then
            scalar
        else
            let strides = Array.zeroCreate shape.Length
            let mutable step = 1

            for i = shape.Length - 1 downto 0 do
                strides[i] <- step
                step <- step * shape[i]

            strides

    /// The one stride with which axes, outer to inner, are walked as one; none where they do not follow each other.
    let merged (axes: int[]) (shape: int[]) (strides: int[]) : int voption =
        let mutable stride = 0
        let mutable next = -1
        let mutable ok = true

        for k = axes.Length - 1 downto 0 do
            let extent = shape[axes[k]]

            if extent <> 1 then
                if next = -1 then stride <- strides[axes[k]]
                elif strides[axes[k]] <> next then ok <- false

                next <- strides[axes[k]] * extent

        if ok then ValueSome stride else ValueNone

    let equal (a: int[]) (b: int[]) =
        obj.ReferenceEquals(a, b)
        || System.MemoryExtensions.SequenceEqual(System.ReadOnlySpan a, System.ReadOnlySpan b)

    /// NumPy's rule: aligned at the right, sizes equal or one of them 1.
    let broadcast (operation: string) (a: int[]) (b: int[]) =
        if equal a b then
            a
        else
            let rank = max a.Length b.Length

            Array.init rank (fun i ->
                let dim (s: int[]) =
                    let j = i - (rank - s.Length)
                    if j < 0 then 1 else s[j]

                let x, y = dim a, dim b

                if x = y || y = 1 then
                    x
                elif x = 1 then
                    y
                else
                    raise (
                        ShapeException
                            $"{operation}: shapes {text a} and {text b} do not broadcast, since axis {i} has sizes {x} and {y}. Make the sizes equal, or one of them 1 (Reshape, ExpandDims)."
                    ))

    /// The axis counted from 0; negative axes count from the end.
    let axis (operation: string) (rank: int) (axis: int) =
        let resolved = if axis < 0 then axis + rank else axis

        if resolved < 0 || resolved >= rank then
            let range = if rank = 0 then "a scalar has no axes" else $"axes run from {string -rank} to {rank - 1}"

            raise (ShapeException $"{operation}: there is no axis {string axis} in a tensor of rank {rank}; {range}.")

        resolved

    /// The number of entries along axes.
    let count (axes: int[]) (shape: int[]) : int =
        let mutable n = 1

        for axis in axes do
            n <- n * shape[axis]

        n

    /// The axes that a reduction over others keeps.
    let kept (axes: int[]) (rank: int) : int[] = [|
        for i in 0 .. rank - 1 do
            if not (Array.contains i axes) then i
    |]

    /// Distinct axes in ascending order.
    let axes (operation: string) (rank: int) (axes: int[]) =
        let resolved = axes |> Array.map (axis operation rank) |> Array.sort

        for i in 1 .. resolved.Length - 1 do
            if resolved[i] = resolved[i - 1] then
                raise (ShapeException $"{operation}: axis {resolved[i]} is named twice in {text axes}; name each axis once.")

        resolved

    let without (axes: int[]) (shape: int[]) =
        let mutable rank = 0

        for i in 0 .. shape.Length - 1 do
            if System.Array.IndexOf(axes, i) < 0 then rank <- rank + 1

        if rank = 0 then
            scalar
        else
            let kept = Array.zeroCreate rank
            let mutable next = 0

            for i in 0 .. shape.Length - 1 do
                if System.Array.IndexOf(axes, i) < 0 then
                    kept[next] <- shape[i]
                    next <- next + 1

            kept

    let insert (axis: int) (size: int) (shape: int[]) = Array.insertAt axis size shape
