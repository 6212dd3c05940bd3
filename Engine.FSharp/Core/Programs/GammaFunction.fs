// The logarithm of the gamma function and its derivatives of every order: scalar meanings in float64.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal GammaFunction =
    let private isInteger (x: float) = Math.Floor x = x

    /// lgamma(2 + z) / z for |z| <= 1/2: minimax, relative error 2^-65.5.
    let private nearTwo =
        let coefficients = [|
            -7.888374216656121e-09
            1.5170912863034173e-08
            -2.047459909232798e-08
            4.482791121767257e-08
            -1.0144575342610346e-07
            2.1312209987148465e-07
            -4.489618171248153e-07
            9.549029728497004e-07
            -2.0392680909525264e-06
            4.374901788238662e-06
            -9.439481913493903e-06
            2.0507209419789163e-05
            -4.492623724485144e-05
            9.945751298782555e-05
            -0.00022315475842805895
            0.0005096695247353352
            -0.0011927539117040187
            0.002890510330741683
            -0.0073855510286739735
            0.020580808427784546
            -0.0673523010531981
            0.3224670334241132
            0.42278433509846713
        |]

        fun z -> z * Special.polynomial coefficients z

    /// The Bernoulli numbers B2, B4, ... B30.
    let private bernoulli = [|
        1.0 / 6.0
        -1.0 / 30.0
        1.0 / 42.0
        -1.0 / 30.0
        5.0 / 66.0
        -691.0 / 2730.0
        7.0 / 6.0
        -3617.0 / 510.0
        43867.0 / 798.0
        -174611.0 / 330.0
        854513.0 / 138.0
        -236364091.0 / 2730.0
        8553103.0 / 6.0
        -23749461029.0 / 870.0
        8615841276005.0 / 14322.0
    |]

    /// B2k / (2k (2k - 1)) for Stirling's series in 1/x^2, and B2k / 2k for that of digamma, highest power first.
    let private stirling =
        Array.init 10 (fun i -> let k = float (10 - i) in bernoulli[9 - i] / (2.0 * k * (2.0 * k - 1.0)))

    let private digammaSeries = Array.init 10 (fun i -> bernoulli[9 - i] / (2.0 * float (10 - i)))

    /// log|gamma(x)|, with relative accuracy also near its zeros 1 and 2.
    let rec lgamma (x: float) =
        if Double.IsInfinity x then
            infinity
        elif x <= 0.0 && isInteger x then
            infinity
        elif x <= -0.5 then
            // gamma(x) gamma(-x) = -pi / (x sin(pi x)).
            Special.log (Math.PI / abs (x * Double.SinPi x)) - lgamma -x
        elif x < 0.5 then
            // gamma(x) = gamma(2 + x) / ((1 + x) x).
            nearTwo x - Special.log1p x - Special.log (abs x)
        elif x < 1.5 then
            nearTwo (x - 1.0) - Special.log1p (x - 1.0)
        elif x < 10.0 then
            let mutable z = x
            let mutable product = 1.0

            while z > 2.5 do
                z <- z - 1.0
                product <- product * z

            nearTwo (z - 2.0) + Special.log product
        else
            // Stirling: (x - 1/2) log x - x + log(2 pi) / 2 + series, arranged so that it overflows only where the result does.
            let logarithm = Special.log x

            x * (logarithm - 1.0)
            + (0.5 * (Special.log (2.0 * Math.PI) - logarithm) + Special.polynomial stirling (1.0 / x / x) / x)

    /// psi(1.5 + t) / (1.5 + t - root) for |t| <= 1/2: minimax, relative error 2^-58.5.
    let private digammaOverRoot = [|
        0.00012117358916926661
        -0.00017833311173457602
        9.32947542258603e-05
        -0.00014465668062627968
        0.00032588093059547217
        -0.00048603449775104745
        0.0006902820919967518
        -0.001036432049936326
        0.0015635034070739743
        -0.0023454998315158783
        0.0035180887039733114
        -0.0052799366363436295
        0.00792702332757596
        -0.011908220153139462
        0.01790724823556209
        -0.026975796657626946
        0.04076083394339181
        -0.06192213327554265
        0.09498872445284975
        -0.14840492305388028
        0.24054248424078722
        -0.4236274212814606
        0.9510558760318328
    |]

    /// psi(x) = d/dx log gamma(x), with relative accuracy at its positive zero.
    let rec digamma (x: float) =
        if x = 0.0 then
            -1.0 / x
        elif x < 0.0 then
            // psi(1 - x) - psi(x) = pi cot(pi x); no limit at the poles.
            if isInteger x then nan else digamma (1.0 - x) - Math.PI / Double.TanPi x
        elif x < 10.0 then
            let mutable z = x
            let mutable sum = 0.0

            if z < 1.0 then
                sum <- -1.0 / z
                z <- z + 1.0

            while z > 2.0 do
                z <- z - 1.0
                sum <- sum + 1.0 / z

            // The zero in two parts.
            (z - 1.4616321449683622 - 9.549995429965697e-17) * Special.polynomial digammaOverRoot (z - 1.5) + sum
        else
            let inverse = 1.0 / x
            let square = inverse * inverse
            Special.log x - (0.5 * inverse + square * Special.polynomial digammaSeries square)

    /// m! / x^(m + 1), without overflow on the way.
    let private pole m (x: float) =
        let mutable product = 1.0 / x

        for i in 1..m do
            product <- product * (float i / x)

        product

    /// The coefficients of q where d^m/dx^m cot(pi x) = (-pi)^m (1 + c^2) q(c), c = cot(pi x), m >= 1, lowest power first.
    let private cotangentDerivative m =
        // q_1 = 1; q_(m+1) = d/dc ((1 + c^2) q_m).
        let mutable q = [| 1.0 |]

        for _ in 2..m do
            let product =
                Array.init (q.Length + 2) (fun i -> (if i < q.Length then q[i] else 0.0) + (if i >= 2 then q[i - 2] else 0.0))

            q <- Array.init (q.Length + 1) (fun i -> float (i + 1) * product[i + 1])

        q

    /// The m-th derivative of digamma; digamma itself for m = 0.
    let rec polygamma (m: int) : float -> float =
        if m = 0 then
            digamma
        else
            let sign = if m % 2 = 0 then -1.0 else 1.0
            let reflection = Array.rev (cotangentDerivative m)
            // B2k (2k + m - 1)! / ((2k)! m!) times m, over pole (m - 1), which is (m - 1)! / x^m.
            let series =
                let coefficients =
                    Array.mapFold
                        (fun ratio k ->
                            // ratio = (2k + m - 3)! / ((2k - 2)! (m - 1)!) on entry.
                            let next = ratio * float ((2 * k + m - 2) * (2 * k + m - 1)) / float ((2 * k - 1) * (2 * k))

                            bernoulli[k - 1] * next, next)
                        1.0
                        [| 1 .. bernoulli.Length |]
                    |> fst

                Array.rev coefficients

            let positive (x: float) =
                let mutable z = x
                let mutable sum = 0.0

                // Upwards until the asymptotic series has 2^-60: terms shrink by about ((2k + m) / (2 pi z))^2.
                while z < float (m + 12) do
                    sum <- sum + pole m z
                    z <- z + 1.0

                let square = 1.0 / z / z
                let head = pole (m - 1) z

                sign * (sum + head * (1.0 + float m / (2.0 * z) + square * Special.polynomial series square))

            fun x ->
                if Double.IsNaN x || Double.IsNegativeInfinity x then
                    nan
                elif x > 0.0 then
                    positive x
                elif x = 0.0 then
                    sign * pole m x
                elif isInteger x then
                    if m % 2 = 1 then infinity else nan
                else
                    // (-1)^m psi_m(1 - x) - psi_m(x) = pi d^m/dx^m cot(pi x).
                    let c = 1.0 / Double.TanPi x
                    let mutable scale = -sign * Math.PI

                    for _ in 1..m do
                        scale <- scale * Math.PI

                    -sign * (positive (1.0 - x)) - scale * (1.0 + c * c) * Special.polynomial reflection c
