// Truncated normal draws, right in any tail, and normal vectors of any covariance that there is.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal NormalDraws =
    let private map = ContinuousDraws.map
    let private plus = ContinuousDraws.plus
    let private times = ContinuousDraws.times
    let private divide a b = Primitive.zip Zip.Divide a b

    /// (1 + 2x) exp(x^2) erfc(x) as a polynomial in t = (x - 3.75) / (x + 3.75) for x >= 0: Chebyshev interpolation, 2^-54. (The mapping is that of
    /// M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", Math. Comp. 36 (1981).)
    let scaledTailCoefficients = [|
        4.2433038251096756e-10
        3.111294067839858e-10
        -5.169080644815932e-09
        -3.7441295423958695e-09
        3.866242066283792e-08
        2.3263306161646434e-08
        -2.586489910718322e-07
        -5.721794006692211e-08
        1.7516189406943677e-06
        -9.735601586028278e-07
        -1.1444134389658475e-05
        2.2384239309097042e-05
        5.1649093885821704e-05
        -0.00029015408060027785
        0.0002937136669846131
        0.0017556258529100436
        -0.009746579558275152
        0.028362277418954165
        -0.05869339858961116
        0.09230432116037766
        -0.10880393014175023
        0.0822767384901452
        0.0035854154854644583
        -0.14024059858554697
        1.2375126308378275
    |]

    /// exp(x^2 / 2) erfc(x / sqrt 2) for x >= 0.
    let private scaledTail (x: Tensor) =
        let z = times (sqrt 0.5) x
        let t = divide (plus -3.75 z) (plus 3.75 z)

        let polynomial =
            scaledTailCoefficients[1..]
            |> Array.fold
                (fun sum coefficient -> plus coefficient (Primitive.multiply sum t))
                (Primitive.fillLike t scaledTailCoefficients[0])

        divide polynomial (plus 1.0 (times 2.0 z))

    /// Newton's steps for the place in a tail; from a >= 2 three leave an error below rounding.
    let private steps = 4

    /// The x in (a, b) with Q(x) = Q(a) - f (Q(a) - Q(b)), Q the upper tail of the normal, for 2 <= a: x = a + d with
    /// log Q(a + d) - log Q(a) = log(1 - f (1 - Q(b) / Q(a))), in which nothing cancels or leaves the range.
    let private upperTail (a: Tensor) (b: Tensor) (f: Tensor) =
        let tailOfA = scaledTail a

        /// log Q(a + d) - log Q(a).
        let fall (d: Tensor) (tail: Tensor) =
            Primitive.subtract (map Elementwise.log (divide tail tailOfA)) (Primitive.multiply d (Primitive.add a (times 0.5 d)))

        let share = map Elementwise.negate (map Elementwise.expm1 (fall (Primitive.subtract b a) (scaledTail b)))

        let target = map Elementwise.log1p (map Elementwise.negate (Primitive.multiply f share))

        // Where Q falls as exp(-x^2 / 2) does: d (a + d / 2) = -target.
        let root = map Elementwise.sqrt (Primitive.subtract (Primitive.multiply a a) (times 2.0 target))

        let mutable d = divide (times -2.0 target) (Primitive.add root a)

        for _ in 1..steps do
            // d log Q / dx = -sqrt(2 / pi) / scaledTail.
            let tail = scaledTail (Primitive.add a d)
            let over = Primitive.subtract (fall d tail) target
            d <- Primitive.add d (times (sqrt (Math.PI / 2.0)) (Primitive.multiply over tail))

        Primitive.add a d

    /// From here on an interval lies in a tail, where the images of its bounds under erf have lost four bits and more.
    let private tailFrom = 2.0

    /// Q(a + reach) / Q(a) is 0 in float64.
    let private reach = 40.0

    /// sqrt(2) erf_inv(u), u in (erf(lower / sqrt 2), erf(upper / sqrt 2)), as JAX has it; for intervals within one tail the same place by upperTail.
    /// Kept inside the open interval.
    let private truncated operation (lower: Tensor) (upper: Tensor) dtype (shape: int[]) (key: Key) =
        let lower, upper = Primitive.convert dtype lower, Primitive.convert dtype upper
        let f = ContinuousDraws.unit operation dtype shape key
        let fit (a: Tensor) = Tensor.BroadcastTo(operation, a, shape)

        let compare relation (a: Tensor) (value: float) = Primitive.compare relation a (Primitive.fillLike a value)

        let centre () =
            let image (bound: Tensor) = map SpecialFunctions.erf (divide bound (Primitive.fillLike bound ContinuousDraws.root2))

            let u = ContinuousDraws.stretched operation (image lower) (image upper) f
            // Where rounding reached 1, erf_inv would be infinite.
            let most = 1.0 - ContinuousDraws.below1 dtype

            let u = Primitive.select (compare Relation.Less u -most) (Primitive.fillLike u -most) u

            let u =
                Primitive.select (Primitive.compare Relation.Less (Primitive.fillLike u most) u) (Primitive.fillLike u most) u

            times ContinuousDraws.root2 (map SpecialFunctions.erfInverse u)

        let lower, upper = fit lower, fit upper
        let isLow = compare Relation.LessEqual upper -tailFrom

        let isHigh = Primitive.compare Relation.LessEqual (Primitive.fillLike lower tailFrom) lower

        let isFar = Primitive.zip Zip.Or isLow isHigh

        let tail () =
            let wide = Primitive.convert DType.Float64
            let choose = Primitive.select isFar
            let lower, upper, f = wide lower, wide upper, wide f

            let mirrored a b = Primitive.select isLow (map Elementwise.negate a) b

            let a = choose (mirrored upper lower) (Primitive.fillLike lower tailFrom)

            let b =
                Primitive.zip Zip.Minimum (choose (mirrored lower upper) (Primitive.fillLike lower (tailFrom + 1.0))) (plus reach a)

            // From the far end in the lower tail, which may be infinite.
            let f = Primitive.select isLow (plus 1.0 (map Elementwise.negate f)) f

            let f = Primitive.zip Zip.Minimum f (Primitive.fillLike f (1.0 - ContinuousDraws.below1 dtype))

            let x = upperTail a b f
            Primitive.convert dtype (Primitive.select isLow (map Elementwise.negate x) x)

        let draw =
            let known =
                if isNull isFar.Trace then
                    Array.sumBy (fun far -> if far then 1 else 0) (isFar.ToArray<bool>())
                else
                    -1

            if known = 0 then centre ()
            elif known = Shape.size shape then tail ()
            else Primitive.select isFar (tail ()) (centre ())

        let first, last =
            ContinuousDraws.nextUp (Operations.stopGradient lower), ContinuousDraws.nextDown (Operations.stopGradient upper)

        Primitive.zip Zip.Minimum (Primitive.zip Zip.Maximum draw first) last
        |> ContinuousDraws.where operation Requirement.Interval (Primitive.stack shape.Length [| lower; upper |])

    let truncatedNormal operation stated lower upper shape key =
        ContinuousDraws.between operation truncated stated (struct ("lower", lower)) (struct ("upper", upper)) shape key

    let private negated (a: Tensor) = Primitive.compare Relation.Equal a (Primitive.fillLike a 0.0)

    /// With the last two axes exchanged.
    let private mirrored (a: Tensor) = Primitive.transpose (Array.append [| 0 .. a.Rank - 3 |] [| a.Rank - 1; a.Rank - 2 |]) a

    /// L with L L' = A for a semidefinite A [.., n, n], column by column (Cholesky), where a pivot that is 0 to rounding makes a column of zeros; and by how much
    /// what such a column leaves out is more than rounding, [.., n].
    let private semidefiniteFactor (covariance: Tensor) : Tensor * Tensor =
        let last = covariance.Rank - 1
        let n = covariance.Dims[last]

        let rounding =
            // Elimination without exchanges lets rounding grow with what it divides by.
            64.0 * float n * Math.ScaleB(1.0, (if covariance.DType = DType.Float32 then -23 else -52))

        let wide = Primitive.convert DType.Float64 covariance

        let swapped = mirrored wide

        let start = times 0.5 (Primitive.add wide swapped)
        let lines = start.Dims[.. last - 1]
        let identity = Record.triangle Relation.Equal start.Dims

        let variances =
            Primitive.apply1 (Op.Reduce(Reduction.Sum, [| last |])) (Primitive.select identity start (Primitive.fillLike start 0.0))
            |> Operations.stopGradient

        let results =
            Control.scan n false [| start |] [| Primitive.iota DType.Int32 [| n |] 0 |] (fun inputs ->
                let rest, j = inputs[0], inputs[1]
                let column = Primitive.gather last rest j
                let axes = [| 0 .. lines.Length - 2 |]
                let along (a: Tensor) = Primitive.broadcast lines axes a
                let pivot = Primitive.gather (last - 1) column j
                let limit = times rounding (Primitive.gather (last - 1) variances j)
                let isPositive = Primitive.compare Relation.Less limit pivot

                let root = map Elementwise.sqrt (Primitive.select isPositive pivot (Primitive.fillLike pivot 1.0))

                let rows = Primitive.iota DType.Int32 lines (last - 1)
                let here = Primitive.broadcast lines [||] j
                let below = Primitive.compare Relation.LessEqual here rows
                let zero = Primitive.fillLike column 0.0

                let factor = Primitive.select (Primitive.zip Zip.And below (along isPositive)) (divide column (along root)) zero

                let outer =
                    Primitive.multiply
                        (Primitive.broadcast start.Dims [| 0 .. last - 1 |] factor)
                        (Primitive.broadcast start.Dims (Array.append [| 0 .. last - 2 |] [| last |]) factor)

                // |a_ij| <= sqrt(a_ii a_jj) in a semidefinite matrix.
                let allowed =
                    Primitive.select
                        (Primitive.compare Relation.Equal here rows)
                        (times 16.0 (along limit))
                        (times 4.0 (map Elementwise.sqrt (Primitive.multiply (along limit) (map Elementwise.abs variances))))

                let left = Primitive.subtract (map Elementwise.abs (Operations.stopGradient column)) allowed

                let left = Primitive.select (Primitive.zip Zip.And below (along (negated isPositive))) left zero

                [|
                    Primitive.subtract rest outer
                    factor
                    Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| last - 1 |])) left
                |])

        let toLast (a: Tensor) = Primitive.moveAxis 0 (a.Rank - 1) a
        Primitive.convert covariance.DType (toLast results[1]), toLast results[2]

    /// mean + L z with L L' = covariance.
    /// By how much entries [.., i, j] and [.., j, i] differ beyond a hundredth of the product of the deviations of i and j: mistakes, no rounding.
    let private asymmetry (covariance: Tensor) : Tensor =
        let wide = Primitive.convert DType.Float64 (Operations.stopGradient covariance)
        let last = wide.Rank - 1
        let swapped = mirrored wide
        let identity = Record.triangle Relation.Equal wide.Dims

        let deviations =
            Primitive.select identity wide (Primitive.fillLike wide 0.0)
            |> Primitive.sum [| last |]
            |> ContinuousDraws.map Elementwise.abs
            |> ContinuousDraws.map Elementwise.sqrt

        let product = ShapeOperations.expandDims -1 deviations * ShapeOperations.expandDims -2 deviations

        let difference = ContinuousDraws.map Elementwise.abs (Primitive.subtract wide swapped)

        Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| last |])) (Primitive.subtract difference (ContinuousDraws.times 0.01 product))

    let multivariateNormal operation (mean: Tensor) (covariance: Tensor) (shape: int[]) (key: Key) =
        let n = if mean.Rank = 0 then 0 else mean.Dims[mean.Rank - 1]

        if covariance.Rank < 2 || mean.Rank < 1 || covariance.Dims[covariance.Rank - 2 ..] <> [| n; n |] then
            raise (
                ShapeException
                    $"{operation}: the mean is a vector [.., n] and the covariance [.., n, n], not {Shape.text mean.Dims} and {Shape.text covariance.Dims}."
            )

        let dtype =
            ContinuousDraws.dtypeOf operation ValueNone [| struct ("mean", mean); struct ("covariance", covariance) |]

        let mean, covariance = Primitive.convert dtype mean, Primitive.convert dtype covariance

        let batch = Shape.broadcast operation mean.Dims[.. mean.Rank - 2] covariance.Dims[.. covariance.Rank - 3]

        let shape = if isNull shape then batch else shape
        let factor, defects = semidefiniteFactor covariance
        let z = ContinuousDraws.normal operation dtype (Array.append shape [| n |]) key

        let spread =
            if factor.Rank = 2 then
                Primitive.dot { Batch = 0; ContractLeft = [| shape.Length |]; ContractRight = [| 1 |] } z factor
            else
                let column = ShapeOperations.expandDims -1 z
                Primitive.reshape z.Dims (ProductOperations.matrixProduct factor column)

        Primitive.add (Tensor.BroadcastTo(operation, mean, z.Dims)) spread
        |> ContinuousDraws.where operation Requirement.Semidefinite defects
        |> ContinuousDraws.where operation Requirement.Symmetric (asymmetry covariance)
