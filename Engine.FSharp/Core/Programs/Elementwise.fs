// Elementary functions of one argument as rows: lanes, derivative as data in the argument X and the result Y, and where the laws are tested.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

module internal ElementwiseLanes =
    [<Struct>]
    type Negate =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = negate x

    [<Struct>]
    type Absolute =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = Lanes.abs x

    /// 1, -1, or x itself where that is 0 or NaN.
    [<Struct>]
    type Sign =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x =
                let zero = Lanes.number 0.0
                Lanes.select (Lanes.less zero x) (Lanes.number 1.0) (Lanes.select (Lanes.less x zero) (Lanes.number -1.0) x)

    [<Struct>]
    type Round =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L = 'L.Round x

    [<Struct>]
    type Saturate =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x =
                let single = float Single.MaxValue
                Lanes.atLeast -single -Double.MaxValue (Lanes.atMost single Double.MaxValue x)

    [<Struct>]
    type SquareRoot =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = Lanes.sqrt x

    [<Struct>]
    type Square =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = x *. x

    [<Struct>]
    type Reciprocal =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = Lanes.number 1.0 /. x

    [<Struct>]
    type Exp =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.exp x

    [<Struct>]
    type Expm1 =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.expm1 x

    [<Struct>]
    type Logistic =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.logistic x

    [<Struct>]
    type Tanh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.tanh x

    [<Struct>]
    type Log =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.log x

    [<Struct>]
    type Log1P =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.log1p x

    [<Struct>]
    type Softplus =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.softplus x

    [<Struct>]
    type Asinh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.asinh x

    [<Struct>]
    type Sin =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.sin x

    [<Struct>]
    type Cos =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.cos x

    [<Struct>]
    type Tan =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.tan x

    [<Struct>]
    type Atan =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.atan x

    [<Struct>]
    type Sinh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorHyperbolic.sinh x

    [<Struct>]
    type Cosh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorHyperbolic.cosh x

    /// x^n for a whole n, by squarings and products.
    [<Struct>]
    type WholePower(n: int) =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorFunctions.power n x

    /// A function that is called once a lane.
    [<Struct>]
    type Called(f: ScalarFunction) =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L = 'L.Call(f, x)

open ElementwiseLanes
open ExprOperators

[<RequireQualifiedAccess>]
module internal Elementwise =
    /// A new row.
    let row name parameter (f: 'F) (derivative: unit -> Expr) points =
        Row(name, parameter, Meaning<'F> f, Lazy<Expr>(derivative, true), points)

    let private onIntegers name (f: 'F) (derivative: unit -> Expr) points =
        Row(name, 0.0, Meaning<'F> f, Lazy<Expr>(derivative, true), points, integers = true)

    /// A new function of two arguments.
    let binary name (f: 'F) (partials: unit -> struct (Expr * Expr)) points =
        BinaryFunction(name, Meaning2<'F> f, Lazy<struct (Expr * Expr)>(partials, true), points)

    /// A new row whose function is called once a lane.
    let called name parameter (scalar: float -> float) (derivative: unit -> Expr) points =
        // A family is one function for each parameter.
        let text = if parameter = 0.0 then name else $"{name}[{string parameter}]"
        row name parameter (Called(ScalarFunction(text, scalar))) derivative points

    let private anywhere = [| -2.3; -0.7; 0.4; 1.9 |]
    let private positive = [| 0.3; 0.9; 1.7; 4.2 |]
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let negate =
        Row("neg", 0.0, Meaning<Negate>(Negate()), lazy number -1.0, anywhere, linear = true, integers = true, called = "Negate")

    let sign = onIntegers "sign" (Sign()) (fun () -> number 0.0) anywhere

    /// To the nearest whole number, ties to even.
    let round = row "round" 0.0 (Round()) (fun () -> number 0.0) anywhere

    /// x with the largest numbers for the infinities, and derivative 1 there too: differences of equal infinities are 0.
    let saturate = row "saturate" 0.0 (Saturate()) (fun () -> number 1.0) anywhere

    /// |x|, with derivative 0 at 0.
    let abs = onIntegers "abs" (Absolute()) (fun () -> Expr.Map(sign, Expr.X)) anywhere

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

    let square' = onIntegers "square" (Square()) (fun () -> number 2.0 *. Expr.X) anywhere

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
        Row("power", float n, Meaning<WholePower>(WholePower n), Lazy<Expr>(derivative, true), points, integers = true, called = "Pow")

    /// Some of the family: the laws run over them as over every row without a parameter.
    let powers = [| power 3; power -2 |]
