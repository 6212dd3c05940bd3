// Fixed points, roots and minima, whose derivatives come from the equation that they satisfy and not from the steps of the search.
namespace Pipeline

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Fixed points, roots and minima as functions of parameters, differentiated by the implicit function theorem.</summary>
/// <remarks>
/// <para>Where F(x, p) = 0 holds, dx = -(dF/dx)^-1 (dF/dp) dp: derivatives of every kind and order, batching and compilation work as for any operation, and
/// take one linear system of as many unknowns as x has numbers, however many steps the search took. The starting point has no derivative. Parameters are trees; tensors that the functions capture
/// are parameters too.</para>
/// <para>The functions are recorded, so they may not read numbers of their arguments. Unknowns are float tensors of one dtype. A search has converged when its last step changed no unknown by
/// more than the tolerance, relative to the largest unknown or 1, whichever is larger; no less than 8 roundings of the dtype are asked for. With a solver of one's own nothing is checked: where its result is no solution, the derivatives are not right either.</para>
/// </remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Implicit =
    static member private Check(f: obj, tolerance: float, maxSteps: int) =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Limits.Positive(maxSteps, nameof maxSteps)
        Limits.NotNegative(tolerance, nameof tolerance)

    /// <summary>The x with x = f(x, parameters), by iteration from a starting point.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">f returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">When differentiated: 1 - df/dx is singular.</exception>
    /// <example><code>
    /// Tensor start = 0.5;
    /// var slope = Gradient.Of((Tensor theta) => Implicit.FixedPoint((x, t) => (t * x).Cos(), start, theta));
    /// </code></example>
    static member FixedPoint<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P>
        (
            f: Func<'T, 'P, 'T>,
            start: 'T,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(f, tolerance, maxSteps)
        ImplicitFunctions.fixedPoint (fun x p -> f.Invoke(x, p)) tolerance maxSteps start parameters

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [<OverloadResolutionPriority(2)>]
    static member FixedPoint
        (
            f: Func<Tensor, Tensor, Tensor>,
            start: Tensor,
            parameters: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.FixedPoint<Tensor, Tensor>(f, start, parameters, tolerance, maxSteps)

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member FixedPoint<[<Nullable(2uy)>] 'P>
        (
            f: Func<Tensor, 'P, Tensor>,
            start: Tensor,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.FixedPoint<Tensor, 'P>(f, start, parameters, tolerance, maxSteps)

    /// <summary>The same for a function that takes no parameters but those it captures.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">f returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    static member FixedPoint<[<Nullable(2uy)>] 'T>
        (
            f: Func<'T, 'T>,
            start: 'T,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(f, tolerance, maxSteps)
        ImplicitFunctions.fixedPoint (fun x () -> f.Invoke x) tolerance maxSteps start ()

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member FixedPoint
        (
            f: Func<Tensor, Tensor>,
            start: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.FixedPoint<Tensor>(f, start, tolerance, maxSteps)

    /// <summary>The x near a starting point with residual(x, parameters) = 0, by Newton's method. The residual may have any structure, with as many numbers as x.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">There are more or fewer equations than unknowns.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Jacobian is singular at a step.</exception>
    /// <example><code>
    /// Tensor theta = 2.0, start = 1.0;
    /// Tensor x = Implicit.Root((z, t) => z * z * z + z - t, start, theta); // 1
    /// </code></example>
    static member Root<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P, [<Nullable(2uy)>] 'R>
        (
            residual: Func<'T, 'P, 'R>,
            start: 'T,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : 'T =
        Implicit.Check(residual, tolerance, maxSteps)
        ImplicitFunctions.root (fun x p -> residual.Invoke(x, p)) tolerance maxSteps start parameters

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [<OverloadResolutionPriority(2)>]
    static member Root
        (
            residual: Func<Tensor, Tensor, Tensor>,
            start: Tensor,
            parameters: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : Tensor =
        Implicit.Root<Tensor, Tensor, Tensor>(residual, start, parameters, tolerance, maxSteps)

    /// <summary>The same for a residual that takes no parameters but those it captures.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">There are more or fewer equations than unknowns.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Jacobian is singular at a step.</exception>
    static member Root<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (
            residual: Func<'T, 'R>,
            start: 'T,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : 'T =
        Implicit.Check(residual, tolerance, maxSteps)
        ImplicitFunctions.root (fun x () -> residual.Invoke x) tolerance maxSteps start ()

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member Root
        (
            residual: Func<Tensor, Tensor>,
            start: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : Tensor =
        Implicit.Root<Tensor, Tensor>(residual, start, tolerance, maxSteps)

    /// <summary>The root that a solver finds from a starting point and the parameters. The solver is not differentiated, and its result is not checked.</summary>
    /// <exception cref="T:Pipeline.ShapeException">The solver returns another structure or other shapes than the starting point has, or there are more or fewer equations than unknowns.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">When differentiated: the Jacobian is singular.</exception>
    static member Root<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P, [<Nullable(2uy)>] 'R>
        (residual: Func<'T, 'P, 'R>, solver: Func<'T, 'P, 'T>, start: 'T, parameters: 'P)
        : 'T =
        ArgumentNullException.ThrowIfNull(residual, nameof residual)
        ArgumentNullException.ThrowIfNull(solver, nameof solver)

        ImplicitFunctions.rootBy (fun x p -> solver.Invoke(x, p)) (fun x p -> residual.Invoke(x, p)) start parameters

    /// <summary>The x near a starting point where objective(x, parameters), a scalar, is least: by Newton's method, its steps damped where they lead uphill, to a root of the gradient at which the Hessian is positive definite.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Hessian is singular at a step, or what was found is no minimum.</exception>
    /// <example><code>
    /// Tensor start = 0.0, center = 2.0;
    /// Tensor best = Implicit.Minimum((x, c) => (x - c) * (x - c), start, center); // 2
    /// </code></example>
    static member Minimum<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P>
        (
            objective: Func<'T, 'P, Tensor>,
            start: 'T,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(objective, tolerance, maxSteps)
        ImplicitFunctions.minimum (fun x p -> objective.Invoke(x, p)) tolerance maxSteps start parameters

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [<OverloadResolutionPriority(2)>]
    static member Minimum
        (
            objective: Func<Tensor, Tensor, Tensor>,
            start: Tensor,
            parameters: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.Minimum<Tensor, Tensor>(objective, start, parameters, tolerance, maxSteps)

    /// <summary>The same for an objective that takes no parameters but those it captures.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Hessian is singular at a step, or what was found is no minimum.</exception>
    /// <example><code>
    /// Tensor center = 2.0;
    /// Tensor best = Implicit.Minimum((Tensor x) => (x - center).Square(), start: 0.0); // 2
    /// </code></example>
    static member Minimum<[<Nullable(2uy)>] 'T>
        (
            objective: Func<'T, Tensor>,
            start: 'T,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(objective, tolerance, maxSteps)
        ImplicitFunctions.minimum (fun x () -> objective.Invoke x) tolerance maxSteps start ()

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member Minimum
        (
            objective: Func<Tensor, Tensor>,
            start: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.Minimum<Tensor>(objective, start, tolerance, maxSteps)

    /// <summary>The minimum that a solver finds from a starting point and the parameters. The solver is not differentiated, and its result is not checked.</summary>
    /// <exception cref="T:Pipeline.ShapeException">The solver returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">When differentiated: the Hessian is singular.</exception>
    static member Minimum<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P>
        (objective: Func<'T, 'P, Tensor>, solver: Func<'T, 'P, 'T>, start: 'T, parameters: 'P)
        : 'T =
        ArgumentNullException.ThrowIfNull(objective, nameof objective)
        ArgumentNullException.ThrowIfNull(solver, nameof solver)

        ImplicitFunctions.minimumBy (fun x p -> solver.Invoke(x, p)) (fun x p -> objective.Invoke(x, p)) start parameters
