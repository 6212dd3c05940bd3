// The table of scalar functions: one row an operation, its derivative as data in the argument X and the result Y.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.ExprOperators

[<RequireQualifiedAccess>]
module internal Elementwise =
    /// A new row. Without a float32 meaning the float64 one is rounded; without a vector form the meaning is called once a lane.
    let row name parameter (scalar: float -> float) (derivative: unit -> Expr) points =
        Row(
            name,
            parameter,
            scalar,
            (fun x -> float32 (scalar (float x))),
            VectorFunctions.scalar name scalar,
            Lazy<Expr>(derivative, true),
            points
        )

    let private vector name scalar lanes derivative points =
        Row(
            name,
            0.0,
            scalar,
            (fun x -> float32 (scalar (float x))),
            lanes,
            Lazy<Expr>((fun () -> derivative), true),
            points
        )

    let private anywhere = [| -2.3; -0.7; 0.4; 1.9 |]
    let private positive = [| 0.3; 0.9; 1.7; 4.2 |]
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let negate = vector "neg" (~-) LaneOperators.negate (Expr.Number -1.0) anywhere

    let sign =
        vector
            "sign"
            (fun x ->
                if x > 0.0 then 1.0
                elif x < 0.0 then -1.0
                else x)
            (fun x ->
                Lane.select
                    (Lane.less (x.Number 0.0) x)
                    (x.Number 1.0)
                    (Lane.select (Lane.less x (x.Number 0.0)) (x.Number -1.0) x))
            (Expr.Number 0.0)
            anywhere

    /// |x|, with derivative 0 at 0.
    let abs = vector "abs" Math.Abs Lane.abs (Expr.Map(sign, Expr.X)) anywhere

    let exp =
        vector "exp" Math.Exp (VectorFunctions.scalar "exp" Math.Exp) Expr.Y anywhere

    let reciprocal =
        vector
            "reciprocal"
            (fun x -> 1.0 / x)
            (fun x -> LaneOperators.(/.) (x.Number 1.0) x)
            (Expr.Map(negate, square Expr.Y))
            [| -2.1; -0.6; 0.5; 1.8 |]

    let log =
        vector "log" Math.Log (VectorFunctions.scalar "log" Math.Log) (Expr.Map(reciprocal, Expr.X)) positive

    let log1p =
        vector
            "log1p"
            Special.log1p
            (VectorFunctions.scalar "log1p" Special.log1p)
            (Expr.Map(reciprocal, number 1.0 +. Expr.X))
            [| -0.6; -0.1; 0.5; 3.0 |]

    let expm1 =
        vector "expm1" Special.expm1 (VectorFunctions.scalar "expm1" Special.expm1) (Expr.Map(exp, Expr.X)) anywhere

    let sqrt = vector "sqrt" Math.Sqrt Lane.sqrt (number 0.5 /. Expr.Y) positive

    let square' =
        vector "square" (fun x -> x * x) (fun x -> LaneOperators.( *. ) x x) (number 2.0 *. Expr.X) anywhere

    let sin, cos =
        // Each is the other's derivative.
        let rec sine =
            lazy
                Row(
                    "sin",
                    0.0,
                    Math.Sin,
                    (fun x -> float32 (Math.Sin(float x))),
                    VectorFunctions.scalar "sin" Math.Sin,
                    lazy Expr.Map(cosine.Value, Expr.X),
                    anywhere
                )

        and cosine: Lazy<Row> =
            lazy
                Row(
                    "cos",
                    0.0,
                    Math.Cos,
                    (fun x -> float32 (Math.Cos(float x))),
                    VectorFunctions.scalar "cos" Math.Cos,
                    lazy Expr.Map(negate, Expr.Map(sine.Value, Expr.X)),
                    anywhere
                )

        sine.Value, cosine.Value

    let tan =
        vector
            "tan"
            Math.Tan
            (VectorFunctions.scalar "tan" Math.Tan)
            (number 1.0 +. square Expr.Y)
            [| -1.2; -0.4; 0.3; 1.1 |]

    let atan =
        vector
            "atan"
            Math.Atan
            (VectorFunctions.scalar "atan" Math.Atan)
            (Expr.Map(reciprocal, number 1.0 +. square Expr.X))
            anywhere

    let asinh =
        // sqrt(1 + x^2), which is |x| in either dtype long before x^2 overflows.
        let size = Expr.Map(abs, Expr.X)

        let slope =
            Expr.Choose(Relation.Less, size, number 1e9, Expr.Map(sqrt, number 1.0 +. square Expr.X), size)

        vector "asinh" Math.Asinh (VectorFunctions.scalar "asinh" Math.Asinh) (Expr.Map(reciprocal, slope)) anywhere

    let tanh =
        vector "tanh" Math.Tanh (VectorFunctions.scalar "tanh" Math.Tanh) (number 1.0 -. square Expr.Y) anywhere

    let logistic =
        let rec row: Lazy<Row> =
            lazy
                Row(
                    "logistic",
                    0.0,
                    Special.logistic,
                    (fun x -> float32 (Special.logistic (float x))),
                    VectorFunctions.scalar "logistic" Special.logistic,
                    // Y (1 - Y) without the cancellation in either tail.
                    lazy (Expr.Y *. Expr.Map(row.Value, Expr.Map(negate, Expr.X))),
                    anywhere
                )

        row.Value

    let softplus =
        vector
            "softplus"
            Special.softplus
            (VectorFunctions.scalar "softplus" Special.softplus)
            (Expr.Map(logistic, Expr.X))
            anywhere

    let erf =
        vector
            "erf"
            ErrorFunction.erf
            (VectorFunctions.scalar "erf" ErrorFunction.erf)
            (number (2.0 / Math.Sqrt Math.PI)
             *. Expr.Map(exp, Expr.Map(negate, square Expr.X)))
            anywhere

    let erfInverse =
        Row(
            "erf_inv",
            0.0,
            ErrorFunction.erfInverse,
            ErrorFunction.erfInverse32,
            (fun x -> Lane.call "erf_inv" ErrorFunction.erfInverse ErrorFunction.erfInverse32 x),
            lazy (number (Math.Sqrt Math.PI / 2.0) *. Expr.Map(exp, square Expr.Y)),
            [| -0.8; -0.2; 0.3; 0.9 |]
        )

    /// The m-th derivative of digamma: a family closed under differentiation.
    let rec polygamma (m: int) : Row =
        row
            (if m = 0 then "digamma" else "polygamma")
            (float m)
            (GammaFunction.polygamma m)
            (fun () -> Expr.Map(polygamma (m + 1), Expr.X))
            positive

    let digamma = polygamma 0

    let lgamma =
        row "lgamma" 0.0 GammaFunction.lgamma (fun () -> Expr.Map(digamma, Expr.X)) positive

    /// x^n for an integer n, by multiplication: exact where the products are.
    let rec power (n: int) : Row =
        let scalar32 (x: float32) = float32 (Special.power n (float x))

        Row(
            "power",
            float n,
            Special.power n,
            scalar32,
            VectorFunctions.power n,
            Lazy<Expr>(
                (fun () ->
                    match n with
                    | 0 -> Expr.Number 0.0
                    | 1 -> Expr.Number 1.0
                    | 2 -> number 2.0 *. Expr.X
                    | _ -> number (float n) *. Expr.Map(power (n - 1), Expr.X)),
                true
            ),
            [| -1.7; -0.6; 0.5; 1.4 |]
        )

    /// Every row without a parameter, and one of each family; the laws run over it.
    let table =
        [|
            negate
            sign
            abs
            exp
            log
            log1p
            expm1
            sqrt
            square'
            reciprocal
            sin
            cos
            tan
            atan
            asinh
            tanh
            logistic
            softplus
            erf
            erfInverse
            lgamma
            digamma
            polygamma 1
            polygamma 2
            power 3
            power -2
        |]
