// The operations as users call them: axes counted from the end, sizes inferred, shapes broadcast, made of the primitive ones.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Operations =
    let private required (a: Tensor) =
        if isNull a then nullArg "x"

        a

    /// What a primitive operation refuses, under the name of the operation that the user called.
    let named (operation: string) (work: unit -> Tensor) : Tensor =
        let renamed (e: exn) = operation + e.Message.Substring(e.Message.IndexOfAny [| ':'; ' ' |])

        try
            work ()
        with
        | :? ShapeException as e -> raise (ShapeException(renamed e))
        | :? DTypeException as e -> raise (DTypeException(renamed e))
        | :? LinearAlgebraException as e -> raise (LinearAlgebraException(renamed e))

    let import<'T> (shape: int[]) (values: ReadOnlySpan<'T>) =
        let dtype = DType.ofElement<'T> "From"

        if Shape.size shape <> values.Length then
            raise (
                ShapeException $"{values.Length} values do not fill the shape {Shape.text shape}, which has {Shape.size shape} elements."
            )

        Tensor(NDArray.import dtype shape values)

    let full dtype (shape: int[]) (value: float) =
        // A shape that tensors can have.
        Shape.size shape |> ignore
        Primitive.fill dtype shape value

    let element<'T> operation = DType.ofElement<'T> operation

    /// One .NET number everywhere, in its own type.
    let fullOf<'T> (shape: int[]) (value: 'T) = Tensor.BroadcastTo("Full", import<'T> [||] (ReadOnlySpan [| value |]), shape)

    /// One number everywhere, in the shape and the dtype of another tensor.
    let fullLike (a: Tensor) (value: float) =
        let a = required a
        full a.DType a.Dims value

    // Axes: null means all.
    let private resolve operation (a: Tensor) (axes: int[]) =
        if isNull axes then [| 0 .. a.Rank - 1 |] else Shape.axes operation a.Rank axes

    let private keep (a: Tensor) (axes: int[]) (keepDims: bool) (result: Tensor) =
        if keepDims then
            Primitive.reshape (Array.init a.Rank (fun i -> if Array.contains i axes then 1 else a.Dims[i])) result
        else
            result

    /// Integers in the 64 bits in which they are added up and multiplied; true counts as 1.
    let private wide (a: Tensor) =
        match (DType.row a.DType).Class with
        | DTypeClass.Float -> a
        | DTypeClass.Unsigned -> Tensor.Cast(a, DType.UInt64, a.Weak)
        | DTypeClass.Signed
        | DTypeClass.Bool -> Tensor.Cast(a, DType.Int64, a.Weak)

    let reduce operation reduction (axes: int[]) keepDims (a: Tensor) =
        let a = required a
        let axes = resolve operation a axes

        let a =
            match reduction with
            | Reduction.Sum
            | Reduction.Product -> wide a
            | _ -> a

        let result =
            if axes.Length = 0 then
                a
            else
                named operation (fun () -> Primitive.apply1 (Op.Reduce(reduction, axes)) a)

        keep a axes keepDims result

    let sum axes keepDims a = reduce "Sum" Reduction.Sum axes keepDims a

    /// The number of entries along axes.
    let private count operation (axes: int[]) (a: Tensor) = resolve operation a axes |> Array.fold (fun n i -> n * a.Dims[i]) 1

    let mean (axes: int[]) keepDims (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve "Mean" a axes

        if axes.Length = 0 then a else keep a axes keepDims (Primitive.apply1 (Op.Mean axes) a)

    let stopGradient (a: Tensor) = Primitive.apply1 Op.StopGradient (required a)

    /// 1, or a smaller factor where the largest magnitude along axes, which are kept, is not below 2^limit: small numbers keep their digits.
    let private whereLarge limit (factor: float) (axes: int[]) (a: Tensor) =
        let largest = reduce "Maximum" Reduction.Maximum axes true (Primitive.map Elementwise.abs (stopGradient a))

        Primitive.select
            (Primitive.compare Relation.Less largest (Primitive.fillLike largest (Math.ScaleB(1.0, limit))))
            (Primitive.fillLike largest 1.0)
            (Primitive.fillLike largest factor)

    /// The power of two above which a number is beyond the range.
    let private range (a: Tensor) = if a.DType = DType.Float32 then 128 else 1024

    /// The sum over axes (kept if so said) divided by a divisor with the axes kept, both scaled by a share.
    let private sharedMean operation (axes: int[]) keepDims share (divisor: Tensor) (scaled: Tensor) =
        let total = reduce operation Reduction.Sum axes true scaled
        let mean = Primitive.zip Zip.Divide total (Primitive.multiply divisor share)

        if keepDims then
            mean
        else
            Primitive.reshape (Shape.without (resolve operation scaled axes) scaled.Dims) mean

    /// The mean of squares of deviations, with a divisor that has the axes kept: by the magnitude of the numbers that they are deviations of.
    let private meanSquare operation (axes: int[]) keepDims (numbers: Tensor) (deviations: Tensor) (divisor: Tensor) =
        let n = count operation axes numbers

        if n = 0 then
            sharedMean operation axes keepDims (Primitive.fillLike divisor 1.0) divisor deviations
        else
            // Deviations are at most twice as large.
            let root = Math.Sqrt(MeanProgram.share n)
            let root = whereLarge (range numbers / 2 + Math.ILogB root - 2) root axes numbers
            let scaled = Primitive.multiply deviations (Tensor.BroadcastTo(operation, root, deviations.Dims))
            sharedMean operation axes keepDims (Primitive.multiply root root) divisor (Primitive.map Elementwise.square' scaled)

    /// The mean of squares about the mean, by two passes; n - correction for n in the divisor.
    let variance operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let mean = mean axes true a
        let divisor = Primitive.fillLike mean (float (max 0 (count operation axes a - correction)))
        meanSquare operation axes keepDims a (a - mean) divisor

    /// The root of the sum of squares; 0 with gradient 0 at 0.
    let norm (axes: int[]) keepDims (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve "Norm" a axes
        keep a axes keepDims (Primitive.apply1 (Op.Norm axes) a)

    /// (sum of |x|^p)^(1/p) for a p above 0: made of x over the largest magnitude, so that powers leave the range only where the norm does.
    let private powerNorm (p: float) (axes: int[]) (a: Tensor) =
        let whole = Primitive.map Elementwise.abs (stopGradient a)

        let reduction = if Shape.size a.Dims = 0 then Reduction.Sum else Reduction.Maximum

        let largest = if axes.Length = 0 then whole else Primitive.apply1 (Op.Reduce(reduction, axes)) whole

        let least = if a.DType = DType.Float32 then Math.ScaleB(1.0, -126) else Math.ScaleB(1.0, -1022)

        let bounded = Primitive.zip Zip.Maximum largest (Primitive.fillLike largest least)

        let one = Primitive.fillLike largest 1.0

        let unit =
            Primitive.select (Primitive.compare Relation.Equal largest (Primitive.fillLike largest Double.PositiveInfinity)) one bounded

        let ratio = Primitive.zip Zip.Divide a (Primitive.broadcast a.Dims (Shape.kept axes a.Rank) unit)

        /// f where a condition of x is not met; 0, and derivatives of 0, where it is.
        let unless isZero (f: Tensor -> Tensor) (x: Tensor) =
            Primitive.select isZero (Primitive.fillLike x 0.0) (f (Primitive.select isZero (Primitive.fillLike x 1.0) x))

        let isNothing (x: Tensor) = Primitive.compare Relation.Equal x (Primitive.fillLike x 0.0)

        let powers =
            if p % 2.0 = 0.0 && p <= 1024.0 then
                Tensor.Pow(ratio, p)
            else
                let magnitude = Primitive.map Elementwise.abs ratio
                unless (isNothing magnitude) (fun x -> Tensor.Pow(x, p)) magnitude

        let total = Primitive.sum axes powers
        let root = unless (isNothing total) (fun x -> Tensor.Pow(x, 1.0 / p)) total
        Primitive.multiply root unit

    /// The norm of an order: 0 counts the entries that are not 0, infinity is the largest magnitude and -infinity the smallest.
    let normOf (order: float) (axes: int[]) keepDims (a: Tensor) =
        let a = required a

        if not (order >= 0.0 || Double.IsNegativeInfinity order) then
            raise (
                ArgumentOutOfRangeException(
                    nameof order,
                    order,
                    FormattableString.Invariant $"Norm: {order} is no order of a norm; it is 0, above 0, or one of the infinities."
                )
            )

        if order = 2.0 then
            norm axes keepDims a
        else
            let a = Tensor.Real a

            if Double.IsInfinity order then
                let reduction = if order > 0.0 then Reduction.Maximum else Reduction.Minimum

                reduce "Norm" reduction axes keepDims (Primitive.map Elementwise.abs a)
            elif order = 0.0 then
                let isEntry = Primitive.compare Relation.NotEqual a (Primitive.fillLike a 0.0)

                reduce "Norm" Reduction.Sum axes keepDims (Primitive.convert a.DType isEntry)
            elif order = 1.0 then
                reduce "Norm" Reduction.Sum axes keepDims (Primitive.map Elementwise.abs a)
            else
                let axes = resolve "Norm" a axes
                keep a axes keepDims (powerNorm order axes a)

    /// The root of the mean of squares of what deviations are of interest, from a mean with the axes kept and with a divisor of its own: no deviation
    /// and no square leaves the range.
    let private rootMeanSquare (axes: int[]) keepDims (numbers: Tensor) (mean: Tensor) (chosen: Tensor -> Tensor) (divisor: Tensor) =
        let apply op (operands: Tensor[]) =
            match op with
            | Op.Constant array -> Tensor(array, Literal = true)
            | _ -> Primitive.apply op operands |> Array.head

        let part =
            if Shape.size numbers.Dims = 0 then
                Primitive.fillLike mean 1.0
            else
                whereLarge (range numbers - 3) 0.25 axes numbers

        let repeated (a: Tensor) = Tensor.BroadcastTo("StandardDeviation", a, numbers.Dims)

        let deviations =
            chosen (Primitive.subtract (Primitive.multiply numbers (repeated part)) (repeated (Primitive.multiply mean part)))

        let struct (unit, inverse) =
            NormProgram.unit apply deviations.DType deviations.Dims axes (stopGradient deviations)

        let inverse = Primitive.broadcast deviations.Dims (Shape.kept axes deviations.Rank) inverse
        let squares = Primitive.map Elementwise.square' (Primitive.multiply deviations inverse)
        let mean = Primitive.zip Zip.Divide (Primitive.sum axes squares) divisor
        let root = Primitive.multiply (Primitive.map Elementwise.sqrt mean) unit
        keep numbers axes keepDims (Primitive.zip Zip.Divide root (Primitive.reshape root.Dims part))

    let standardDeviation operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let divisor = float (max 0 (count operation axes a - correction))
        rootMeanSquare axes keepDims a (mean axes true a) id (Primitive.fill a.DType (Shape.without axes a.Dims) divisor)

    /// The entries that are numbers, with 0 for the others, and 1 or 0 for whether they are.
    let private present (a: Tensor) : struct (Tensor * Tensor) =
        let isNumber = Primitive.compare Relation.Equal a a
        struct (Primitive.select isNumber a (Primitive.fillLike a 0.0), Primitive.convert a.DType isNumber)

    let nanSum (axes: int[]) keepDims (a: Tensor) =
        let struct (numbers, _) = present (Tensor.Real a)
        reduce "NanSum" Reduction.Sum axes keepDims numbers

    let nanMean (axes: int[]) keepDims (a: Tensor) =
        let struct (numbers, are) = present (Tensor.Real a)
        let n = count "NanMean" axes a
        let divisor = reduce "NanMean" Reduction.Sum axes true are

        if n = 0 then
            sharedMean "NanMean" axes keepDims (Primitive.fillLike divisor 1.0) divisor numbers
        else
            let share = MeanProgram.share n
            let share = whereLarge (range numbers + Math.ILogB share - 1) share axes numbers
            let scaled = Primitive.multiply numbers (Tensor.BroadcastTo("NanMean", share, numbers.Dims))
            sharedMean "NanMean" axes keepDims share divisor scaled

    /// How many are numbers, less the correction.
    let private nanDivisor operation axes keepDims (correction: int) (are: Tensor) =
        let count = reduce operation Reduction.Sum axes keepDims are
        let divisor = Primitive.subtract count (Primitive.fillLike count (float correction))
        Primitive.zip Zip.Maximum divisor (Primitive.fillLike divisor 0.0)

    /// 0 where an entry is none.
    let private ofNumbers (a: Tensor) (deviations: Tensor) =
        Primitive.select (Primitive.compare Relation.Equal a a) deviations (Primitive.fillLike deviations 0.0)

    let nanVariance operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let struct (numbers, are) = present a
        let deviations = ofNumbers a (numbers - nanMean axes true a)
        meanSquare operation axes keepDims numbers deviations (nanDivisor operation axes true correction are)

    let nanStandardDeviation operation (axes: int[]) keepDims (correction: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = resolve operation a axes
        let struct (numbers, are) = present a
        rootMeanSquare axes keepDims numbers (nanMean axes true a) (ofNumbers a) (nanDivisor operation axes false correction are)

    /// The index of the first largest (smallest) along one axis, or over all elements in row-major order.
    let argReduce operation reduction (axis: Nullable<int>) (a: Tensor) =
        let a = required a

        if axis.HasValue then
            Primitive.apply1 (Op.Reduce(reduction, [| Shape.axis operation a.Rank axis.Value |])) a
        else
            Primitive.apply1 (Op.Reduce(reduction, [| 0 |])) (Primitive.reshape [| Shape.size a.Dims |] a)

    /// The largest along axes with the reduced axes kept, without gradient, and 0 where it is -infinity or there is none.
    let private shift operation axes (a: Tensor) =
        let reduction = if count operation axes a = 0 then Reduction.Sum else Reduction.Maximum

        let largest = reduce operation reduction axes true (stopGradient a)

        let isLowest = Primitive.compare Relation.Equal largest (Primitive.fillLike largest Double.NegativeInfinity)

        Primitive.select isLowest (Primitive.fillLike largest 0.0) largest

    /// a - largest, but 0 for infinite entries that are the largest.
    let private shifted (a: Tensor) (largest: Tensor) =
        let largest = Tensor.BroadcastTo("LogSumExp", largest, a.Dims)

        Primitive.select
            (Primitive.compare Relation.Equal a largest)
            (Primitive.subtract (Primitive.map Elementwise.saturate a) (Primitive.map Elementwise.saturate largest))
            (Primitive.subtract a largest)

    /// log(sum(exp x)), without overflow.
    let logSumExp axes keepDims (a: Tensor) =
        let a = Tensor.Real a
        let resolved = resolve "LogSumExp" a axes
        let m = shift "LogSumExp" axes a
        let total = Tensor.Log(sum axes true (Tensor.Exp(shifted a m))) + m

        if keepDims then total else Primitive.reshape (Shape.without resolved a.Dims) total

    let softmax (axis: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = [| Shape.axis "Softmax" a.Rank axis |]
        let e = Tensor.Exp(shifted a (shift "Softmax" axes a))
        e / sum axes true e

    let logSoftmax (axis: int) (a: Tensor) =
        let a = Tensor.Real a
        let axes = [| Shape.axis "LogSoftmax" a.Rank axis |]
        let shifted = shifted a (shift "LogSoftmax" axes a)
        shifted - Tensor.Log(sum axes true (Tensor.Exp shifted))

    let cumulativeSum axis reverse (a: Tensor) =
        let a = wide (required a)
        Primitive.apply1 (Op.CumulativeSum(Shape.axis "CumulativeSum" a.Rank axis, reverse)) a

    let where (condition: Tensor) (a: Tensor) (b: Tensor) =
        let struct (a, b) = Tensor.Join("Where", a, b)
        let condition = required condition

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
        let a = required a
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
        let a = required a

        if isNull permutation then
            Primitive.transpose [| a.Rank - 1 .. -1 .. 0 |] a
        else
            Primitive.transpose (permutation |> Array.map (Shape.axis "Transpose" a.Rank)) a

    let moveAxis source target (a: Tensor) =
        Primitive.moveAxis (Shape.axis "MoveAxis" (required a).Rank source) (Shape.axis "MoveAxis" a.Rank target) a

    let expandDims axis (a: Tensor) = Primitive.reshape (Shape.insert (Shape.axis "ExpandDims" ((required a).Rank + 1) axis) 1 a.Dims) a

    let squeeze (a: Tensor) = Primitive.reshape ((required a).Dims |> Array.filter (fun d -> d <> 1)) a

    /// Without one axis, of size 1.
    let squeezeAxis axis (a: Tensor) =
        let axis = Shape.axis "Squeeze" (required a).Rank axis

        if a.Dims[axis] <> 1 then
            raise (
                ShapeException
                    $"Squeeze: axis {axis} of {Shape.text a.Dims} has size {a.Dims[axis]}, and only an axis of size 1 can be left out; index or reduce it instead."
            )

        Primitive.reshape (Array.removeAt axis a.Dims) a

    /// The entries of an axis, each without it.
    let unstack axis (a: Tensor) : Tensor[] =
        let axis = Shape.axis "Unstack" (required a).Rank axis
        Array.init a.Dims[axis] (fun i -> Primitive.entry axis i a)

    let broadcastTo shape (a: Tensor) = Tensor.BroadcastTo("BroadcastTo", required a, shape)

    /// Entries start .. limit - 1 of an axis in steps; negative positions count from the end.
    let slice axis (start: int) (limit: int) step (a: Tensor) =
        let a = required a
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
        let a = required a
        let axis = Shape.axis "Entry" a.Rank axis
        let size = a.Dims[axis]
        let resolved = if index < 0 then index + size else index

        if resolved < 0 || resolved >= size then
            raise (ShapeException $"Entry: there is no entry {string index} in axis {axis} of {Shape.text a.Dims}.")

        Primitive.entry axis resolved a

    let private indexed operation axis (indices: Tensor) (a: Tensor) (places: int -> Tensor) =
        let a, indices = required a, required indices
        let axis = Shape.axis operation a.Rank axis

        if not (DType.isInteger indices.DType) then
            raise (DTypeException $"{operation}: indices are integers, not {DType.name indices.DType}; convert them (AsType).")

        named operation (fun () -> Primitive.gather axis a (places axis))

    /// The entries of an axis at integer indices, of any shape; negative indices count from the end, others outside are an error in the name of
    /// an operation.
    let taken operation axis (indices: Tensor) (a: Tensor) =
        indexed operation axis indices a (fun axis -> Tensor.Places(operation, axis, a.Dims[axis], indices))

    let take axis (indices: Tensor) (a: Tensor) = taken "Take" axis indices a

    /// The same without errors: an index below 0 takes the first entry, one past the end the last.
    let takeClamped axis (indices: Tensor) (a: Tensor) =
        indexed "TakeClamped" axis indices a (fun _ ->
            if indices.DType = DType.Int32 then indices else Tensor.Convert(indices, DType.Int64))

    let private common operation (parts: Tensor[]) =
        if parts.Length = 0 then raise (ShapeException $"{operation}: takes at least one tensor.")

        let mutable dtype, weak = (required parts[0]).DType, parts[0].Weak

        for part in parts do
            let d, w = DType.promote (dtype, weak) ((required part).DType, part.Weak)
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
        let axis = Shape.axis "Roll" (required a).Rank axis
        let size = a.Dims[axis]
        let k = if size = 0 then 0 else ((shift % size) + size) % size

        if k = 0 then
            a
        else
            Primitive.concatenate axis [| Primitive.sliceAxis axis (size - k) size a; Primitive.sliceAxis axis 0 (size - k) a |]

    let flip axis (a: Tensor) =
        let axis = Shape.axis "Flip" (required a).Rank axis
        let size = a.Dims[axis]
        let ascending = Primitive.iota DType.Int32 [| size |] 0

        if size = 0 then
            a
        else
            Primitive.gather axis a (Primitive.subtract (Primitive.fillLike ascending (float (size - 1))) ascending)

    /// Vectors: the inner product. Otherwise the last axis of a against the second to last (or only) axis of b, as NumPy's dot;
    /// the exemption from annihilation (0 * infinity = NaN here) is documented at the public operation.
    let dot (a: Tensor) (b: Tensor) =
        let dtype, weak = DType.promote ((required a).DType, a.Weak) ((required b).DType, b.Weak)

        let a, b = Tensor.Cast(a, dtype, weak), Tensor.Cast(b, dtype, weak)

        if a.Rank = 0 || b.Rank = 0 then
            a * b
        else
            Primitive.dot { Batch = 0; ContractLeft = [| a.Rank - 1 |]; ContractRight = [| max 0 (b.Rank - 2) |] } a b

    /// NumPy's matmul: leading axes broadcast, a vector on the left is a row, on the right a column.
    let matrixProduct (a: Tensor) (b: Tensor) =
        if (required a).Rank = 0 || (required b).Rank = 0 then
            raise (ShapeException $"MatMul: takes no scalars, but was given {Shape.text a.Dims} and {Shape.text b.Dims}; use *.")

        if a.Rank <= 2 && b.Rank <= 2 then
            named "MatMul" (fun () -> dot a b)
        else
            let dtype, weak = DType.promote (a.DType, a.Weak) (b.DType, b.Weak)
            let a, b = Tensor.Cast(a, dtype, weak), Tensor.Cast(b, dtype, weak)

            let left = if a.Rank = 1 then Primitive.reshape [| 1; a.Dims[0] |] a else a

            let right = if b.Rank = 1 then Primitive.reshape [| b.Dims[0]; 1 |] b else b

            let lead = Shape.broadcast "MatMul" left.Dims[.. left.Rank - 3] right.Dims[.. right.Rank - 3]

            let spread (t: Tensor) = Tensor.BroadcastTo("MatMul", t, Array.append lead t.Dims[t.Rank - 2 ..])

            let n = lead.Length

            let product =
                named "MatMul" (fun () ->
                    Primitive.dot { Batch = n; ContractLeft = [| n + 1 |]; ContractRight = [| n |] } (spread left) (spread right))

            let shape = [|
                yield! lead
                if a.Rank > 1 then product.Dims[n]
                if b.Rank > 1 then product.Dims[n + 1]
            |]

            Primitive.reshape shape product

    let logAddExp (a: Tensor) (b: Tensor) = Tensor.Zip("LogAddExp", Zip.LogAddExp, Tensor.Real a, Tensor.Real b)

    let xLogY (x: Tensor) (y: Tensor) = Tensor.Zip("XLogY", Zip.XLogY, Tensor.Real x, Tensor.Real y)

    let xLog1PY (x: Tensor) (y: Tensor) = Tensor.Zip("XLog1PY", Zip.XLog1PY, Tensor.Real x, Tensor.Real y)

    let maximum (a: Tensor) (b: Tensor) = Tensor.Zip("Maximum", Zip.Maximum, a, b)

    let minimum (a: Tensor) (b: Tensor) = Tensor.Zip("Minimum", Zip.Minimum, a, b)

    /// The greatest whole number that is at most a / b. Floats: that of the exact quotient, a / 0 where b is 0; no derivative.
    let floorDivide (a: Tensor) (b: Tensor) =
        let struct (a, b) = Tensor.Join("FloorDivide", stopGradient a, stopGradient b)

        if a.DType = DType.Bool then
            raise (DTypeException "FloorDivide: does not take bool. Convert the tensors first (AsType).")

        let zero = Primitive.fillLike a 0.0
        let isZero = Primitive.compare Relation.Equal b zero

        let below (quotient: Tensor) (remainder: Tensor) =
            let isInexact = Primitive.compare Relation.NotEqual remainder zero

            let signsDiffer =
                Primitive.compare
                    Relation.NotEqual
                    (Primitive.compare Relation.Less remainder zero)
                    (Primitive.compare Relation.Less b zero)

            let isBelow = Primitive.zip Zip.And isInexact signsDiffer
            Primitive.select isBelow (Primitive.subtract quotient (Primitive.fillLike a 1.0)) quotient

        let remainder = Primitive.zip Zip.Remainder a b

        if DType.isFloat a.DType then
            let quotient = Primitive.zip Zip.Divide (Primitive.subtract a remainder) b
            let floor = Primitive.map Elementwise.round (below quotient remainder)
            Primitive.select isZero (Primitive.zip Zip.Divide a b) floor
        else
            let quotient = Primitive.zip Zip.Divide a b

            Primitive.select
                isZero
                (Primitive.subtract zero (Primitive.fillLike a 1.0))
                (if DType.isSigned a.DType then below quotient remainder else quotient)

    let asType dtype (a: Tensor) =
        let a = required a

        if a.DType = dtype then
            Tensor.Cast(a, dtype, false)
        else
            let result = Tensor.Convert(a, dtype)
            result.Weak <- false
            result

    let argSort axis (a: Tensor) = Sort.order (Shape.axis "ArgSort" (required a).Rank axis) a

    /// The entries along an axis in ascending order; tangents follow the order.
    let sort axis (a: Tensor) = Sort.values (Shape.axis "Sort" (required a).Rank axis) a

    let requireSquare operation (a: Tensor) =
        if a.Rank < 2 || a.Dims[a.Rank - 1] <> a.Dims[a.Rank - 2] then
            raise (ShapeException $"{operation}: takes square matrices (the last two axes), not {Shape.text a.Dims}.")

    let cholesky (a: Tensor) = Cholesky.apply (Tensor.Real a)

    let qr (a: Tensor) = QR.apply (Tensor.Real(required a))

    /// A solve of matrices; B may be a vector where A has one axis more.
    let private solveWith (solve: Tensor -> Tensor -> Tensor) (a: Tensor) (b: Tensor) =
        let dtype, weak = DType.promote ((required a).DType, a.Weak) ((required b).DType, b.Weak)

        let a, b = Tensor.Real(Tensor.Cast(a, dtype, weak)), Tensor.Real(Tensor.Cast(b, dtype, weak))

        if b.Rank = a.Rank - 1 then
            Primitive.reshape b.Dims (solve a (Primitive.reshape (Array.append b.Dims [| 1 |]) b))
        else
            solve a b

    /// X with op(T) X = B; B a matrix, or a vector where T is a single matrix.
    let triangularSolve lower transpose unitDiagonal (t: Tensor) (b: Tensor) =
        let options = { Lower = lower; Transpose = transpose; UnitDiagonal = unitDiagonal }

        solveWith (fun t b -> named "SolveTriangular" (fun () -> TriangularSolve.apply options t b)) t b

    /// X with A X = B.
    let solve (a: Tensor) (b: Tensor) =
        requireSquare "Solve" (required a)
        solveWith Solve.apply a b

    /// X with A X = 1.
    let inverse (a: Tensor) =
        let a = Tensor.Real(required a)
        requireSquare "Inverse" a
        let diagonal = Record.triangle Relation.Equal a.Dims
        named "Inverse" (fun () -> solve a (Primitive.convert a.DType diagonal))

    let square (a: Tensor) = named "Square" (fun () -> Tensor.Pow(required a, 2))
