// Where the elements of a tensor lie in terms of loop variables: affine indices, and tensors that are stored in buffers.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// An index along one axis: [| offset; c0; c1; .. |] means offset + c0 * variable 0 + c1 * variable 1 + .., over the axes of a nest.
type internal Affine = int[]

/// One affine index for each axis of a tensor.
type internal Index = int[][]

/// One element of one variable.
[<Sealed>]
type internal ElementComparer() =
    static member val Instance = ElementComparer()

    interface IEqualityComparer<struct (int * Index)> with
        member _.Equals(struct (v, a), struct (w, b)) =
            v = w
            && (System.Object.ReferenceEquals(a, b)
                || (a.Length = b.Length
                    && (let mutable same = true

                        for i in 0 .. a.Length - 1 do
                            if not (Shape.equal a[i] b[i]) then
                                same <- false

                        same)))

        member _.GetHashCode(struct (v, index)) =
            let mutable hash = v

            for affine in index do
                for c in affine do
                    hash <- hash * 31 + c

            hash

[<RequireQualifiedAccess>]
module internal Index =
    let constant count (value: int) : Affine =
        let affine = Array.zeroCreate (count + 1)
        affine[0] <- value
        affine

    let variable count k : Affine =
        let affine = Array.zeroCreate (count + 1)
        affine[k + 1] <- 1
        affine

    let isConstant (affine: Affine) =
        let mutable result = true

        for k in 1 .. affine.Length - 1 do
            if affine[k] <> 0 then
                result <- false

        result

    let isFixed (index: Index) = Array.forall isConstant index

    /// a + factor * b
    let addScaled (a: Affine) factor (b: Affine) : Affine =
        Array.init a.Length (fun k -> a[k] + factor * b[k])

    let shift offset (affine: Affine) : Affine =
        let result = Array.copy affine
        result[0] <- result[0] + offset
        result

    /// offset + factor * affine
    let linear offset factor (affine: Affine) : Affine =
        Array.init affine.Length (fun k -> factor * affine[k] + (if k = 0 then offset else 0))

    /// The axes of more than one entry, by position.
    let axes (shape: int[]) =
        [|
            for i in 0 .. shape.Length - 1 do
                if shape[i] <> 1 then
                    i
        |]

    /// The index whose i-th axis of more than one entry is variable i.
    let running (shape: int[]) : Index =
        let axes = axes shape
        let mutable k = -1

        shape
        |> Array.map (fun extent ->
            if extent = 1 then
                constant axes.Length 0
            else
                k <- k + 1
                variable axes.Length k)

    /// Every index of a shape in row-major order, as constants of a nest with so many variables.
    let enumerate count (shape: int[]) : Index[] =
        let strides = Shape.strides shape

        Array.init (Shape.size shape) (fun flat ->
            Array.init shape.Length (fun i -> constant count (flat / strides[i] % shape[i])))

    /// The axes of two shapes of one (positive) size in groups of equal products; axes of one entry are left out.
    let groups (source: int[]) (result: int[]) : struct (int[] * int[])[] =
        let source', result' = axes source, axes result
        let found = ResizeArray()
        let mutable i, j = 0, 0

        while i < source'.Length do
            let firstI, firstJ = i, j
            let mutable a = source[source'[i]]
            let mutable b = result[result'[j]]
            i <- i + 1
            j <- j + 1

            while a <> b do
                if a < b then
                    a <- a * source[source'[i]]
                    i <- i + 1
                else
                    b <- b * result[result'[j]]
                    j <- j + 1

            found.Add(struct (Array.sub source' firstI (i - firstI), Array.sub result' firstJ (j - firstJ)))

        found.ToArray()

    /// A reshape that only splits axes and drops or inserts axes of one entry: an affine index stays affine.
    let splits (source: int[]) (result: int[]) =
        Array.contains 0 source
        || groups source result |> Array.forall (fun struct (s, _) -> s.Length = 1)

    /// The index in the operand of a reshape: of one that splits at any index, of another where the index is constant.
    let reshape count (source: int[]) (result: int[]) (index: Index) : Index =
        let operand = Array.init source.Length (fun _ -> constant count 0)

        for struct (s, r) in groups source result do
            let mutable flat = constant count 0

            for axis in r do
                flat <- addScaled (linear 0 result[axis] flat) 1 index[axis]

            if s.Length = 1 then
                operand[s[0]] <- flat
            elif isConstant flat then
                let mutable rest = flat[0]

                for k in s.Length - 1 .. -1 .. 0 do
                    operand[s[k]] <- constant count (rest % source[s[k]])
                    rest <- rest / source[s[k]]
            else
                invalidOp
                    $"A reshape of {Shape.text source} to {Shape.text result} that merges axes has no affine index."

        operand

/// A tensor in memory: element [i, j, ..] is Buffer[Offset + sum of counter * step + i * Strides[0] + j * Strides[1] + ..].
[<NoComparison; NoEquality>]
type internal Stored =
    {
        Buffer: int
        Type: TensorType
        Offset: int
        /// (variable, step) of the loops around.
        Counters: struct (int * int)[]
        Strides: int[]
    }

[<RequireQualifiedAccess>]
module internal Stored =
    let whole buffer (tensor: TensorType) =
        {
            Buffer = buffer
            Type = tensor
            Offset = 0
            Counters = [||]
            Strides = Shape.strides tensor.Shape
        }

    /// The whole of its buffer, without a loop's counter in its place.
    let isWhole (stored: Stored) =
        stored.Offset = 0 && stored.Counters.Length = 0

    let isContiguous (stored: Stored) =
        let mutable step = 1
        let mutable ok = true

        for i = stored.Strides.Length - 1 downto 0 do
            if stored.Type.Shape[i] <> 1 && stored.Strides[i] <> step then
                ok <- false

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

                if stride <> 0 then
                    terms.Add(struct (first + k - 1, stride))

        {
            Buffer = stored.Buffer
            Offset = offset
            Terms = terms.ToArray()
        }

    /// The access of the first element.
    let start (stored: Stored) : Access =
        {
            Buffer = stored.Buffer
            Offset = stored.Offset
            Terms = stored.Counters
        }

    let private withShape shape strides (stored: Stored) =
        { stored with
            Type = { stored.Type with Shape = shape }
            Strides = strides
        }

    let transpose (permutation: int[]) (stored: Stored) =
        withShape
            (permutation |> Array.map (fun i -> stored.Type.Shape[i]))
            (permutation |> Array.map (fun i -> stored.Strides[i]))
            stored

    let broadcast (shape: int[]) (axes: int[]) (stored: Stored) =
        let strides = Array.zeroCreate shape.Length
        axes |> Array.iteri (fun i axis -> strides[axis] <- stored.Strides[i])
        withShape shape strides stored

    let slice (starts: int[]) (strides: int[]) (shape: int[]) (stored: Stored) =
        let mutable offset = stored.Offset

        for i in 0 .. starts.Length - 1 do
            offset <- offset + starts[i] * stored.Strides[i]

        { withShape shape (Array.map2 (*) strides stored.Strides) stored with
            Offset = offset
        }

    /// The one stride with which axes, outer to inner, are walked as one; none where they do not follow each other.
    let merged (axes: int[]) (stored: Stored) : int voption =
        let mutable stride = 0
        let mutable next = -1
        let mutable ok = true

        for k = axes.Length - 1 downto 0 do
            let extent = stored.Type.Shape[axes[k]]

            if extent <> 1 then
                if next = -1 then
                    stride <- stored.Strides[axes[k]]
                elif stored.Strides[axes[k]] <> next then
                    ok <- false

                next <- stored.Strides[axes[k]] * extent

        if ok then ValueSome stride else ValueNone

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

            if ok then
                ValueSome(withShape shape strides stored)
            else
                ValueNone

    /// The part of a stacked tensor at a loop's counter, which runs backwards if reverse.
    let entry counter reverse (stored: Stored) =
        let stride = stored.Strides[0]
        let length = stored.Type.Shape[0]

        { withShape stored.Type.Shape[1..] stored.Strides[1..] stored with
            Offset =
                (if reverse then
                     stored.Offset + (length - 1) * stride
                 else
                     stored.Offset)
            Counters =
                if stride = 0 then
                    stored.Counters
                else
                    Array.append stored.Counters [| struct (counter, (if reverse then -stride else stride)) |]
        }
