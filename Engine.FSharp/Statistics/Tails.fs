// Tail probabilities of test statistics as natural logarithms, which neither underflow nor come from 1 - cdf, and Student's quantile.
// They are our own: of the references in Tests/Data/statistics/tails.json, MathNet.Numerics 5.0.0 misses 12 digits in 19 of 111
// Student tails and 40 of 70 quantiles, gives Fisher's tail as 1 - cdf, and has no logarithms.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal Tails =
    /// log I_x(a, b) with x = 1 / (1 + odds) and odds > 0; beyond 1e300 it goes as odds^-a.
    let private beta a b (odds: float) =
        let kept = min odds 1e300

        BetaTail.log a b (1.0 / (1.0 + kept)) (kept / (1.0 + kept)) - a * Special.log (odds / kept)

    /// log P(|T| >= |t|) of Student's t with n degrees of freedom: I_x(n/2, 1/2), x = n / (n + t^2).
    let student (degreesOfFreedom: float) (t: float) =
        let kept = min (abs t) 1e150

        if kept = 0.0 then
            0.0
        else
            // Beyond, P goes as t^-n.
            beta (degreesOfFreedom / 2.0) 0.5 (kept * kept / degreesOfFreedom)
            - degreesOfFreedom * Special.log (abs t / kept)

    /// log P(F >= f) of Fisher's F with m and n degrees of freedom: I_x(n/2, m/2), x = n / (n + m f).
    let fisher (numerator: float) (denominator: float) (f: float) =
        if f <= 0.0 then 0.0 else beta (denominator / 2.0) (numerator / 2.0) (numerator * f / denominator)

    /// log P(|Z| >= |z|) of the normal distribution: log erfc(|z| / sqrt 2).
    let normal (z: float) =
        let x = abs z / sqrt 2.0

        if x < 1.0 then
            Special.log1p -(SpecialFunctions.erf.Meaning.Scalar x)
        elif Double.IsInfinity x then
            -infinity
        else
            // sqrt(pi) exp(x^2) erfc x = 1 / (x + (1/2) / (x + (2/2) / (x + (3/2) / ...))), from the end.
            let mutable fraction = x

            for k in int (20.0 + 400.0 / (x * x)) .. -1 .. 1 do
                fraction <- x + 0.5 * float k / fraction

            -0.5 * z * z - Special.log (fraction * sqrt Math.PI)

    /// The t >= 0 with P(|T| >= t) = tail, 0 < tail < 1: Newton's method on log P as a function of log t, which is concave.
    let studentQuantile (degreesOfFreedom: float) (tail: float) =
        let target = Special.log tail
        let half = degreesOfFreedom / 2.0
        let mutable logT = 0.0
        let mutable step = infinity
        let mutable remaining = 200

        while abs step > 1e-16 && remaining > 0 do
            let odds = Special.exp (2.0 * logT) / degreesOfFreedom
            let x = 1.0 / (1.0 + odds)
            let y = odds / (1.0 + odds)
            let logP = BetaTail.log half 0.5 x y
            // d log P / d log t = -n x^(n/2) y^(1/2) / (n/2 B(n/2, 1/2)) / P.
            let slope = -degreesOfFreedom * Special.exp (BetaTail.logPrefactor half 0.5 x y - logP)

            step <- (target - logP) / slope
            logT <- logT + step
            remaining <- remaining - 1

        Special.exp logT
