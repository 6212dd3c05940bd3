// Functions of each entry as curried functions, beside F#'s own (exp, log, sin, abs, round, ...), which take tensors.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Functions of each entry as curried functions, beside F#'s own (exp, log, sin, abs, round, ...), which take tensors.</summary>
/// <remarks>Integers become float64 where the result is real.</remarks>
[<AutoOpen>]
module Functions =
    /// <summary>e^x - 1, accurate near 0.</summary>
    let expm1 (x: Tensor) : Tensor = Tensor.Map(Elementwise.expm1, x)

    /// <summary>log(1 + x), accurate near 0.</summary>
    let log1p (x: Tensor) : Tensor = Tensor.Map(Elementwise.log1p, x)

    /// <summary>1 / x.</summary>
    let reciprocal (x: Tensor) : Tensor = Tensor.Map(Elementwise.reciprocal, x)

    /// <summary>The inverse hyperbolic sine.</summary>
    let asinh (x: Tensor) : Tensor = Tensor.Map(Elementwise.asinh, x)

    /// <summary>1 / (1 + e^-x), accurate in both tails.</summary>
    let logistic (x: Tensor) : Tensor = Tensor.Map(Elementwise.logistic, x)

    /// <summary>log(1 + e^x), without overflow.</summary>
    let softplus (x: Tensor) : Tensor = Tensor.Map(Elementwise.softplus, x)

    /// <summary>The error function.</summary>
    let erf (x: Tensor) : Tensor = Tensor.Map(SpecialFunctions.erf, x)

    /// <summary>1 - erf x, with relative accuracy in the right tail.</summary>
    let erfc (x: Tensor) : Tensor = Tensor.Map(SpecialFunctions.erfc, x)

    /// <summary>The inverse of the error function: infinite at -1 and 1, NaN beyond.</summary>
    let erfInverse (x: Tensor) : Tensor = Tensor.Map(SpecialFunctions.erfInverse, x)

    /// <summary>sin(pi x) / (pi x), 1 at 0, with derivatives of every order there.</summary>
    let sinc (x: Tensor) : Tensor = Tensor.Map(SpecialFunctions.sinc 0, x)

    /// <summary>The logarithm of the absolute value of the gamma function.</summary>
    let lgamma (x: Tensor) : Tensor = Tensor.Map(SpecialFunctions.lgamma, x)

    /// <summary>The derivative of the logarithm of the gamma function.</summary>
    let digamma (x: Tensor) : Tensor = Tensor.Map(SpecialFunctions.digamma, x)

    /// <summary>The m-th derivative of the digamma function.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is negative.</exception>
    let polygamma (m: int) (x: Tensor) : Tensor =
        Limits.NotNegative(m, nameof m)
        Tensor.Map(SpecialFunctions.polygamma m, x)

    /// <summary>The modified Bessel function of the first kind of order n.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is negative.</exception>
    let besselI (n: int) (x: Tensor) : Tensor =
        Limits.NotNegative(n, nameof n)
        Tensor.Map(SpecialFunctions.besselI n, x)

    /// <summary>The square, exactly x times x.</summary>
    let square (a: Tensor) : Tensor = Operations.square a

    /// <summary>The same numbers as another dtype: floats are rounded, and cut off to integers, which saturate.</summary>
    let asType (dtype: DType) (a: Tensor) : Tensor = Operations.asType dtype a

    /// <summary>The same numbers with derivative zero.</summary>
    let stopGradient (a: Tensor) : Tensor = Operations.stopGradient a
