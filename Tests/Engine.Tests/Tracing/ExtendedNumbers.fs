/// Numbers of 106 bits, as unevaluated sums of two float64, with the elementary and special functions of real numbers: the reference's own arithmetic.
namespace Pipeline.Engine.Tests

open System
open System.Numerics

/// High + Low, |Low| at most half a unit in the last place of High.
[<Struct; CustomEquality; NoComparison>]
type Extended(high: float, low: float) =
    member _.High = high
    member _.Low = low
    member _.IsZero = high = 0.0
    member _.IsFinite = Double.IsFinite high

    override _.Equals other =
        match other with
        | :? Extended as other -> other.High = high && other.Low = low
        | _ -> false

    override _.GetHashCode() = HashCode.Combine(high, low)

    /// |a| >= |b|, or a is 0.
    static member private Quick(a: float, b: float) =
        let s = a + b
        Extended(s, (if Double.IsFinite s then b - (s - a) else 0.0))

    static member OfFloat(x: float) = Extended(x, 0.0)
    static member (~-)(a: Extended) = Extended(-a.High, -a.Low)

    static member (+)(a: Extended, b: Extended) =
        let s = a.High + b.High

        if Double.IsFinite s then
            let t = s - a.High
            let e = (a.High - (s - t)) + (b.High - t)
            let r = a.Low + b.Low
            let q = r - a.Low
            let f = (a.Low - (r - q)) + (b.Low - q)
            let first = Extended.Quick(s, e + r)
            Extended.Quick(first.High, first.Low + f)
        else
            Extended(s, 0.0)

    static member (-)(a: Extended, b: Extended) = a + (-b)

    static member (*)(a: Extended, b: Extended) =
        let p = a.High * b.High

        if Double.IsFinite p then
            let e = Math.FusedMultiplyAdd(a.High, b.High, -p)
            Extended.Quick(p, e + (a.High * b.Low + a.Low * b.High))
        else
            Extended(p, 0.0)

    static member (*)(a: Extended, b: float) = a * Extended(b, 0.0)

    static member (/)(a: Extended, b: Extended) =
        let q = a.High / b.High

        if Double.IsFinite q && Double.IsFinite b.High then
            let r = a - b * q
            let q2 = r.High / b.High
            let r = r - b * q2
            Extended.Quick(q, q2) + Extended(r.High / b.High, 0.0)
        else
            Extended(q, 0.0)

    static member (/)(a: Extended, b: float) = a / Extended(b, 0.0)
    static member (+)(a: Extended, b: float) = a + Extended(b, 0.0)
    static member (-)(a: Extended, b: float) = a - Extended(b, 0.0)

