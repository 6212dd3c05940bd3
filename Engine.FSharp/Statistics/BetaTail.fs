// The regularized incomplete beta function and its logarithm: the tails of Student's t and Fisher's F, to full relative accuracy.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal BetaTail =
    let private halfLogTwoPi = 0.91893853320467274178

    /// log gamma(x + 1) - (x + 1/2) log x + x - log(2 pi) / 2, for x > 0 (C. Loader, 2000).
    let private stirlingError (x: float) =
        if x < 15.0 then
            GammaFunction.lgamma (x + 1.0) - (x + 0.5) * Special.log x + x - halfLogTwoPi
        else
            let square = 1.0 / (x * x)

            // B2k / (2k (2k - 1) x^(2k - 1)).
            Special.polynomial [| -691.0 / 360360.0; 1.0 / 1188.0; -1.0 / 1680.0; 1.0 / 1260.0; -1.0 / 360.0; 1.0 / 12.0 |] square
            / x

    /// log(ratio) - x where ratio = 1 + x, each given with its own full accuracy. Near 1, with r = x / (2 + x),
    /// log(1 + x) = 2 (r + r^3/3 + r^5/5 + ...), so that nothing cancels.
    let private logMinusLinear (ratio: float) (x: float) =
        if abs x > 0.4 then
            Special.log ratio - x
        else
            let r = x / (2.0 + x)
            let square = r * r
            let mutable power = 1.0
            let mutable sum = 0.0
            let mutable k = 3.0

            while power > 1e-18 do
                sum <- sum + power / k
                power <- power * square
                k <- k + 2.0

            r * (2.0 * square * sum - x)

    /// log of x^a y^b / (a B(a, b)), where x + y = 1 and both are given so that neither loses digits.
    let logPrefactor (a: float) (b: float) (x: float) (y: float) =
        // With n = a + b: a log(n x / a) + b log(n y / b) and Stirling's errors; the linear parts of the two logarithms cancel.
        let n = a + b
        let difference = b * x - a * y

        stirlingError n - stirlingError a - stirlingError b
        + a * logMinusLinear (n * x / a) (difference / a)
        + b * logMinusLinear (n * y / b) (-difference / b)
        + 0.5 * Special.log (b / (a * n))
        - halfLogTwoPi

    /// x^a y^b / (a B(a, b)) over I_x(a, b) as a continued fraction (A. R. DiDonato and A. H. Morris, 1992, equation 9), evaluated
    /// by J. Lentz's method. a - (a + b) x is written a y - b x, so that no digits are lost where a is large and x near 1.
    let private continuedFraction (a: float) (b: float) (x: float) (y: float) =
        let numerator m =
            let p = a + 2.0 * m - 1.0
            (a + m - 1.0) * (a + b + m - 1.0) * m * (b - m) * (x / p) * (x / p)

        let denominator m =
            m
            + m * (b - m) * x / (a + 2.0 * m - 1.0)
            + (a + m) * (a * y - b * x + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0)

        let awayFromZero d = if abs d < 1e-300 then 1e-300 else d
        // The denominator of m = 0, whose middle term would be 0/0 at a = 1.
        let mutable fraction = awayFromZero (a * (a * y - b * x + 1.0) / (a + 1.0))
        let mutable c = fraction
        let mutable d = 0.0
        let mutable m = 0.0
        let mutable change = 0.0

        while abs (change - 1.0) > 2e-16 do
            m <- m + 1.0
            let above = numerator m
            let below = denominator m
            d <- 1.0 / awayFromZero (below + above * d)
            c <- awayFromZero (below + above / c)
            change <- c * d
            fraction <- fraction * change

        fraction / a

    /// log I_x(a, b) for 0 <= x = 1 - y <= 1.
    let log (a: float) (b: float) (x: float) (y: float) =
        if x <= 0.0 then
            -infinity
        elif y <= 0.0 then
            0.0
        elif x < (a + 1.0) / (a + b + 2.0) then
            logPrefactor a b x y - Special.log (continuedFraction a b x y)
        else
            // I_x(a, b) = 1 - I_y(b, a).
            Special.log1p -(Special.exp (logPrefactor b a y x) / continuedFraction b a y x)
