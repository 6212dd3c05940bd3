// The table of scalar functions: one row an operation, its derivative as data in the argument X and the result Y.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.ExprOperators

[<RequireQualifiedAccess>]
module internal Elementwise =
    /// A new row with a vector form. Its float32 meaning is the float64 one, rounded.
    let vector name parameter (scalar: float -> float) (lanes: Lane -> Lane) (derivative: unit -> Expr) points =
        Row(name, parameter, scalar, (fun x -> float32 (scalar (float x))), lanes, Lazy<Expr>(derivative, true), points)

    /// A new row whose meaning is called once a lane.
    let row name parameter (scalar: float -> float) (derivative: unit -> Expr) points =
        // A family is one function for each parameter.
        let text = if parameter = 0.0 then name else $"{name}[{parameter}]"
        vector name parameter scalar (VectorFunctions.scalar text scalar) derivative points

    let private anywhere = [| -2.3; -0.7; 0.4; 1.9 |]
    let private positive = [| 0.3; 0.9; 1.7; 4.2 |]
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let negate = vector "neg" 0.0 (~-) LaneOperators.negate (fun () -> number -1.0) anywhere

    let sign =
        let scalar (x: float) =
            if x > 0.0 then 1.0
            elif x < 0.0 then -1.0
            else x

        let lanes (x: Lane) =
            let zero = x.Number 0.0
            Lane.select (Lane.less zero x) (x.Number 1.0) (Lane.select (Lane.less x zero) (x.Number -1.0) x)

        vector "sign" 0.0 scalar lanes (fun () -> number 0.0) anywhere

    /// To the nearest whole number, ties to even.
    let round =
        let scalar (x: float) = Math.Round(x, MidpointRounding.ToEven)

        vector "round" 0.0 scalar Lane.round (fun () -> number 0.0) anywhere

    /// x with the largest numbers for the infinities, and derivative 1 there too: differences of equal infinities are 0.
    let saturate =
        let lanes (x: Lane) =
            let largest = LaneFloats.number (float Single.MaxValue) Double.MaxValue x
            Lane.max (Lane.min x largest) (LaneOperators.negate largest)

        Row(
            "saturate",
            0.0,
            (fun x -> Math.Max(Math.Min(x, Double.MaxValue), -Double.MaxValue)),
            (fun x -> Math.Max(Math.Min(x, Single.MaxValue), -Single.MaxValue)),
            lanes,
            lazy (number 1.0),
            anywhere
        )

    /// |x|, with derivative 0 at 0.
    let abs = vector "abs" 0.0 Math.Abs Lane.abs (fun () -> Expr.Map(sign, Expr.X)) anywhere

    let exp = vector "exp" 0.0 Math.Exp VectorExponential.exp (fun () -> Expr.Y) anywhere

    let reciprocal =
        let lanes (x: Lane) = LaneOperators.(/.) (x.Number 1.0) x

        vector
            "reciprocal"
            0.0
            (fun x -> 1.0 / x)
            lanes
            // -1 / x^2, never squaring where y alone stays in the range.
            (fun () -> Expr.Map(negate, Expr.Y /. Expr.X))
            [| -2.1; -0.6; 0.5; 1.8 |]

    let log = vector "log" 0.0 Math.Log VectorLogarithm.log (fun () -> Expr.Map(reciprocal, Expr.X)) positive

    let log1p =
        let derivative () = Expr.Map(reciprocal, number 1.0 +. Expr.X)

        vector "log1p" 0.0 Special.log1p VectorLogarithm.log1p derivative [| -0.6; -0.1; 0.5; 3.0 |]

    let expm1 = vector "expm1" 0.0 Special.expm1 VectorExponential.expm1 (fun () -> Expr.Map(exp, Expr.X)) anywhere

    let sqrt = vector "sqrt" 0.0 Math.Sqrt Lane.sqrt (fun () -> number 0.5 /. Expr.Y) positive

    let square' =
        vector "square" 0.0 (fun x -> x * x) (fun x -> LaneOperators.( *. ) x x) (fun () -> number 2.0 *. Expr.X) anywhere

    let sin, cos =
        // Each is the other's derivative.
        let rec sine: Lazy<Row> =
            lazy vector "sin" 0.0 Math.Sin VectorTrigonometry.sin (fun () -> Expr.Map(cosine.Value, Expr.X)) anywhere

        and cosine: Lazy<Row> =
            lazy vector "cos" 0.0 Math.Cos VectorTrigonometry.cos (fun () -> Expr.Map(negate, Expr.Map(sine.Value, Expr.X))) anywhere

        sine.Value, cosine.Value

    let tan =
        let derivative () = number 1.0 +. square Expr.Y
        vector "tan" 0.0 Math.Tan VectorTrigonometry.tan derivative [| -1.2; -0.4; 0.3; 1.1 |]

    let atan =
        // 1 / (1 + x^2), which is 1 / x / x in either dtype long before x^2 overflows.
        let derivative () =
            let where near far = Expr.Choose(Relation.Less, Expr.Map(abs, Expr.X), number 1e9, near, far)
            Expr.Map(reciprocal, where (number 1.0) Expr.X) /. where (number 1.0 +. square Expr.X) Expr.X

        vector "atan" 0.0 Math.Atan VectorTrigonometry.atan derivative anywhere

    let asinh =
        // The reciprocal of sqrt(1 + x^2), which is |x| in either dtype long before x^2 overflows.
        let derivative () =
            let size = Expr.Choose(Relation.Less, Expr.X, number 0.0, Expr.Map(negate, Expr.X), Expr.X)
            let root = Expr.Map(sqrt, number 1.0 +. square Expr.X)
            Expr.Map(reciprocal, Expr.Choose(Relation.Less, size, number 1e9, root, size))

        vector "asinh" 0.0 Math.Asinh VectorLogarithm.asinh derivative anywhere

    let sinh, cosh =
        // Each is the other's derivative.
        let rec sine: Lazy<Row> =
            lazy vector "sinh" 0.0 Math.Sinh VectorHyperbolic.sinh (fun () -> Expr.Map(cosine.Value, Expr.X)) anywhere

        and cosine: Lazy<Row> =
            lazy vector "cosh" 0.0 Math.Cosh VectorHyperbolic.cosh (fun () -> Expr.Map(sine.Value, Expr.X)) anywhere

        sine.Value, cosine.Value

    let tanh = vector "tanh" 0.0 Math.Tanh VectorExponential.tanh (fun () -> number 1.0 -. square Expr.Y) anywhere

    let logistic =
        let rec row: Lazy<Row> =
            // Y (1 - Y) without the cancellation in either tail.
            let derivative () = Expr.Y *. Expr.Map(row.Value, Expr.Map(negate, Expr.X))

            lazy vector "logistic" 0.0 Special.logistic VectorExponential.logistic derivative anywhere

        row.Value

    let softplus =
        vector "softplus" 0.0 Special.softplus VectorLogarithm.softplus (fun () -> Expr.Map(logistic, Expr.X)) anywhere

    let erf =
        let derivative () = number (2.0 / Math.Sqrt Math.PI) *. Expr.Map(exp, Expr.Map(negate, square Expr.X))

        vector "erf" 0.0 ErrorFunction.erf VectorErrorFunction.erf derivative anywhere

    /// 1 - erf x, with relative accuracy in the right tail.
    let erfc =
        let derivative () = number (-2.0 / Math.Sqrt Math.PI) *. Expr.Map(exp, Expr.Map(negate, square Expr.X))

        vector "erfc" 0.0 ErrorFunction.erfc VectorErrorFunction.erfc derivative anywhere

    /// Its float32 meaning is one of its own: the polynomial that JAX draws normals with.
    let erfInverse =
        Row(
            "erf_inv",
            0.0,
            ErrorFunction.erfInverse,
            ErrorFunction.erfInverse32,
            VectorErrorFunction.erfInverse,
            lazy (number (Math.Sqrt Math.PI / 2.0) *. Expr.Map(exp, square Expr.Y)),
            [| -0.8; -0.2; 0.3; 0.9 |]
        )

    let private poles = 12

    /// The m-th derivative of digamma: a family closed under differentiation. Far from the poles the series of its composition is tame.
    let rec private tamePolygamma (m: int) : Row =
        let derivative () = Expr.Map(tamePolygamma (m + 1), Expr.X)

        if m = 0 then
            vector "digamma" 0.0 GammaFunction.digamma VectorGamma.digamma derivative positive
        else
            row "polygamma" (float m) (GammaFunction.polygamma m) derivative positive

    /// psi_m(x) = psi_m(x + n) - (-1)^m m! sum over i < n of 1 / (x + i)^(m+1): near its poles a series keeps its digits in the powers alone.
    let private shiftedPolygamma (m: int) =
        let factor = Seq.fold (fun p i -> p * float i) (if m % 2 = 0 then -1.0 else 1.0) (seq { 1..m })

        let term i =
            let inverse = Expr.Map(reciprocal, Expr.X +. number (float i))
            Seq.fold (fun power _ -> power *. inverse) inverse (seq { 1..m })

        Expr.Map(tamePolygamma m, Expr.X +. number (float poles))
        +. number factor *. (Seq.map term (seq { 0 .. poles - 1 }) |> Seq.reduce (+.))

    let rec polygamma (m: int) : Row =
        let tame = tamePolygamma m

        Row(
            tame.Name,
            tame.Parameter,
            tame.Scalar,
            tame.Scalar32,
            tame.Lanes,
            lazy Expr.Map(polygamma (m + 1), Expr.X),
            tame.Points,
            lazy shiftedPolygamma m
        )

    let digamma = polygamma 0

    let lgamma =
        vector "lgamma" 0.0 GammaFunction.lgamma VectorGamma.lgamma (fun () -> Expr.Map(digamma, Expr.X)) positive

    /// The m-th derivative of sin(pi x) / (pi x): a family closed under differentiation, so that 0 is a point like any other.
    let rec sinc (m: int) : Row = row "sinc" (float m) (SincFunction.sinc m) (fun () -> Expr.Map(sinc (m + 1), Expr.X)) anywhere

    /// The modified Bessel function of the first kind of order n >= 0: I_n' = (I_(n-1) + I_(n+1)) / 2, I_-1 being I_1.
    let rec besselI (n: int) : Row =
        let derivative () =
            if n = 0 then
                Expr.Map(besselI 1, Expr.X)
            else
                number 0.5 *. (Expr.Map(besselI (n - 1), Expr.X) +. Expr.Map(besselI (n + 1), Expr.X))

        row "bessel_i" (float n) (BesselFunction.i n) derivative anywhere

    /// x^n for an integer n, by multiplication: exact where the products are.
    let rec power (n: int) : Row =
        let derivative () =
            match n with
            | 0 -> number 0.0
            | 1 -> number 1.0
            | 2 -> number 2.0 *. Expr.X
            | _ when n < 0 -> number (float n) *. Expr.Y /. Expr.X
            | _ -> number (float n) *. Expr.Map(power (n - 1), Expr.X)

        vector "power" (float n) (Special.power n) (VectorFunctions.power n) derivative [| -1.7; -0.6; 0.5; 1.4 |]

    /// Every row without a parameter, and some of each family; the laws run over it.
    let table = [|
        negate
        sign
        round
        saturate
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
        erfc
        erfInverse
        sinh
        cosh
        sinc 0
        sinc 1
        sinc 3
        besselI 0
        besselI 1
        besselI 2
        lgamma
        digamma
        polygamma 1
        polygamma 2
        power 3
        power -2
    |]
