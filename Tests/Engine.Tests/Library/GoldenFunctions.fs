/// The scalar functions of functions.json as their definitions read, on the public operations.
module internal Pipeline.Tests.GoldenFunctions

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests

let private entries (x: Tensor) = List.init x.Shape[0] (fun i -> x[i])
let private total (terms: Tensor seq) = Seq.reduce (+) terms

let private product (x: Tensor) = ReductionOperations.reduce "Product" Reduction.Product null false x

let private map row (x: Tensor) = Tensor.Map(row, x)
let private lgamma = map SpecialFunctions.lgamma
let private softplus = map Elementwise.softplus
/// Constants of x's dtype, so that a run in float32 is one.
let private like (x: Tensor) (constant: Tensor) = asType x.DType constant

/// first, first + 1, ..., as many as x has entries.
let private counting first (x: Tensor) = like x (vector [ for i in 0 .. x.Shape[0] - 1 -> float (i + first) ])

let private pairs (items: 'a list) = [
    for a in 0 .. items.Length - 1 do
        for b in a + 1 .. items.Length - 1 do
            items[a], items[b]
]

let private points size (x: Tensor) = entries (reshape [ -1; size ] x)

let private squareMatrix (x: Tensor) =
    let n = int (sqrt (float x.Shape[0]))
    reshape [ n; n ] x

let private identity n = matrix [ for i in 0 .. n - 1 -> [ for j in 0 .. n - 1 -> if i = j then 1.0 else 0.0 ] ]

let private diagonal (x: Tensor) = like x (identity x.Shape[0]) * reshape [ 1; -1 ] x

let private trace (a: Tensor) = sum (a * like a (identity a.Shape[0]))

let private hilbert (x: Tensor) =
    let n = x.Shape[0]

    let h = matrix [ for i in 0 .. n - 1 -> [ for j in 0 .. n - 1 -> 1.0 / float (i + j + 1) ] ]

    dot x (dot (like x h) x)

let private twice (x: Tensor) = x * x

let private levy (x: Tensor) =
    let w = 1.0 + (x - 1.0) / 4.0
    let n = x.Shape[0]
    let head, last = w[.. n - 2], w[n - 1]

    twice (sin (Math.PI * w[0]))
    + sum (square (head - 1.0) * (1.0 + 10.0 * square (sin (Math.PI * head + 1.0))))
    + twice (last - 1.0) * (1.0 + twice (sin (2.0 * Math.PI * last)))

let private helicalValley (x: Tensor) =
    let angle = atan (x[1] / x[0]) / (2.0 * Math.PI)
    let q = where (Tensor.op_GreaterThan (x[0], scalar 0.0)) angle (angle + 0.5)
    100.0 * (twice (x[2] - 10.0 * q) + twice (norm x[..1] - 1.0)) + twice x[2]

let private gaussianMixture (y: Tensor) (x: Tensor) =
    let k = x.Shape[0] / 3
    let logits, means, logDeviations = x[.. k - 1], x[k .. 2 * k - 1], x[2 * k ..]
    let z = (reshape [ -1; 1 ] y - means) / exp logDeviations

    let terms = logits - logSumExp logits - logDeviations - 0.5 * Math.Log(2.0 * Math.PI) - 0.5 * square z

    sum (ReductionOperations.logSumExp [| 1 |] false terms)

let private normalCholesky (y: Tensor) (x: Tensor) =
    let p = y.Shape[1]
    let mean = x[.. p - 1]

    let rows =
        List.init p (fun i ->
            let start = p + i * (i + 1) / 2

            concatenate 0 [ x[start .. start + i - 1]; exp x[start + i .. start + i]; like x (zeros [ p - 1 - i ]) ])

    let logDiagonal = total [ for i in 0 .. p - 1 -> x[p + i * (i + 1) / 2 + i] ]

    let z = ProductOperations.triangularSolve true false false (stack 0 rows) (transpose (y - mean))

    let count = float y.Shape[0]

    -0.5 * count * float p * Math.Log(2.0 * Math.PI) - count * logDiagonal - 0.5 * sum (square z)

let private nBody (w: Tensor) (x: Tensor) =
    let positions, velocities = points 2 x[..5], points 2 x[6..]
    let masses = entries w

    total (List.map2 (fun m v -> 0.5 * m * sum (square v)) masses velocities)
    - total (pairs (List.zip masses positions) |> List.map (fun ((m, p), (n, q)) -> m * n / norm (p - q)))

let private lennardJones q (x: Tensor) =
    total (
        pairs (points q x)
        |> List.map (fun (a, b) ->
            let r = norm (a - b)
            4.0 * (Tensor.Pow(r, -12) - Tensor.Pow(r, -6)))
    )

let private tanhNetwork p h (inputs: Tensor) (y: Tensor) (x: Tensor) =
    let first = reshape [ h; p ] x[.. h * p - 1]
    let rest = x[h * p ..]
    let hidden = tanh (matmul inputs (transpose first) + rest[.. h - 1])
    let output = dot hidden rest[h .. 2 * h - 1] + rest[2 * h]
    mean (square (output - y)) / 2.0

