// Error, gamma, Bessel and sinc functions as rows: lanes, derivative as data in the argument X and the result Y, and where the laws are tested.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.ExprOperators

module internal SpecialLanes =
    [<Struct>]
    type Erf =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorErrorFunction.erf x

    [<Struct>]
    type ErfInverse =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorErrorFunction.erfInverse x

    [<Struct>]
    type Erfc =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorErrorFunction.erfc x

    [<Struct>]
    type LogGamma =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorGamma.lgamma x

    [<Struct>]
    type Digamma =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorGamma.digamma x

open SpecialLanes

[<RequireQualifiedAccess>]
module internal SpecialFunctions =
    let private anywhere = [| -2.3; -0.7; 0.4; 1.9 |]
    let private positive = [| 0.3; 0.9; 1.7; 4.2 |]
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let erf =
        let derivative () = number (2.0 / Math.Sqrt Math.PI) *. Expr.Map(Elementwise.exp, Expr.Map(Elementwise.negate, square Expr.X))

        Elementwise.row "erf" 0.0 (Erf()) derivative anywhere

    /// 1 - erf x, with relative accuracy in the right tail.
    let erfc =
        let derivative () = number (-2.0 / Math.Sqrt Math.PI) *. Expr.Map(Elementwise.exp, Expr.Map(Elementwise.negate, square Expr.X))

        Elementwise.row "erfc" 0.0 (Erfc()) derivative anywhere

    /// In float32 the polynomial that JAX draws normals with.
    let erfInverse =
        Elementwise.row
            "erf_inv"
            0.0
            (ErfInverse())
            (fun () -> number (Math.Sqrt Math.PI / 2.0) *. Expr.Map(Elementwise.exp, square Expr.Y))
            [| -0.8; -0.2; 0.3; 0.9 |]

    let private poles = 12

    /// The m-th derivative of digamma: a family closed under differentiation. Far from the poles the series of its composition is tame.
    let rec private tamePolygamma (m: int) : Row =
        let derivative () = Expr.Map(tamePolygamma (m + 1), Expr.X)

        if m = 0 then
            Elementwise.row "digamma" 0.0 (Digamma()) derivative positive
        else
            Elementwise.called "polygamma" (float m) (GammaFunction.polygamma m) derivative positive

    /// psi_m(x) = psi_m(x + n) - (-1)^m m! sum over i < n of 1 / (x + i)^(m+1): near its poles a series keeps its digits in the powers alone.
    let private shiftedPolygamma (m: int) =
        let factor = Seq.fold (fun p i -> p * float i) (if m % 2 = 0 then -1.0 else 1.0) (seq { 1..m })

        let term i =
            let inverse = Expr.Map(Elementwise.reciprocal, Expr.X +. number (float i))
            Seq.fold (fun power _ -> power *. inverse) inverse (seq { 1..m })

        Expr.Map(tamePolygamma m, Expr.X +. number (float poles))
        +. number factor *. (Seq.map term (seq { 0 .. poles - 1 }) |> Seq.reduce (+.))

    let rec polygamma (m: int) : Row =
        let tame = tamePolygamma m

        Row(tame.Name, tame.Parameter, tame.Meaning, lazy Expr.Map(polygamma (m + 1), Expr.X), tame.Points, lazy shiftedPolygamma m)

    let digamma = polygamma 0

    let lgamma = Elementwise.row "lgamma" 0.0 (LogGamma()) (fun () -> Expr.Map(digamma, Expr.X)) positive

    /// The m-th derivative of sin(pi x) / (pi x): a family closed under differentiation, so that 0 is a point like any other.
    let rec sinc (m: int) : Row =
        Elementwise.called "sinc" (float m) (SincFunction.sinc m) (fun () -> Expr.Map(sinc (m + 1), Expr.X)) anywhere

    /// The modified Bessel function of the first kind of order n >= 0: I_n' = (I_(n-1) + I_(n+1)) / 2, I_-1 being I_1.
    let rec besselI (n: int) : Row =
        let derivative () =
            if n = 0 then
                Expr.Map(besselI 1, Expr.X)
            else
                number 0.5 *. (Expr.Map(besselI (n - 1), Expr.X) +. Expr.Map(besselI (n + 1), Expr.X))

        Elementwise.called "bessel_i" (float n) (BesselFunction.i n) derivative anywhere

    /// Some of each family: the laws run over them as over every row without a parameter.
    let families = [| sinc 0; sinc 1; sinc 3; besselI 0; besselI 1; besselI 2; polygamma 1; polygamma 2 |]
