// The arithmetic in which the functions of the table are written, for any type of lane. Small functions are inlined where a loop is compiled.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open Pipeline.Kernels

[<AutoOpen>]
module internal Inlining =
    [<Literal>]
    let Inline = MethodImplOptions.AggressiveInlining

    /// For large functions: methods of their own, in whose callers enough may be inlined, and compiled in full at their first use.
    [<Literal>]
    let Apart = MethodImplOptions.NoInlining ||| MethodImplOptions.AggressiveOptimization

/// Arithmetic in infix form: F# resolves + and * on a type variable in few places.
module internal LanesOperators =
    let inline (+.) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Add(a, b)

    let inline (-.) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Subtract(a, b)

    let inline ( *. ) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Multiply(a, b)

    let inline (/.) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Divide(a, b)

    let inline negate (a: 'L :> ILane<'L>) : 'L = 'L.Negate a

    let inline (&&.) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.And(a, b)

    let inline (||.) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Or(a, b)

    let inline (^^.) (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Xor(a, b)

open LanesOperators

[<RequireQualifiedAccess>]
module internal Lanes =
    let inline number (value: float) : 'L :> ILane<'L> = 'L.Number value

    let inline internal is<'L, 'T> () = Type.op_Equality (typeof<'L>, typeof<'T>)

    /// 'L.IsSingle. The JIT reads both sides of a branch before it inlines a property, and inlines all of both; what types are it knows at once,
    /// and never reads the side for the others.
    let inline isSingle<'L when 'L :> ILane<'L>> () : bool =
        is<'L, Lanes512<float32>>()
        || is<'L, Lanes256<float32>>()
        || is<'L, Lanes128<float32>>()
        || not (is<'L, Lanes512<float>>() || is<'L, Lanes256<float>>() || is<'L, Lanes128<float>>()) && 'L.IsSingle

    /// A number by the lane's type.
    let inline choose (single: float) (double: float) : 'L :> ILane<'L> = 'L.Number(if 'L.IsSingle then single else double)

    /// A bit pattern by the lane's type.
    let inline pattern (single: uint64) (double: uint64) : 'L :> ILane<'L> = 'L.Pattern(if 'L.IsSingle then single else double)

    let inline fma (a: 'L :> ILane<'L>) (b: 'L) (c: 'L) : 'L = 'L.MultiplyAdd(a, b, c)

    /// sum x + c: a step of Horner's rule.
    let inline next (x: 'L :> ILane<'L>) (c: float) (sum: 'L) : 'L = 'L.MultiplyAdd(sum, x, 'L.Number c)

    let inline abs (a: 'L :> ILane<'L>) : 'L = 'L.Absolute a

    let inline sqrt (a: 'L :> ILane<'L>) : 'L = 'L.SquareRoot a

    let inline min (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Minimum(a, b)

    let inline max (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Maximum(a, b)

    /// The maximum with a constant, neither 0 nor NaN, by the lane's type.
    let inline atLeast (single: float) (double: float) (a: 'L :> ILane<'L>) : 'L = 'L.AtLeast(a, (if 'L.IsSingle then single else double))

    /// The minimum with a constant, neither 0 nor NaN, by the lane's type.
    let inline atMost (single: float) (double: float) (a: 'L :> ILane<'L>) : 'L = 'L.AtMost(a, (if 'L.IsSingle then single else double))

    let inline equal (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Equal(a, b)

    let inline less (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.Less(a, b)

    let inline lessEqual (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.LessEqual(a, b)

    let inline select (mask: 'L :> ILane<'L>) (a: 'L) (b: 'L) : 'L = 'L.Select(mask, a, b)

    let inline not (a: 'L :> ILane<'L>) : 'L = 'L.Not a

    /// The value, but NaN where x is: sums of unlike NaNs would have other bits on other targets.
    let inline orNaN (x: 'L :> ILane<'L>) (value: 'L) : 'L = select (equal x x) value (number nan)

    let inline addBits (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.AddBits(a, b)

    let inline subtractBits (a: 'L :> ILane<'L>) (b: 'L) : 'L = 'L.SubtractBits(a, b)

    /// By a number of bits that depends on the lane's type.
    let inline shiftLeft (single: int) (double: int) (a: 'L :> ILane<'L>) : 'L = 'L.ShiftLeft(a, (if 'L.IsSingle then single else double))

    /// The bits of an integer moved to where the exponent of a float is.
    let inline toExponent (a: 'L :> ILane<'L>) : 'L = shiftLeft 23 52 a

    let inline signBit () : 'L :> ILane<'L> = pattern 0x80000000UL 0x8000000000000000UL

    /// A value that is not negative, with the sign bit of x set on it.
    let inline withSignOf (x: 'L :> ILane<'L>) (magnitude: 'L) : 'L = magnitude ||. (x &&. signBit ())

    /// For an integer n near scale * x: n as a float, and bits whose low ones are those of n + offset (offsets by the lane's type).
    /// 1.5 * 2^mantissa, added, leaves the nearest integer in the low bits of the sum.
    let inline nearestInteger (scale: float) (offset: int) (offset64: int) (x: 'L :> ILane<'L>) : struct ('L * 'L) =
        let shift: 'L = choose (1.5 * 8388608.0 + float offset) (1.5 * 4503599627370496.0 + float offset64)
        let shifted = fma x (number scale) shift
        struct (shifted -. shift, shifted)