/// Functions of one real number to about 30 digits in their ranges here.
module Extended =
    let real x = Extended(x, 0.0)
    let private one = real 1.0

    let isLess (a: Extended) (b: Extended) = a.High < b.High || (a.High = b.High && a.Low < b.Low)

    let abs (a: Extended) = if a.High < 0.0 then -a else a

    let private ofInteger (n: BigInteger) =
        let high = float n
        let rest = n - BigInteger high
        Extended(high, float rest)

    /// A decimal text of up to 40 digits.
    let private parse (whole: string) (fraction: string) =
        ofInteger (BigInteger.Parse(whole + fraction)) / ofInteger (BigInteger.Pow(BigInteger 10, fraction.Length))

    let pi = parse "3" "141592653589793238462643383279502884197"
    let private ln2 = parse "0" "693147180559945309417232121458176568076"

    let sqrt (a: Extended) =
        let root = Math.Sqrt a.High

        if a.High <= 0.0 || not (Double.IsFinite a.High) then
            real root
        else
            let x = real root
            let x = (x + a / x) * 0.5
            (x + a / x) * 0.5

    /// The sum of terms t_0, t_1 = t_0 r_1, t_2 = t_1 r_2, ... until they no longer count.
    let private series (first: Extended) (ratio: int -> Extended) =
        let mutable term = first
        let mutable total = first
        let mutable n = 1

        while Math.Abs term.High > 1e-36 * Math.Abs total.High do
            term <- term * ratio n
            total <- total + term
            n <- n + 1

        total

    let exp (a: Extended) =
        if not (Double.IsFinite a.High) || a.High > 709.0 || a.High < -700.0 then
            real (Math.Exp a.High)
        else
            let k = Math.Round(a.High / ln2.High)
            let r = (a - ln2 * k) / 256.0
            let mutable e = series one (fun n -> r / float n)

            for _ in 1..8 do
                e <- e * e

            let power = Math.ScaleB(1.0, int k)
            Extended(e.High * power, e.Low * power)

    let log (a: Extended) =
        if a.High <= 0.0 || not (Double.IsFinite a.High) then
            real (Math.Log a.High)
        else
            // Newton's method on exp y = a.
            let y = real (Math.Log a.High)
            let y = y + (a * exp -y - one)
            y + (a * exp -y - one)

    let private sinCos (a: Extended) =
        let half = pi * 0.5
        let k = Math.Round(a.High / half.High)
        let r = a - half * k
        let square = r * r

        let s = if r.IsZero then r else series r (fun n -> -square / float (2 * n * (2 * n + 1)))

        let c = series one (fun n -> -square / float (2 * n * (2 * n - 1)))

        match ((int k % 4) + 4) % 4 with
        | 0 -> struct (s, c)
        | 1 -> struct (c, -s)
        | 2 -> struct (-s, -c)
        | _ -> struct (-c, s)

    let private finite f (a: Extended) = if Double.IsFinite a.High then f a else real nan

    let sin =
        finite (fun a ->
            let struct (s, _) = sinCos a
            s)

    let cos =
        finite (fun a ->
            let struct (_, c) = sinCos a
            c)

    let atan (a: Extended) =
        let y = real (Math.Atan a.High)

        if not (Double.IsFinite a.High) then
            y
        else
            // tan (atan a - y), whose arc tangent is itself to 30 digits.
            let struct (s, c) = sinCos y
            y + (a * c - s) / (c + a * s)

    /// The angle of the point (x, y), x not 0.
    let atan2 (y: Extended) (x: Extended) =
        if x.IsZero then
            if y.IsZero then y
            elif y.High > 0.0 then pi * 0.5
            else pi * -0.5
        else
            let angle = atan (y / x)

            if x.High > 0.0 then angle
            elif y.High >= 0.0 then angle + pi
            else angle - pi

    let tanh (a: Extended) =
        let e = exp (abs a * -2.0)
        let t = (one - e) / (one + e)
        if a.High < 0.0 then -t else t

    let asinh (a: Extended) =
        let size = abs a
        let y = log (size + sqrt (size * size + one))
        if a.High < 0.0 then -y else y

    let logistic (a: Extended) = one / (one + exp -a)

    let softplus (a: Extended) = (if a.High > 0.0 then a else real 0.0) + log (one + exp -(abs a))

    let twoOverRootPi = real 2.0 / sqrt pi

    /// 2 / sqrt pi e^(-x^2) times the sum of 2^n x^(2n+1) / (1 3 5 .. (2n+1)), all of whose terms have one sign.
    let erf (a: Extended) =
        if a.IsZero then
            a
        elif Math.Abs a.High > 8.5 then
            real (float (Math.Sign a.High))
        else
            let square = a * a
            let sum = series a (fun n -> square * 2.0 / float (2 * n + 1))
            twoOverRootPi * exp -square * sum

    let erfInverse (a: Extended) =
        if a.IsZero then
            a
        else
            // Newton's method from 0 converges for the convex half.
            let target = abs a
            let mutable y = real 0.0

            for _ in 1..60 do
                y <- y + (target - erf y) * exp (y * y) / twoOverRootPi

            if a.High < 0.0 then -y else y

    /// B_2, B_4, ..., B_40.
    let private bernoulli =
        let size = 40
        // B_n = -1/(n+1) sum over k < n of binomial (n+1, k) B_k, in fractions.
        let b = Array.create (size + 1) (BigInteger.Zero, BigInteger.One)
        b[0] <- BigInteger.One, BigInteger.One

        for n in 1..size do
            let mutable numerator = BigInteger.Zero
            let mutable denominator = BigInteger.One
            let mutable binomial = BigInteger.One

            for k in 0 .. n - 1 do
                let p, q = b[k]
                numerator <- numerator * q + binomial * p * denominator
                denominator <- denominator * q
                let common = BigInteger.GreatestCommonDivisor(numerator, denominator)
                numerator <- numerator / common
                denominator <- denominator / common
                binomial <- binomial * BigInteger(n + 1 - k) / BigInteger(k + 1)

            b[n] <- -numerator, denominator * BigInteger(n + 1)

        Array.init (size / 2) (fun i ->
            let p, q = b[2 * (i + 1)]
            ofInteger p / ofInteger q)

    let factorial n = Seq.fold (fun (product: Extended) i -> product * float i) one (seq { 2..n })

    let private whole (x: Extended) (n: int) = Seq.fold (fun (product: Extended) _ -> product * x) one (seq { 1..n })

    /// The derivative of order m of log gamma at x > 0, by Stirling's series beyond 40 and the recurrence below.
    let logGamma (m: int) (x: Extended) =
        let mutable x = x
        let mutable below = real 0.0

        // log gamma x = log gamma (x + 1) - log x
        while x.High < 40.0 do
            below <- below + (if m = 0 then log x else factorial (m - 1) / whole x m * (if m % 2 = 1 then 1.0 else -1.0))

            x <- x + 1.0

        let sign = if m % 2 = 0 then 1.0 else -1.0

        let leading =
            match m with
            | 0 -> (x - 0.5) * log x - x + log (pi * 2.0) * 0.5
            | 1 -> log x - real 0.5 / x
            | _ -> (factorial (m - 2) / whole x (m - 1) + factorial (m - 1) / whole x m * 0.5) * sign

        let rest =
            bernoulli
            |> Array.mapi (fun i b ->
                let k = 2 * (i + 1)
                // The derivative of order m of B_k / (k (k - 1) x^(k-1)).
                let rising = Seq.fold (fun (product: Extended) j -> product * float j) one (seq { k - 1 .. k - 2 + m })

                b / float (k * (k - 1)) * rising / whole x (k - 1 + m) * sign)

        leading + Array.reduce (+) rest - below
