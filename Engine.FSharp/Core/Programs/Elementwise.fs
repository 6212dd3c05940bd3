// The table of scalar functions: one row an operation, its derivative as data in the argument X and the result Y.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.ElementwiseFunctions
open Pipeline.Engine.ExprOperators

[<RequireQualifiedAccess>]
module internal Elementwise =
    /// A new row.
    let row name parameter (f: 'F) (derivative: unit -> Expr) points =
        Row(name, parameter, Meaning<'F> f, Lazy<Expr>(derivative, true), points)

    let private onIntegers integers name (f: 'F) (derivative: unit -> Expr) points =
        Row(name, 0.0, Meaning<'F> f, Lazy<Expr>(derivative, true), points, integers = integers)

    /// A new row whose function is called once a lane.
    let called name parameter (scalar: float -> float) (derivative: unit -> Expr) points =
        // A family is one function for each parameter.
        let text = if parameter = 0.0 then name else $"{name}[{parameter}]"
        row name parameter (Called(ScalarFunction(text, scalar))) derivative points

    let private anywhere = [| -2.3; -0.7; 0.4; 1.9 |]
    let private positive = [| 0.3; 0.9; 1.7; 4.2 |]
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let negate =
        Row("neg", 0.0, Meaning<Negate>(Negate()), lazy number -1.0, anywhere, linear = true, integers = IntegerMap.Negate)

    let sign = onIntegers IntegerMap.Sign "sign" (Sign()) (fun () -> number 0.0) anywhere

    /// To the nearest whole number, ties to even.
    let round = row "round" 0.0 (Round()) (fun () -> number 0.0) anywhere

    /// x with the largest numbers for the infinities, and derivative 1 there too: differences of equal infinities are 0.
    let saturate = row "saturate" 0.0 (Saturate()) (fun () -> number 1.0) anywhere

    /// |x|, with derivative 0 at 0.
    let abs = onIntegers IntegerMap.Absolute "abs" (Absolute()) (fun () -> Expr.Map(sign, Expr.X)) anywhere

    let exp = row "exp" 0.0 (Exp()) (fun () -> Expr.Y) anywhere

    let reciprocal =
        row
            "reciprocal"
            0.0
            (Reciprocal())
            // -1 / x^2, never squaring where y alone stays in the range.
            (fun () -> Expr.Map(negate, Expr.Y /. Expr.X))
            [| -2.1; -0.6; 0.5; 1.8 |]

    let log = row "log" 0.0 (Log()) (fun () -> Expr.Map(reciprocal, Expr.X)) positive

    let log1p =
        let derivative () = Expr.Map(reciprocal, number 1.0 +. Expr.X)

        row "log1p" 0.0 (Log1P()) derivative [| -0.6; -0.1; 0.5; 3.0 |]

    let expm1 = row "expm1" 0.0 (Expm1()) (fun () -> Expr.Map(exp, Expr.X)) anywhere

    let sqrt = row "sqrt" 0.0 (SquareRoot()) (fun () -> number 0.5 /. Expr.Y) positive

    let square' = onIntegers IntegerMap.Square "square" (Square()) (fun () -> number 2.0 *. Expr.X) anywhere

    let sin, cos =
        // Each is the other's derivative.
        let rec sine: Lazy<Row> = lazy row "sin" 0.0 (Sin()) (fun () -> Expr.Map(cosine.Value, Expr.X)) anywhere

        and cosine: Lazy<Row> =
            lazy row "cos" 0.0 (Cos()) (fun () -> Expr.Map(negate, Expr.Map(sine.Value, Expr.X))) anywhere

        sine.Value, cosine.Value

    let tan =
        let derivative () = number 1.0 +. square Expr.Y
        row "tan" 0.0 (Tan()) derivative [| -1.2; -0.4; 0.3; 1.1 |]

    let atan =
        // 1 / (1 + x^2), which is 1 / x / x in either dtype long before x^2 overflows.
        let derivative () =
            let where near far = Expr.Choose(Relation.Less, Expr.Map(abs, Expr.X), number 1e9, near, far)
            Expr.Map(reciprocal, where (number 1.0) Expr.X) /. where (number 1.0 +. square Expr.X) Expr.X

        row "atan" 0.0 (Atan()) derivative anywhere

    let asinh =
        // The reciprocal of sqrt(1 + x^2), which is |x| in either dtype long before x^2 overflows.
        let derivative () =
            let size = Expr.Choose(Relation.Less, Expr.X, number 0.0, Expr.Map(negate, Expr.X), Expr.X)
            let root = Expr.Map(sqrt, number 1.0 +. square Expr.X)
            Expr.Map(reciprocal, Expr.Choose(Relation.Less, size, number 1e9, root, size))

        row "asinh" 0.0 (Asinh()) derivative anywhere

    let sinh, cosh =
        // Each is the other's derivative.
        let rec sine: Lazy<Row> = lazy row "sinh" 0.0 (Sinh()) (fun () -> Expr.Map(cosine.Value, Expr.X)) anywhere

        and cosine: Lazy<Row> = lazy row "cosh" 0.0 (Cosh()) (fun () -> Expr.Map(sine.Value, Expr.X)) anywhere

        sine.Value, cosine.Value

    let tanh = row "tanh" 0.0 (Tanh()) (fun () -> number 1.0 -. square Expr.Y) anywhere

    let logistic =
        let rec itself: Lazy<Row> =
            // Y (1 - Y) without the cancellation in either tail.
            let derivative () = Expr.Y *. Expr.Map(itself.Value, Expr.Map(negate, Expr.X))

            lazy row "logistic" 0.0 (Logistic()) derivative anywhere

        itself.Value

    let softplus = row "softplus" 0.0 (Softplus()) (fun () -> Expr.Map(logistic, Expr.X)) anywhere

    let erf =
        let derivative () = number (2.0 / Math.Sqrt Math.PI) *. Expr.Map(exp, Expr.Map(negate, square Expr.X))

        row "erf" 0.0 (Erf()) derivative anywhere

    /// 1 - erf x, with relative accuracy in the right tail.
    let erfc =
        let derivative () = number (-2.0 / Math.Sqrt Math.PI) *. Expr.Map(exp, Expr.Map(negate, square Expr.X))

        row "erfc" 0.0 (Erfc()) derivative anywhere

    /// In float32 the polynomial that JAX draws normals with.
    let erfInverse =
        row "erf_inv" 0.0 (ErfInverse()) (fun () -> number (Math.Sqrt Math.PI / 2.0) *. Expr.Map(exp, square Expr.Y)) [|
            -0.8
            -0.2
            0.3
            0.9
        |]

    let private poles = 12

    /// The m-th derivative of digamma: a family closed under differentiation. Far from the poles the series of its composition is tame.
    let rec private tamePolygamma (m: int) : Row =
        let derivative () = Expr.Map(tamePolygamma (m + 1), Expr.X)

        if m = 0 then
            row "digamma" 0.0 (Digamma()) derivative positive
        else
            called "polygamma" (float m) (GammaFunction.polygamma m) derivative positive

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

        Row(tame.Name, tame.Parameter, tame.Meaning, lazy Expr.Map(polygamma (m + 1), Expr.X), tame.Points, lazy shiftedPolygamma m)

    let digamma = polygamma 0

    let lgamma = row "lgamma" 0.0 (LogGamma()) (fun () -> Expr.Map(digamma, Expr.X)) positive

    /// The m-th derivative of sin(pi x) / (pi x): a family closed under differentiation, so that 0 is a point like any other.
    let rec sinc (m: int) : Row = called "sinc" (float m) (SincFunction.sinc m) (fun () -> Expr.Map(sinc (m + 1), Expr.X)) anywhere

    /// The modified Bessel function of the first kind of order n >= 0: I_n' = (I_(n-1) + I_(n+1)) / 2, I_-1 being I_1.
    let rec besselI (n: int) : Row =
        let derivative () =
            if n = 0 then
                Expr.Map(besselI 1, Expr.X)
            else
                number 0.5 *. (Expr.Map(besselI (n - 1), Expr.X) +. Expr.Map(besselI (n + 1), Expr.X))

        called "bessel_i" (float n) (BesselFunction.i n) derivative anywhere

    /// x^n for an integer n, by multiplication: exact where the products are.
    let rec power (n: int) : Row =
        let derivative () =
            match n with
            | 0 -> number 0.0
            | 1 -> number 1.0
            | 2 -> number 2.0 *. Expr.X
            | _ when n < 0 -> number (float n) *. Expr.Y /. Expr.X
            | _ -> number (float n) *. Expr.Map(power (n - 1), Expr.X)

        let points = [| -1.7; -0.6; 0.5; 1.4 |]
        Row("power", float n, Meaning<WholePower>(WholePower n), Lazy<Expr>(derivative, true), points, integers = IntegerMap.Power)

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
