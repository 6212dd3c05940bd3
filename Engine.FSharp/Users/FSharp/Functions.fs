// Functions of each entry as curried functions, beside F#'s own (exp, log, sin, abs, ...), which take tensors.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Functions of each entry as curried functions, beside F#'s own (exp, log, sin, abs, ...), which take tensors.</summary>
[<AutoOpen>]
module Functions =
    /// <summary>1 - erf x, with relative accuracy in the right tail.</summary>
    let erfc (x: Tensor) : Tensor = Tensor.Map(Elementwise.erfc, x)

    /// <summary>sin(pi x) / (pi x), 1 at 0, with derivatives of every order there.</summary>
    let sinc (x: Tensor) : Tensor = Tensor.Map(Elementwise.sinc 0, x)

    /// <summary>The modified Bessel function of the first kind of order n.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The order is negative.</exception>
    let besselI (n: int) (x: Tensor) : Tensor =
        Limits.NotNegative(n, nameof n)
        Tensor.Map(Elementwise.besselI n, x)

    /// <summary>The square, exactly x times x.</summary>
    let square (a: Tensor) : Tensor = Tensor.Pow(a, 2)

    /// <summary>Converted to a dtype.</summary>
    let asType (dtype: DType) (a: Tensor) : Tensor = Operations.asType dtype a

    /// <summary>The same number with derivative zero.</summary>
    let stopGradient (a: Tensor) : Tensor = Operations.stopGradient a
