// Fixed points, roots and minima as curried functions, differentiated implicitly.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Fixed points, roots and minima as curried functions, differentiated implicitly.</summary>
[<AutoOpen>]
module Solutions =
    /// <summary>The x with <c>x = f x parameters</c>, by iteration from a starting point, differentiated implicitly (see <c>Implicit.FixedPoint</c>).</summary>
    let fixedPoint (f: 'T -> 'P -> 'T) (start: 'T) (parameters: 'P) : 'T = Implicit.FixedPoint(Func<_, _, _> f, start, parameters)

    /// <summary>The x with <c>residual x parameters = 0</c>, by Newton's method from a starting point, differentiated implicitly (see <c>Implicit.Root</c>).</summary>
    let root (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T = Implicit.Root(Func<_, _, _> residual, start, parameters)

    /// <summary>The same with a solver of one's own, from a starting point and the parameters to x.</summary>
    let rootBy (solver: 'T -> 'P -> 'T) (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T =
        Implicit.Root(Func<_, _, _> residual, Func<_, _, _> solver, start, parameters)

    /// <summary>The x where <c>objective x parameters</c> is least, by Newton's method from a starting point, differentiated implicitly (see <c>Implicit.Minimum</c>).</summary>
    let minimizer (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
        Implicit.Minimum(Func<_, _, _> objective, start, parameters)

    /// <summary>The same with a solver of one's own, from a starting point and the parameters to x.</summary>
    let minimizerBy (solver: 'T -> 'P -> 'T) (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
        Implicit.Minimum(Func<_, _, _> objective, Func<_, _, _> solver, start, parameters)
