// Indices of elements in terms of loop variables.
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
                            if not (Shape.equal a[i] b[i]) then same <- false

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
            if affine[k] <> 0 then result <- false

        result

    let isFixed (index: Index) = Array.forall isConstant index

    /// a + factor * b
    let addScaled (a: Affine) factor (b: Affine) : Affine = Array.init a.Length (fun k -> a[k] + factor * b[k])

    let shift offset (affine: Affine) : Affine =
        let result = Array.copy affine
        result[0] <- result[0] + offset
        result

    /// offset + factor * affine
    let linear offset factor (affine: Affine) : Affine =
        Array.init affine.Length (fun k -> factor * affine[k] + (if k = 0 then offset else 0))

    /// The axes of more than one entry, by position.
    let axes (shape: int[]) = [|
        for i in 0 .. shape.Length - 1 do
            if shape[i] <> 1 then i
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

        Array.init (Shape.size shape) (fun flat -> Array.init shape.Length (fun i -> constant count (flat / strides[i] % shape[i])))

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
        Array.contains 0 source || groups source result |> Array.forall (fun struct (s, _) -> s.Length = 1)

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
                invalidOp $"A reshape of {Shape.text source} to {Shape.text result} that merges axes has no affine index."

        operand
