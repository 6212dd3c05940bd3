// Fixed points, roots and minima as curried functions, differentiated implicitly.
namespace Pipeline.FSharp

open Pipeline
open Pipeline.Engine

/// <summary>Fixed points, roots and minima as curried functions, differentiated implicitly.</summary>
[<AutoOpen>]
module Solutions =
    /// <summary>The x with <c>x = f x parameters</c>, by iteration from a starting point, differentiated implicitly (see <c>Implicit.FixedPoint</c>).</summary>
    let fixedPoint (f: 'T -> 'P -> 'T) (start: 'T) (parameters: 'P) : 'T = ImplicitFunctions.fixedPoint f 1e-12 1000 start parameters

    /// <summary>The same to a tolerance, in at most so many steps: <c>fixedPointWithin 1e-6 200 f start parameters</c>.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after that many steps; the message says how far it got.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The tolerance is no positive number, or there is no step.</exception>
    let fixedPointWithin (tolerance: float) (maxSteps: int) (f: 'T -> 'P -> 'T) (start: 'T) (parameters: 'P) : 'T =
        ImplicitFunctions.within tolerance maxSteps
        ImplicitFunctions.fixedPoint f tolerance maxSteps start parameters

    /// <summary>The x with <c>residual x parameters = 0</c>, by Newton's method from a starting point, differentiated implicitly (see <c>Implicit.Root</c>).</summary>
    let root (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T = ImplicitFunctions.root residual 1e-12 100 start parameters

    /// <summary>The same to a tolerance, in at most so many steps: <c>rootWithin 1e-6 200 residual start parameters</c>.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after that many steps; the message says how far it got.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The tolerance is no positive number, or there is no step.</exception>
    let rootWithin (tolerance: float) (maxSteps: int) (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T =
        ImplicitFunctions.within tolerance maxSteps
        ImplicitFunctions.root residual tolerance maxSteps start parameters

    /// <summary>The root that a solver of one's own finds, from a starting point and the parameters to x.</summary>
    let rootBy (solver: 'T -> 'P -> 'T) (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T =
        ImplicitFunctions.rootBy solver residual start parameters

    /// <summary>The x where <c>objective x parameters</c> is least, by Newton's method from a starting point, differentiated implicitly (see <c>Implicit.Minimum</c>).</summary>
    let minimizer (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
        ImplicitFunctions.minimum objective 1e-12 1000 start parameters

    /// <summary>The same to a tolerance, in at most so many steps: <c>minimizerWithin 1e-6 200 objective start parameters</c>.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after that many steps; the message says how far it got.</exception>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The tolerance is no positive number, or there is no step.</exception>
    let minimizerWithin (tolerance: float) (maxSteps: int) (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
        ImplicitFunctions.within tolerance maxSteps
        ImplicitFunctions.minimum objective tolerance maxSteps start parameters

    /// <summary>The minimum that a solver of one's own finds, from a starting point and the parameters to x.</summary>
    let minimizerBy (solver: 'T -> 'P -> 'T) (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
        ImplicitFunctions.minimumBy solver objective start parameters
