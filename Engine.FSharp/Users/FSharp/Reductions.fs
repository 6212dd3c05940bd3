// Sums, means and other reductions as curried functions: of all entries, or over axes.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Sums, means and other reductions as curried functions: of all entries, or over axes.</summary>
[<AutoOpen>]
module Reductions =

    /// <summary>The sum of all entries.</summary>
    let sum (a: Tensor) : Tensor = Operations.sum null false a

    /// <summary>The sum along axes.</summary>
    let sumOver (axes: int list) (a: Tensor) : Tensor =
        Operations.sum (Array.ofList axes) false a

    /// <summary>The mean of all entries.</summary>
    let mean (a: Tensor) : Tensor = Operations.mean null false a

    /// <summary>The mean along axes.</summary>
    let meanOver (axes: int list) (a: Tensor) : Tensor =
        Operations.mean (Array.ofList axes) false a

    /// <summary>The mean square of the deviations from the mean of all entries.</summary>
    let variance (a: Tensor) : Tensor =
        Operations.variance "variance" null false 0 a

    /// <summary>The sum of all entries that are not NaN; the others have derivative 0.</summary>
    let nanSum (a: Tensor) : Tensor = Operations.nanSum null false a

    /// <summary>The mean of all entries that are not NaN; the others have derivative 0.</summary>
    let nanMean (a: Tensor) : Tensor = Operations.nanMean null false a

    /// <summary>The variance of all entries that are not NaN; the others have derivative 0.</summary>
    let nanVariance (a: Tensor) : Tensor =
        Operations.nanVariance "nanVariance" null false 0 a

    /// <summary>The root of the sum of squares; 0 with gradient 0 at 0.</summary>
    let norm (a: Tensor) : Tensor = Operations.norm null false a

    /// <summary>Whether every entry is true (not 0).</summary>
    let all (a: Tensor) : Tensor = Predicates.all null false a

    /// <summary>Whether every entry along axes is true (not 0).</summary>
    let allOver (axes: int list) (a: Tensor) : Tensor =
        Predicates.all (Array.ofList axes) false a

    /// <summary>Whether an entry is true (not 0).</summary>
    let any (a: Tensor) : Tensor = Predicates.any null false a

    /// <summary>Whether an entry along axes is true (not 0).</summary>
    let anyOver (axes: int list) (a: Tensor) : Tensor =
        Predicates.any (Array.ofList axes) false a

    /// <summary>log(sum(exp x)) over all entries, without overflow.</summary>
    let logSumExp (a: Tensor) : Tensor = Operations.logSumExp null false a

    /// <summary>Nonnegative weights with sum 1 along the last axis.</summary>
    let softmax (a: Tensor) : Tensor = Operations.softmax -1 a
