using System.Runtime.CompilerServices;
using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>Fixed points, roots and minima as functions of parameters, differentiated by the implicit function theorem.</summary>
/// <remarks>
/// <para>Where F(x, p) = 0 holds, dx = -(dF/dx)^-1 (dF/dp) dp: derivatives of every kind and order, batching and compilation work as for any operation, and
/// take one linear system of as many unknowns as x has numbers, however many steps the search took. The starting point has no derivative. Parameters are trees; tensors that the functions capture
/// are parameters too.</para>
/// <para>The functions are recorded, so they may not read numbers of their arguments. Unknowns are float tensors of one dtype. A search has converged when its last step changed no unknown by
/// more than the tolerance, relative to the largest unknown or 1, whichever is larger; no less than 8 roundings of the dtype are asked for. With a solver of one's own nothing is checked: where its result is no solution, the derivatives are not right either.</para>
/// </remarks>
public static class Implicit
{
    /// <summary>The x with x = f(x, parameters), by iteration from a starting point.</summary>
    /// <exception cref="LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="ShapeException">f returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">When differentiated: 1 - df/dx is singular.</exception>
    /// <example><code>
    /// Tensor start = 0.5;
    /// var slope = Gradient.Of((Tensor theta) =&gt; Implicit.FixedPoint((x, t) =&gt; (t * x).Cos(), start, theta));
    /// </code></example>
    public static T FixedPoint<T, P>(
        Func<T, P, T> f,
        T start,
        P parameters,
        double tolerance = 1e-12,
        int maxSteps = 1000
    )
    {
        ArgumentNullException.ThrowIfNull(f);
        ImplicitFunctions.within(tolerance, maxSteps);
        return ImplicitFunctions.fixedPoint(FuncConvert.FromFunc(f), tolerance, maxSteps, start, parameters);
    }

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor FixedPoint(
        Func<Tensor, Tensor, Tensor> f,
        Tensor start,
        Tensor parameters,
        double tolerance = 1e-12,
        int maxSteps = 1000
    ) => FixedPoint<Tensor, Tensor>(f, start, parameters, tolerance, maxSteps);

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor FixedPoint<P>(
        Func<Tensor, P, Tensor> f,
        Tensor start,
        P parameters,
        double tolerance = 1e-12,
        int maxSteps = 1000
    ) => FixedPoint<Tensor, P>(f, start, parameters, tolerance, maxSteps);

    /// <summary>The same for a function that takes no parameters but those it captures.</summary>
    /// <exception cref="LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="ShapeException">f returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    public static T FixedPoint<T>(Func<T, T> f, T start, double tolerance = 1e-12, int maxSteps = 1000)
    {
        ArgumentNullException.ThrowIfNull(f);
        ImplicitFunctions.within(tolerance, maxSteps);
        return ImplicitFunctions.fixedPoint(OfNone(f), tolerance, maxSteps, start, (Unit)null!);
    }

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor FixedPoint(
        Func<Tensor, Tensor> f,
        Tensor start,
        double tolerance = 1e-12,
        int maxSteps = 1000
    ) => FixedPoint<Tensor>(f, start, tolerance, maxSteps);

    /// <summary>The x near a starting point with residual(x, parameters) = 0, by Newton's method. The residual may have any structure, with as many numbers as x.</summary>
    /// <exception cref="LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="ShapeException">There are more or fewer equations than unknowns.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">The Jacobian is singular at a step.</exception>
    /// <example><code>
    /// Tensor theta = 2.0, start = 1.0;
    /// Tensor x = Implicit.Root((z, t) =&gt; z * z * z + z - t, start, theta); // 1
    /// </code></example>
    public static T Root<T, P, R>(
        Func<T, P, R> residual,
        T start,
        P parameters,
        double tolerance = 1e-12,
        int maxSteps = 100
    )
    {
        ArgumentNullException.ThrowIfNull(residual);
        ImplicitFunctions.within(tolerance, maxSteps);
        return ImplicitFunctions.root(FuncConvert.FromFunc(residual), tolerance, maxSteps, start, parameters);
    }

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Root(
        Func<Tensor, Tensor, Tensor> residual,
        Tensor start,
        Tensor parameters,
        double tolerance = 1e-12,
        int maxSteps = 100
    ) => Root<Tensor, Tensor, Tensor>(residual, start, parameters, tolerance, maxSteps);

