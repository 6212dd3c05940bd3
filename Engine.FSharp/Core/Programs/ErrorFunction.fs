// The error function, its complement and its inverse: scalar meanings in float64, and the coefficients that the vector forms share.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal ErrorFunction =
    /// erf(x)/x - 1 as a polynomial in x^2 for |x| <= 1: minimax, relative error 2^-62.7 of erf.
    let near = [|
        5.94525937657086e-11
        -1.1365664544840024e-09
        1.4657879473979556e-08
        -1.635002516804504e-07
        1.6460972811928948e-06
        -1.4925593506578643e-05
        0.00012055331036886998
        -0.000854832697874187
        0.005223977624780861
        -0.026866170645072893
        0.11283791670954857
        -0.3761263890318375
        0.1283791670955126
    |]

    /// log erfc(1 + t) as a polynomial in t for t in [0, 5]: minimax in its effect on erf, 2^-66.
    let far = [|
        2.252839184112638e-14
        -7.966644874827125e-13
        1.3275242779306533e-11
        -1.388312457751146e-10
        1.0217814259353835e-09
        -5.597378976747614e-09
        2.326382588136517e-08
        -7.110203434707031e-08
        1.3045710724732214e-07
        9.967683561777257e-08
        -2.016673933859778e-06
        9.576410978547856e-06
        -2.714081833779254e-05
        2.6270319271425064e-05
        0.00023732471065126856
        -0.0019779030200778747
        0.010033825434025733
        -0.041561098046495534
        -0.8431072563584867
        -2.6389675142347913
        -1.8496055099332482
    |]

    let erf (x: float) =
        let magnitude = abs x

        if magnitude <= 1.0 then
            Math.FusedMultiplyAdd(x, Special.polynomial near (x * x), x)
        else
            let t = min (magnitude - 1.0) 5.0
            Math.CopySign(1.0 - Math.Exp(Special.polynomial far t), x)

    /// (1 + 2x) exp(x^2) erfc(x) as a polynomial in t = (x - 3.75) / (x + 3.75) for x >= 0: Chebyshev interpolation, 2^-54. (The mapping is that of
    /// M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", Math. Comp. 36 (1981).)
    let scaledTail = [|
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

    /// 1 - erf(x), with relative accuracy until it underflows.
    let erfc (x: float) =
        if x < 0.45 then
            1.0 - erf x
        elif x > 28.0 then
            0.0
        else
            // exp(-x^2) from the rounded square and what the rounding left over.
            let square = x * x
            let lost = Math.FusedMultiplyAdd(x, x, -square)
            let e = Math.Exp -square
            let t = (x - 3.75) / (x + 3.75)
            (e - e * lost) * (Special.polynomial scaledTail t / (1.0 + 2.0 * x))

    // M. B. Giles, "Approximating the erfinv function", GPU Computing Gems (2010): polynomials in w = -log(1 - x^2).

    /// In w - 3.125, for w < 6.25.
    let inverseCentre = [|
        -3.6444120640178196996e-21
        -1.685059138182016589e-19
        1.2858480715256400167e-18
        1.115787767802518096e-17
        -1.333171662854620906e-16
        2.0972767875968561637e-17
        6.6376381343583238325e-15
        -4.0545662729752068639e-14
        -8.1519341976054721522e-14
        2.6335093153082322977e-12
        -1.2975133253453532498e-11
        -5.4154120542946279317e-11
        1.051212273321532285e-09
        -4.1126339803469836976e-09
        -2.9070369957882005086e-08
        4.2347877827932403518e-07
        -1.3654692000834678645e-06
        -1.3882523362786468719e-05
        0.0001867342080340571352
        -0.00074070253416626697512
        -0.0060336708714301490533
        0.24015818242558961693
        1.6536545626831027356
    |]

    /// In sqrt(w) - 3.25, for w < 16.
    let inverseMiddle = [|
        2.2137376921775787049e-09
        9.0756561938885390979e-08
        -2.7517406297064545428e-07
        1.8239629214389227755e-08
        1.5027403968909827627e-06
        -4.013867526981545969e-06
        2.9234449089955446044e-06
        1.2475304481671778723e-05
        -4.7318229009055733981e-05
        6.8284851459573175448e-05
        2.4031110387097893999e-05
        -0.0003550375203628474796
        0.00095328937973738049703
        -0.0016882755560235047313
        0.0024914420961078508066
        -0.0037512085075692412107
        0.005370914553590063617
        1.0052589676941592334
        3.0838856104922207635
    |]

    /// In sqrt(w) - 5, beyond.
    let inverseTail = [|
        -2.7109920616438573243e-11
        -2.5556418169965252055e-10
        1.5076572693500548083e-09
        -3.7894654401267369937e-09
        7.6157012080783393804e-09
        -1.4960026627149240478e-08
        2.9147953450901080826e-08
        -6.7711997758452339498e-08
        2.2900482228026654717e-07
        -9.9298272942317002539e-07
        4.5260625972231537039e-06
        -1.9681778105531670567e-05
        7.5995277030017761139e-05
        -0.00021503011930044477347
        -0.00013871931833623122026
        1.0103004648645343977
        4.8499064014085844221
    |]

    let erfInverse (x: float) =
        if abs x >= 1.0 then
            if abs x = 1.0 then x * infinity else nan
        else
            // 1 - x^2 rounded once keeps the tails; log1p keeps the middle.
            let w = if abs x < 0.5 then -(Special.log1p (-x * x)) else -(Math.Log(Math.FusedMultiplyAdd(-x, x, 1.0)))

            let factor =
                if w < 6.25 then Special.polynomial inverseCentre (w - 3.125)
                elif w < 16.0 then Special.polynomial inverseMiddle (sqrt w - 3.25)
                else Special.polynomial inverseTail (sqrt w - 5.0)

            factor * x

    /// The float32 polynomials, in w - 2.5 for w < 5 and in sqrt(w) - 3 beyond.
    let inverseCentre32 = [|
        2.81022636e-08f
        3.43273939e-07f
        -3.5233877e-06f
        -4.39150654e-06f
        0.00021858087f
        -0.00125372503f
        -0.00417768164f
        0.246640727f
        1.50140941f
    |]

    let inverseTail32 = [|
        -0.000200214257f
        0.000100950558f
        0.00134934322f
        -0.00367342844f
        0.00573950773f
        -0.0076224613f
        0.00943887047f
        1.00167406f
        2.83297682f
    |]

    /// In float32 with the roundings of JAX (x^2 rounded, log1p rounded correctly, fused Horner), so that its normal draws are met.
    let erfInverse32 (x: float32) =
        if abs x >= 1.0f then
            if abs x = 1.0f then x * infinityf else nanf
        else
            let w = float32 -(Special.log1p (float -(x * x)))

            let struct (coefficients, t) =
                if w < 5.0f then struct (inverseCentre32, w - 2.5f) else struct (inverseTail32, sqrt w - 3.0f)

            let mutable sum = coefficients[0]

            for i in 1 .. coefficients.Length - 1 do
                sum <- MathF.FusedMultiplyAdd(sum, t, coefficients[i])

            sum * x
