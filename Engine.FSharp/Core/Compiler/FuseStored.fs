// Tensors in memory as views of buffers, and the accesses of their elements.
namespace Pipeline.Engine

open Pipeline

/// A tensor in memory: element [i, j, ..] is Buffer[Offset + sum of counter * step + i * Strides[0] + j * Strides[1] + ..].
[<NoComparison; NoEquality>]
type internal Stored = {
    Buffer: int
    Type: TensorType
    Offset: int
    /// (variable, step) of the loops around.
    Counters: struct (int * int)[]
    Strides: int[]
}

[<RequireQualifiedAccess>]
module internal Stored =
    let whole buffer (tensor: TensorType) = {
        Buffer = buffer
        Type = tensor
        Offset = 0
        Counters = [||]
        Strides = Shape.strides tensor.Shape
    }

    /// The whole of its buffer, without a loop's counter in its place.
    let isWhole (stored: Stored) = stored.Offset = 0 && stored.Counters.Length = 0

    let isContiguous (stored: Stored) =
        let mutable step = 1
        let mutable ok = true

        for i = stored.Strides.Length - 1 downto 0 do
            if stored.Type.Shape[i] <> 1 && stored.Strides[i] <> step then ok <- false

            step <- step * stored.Type.Shape[i]

        ok || Array.contains 0 stored.Type.Shape

    /// The access at an index; the variables of the nest are numbered from first on.
    let access first (index: Index) (stored: Stored) : Access =
        let terms = ResizeArray<struct (int * int)> stored.Counters
        let mutable offset = stored.Offset

        for i in 0 .. index.Length - 1 do
            offset <- offset + stored.Strides[i] * index[i][0]

        if index.Length > 0 then
            for k in 1 .. index[0].Length - 1 do
                let mutable stride = 0

                for i in 0 .. index.Length - 1 do
                    stride <- stride + stored.Strides[i] * index[i][k]

                if stride <> 0 then terms.Add(struct (first + k - 1, stride))

        { Buffer = stored.Buffer; Offset = offset; Terms = terms.ToArray() }

    /// The access of the first element.
    let start (stored: Stored) : Access = { Buffer = stored.Buffer; Offset = stored.Offset; Terms = stored.Counters }

    let private withShape shape strides (stored: Stored) = { stored with Type = { stored.Type with Shape = shape }; Strides = strides }

    let transpose (permutation: int[]) (stored: Stored) =
        withShape (permutation |> Array.map (fun i -> stored.Type.Shape[i])) (permutation |> Array.map (fun i -> stored.Strides[i])) stored

    let broadcast (shape: int[]) (axes: int[]) (stored: Stored) =
        let strides = Array.zeroCreate shape.Length
        axes |> Array.iteri (fun i axis -> strides[axis] <- stored.Strides[i])
        withShape shape strides stored

    let slice (starts: int[]) (strides: int[]) (shape: int[]) (stored: Stored) =
        let mutable offset = stored.Offset

        for i in 0 .. starts.Length - 1 do
            offset <- offset + starts[i] * stored.Strides[i]

        { withShape shape (Array.map2 (*) strides stored.Strides) stored with Offset = offset }

    /// The one stride with which axes, outer to inner, are walked as one; none where they do not follow each other.
    let merged (axes: int[]) (stored: Stored) : int voption = Shape.merged axes stored.Type.Shape stored.Strides

    /// The same memory in another shape, where strides can say so.
    let reshape (shape: int[]) (stored: Stored) : Stored voption =
        if isContiguous stored then
            ValueSome(withShape shape (Shape.strides shape) stored)
        else
            let strides = Array.zeroCreate shape.Length
            let mutable ok = true

            for struct (s, r) in Index.groups stored.Type.Shape shape do
                match merged s stored with
                | ValueNone -> ok <- false
                | ValueSome stride ->
                    let mutable step = stride

                    for k = r.Length - 1 downto 0 do
                        strides[r[k]] <- step
                        step <- step * shape[r[k]]

            if ok then ValueSome(withShape shape strides stored) else ValueNone

    /// The part of a stacked tensor at a loop's counter, which runs backwards if reverse.
    let entry counter reverse (stored: Stored) =
        let stride = stored.Strides[0]
        let length = stored.Type.Shape[0]

        {
            withShape stored.Type.Shape[1..] stored.Strides[1..] stored with
                Offset = (if reverse then stored.Offset + (length - 1) * stride else stored.Offset)
                Counters =
                    if stride = 0 then
                        stored.Counters
                    else
                        Array.append stored.Counters [| struct (counter, (if reverse then -stride else stride)) |]
        }
