// Floating-point lanes as bits, for vector forms that take exponents apart or put them together.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal LaneFloats =
    /// One of two values by the dtype of a float lane.
    let choose (x: Lane) single double =
        match x.DType with
        | DType.Float32 -> single
        | DType.Float64 -> double
        | _ -> invalidOp $"A vector form of floats was given {DType.name x.DType}."

    /// c0 x^n + ... + cn with one list of coefficients for each dtype, highest power first.
    let polynomial single double (x: Lane) = Lane.polynomial (choose x single double) x

    let number single double (x: Lane) = x.Number(choose x single double)
    let mantissaBits x = choose x 23 52
    let bias x = choose x 127 1023

    let asInteger x = Lane.reinterpret (choose x DType.Int32 DType.Int64) x

    let asUnsigned x = Lane.reinterpret (choose x DType.UInt32 DType.UInt64) x

    /// An integer lane as the bits of a float of x's dtype.
    let asFloatLike (x: Lane) (bits: Lane) = Lane.reinterpret x.DType bits

    /// The sign bit of x as an integer lane.
    let signBit x =
        let bits = asUnsigned x
        bits &&. bits.Pattern(choose x 0x80000000UL 0x8000000000000000UL)

    /// A value that is not negative, with the sign bit of x set on it.
    let withSignOf x (magnitude: Lane) = asFloatLike x (asUnsigned magnitude ||. signBit x)

    /// The value, but NaN where x is: sums of unlike NaNs would have other bits on other targets.
    let orNaN (x: Lane) value = Lane.select (Lane.equal x x) value (x.Number nan)

    /// For an integer n near scale * x: n as a float, and an unsigned integer whose low bits are those of n + offset.
    /// 1.5 * 2^mantissa, added, leaves the nearest integer in the low bits of the sum.
    let nearestInteger (scale: float) (offset: int) (x: Lane) =
        let shift = x.Number(choose x (1.5 * 8388608.0) (1.5 * 4503599627370496.0) + float offset)

        let shifted = Lane.fma x (x.Number scale) shift
        struct (shifted -. shift, asUnsigned shifted)
