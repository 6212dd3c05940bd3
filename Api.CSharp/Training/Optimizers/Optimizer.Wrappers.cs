using Pipeline.Engine;

namespace Pipeline;

/// <content>Optimizers around optimizers.</content>
sealed partial class Optimizer
{
    /// <summary>This optimizer with some parameters frozen: they get no update, and it does not see them (global norms leave them out).</summary>
    /// <param name="frozen">Which parameters.</param>
    public Optimizer Freeze(ParameterMask frozen)
    {
        ArgumentNullException.ThrowIfNull(frozen);
        return Partial("Freeze", frozen, false, Zeros);
    }

    /// <summary>This optimizer for some parameters; the updates of the others pass unchanged, for a part that follows.</summary>
    /// <param name="chosen">Which parameters.</param>
    /// <example><code>
    /// var body = ParameterMask.Of((Network n) => n.Body);
    /// var two = Optimizer.Adam(1e-4).Only(body).Then(Optimizer.Sgd(0.1).Only(!body));
    /// </code></example>
    public Optimizer Only(ParameterMask chosen)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        return Partial("Only", chosen, true, update => update);
    }

    /// <summary>This optimizer on the mean, or the sum, of the gradients of several minibatches: steps between make no update.</summary>
    /// <param name="steps">The minibatches of an update, positive.</param>
    /// <param name="mean">The mean; otherwise the sum.</param>
    public Optimizer Accumulate(int steps, bool mean = true)
    {
        Limits.Positive(steps);
        return new(
            new OptimizerRule<AccumulatedGradients>(
                "Accumulate",
                parameters => new(Tensor.Scalar(0), [.. parameters.Select(Zeros)], Start(parameters)),
                (updates, state, parameters) =>
                {
                    Tensor[] sum = [.. state.Sum.Zip(updates, (a, b) => a + b)];
                    var count = state.Count + 1;
                    var isDue = count >= steps;
                    var factor = mean ? 1.0 / steps : 1.0;
                    var (made, inner) = Update([.. sum.Select(total => factor * total)], state.Inner, parameters);
                    return (
                        [.. made.Select(update => Tensor.Where(isDue, update, 0.0))],
                        new(
                            Tensor.Where(isDue, 0, count),
                            [.. sum.Select(total => Tensor.Where(isDue, 0.0, total))],
                            OptimizerState.Where(isDue, inner, state.Inner)
                        )
                    );
                }
            )
        );
    }

    /// <summary>This optimizer without the steps whose gradients hold a NaN or an infinity: they make no update and leave its state.</summary>
    /// <param name="maxConsecutive">After so many in a row the next is taken as it is, so that a run that is lost says so.</param>
    public Optimizer SkipNonFinite(int maxConsecutive)
    {
        Limits.NotNegative(maxConsecutive);
        return new(
            new OptimizerRule<SkippedUpdates>(
                "SkipNonFinite",
                parameters => new(Tensor.Scalar(0), Start(parameters)),
                (updates, state, parameters) =>
                {
                    var bad = updates
                        .Select(update => Tensor.Where(update.Abs() < double.PositiveInfinity, 0, 1).Sum())
                        .Aggregate(Tensor.Scalar(0), (total, one) => total + one);
                    var isFinite = bad <= 0;
                    var run = Tensor.Where(isFinite, 0, state.Run + 1);
                    var isTaken = isFinite | (run > maxConsecutive);
                    var (made, inner) = Update(updates, state.Inner, parameters);
                    return (
                        [.. made.Select(update => Tensor.Where(isTaken, update, 0.0))],
                        new(run, OptimizerState.Where(isTaken, inner, state.Inner))
                    );
                }
            )
        );
    }

    private Optimizer Partial(string name, ParameterMask mask, bool wanted, Func<Tensor, Tensor> others) =>
        new(
            new OptimizerRule<PartialUpdates>(
                name,
                parameters => new(Start(parameters.Where(parameters.Chosen(mask), wanted))),
                (updates, state, parameters) =>
                {
                    var chosen = parameters.Chosen(mask);
                    Tensor[] seen = [.. updates.Where((_, i) => chosen[i] == wanted)];
                    var (made, inner) = Update(seen, state.Inner, parameters.Where(chosen, wanted));
                    var next = 0;
                    return (
                        [.. updates.Select((update, i) => chosen[i] == wanted ? made[next++] : others(update))],
                        new(inner)
                    );
                }
            )
        );
}