let private elementaryMix (x: Tensor) =
    sinh x[0] * atan (x[1] * x[2]) + map Elementwise.asinh (x[3] + x[0]) * tan (x[1] / 4.0)
    - cosh (x[2] / 2.0) / (1.0 + x[3] * x[3])
    + map SpecialFunctions.erf (x[0] * x[3]) * sqrt (1.0 + x[1] * x[1])

let private branch (x: Tensor) =
    cond
        (Tensor.op_GreaterThan (x[0], x[1]))
        (fun (x: Tensor) -> x[0] * x[0] * x[1] + sin (x[2] * x[0]))
        (fun x -> exp (x[0] * x[1] / 2.0) - Tensor.Pow(x[2], 3) * x[1])
        x

let private studentT (y: Tensor) (x: Tensor) =
    let u = exp x[2]
    let z = (y - x[0]) * exp -x[1]

    sum (
        lgamma ((u + 1.0) / 2.0)
        - lgamma (u / 2.0)
        - 0.5 * log (u * Math.PI)
        - x[1]
        - (u + 1.0) / 2.0 * log (1.0 + square z / u)
    )

let private betaRegression (z: Tensor) (y: Tensor) (x: Tensor) =
    let mu = map Elementwise.logistic (x[0] + x[1] * z)
    let f = exp x[2]

    sum (
        lgamma f - lgamma (mu * f) - lgamma ((1.0 - mu) * f)
        + (mu * f - 1.0) * log y
        + ((1.0 - mu) * f - 1.0) * log (1.0 - y)
    )

let private weibull (t: Tensor) (seen: Tensor) (x: Tensor) =
    let k = exp x[0]
    let ratio = log t - x[1]
    sum (like x seen * (x[0] - x[1] + (k - 1.0) * ratio) - exp (k * ratio))

let private negativeBinomial (z: Tensor) (y: Tensor) (x: Tensor) =
    let u, y = exp x[2], like x y
    let logMean = x[0] + x[1] * z
    let logSum = log (u + exp logMean)

    sum (lgamma (y + u) - lgamma u - lgamma (y + 1.0) + u * (x[2] - logSum) + y * (logMean - logSum))

let private simple: (string * (Tensor -> Tensor)) list = [
    "rosenbrock",
    fun x ->
        let a, b = x[.. x.Shape[0] - 2], x[1..]
        sum (100.0 * square (b - square a) + square (1.0 - a))
    "beale", fun x -> total [ for k, c in [ 1, 1.5; 2, 2.25; 3, 2.625 ] -> twice (c - x[0] + x[0] * Tensor.Pow(x[1], k)) ]
    "himmelblau", fun x -> twice (x[0] * x[0] + x[1] - 11.0) + twice (x[0] + x[1] * x[1] - 7.0)
    "booth", fun x -> twice (x[0] + 2.0 * x[1] - 7.0) + twice (2.0 * x[0] + x[1] - 5.0)
    "ackley", fun x -> -20.0 * exp (-0.2 * sqrt (mean (square x))) - exp (mean (cos (2.0 * Math.PI * x))) + 20.0 + Math.E
    "rastrigin", fun x -> sum (10.0 + square x - 10.0 * cos (2.0 * Math.PI * x))
    "griewank", fun x -> 1.0 + sum (square x) / 4000.0 - product (cos (x / sqrt (counting 1 x)))
    "styblinski_tang", fun x -> 0.5 * sum (Tensor.Pow(x, 4) - 16.0 * square x + 5.0 * x)
    "levy", levy
    "powell_singular",
    fun x ->
        twice (x[0] + 10.0 * x[1])
        + 5.0 * twice (x[2] - x[3])
        + Tensor.Pow(x[1] - 2.0 * x[2], 4)
        + 10.0 * Tensor.Pow(x[0] - x[3], 4)
    "wood",
    fun x ->
        100.0 * twice (x[0] * x[0] - x[1])
        + twice (x[0] - 1.0)
        + twice (x[2] - 1.0)
        + 90.0 * twice (x[2] * x[2] - x[3])
        + 10.1 * (twice (x[1] - 1.0) + twice (x[3] - 1.0))
        + 19.8 * (x[1] - 1.0) * (x[3] - 1.0)
    "helical_valley", helicalValley
    "brown_badly_scaled", fun x -> twice (x[0] - 1e6) + twice (x[1] - 2e-6) + twice (x[0] * x[1] - 2.0)
    "log_sum_exp", logSumExp
    "product", product
    "inverse_quadratic",
    fun x ->
        let b = counting 1 x
        dot b (solve (diagonal (exp x) + 0.5 * like x (ones [ x.Shape[0]; x.Shape[0] ])) b)
    "matrix_determinant", (fun x -> det (squareMatrix x))
    "hankel_determinant",
    fun x ->
        let k = (x.Shape[0] + 1) / 2
        det (stack 0 [ for i in 0 .. k - 1 -> x[i .. i + k - 1] ])
    "log_determinant",
    fun x ->
        let c = x / counting 1 x
        logdet (diagonal (exp x) + reshape [ -1; 1 ] c * reshape [ 1; -1 ] c)
    "pairwise_distances", fun x -> total (pairs (points 2 x) |> List.map (fun (a, b) -> norm (a - b)))
    "hilbert_quadratic", fun x -> 0.5 * hilbert x
    "hilbert_log", fun x -> map Elementwise.log1p (hilbert x)
    "deep_composition", fun x -> List.fold (fun y _ -> sin (exp -y)) (x[0] * x[1] + x[2]) [ 1..20 ]
    "matrix_power_trace",
    fun x ->
        let a = squareMatrix x
        let b = matmul a a
        trace (matmul (matmul b b) a)
    "branch", branch
    "kinks", fun x -> abs (x[0] - x[1]) * exp (x[2] / 2.0) + maximum x[2] (x[0] * x[1]) * x[0] + abs (x[0] * x[2])
    "continued_fraction", fun x -> List.reduceBack (fun a rest -> a + 1.0 / rest) (entries x)
    "power_tower", fun x -> x[0] ** (x[1] ** x[2])
    "self_power", fun x -> x[0] ** (x[0] ** x[0])
    "entropy", fun x -> -sum(softmax x * ReductionOperations.logSoftmax -1 x)
    "elementary_mix", elementaryMix
    "michalewicz", fun x -> -sum(sin x * Tensor.Pow(sin (counting 1 x * square x / Math.PI), 20))
    "trigonometric",
    fun x ->
        let n = float x.Shape[0]
        sum (square (n - sum (cos x) + counting 1 x * (1.0 - cos x) - sin x))
    "dixon_price",
    fun x ->
        let before, next = x[.. x.Shape[0] - 2], x[1..]
        twice (x[0] - 1.0) + sum (counting 2 next * square (2.0 * square next - before))
    "zakharov",
    fun x ->
        let s = sum (counting 1 x * x) / 2.0
        sum (square x) + Tensor.Pow(s, 2) + Tensor.Pow(s, 4)
]