    /// <summary>The same for a residual that takes no parameters but those it captures.</summary>
    /// <exception cref="LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="ShapeException">There are more or fewer equations than unknowns.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">The Jacobian is singular at a step.</exception>
    public static T Root<T, R>(Func<T, R> residual, T start, double tolerance = 1e-12, int maxSteps = 100)
    {
        ArgumentNullException.ThrowIfNull(residual);
        ImplicitFunctions.within(tolerance, maxSteps);
        return ImplicitFunctions.root(OfNone(residual), tolerance, maxSteps, start, (Unit)null!);
    }

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Root(
        Func<Tensor, Tensor> residual,
        Tensor start,
        double tolerance = 1e-12,
        int maxSteps = 100
    ) => Root<Tensor, Tensor>(residual, start, tolerance, maxSteps);

    /// <summary>The root that a solver finds from a starting point and the parameters. The solver is not differentiated, and its result is not checked.</summary>
    /// <exception cref="ShapeException">The solver returns another structure or other shapes than the starting point has, or there are more or fewer equations than unknowns.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">When differentiated: the Jacobian is singular.</exception>
    public static T Root<T, P, R>(Func<T, P, R> residual, Func<T, P, T> solver, T start, P parameters)
    {
        ArgumentNullException.ThrowIfNull(residual);
        ArgumentNullException.ThrowIfNull(solver);
        return ImplicitFunctions.rootBy(
            FuncConvert.FromFunc(solver),
            FuncConvert.FromFunc(residual),
            start,
            parameters
        );
    }

    /// <summary>The x near a starting point where objective(x, parameters), a scalar, is least: by Newton's method, its steps damped where they lead uphill, to a root of the gradient at which the Hessian is positive definite.</summary>
    /// <exception cref="LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">The Hessian is singular at a step, or what was found is no minimum.</exception>
    /// <example><code>
    /// Tensor start = 0.0, center = 2.0;
    /// Tensor best = Implicit.Minimum((x, c) =&gt; (x - c) * (x - c), start, center); // 2
    /// </code></example>
    public static T Minimum<T, P>(
        Func<T, P, Tensor> objective,
        T start,
        P parameters,
        double tolerance = 1e-12,
        int maxSteps = 1000
    )
    {
        ArgumentNullException.ThrowIfNull(objective);
        ImplicitFunctions.within(tolerance, maxSteps);
        return ImplicitFunctions.minimum(FuncConvert.FromFunc(objective), tolerance, maxSteps, start, parameters);
    }

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [OverloadResolutionPriority(2)]
    public static Tensor Minimum(
        Func<Tensor, Tensor, Tensor> objective,
        Tensor start,
        Tensor parameters,
        double tolerance = 1e-12,
        int maxSteps = 1000
    ) => Minimum<Tensor, Tensor>(objective, start, parameters, tolerance, maxSteps);

    /// <summary>The same for an objective that takes no parameters but those it captures.</summary>
    /// <exception cref="LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">The Hessian is singular at a step, or what was found is no minimum.</exception>
    /// <example><code>
    /// Tensor center = 2.0;
    /// Tensor best = Implicit.Minimum((Tensor x) =&gt; (x - center).Square(), start: 0.0); // 2
    /// </code></example>
    public static T Minimum<T>(Func<T, Tensor> objective, T start, double tolerance = 1e-12, int maxSteps = 1000)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ImplicitFunctions.within(tolerance, maxSteps);
        return ImplicitFunctions.minimum(OfNone(objective), tolerance, maxSteps, start, (Unit)null!);
    }

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [OverloadResolutionPriority(1)]
    public static Tensor Minimum(
        Func<Tensor, Tensor> objective,
        Tensor start,
        double tolerance = 1e-12,
        int maxSteps = 1000
    ) => Minimum<Tensor>(objective, start, tolerance, maxSteps);

    /// <summary>The minimum that a solver finds from a starting point and the parameters. The solver is not differentiated, and its result is not checked.</summary>
    /// <exception cref="ShapeException">The solver returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="LinearAlgebraException">When differentiated: the Hessian is singular.</exception>
    public static T Minimum<T, P>(Func<T, P, Tensor> objective, Func<T, P, T> solver, T start, P parameters)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ArgumentNullException.ThrowIfNull(solver);
        return ImplicitFunctions.minimumBy(
            FuncConvert.FromFunc(solver),
            FuncConvert.FromFunc(objective),
            start,
            parameters
        );
    }

    private static FSharpFunc<T, FSharpFunc<Unit, R>> OfNone<T, R>(Func<T, R> f) =>
        FuncConvert.FromFunc((T x, Unit _) => f(x));
}
