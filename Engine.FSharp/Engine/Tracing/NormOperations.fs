// Norms of every order along axes; null axes are all.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal NormOperations =
    /// The root of the sum of squares; 0 with gradient 0 at 0.
    let norm (axes: int[]) keepDims (a: Tensor) =
        let a = Tensor.Real a
        let axes = ReductionOperations.resolve "Norm" a axes
        ReductionOperations.keep a axes keepDims (Primitive.apply1 (Op.Norm axes) a)

    /// (sum of |x|^p)^(1/p) for a p above 0: made of x over the largest magnitude, so that powers leave the range only where the norm does.
    let private powerNorm (p: float) (axes: int[]) (a: Tensor) =
        let whole = Primitive.map Elementwise.abs (Operations.stopGradient a)

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
        let a = Operations.required a

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

                ReductionOperations.reduce "Norm" reduction axes keepDims (Primitive.map Elementwise.abs a)
            elif order = 0.0 then
                let isEntry = Primitive.compare Relation.NotEqual a (Primitive.fillLike a 0.0)

                ReductionOperations.reduce "Norm" Reduction.Sum axes keepDims (Primitive.convert a.DType isEntry)
            elif order = 1.0 then
                ReductionOperations.reduce "Norm" Reduction.Sum axes keepDims (Primitive.map Elementwise.abs a)
            else
                let axes = ReductionOperations.resolve "Norm" a axes
                ReductionOperations.keep a axes keepDims (powerNorm order axes a)