/// Of x and further inputs.
let private withData: (string * (Golden.Case -> Tensor[] -> Tensor -> Tensor)) list =
    let attribute name (case: Golden.Case) = (Golden.argument name case).Value.GetInt32()

    [
        "softmax_cross_entropy",
        fun _ d x ->
            let scores = matmul d[0] (transpose (reshape [ 3; d[0].Shape[1] ] x))
            let ofLabel = sumOver [ 1 ] (scores * take 0 d[1] (like x (identity 3)))
            mean (ReductionOperations.logSumExp [| 1 |] false scores - ofLabel)
        "logistic_loss", fun _ d x -> sum (softplus (-(like x d[1]) * dot d[0] x))
        "poisson_log_likelihood",
        fun _ d x ->
            let e, y = dot d[0] x, like x d[1]
            sum (y * e - exp e - lgamma (y + 1.0))
        "gaussian_mixture", fun _ d -> gaussianMixture d[0]
        "normal_cholesky", fun _ d -> normalCholesky d[0]
        "n_body_energy", fun _ d -> nBody d[0]
        "lennard_jones", fun case _ -> lennardJones (attribute "q" case)
        "tanh_network", fun case d -> tanhNetwork (attribute "inputs" case) (attribute "hidden" case) d[0] d[1]
        "gamma_likelihood",
        fun _ d x ->
            let a, b = exp x[0], exp x[1]
            sum (a * x[1] - lgamma a + (a - 1.0) * log d[0] - b * d[0])
        "beta_regression", fun _ d -> betaRegression d[0] d[1]
        "weibull_censored", fun _ d -> weibull d[0] d[1]
        "student_t", fun _ d -> studentT d[0]
        "von_mises",
        fun _ d x ->
            let k = exp x[1]
            sum (k * cos (d[0] - x[0]) - log (2.0 * Math.PI * map (SpecialFunctions.besselI 0) k))
        "cubic_spline",
        fun _ d x ->
            let above = maximum (reshape [ -1; 1 ] x - d[0]) (scalar 0.0)
            sum (x / 2.0 - square x / 4.0) + sum (d[1] * Tensor.Pow(above, 3))
        "probit_log_likelihood", fun _ d x -> sum (log (map SpecialFunctions.erfc (-(like x d[1]) * dot d[0] x / sqrt 2.0) / 2.0))
        "negative_binomial", fun _ d -> negativeBinomial d[0] d[1]
    ]

/// The function of the case, of its first input.
let ofCase: Map<string, Golden.Case -> Tensor -> Tensor> =
    Map [
        for name, f in simple -> "function." + name, (fun _ -> f)
        for name, f in withData -> "function." + name, fun case -> f case (case.Inputs[1..] |> Array.map (fun input -> Tensor input.Value))
    ]
