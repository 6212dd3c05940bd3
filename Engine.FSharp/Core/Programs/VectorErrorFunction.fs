// The error function, its complement and its inverse as lane expressions.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

[<RequireQualifiedAccess>]
module internal VectorErrorFunction =
    /// erf(x)/x - 1 in x^2, up to 1: minimax, relative error of erf 2^-29.4 and 2^-62.7.
    [<MethodImpl(Inline)>]
    let private near (square: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 7.80690316e-05
            |> Lanes.next square -0.00079978531
            |> Lanes.next square 0.0051871622
            |> Lanes.next square -0.0268533472
            |> Lanes.next square 0.112835787
            |> Lanes.next square -0.37612626
            |> Lanes.next square 0.128379166
        else
            Lanes.number 5.94525937657086e-11
            |> Lanes.next square -1.1365664544840024e-09
            |> Lanes.next square 1.4657879473979556e-08
            |> Lanes.next square -1.635002516804504e-07
            |> Lanes.next square 1.6460972811928948e-06
            |> Lanes.next square -1.4925593506578643e-05
            |> Lanes.next square 0.00012055331036886998
            |> Lanes.next square -0.000854832697874187
            |> Lanes.next square 0.005223977624780861
            |> Lanes.next square -0.026866170645072893
            |> Lanes.next square 0.11283791670954857
            |> Lanes.next square -0.3761263890318375
            |> Lanes.next square 0.1283791670955126

    /// x + x q(x^2) up to 1; beyond, 1 - exp(p(|x| - 1)) with the sign of x, p minimax in its effect on erf: 2^-26.7 and 2^-66.
    [<MethodImpl(Inline)>]
    let erf (x: 'L :> ILane<'L>) : 'L =
        let one = Lanes.number 1.0
        let a = Lanes.abs x
        let t = Lanes.atMost 3.0 5.0 (a -. one)

        let far =
            if Lanes.isSingle<'L>() then
                Lanes.number -0.000310196308
                |> Lanes.next t 0.0018376545
                |> Lanes.next t -0.0040364801
                |> Lanes.next t 0.0029763442
                |> Lanes.next t 0.0070275357
                |> Lanes.next t -0.0406287909
                |> Lanes.next t -0.843240023
                |> Lanes.next t -2.63896084
                |> Lanes.next t -1.84960556
            else
                Lanes.number 2.252839184112638e-14
                |> Lanes.next t -7.966644874827125e-13
                |> Lanes.next t 1.3275242779306533e-11
                |> Lanes.next t -1.388312457751146e-10
                |> Lanes.next t 1.0217814259353835e-09
                |> Lanes.next t -5.597378976747614e-09
                |> Lanes.next t 2.326382588136517e-08
                |> Lanes.next t -7.110203434707031e-08
                |> Lanes.next t 1.3045710724732214e-07
                |> Lanes.next t 9.967683561777257e-08
                |> Lanes.next t -2.016673933859778e-06
                |> Lanes.next t 9.576410978547856e-06
                |> Lanes.next t -2.714081833779254e-05
                |> Lanes.next t 2.6270319271425064e-05
                |> Lanes.next t 0.00023732471065126856
                |> Lanes.next t -0.0019779030200778747
                |> Lanes.next t 0.010033825434025733
                |> Lanes.next t -0.041561098046495534
                |> Lanes.next t -0.8431072563584867
                |> Lanes.next t -2.6389675142347913
                |> Lanes.next t -1.8496055099332482

        let tail = Lanes.withSignOf x (one -. VectorExponential.expOfNormal far)
        Lanes.select (Lanes.lessEqual a one) (Lanes.fma x (near (x *. x)) x) tail

    /// (f(t) - f(0)) / t for f(t) = (x + 2) exp(x^2) erfc(x), t = (x - 2) / (x + 2), on [-0.42857143, 0.68253968] and [-0.42857143, 0.86666667]: relative error of f 2^-25.79 and 2^-55.52.
    [<MethodImpl(Inline)>]
    let private scaledTailSlope (t: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            Lanes.number 0.000108148583
            |> Lanes.next t -0.000545559218
            |> Lanes.next t -0.000865098322
            |> Lanes.next t 0.00304068392
            |> Lanes.next t 0.00648438558
            |> Lanes.next t -0.0215008128
            |> Lanes.next t -0.0364427157
            |> Lanes.next t 0.279471308
            |> Lanes.next t -0.687160671
        else
            Lanes.number -2.4099139561178365e-07
            |> Lanes.next t 1.1833606091647154e-06
            |> Lanes.next t -1.5588272303749987e-06
            |> Lanes.next t -4.751165985008522e-07
            |> Lanes.next t 7.689855677269718e-07
            |> Lanes.next t 1.5292337616307635e-06
            |> Lanes.next t 3.5428265686361065e-06
            |> Lanes.next t -9.414443777637524e-07
            |> Lanes.next t -1.614655434166639e-05
            |> Lanes.next t -2.1727752622041102e-05
            |> Lanes.next t 3.415879073165006e-05
            |> Lanes.next t 0.00014447339392787803
            |> Lanes.next t 3.437009569783523e-05
            |> Lanes.next t -0.0006630735909551744
            |> Lanes.next t -0.0008372959706865173
            |> Lanes.next t 0.003090612057443871
            |> Lanes.next t 0.006479185064515695
            |> Lanes.next t -0.021510661889301886
            |> Lanes.next t -0.03644223150682785
            |> Lanes.next t 0.2794720925560511
            |> Lanes.next t -0.6871606844138108

    /// 1 - erf(x), with relative accuracy until it underflows: 1 - x - x q(x^2) up to 0.8, then exp(-x^2) f(t) / (x + 2) with every loss carried along.
    [<MethodImpl(Inline)>]
    let erfc (x: 'L :> ILane<'L>) : 'L =
        let one, two = Lanes.number 1.0, Lanes.number 2.0
        let isNear = Lanes.lessEqual (Lanes.abs x) (Lanes.number 0.8)
        let a = Lanes.atMost 10.6 28.0 (Lanes.abs x)
        let square = a *. a
        let centre = Lanes.fma (negate x) (near square) (one -. x)
        let sum = a +. two
        let inverse = one /. sum
        let lostInverse = Lanes.fma (negate inverse) (a -. (sum -. two)) (Lanes.fma (negate inverse) sum one)
        let difference = a -. two
        let t = difference *. inverse
        let lostT = Lanes.fma t lostInverse (Lanes.fma difference inverse (negate t))
        let slope = scaledTailSlope t
        let constant = Lanes.choose 1.02158272 1.021582705242023
        let f = Lanes.fma t slope constant
        let lostF = Lanes.fma slope lostT (Lanes.fma t slope (constant -. f))
        let quotient = f *. inverse
        let lostQuotient = Lanes.fma lostF inverse (Lanes.fma f inverse (negate quotient))
        let lostSquare = Lanes.fma a a (negate square)
        let struct (excess, first, second) = VectorExponential.ofSum (negate square) (negate lostSquare)
        let lost = Lanes.fma quotient lostInverse lostQuotient
        let tail = (quotient +. Lanes.fma quotient excess lost) *. first *. second
        let value = Lanes.select isNear centre (Lanes.select (Lanes.less x (Lanes.number 0.0)) (two -. tail) tail)
        Lanes.orNaN x value

    // M. B. Giles, "Approximating the erfinv function", GPU Computing Gems (2010): polynomials in w = -log(1 - x^2). In float32 with the
    // roundings of JAX (x^2 rounded, the logarithm nearly always the nearest), so that its normal draws are met.

    /// In w, up to 5 and 6.25.
    [<MethodImpl(Inline)>]
    let private inverseCentre (w: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            let t = w -. Lanes.number 2.5

            Lanes.number 2.81022636e-08
            |> Lanes.next t 3.43273939e-07
            |> Lanes.next t -3.5233877e-06
            |> Lanes.next t -4.39150654e-06
            |> Lanes.next t 0.00021858087
            |> Lanes.next t -0.00125372503
            |> Lanes.next t -0.00417768164
            |> Lanes.next t 0.246640727
            |> Lanes.next t 1.50140941
        else
            let t = w -. Lanes.number 3.125

            Lanes.number -3.6444120640178196996e-21
            |> Lanes.next t -1.685059138182016589e-19
            |> Lanes.next t 1.2858480715256400167e-18
            |> Lanes.next t 1.115787767802518096e-17
            |> Lanes.next t -1.333171662854620906e-16
            |> Lanes.next t 2.0972767875968561637e-17
            |> Lanes.next t 6.6376381343583238325e-15
            |> Lanes.next t -4.0545662729752068639e-14
            |> Lanes.next t -8.1519341976054721522e-14
            |> Lanes.next t 2.6335093153082322977e-12
            |> Lanes.next t -1.2975133253453532498e-11
            |> Lanes.next t -5.4154120542946279317e-11
            |> Lanes.next t 1.051212273321532285e-09
            |> Lanes.next t -4.1126339803469836976e-09
            |> Lanes.next t -2.9070369957882005086e-08
            |> Lanes.next t 4.2347877827932403518e-07
            |> Lanes.next t -1.3654692000834678645e-06
            |> Lanes.next t -1.3882523362786468719e-05
            |> Lanes.next t 0.0001867342080340571352
            |> Lanes.next t -0.00074070253416626697512
            |> Lanes.next t -0.0060336708714301490533
            |> Lanes.next t 0.24015818242558961693
            |> Lanes.next t 1.6536545626831027356

    /// In the root of w, up to 4, in float64 alone.
    [<MethodImpl(Inline)>]
    let private inverseMiddle (root: 'L :> ILane<'L>) : 'L =
        let t = root -. Lanes.number 3.25

        Lanes.number 2.2137376921775787049e-09
        |> Lanes.next t 9.0756561938885390979e-08
        |> Lanes.next t -2.7517406297064545428e-07
        |> Lanes.next t 1.8239629214389227755e-08
        |> Lanes.next t 1.5027403968909827627e-06
        |> Lanes.next t -4.013867526981545969e-06
        |> Lanes.next t 2.9234449089955446044e-06
        |> Lanes.next t 1.2475304481671778723e-05
        |> Lanes.next t -4.7318229009055733981e-05
        |> Lanes.next t 6.8284851459573175448e-05
        |> Lanes.next t 2.4031110387097893999e-05
        |> Lanes.next t -0.0003550375203628474796
        |> Lanes.next t 0.00095328937973738049703
        |> Lanes.next t -0.0016882755560235047313
        |> Lanes.next t 0.0024914420961078508066
        |> Lanes.next t -0.0037512085075692412107
        |> Lanes.next t 0.005370914553590063617
        |> Lanes.next t 1.0052589676941592334
        |> Lanes.next t 3.0838856104922207635

    /// In the root of w, beyond.
    [<MethodImpl(Inline)>]
    let private inverseTail (root: 'L :> ILane<'L>) : 'L =
        if Lanes.isSingle<'L>() then
            let t = root -. Lanes.number 3.0

            Lanes.number -0.000200214257
            |> Lanes.next t 0.000100950558
            |> Lanes.next t 0.00134934322
            |> Lanes.next t -0.00367342844
            |> Lanes.next t 0.00573950773
            |> Lanes.next t -0.0076224613
            |> Lanes.next t 0.00943887047
            |> Lanes.next t 1.00167406
            |> Lanes.next t 2.83297682
        else
            let t = root -. Lanes.number 5.0

            Lanes.number -2.7109920616438573243e-11
            |> Lanes.next t -2.5556418169965252055e-10
            |> Lanes.next t 1.5076572693500548083e-09
            |> Lanes.next t -3.7894654401267369937e-09
            |> Lanes.next t 7.6157012080783393804e-09
            |> Lanes.next t -1.4960026627149240478e-08
            |> Lanes.next t 2.9147953450901080826e-08
            |> Lanes.next t -6.7711997758452339498e-08
            |> Lanes.next t 2.2900482228026654717e-07
            |> Lanes.next t -9.9298272942317002539e-07
            |> Lanes.next t 4.5260625972231537039e-06
            |> Lanes.next t -1.9681778105531670567e-05
            |> Lanes.next t 7.5995277030017761139e-05
            |> Lanes.next t -0.00021503011930044477347
            |> Lanes.next t -0.00013871931833623122026
            |> Lanes.next t 1.0103004648645343977
            |> Lanes.next t 4.8499064014085844221

    [<MethodImpl(Inline)>]
    let erfInverse (x: 'L :> ILane<'L>) : 'L =
        let one = Lanes.number 1.0
        let a = Lanes.abs x
        let w = VectorLogarithm.minusLog1pOfMinusSquare x
        let root = Lanes.sqrt w
        let centre, tail = inverseCentre w, inverseTail root

        let factor =
            if Lanes.isSingle<'L>() then
                Lanes.select (Lanes.less w (Lanes.number 5.0)) centre tail
            else
                let outer = Lanes.select (Lanes.less w (Lanes.number 16.0)) (inverseMiddle root) tail
                Lanes.select (Lanes.less w (Lanes.number 6.25)) centre outer

        let edge = Lanes.select (Lanes.equal a one) (x *. Lanes.number infinity) (Lanes.number nan)
        Lanes.select (Lanes.less a one) (factor *. x) edge
