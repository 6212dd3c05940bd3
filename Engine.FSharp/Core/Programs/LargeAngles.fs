// Sines, cosines and tangents of large arguments: where the vector forms' reduction loses digits they call these.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal LargeAngles =
    /// The bits of 2 / pi after the point, after 128 zeros.
    let private twoOverPi = [|
        0UL
        0UL
        0xa2f9836e4e441529UL
        0xfc2757d1f534ddc0UL
        0xdb6295993c439041UL
        0xfe5163abdebbc561UL
        0xb7246e3a424dd2e0UL
        0x06492eea09d1921cUL
        0xfe1deb1cb129a73eUL
        0xe88235f52ebb4484UL
        0xe99c7026b45f7e41UL
        0x3991d639835339f4UL
        0x9c845f8bbdf9283bUL
        0x1ff897ffde05980fUL
        0xef2f118b5a0a6d1fUL
        0x6d367ecf27cb09b7UL
        0x4f463f669e5fea2dUL
        0x7527bac7ebe5f17bUL
        0x3d0739f78a5292eaUL
        0x6bfb5fb11f8d5d08UL
        0x56033046fc7b6babUL
        0xf0cfbc209af4361dUL
    |]

    /// The 64 bits from a position on.
    let private bitsFrom position =
        let word, shift = position >>> 6, position &&& 63

        if shift = 0 then
            twoOverPi[word]
        else
            (twoOverPi[word] <<< shift) ||| (twoOverPi[word + 1] >>> (64 - shift))

    /// n modulo 4, r and a correction where |x| = n pi/2 + r + correction, |r| <= pi/4; for 1 <= |x| < infinity. For |x| = m 2^e with a whole m
    /// of 53 bits, the bits of 2 / pi that m 2^e carries to a multiple of 4 are left out, and 256 from there on decide the rest (M. Payne and
    /// R. Hanek, "Radian reduction for trigonometric functions", SIGNUM Newsletter 18 (1983)).
    let private reduce (x: float) : struct (int * float * float) =
        let bits = BitConverter.DoubleToUInt64Bits(abs x)
        let exponent = int (bits >>> 52) - 1075
        let m = (bits &&& 0xfffffffffffffUL) ||| 0x10000000000000UL
        let first = 128 + exponent - 2
        // m times four words, without what is beyond the first.
        let mutable low3 = 0UL
        let high3 = Math.BigMul(m, bitsFrom (first + 192), &low3)
        let mutable low2 = 0UL
        let high2 = Math.BigMul(m, bitsFrom (first + 128), &low2)
        let mutable low1 = 0UL
        let high1 = Math.BigMul(m, bitsFrom (first + 64), &low1)
        let word2 = low2 + high3
        let carry2 = if word2 < low2 then 1UL else 0UL
        let sum1 = low1 + high2
        let word1 = sum1 + carry2
        let carry1 = (if sum1 < low1 then 1UL else 0UL) + (if word1 < sum1 then 1UL else 0UL)
        let word0 = m * bitsFrom first + high1 + carry1
        // Two bits of whole right angles, then the fraction as a signed number of 192 bits.
        let isUpper = word0 &&& 0x2000000000000000UL <> 0UL
        let n = int (word0 >>> 62) + (if isUpper then 1 else 0)
        let top = UInt128((word0 <<< 2) ||| (word1 >>> 62), (word1 <<< 2) ||| (word2 >>> 62))
        let next = (word2 <<< 2) ||| (low3 >>> 62)
        let top, next = if isUpper then UInt128.op_OnesComplement top, ~~~next else top, next
        let zeros = int (UInt128.LeadingZeroCount top)

        let top = if zeros = 0 then top else (top <<< zeros) ||| (UInt128(next, 0UL) >>> (128 - zeros))

        // The fraction in two parts of 53 bits, in right angles.
        let part shift =
            let bits = (top >>> shift) &&& UInt128(0UL, 0x1fffffffffffffUL)
            let sign = if isUpper then -1.0 else 1.0
            sign * Math.ScaleB(float (uint64 bits), shift - 128 - zeros)

        let high, low = part 75, part 22
        let r = high * 1.5707963267948966
        let lost = Math.FusedMultiplyAdd(high, 1.5707963267948966, -r)
        let rest = lost + Math.FusedMultiplyAdd(high, 6.123233995736766e-17, low * 1.5707963267948966)
        let sum = r + rest
        struct (n, sum, rest - (sum - r))

    let private factorials = Array.scan (*) 1.0 [| 1.0 .. 21.0 |]

    /// Of sin r = r + r^3 p(r^2) and cos r = 1 - r^2 / 2 + r^4 p(r^2), by Taylor, highest power first.
    let private coefficients first sign = [| for k in 8..-1..0 -> (if k % 2 = 0 then sign else -sign) / factorials[2 * k + first] |]
    let private sineTail = coefficients 3 -1.0
    let private cosineTail = coefficients 4 1.0

    /// Sine and cosine of r + correction.
    let private both (r: float) (correction: float) : struct (float * float) =
        let s = r * r
        let sine = r + Math.FusedMultiplyAdd(r * s, Special.polynomial sineTail s, correction)
        let half = 0.5 * s
        let head = 1.0 - half
        // What the rounded square and the difference lose.
        let lost = (1.0 - head) - half - 0.5 * Math.FusedMultiplyAdd(r, r, -s) - r * correction
        struct (sine, head + Math.FusedMultiplyAdd(s * s, Special.polynomial cosineTail s, lost))

    /// sin(|x| + turns pi/2).
    let private wave turns (x: float) =
        if Double.IsFinite x then
            let struct (n, r, correction) = reduce x
            let struct (sine, cosine) = both r correction

            match (n + turns) &&& 3 with
            | 0 -> sine
            | 1 -> cosine
            | 2 -> -sine
            | _ -> -cosine
        else
            nan

    let sin (x: float) = if x < 0.0 then -(wave 0 x) else wave 0 x

    let cos (x: float) = wave 1 x

    let tan (x: float) = sin x / cos x
