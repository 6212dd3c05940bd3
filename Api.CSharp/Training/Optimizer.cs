using Pipeline.Engine;

namespace Pipeline;

/// <summary>A rule for updates, as a pair of pure functions: what to keep at the start, and the updates and what to keep from gradients.</summary>
/// <remarks>Updates are added to the parameters. Parameters that are no floats (counters, keys) are carried unchanged.</remarks>
public sealed class Optimizer
{
    private readonly Func<IReadOnlyList<Tensor>, object?> init;
    private readonly OptimizerUpdate update;

    /// <summary>An optimizer of one's own.</summary>
    /// <param name="init">What to keep before the first step, from the parameters: a tree of tensors, or null.</param>
    /// <param name="update">The updates, and what to keep, from the gradients, what was kept, and the parameters.</param>
    public Optimizer(Func<IReadOnlyList<Tensor>, object?> init, OptimizerUpdate update)
    {
        ArgumentNullException.ThrowIfNull(init);
        ArgumentNullException.ThrowIfNull(update);
        this.init = init;
        this.update = update;
    }

    /// <summary>Steps against the gradient: p - rate * gradient.</summary>
    /// <param name="rate">A positive number.</param>
    public static Optimizer GradientDescent(double rate)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rate);
        return new(_ => null, (gradients, kept, _) => ([.. gradients.Select(gradient => -(rate * gradient))], kept));
    }

    /// <summary>Steps against the gradient at a rate that depends on the step: p - rate(step) * gradient.</summary>
    /// <param name="rate">The rate from the number of the step, an int32 scalar from 0; see <see cref="Schedule"/>.</param>
    /// <example><code>
    /// var settling = Optimizer.GradientDescent(Schedule.Cosine(0.1, steps: 5000));
    /// var own = Optimizer.GradientDescent(step => 0.1 / (1 + step * 0.01));
    /// </code></example>
    public static Optimizer GradientDescent(Func<Tensor, Tensor> rate)
    {
        ArgumentNullException.ThrowIfNull(rate);
        return new(
            _ => Tensor.Scalar(0),
            (gradients, kept, _) =>
            {
                var step = (Tensor)kept!;
                var now = rate(step);
                return ([.. gradients.Select(gradient => -(now * gradient))], step + 1);
            }
        );
    }

    /// <summary>This rule, then another on its updates in the place of gradients.</summary>
    public Optimizer Then(Optimizer next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new(
            parameters => (init(parameters), next.init(parameters)),
            (gradients, kept, parameters) =>
            {
                var (mine, others) = ((object?, object?))kept!;
                var (first, mineAfter) = update(gradients, mine, parameters);
                var (second, othersAfter) = next.update(first, others, parameters);
                return (second, (mineAfter, othersAfter));
            }
        );
    }

    /// <summary>The minimization of a loss over parameters and a batch of data.</summary>
    public Minimization<T, TBatch> Minimize<T, TBatch>(Func<T, TBatch, Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return new(this, loss);
    }

    internal object? Start<T>(T parameters) => init(Differentiable(Tree.tensors(parameters)));

    /// <summary>The parameters after an update, in their own dtypes, and what is kept.</summary>
    internal (T Parameters, object? Kept) Apply<T>(T parameters, T gradients, object? kept)
    {
        var (leaves, structure) = Tree.flatten(parameters);
        var (updates, keptAfter) = update(Differentiable(Tree.tensors(gradients)), kept, Differentiable(leaves));
        var next = 0;
        var updated = leaves.Select(leaf => DTypeOf.IsFloat(leaf) ? Updated(leaf, updates[next++]) : leaf).ToArray();
        return (Tree.rebuild<T>(structure, updated), keptAfter);
    }

    private static Tensor Updated(Tensor leaf, Tensor change)
    {
        var sum = leaf + change;
        return sum.DType == leaf.DType ? sum : sum.AsType(leaf.DType);
    }

    private static Tensor[] Differentiable(Tensor[] leaves) => [.. leaves.Where(DTypeOf.IsFloat)];
}
