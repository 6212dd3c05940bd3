using System.Collections.Immutable;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>
/// A rule for updates: a chain of parts, each a pair of pure functions (what to keep at the start; from gradients, what was kept and the
/// parameters to updates and what to keep). Every part takes the updates of the one before it, the first the gradients; the last ones are
/// added to the parameters.
/// </summary>
/// <remarks>Parameters that are no floats (counters, keys) are carried unchanged. Nothing is kept outside the <see cref="OptimizerState"/>, so
/// a step compiles into the training loop and can be differentiated through. Immutable.</remarks>
/// <example><code>
/// var adam = Optimizer.Adam(0.001);
/// var own = Optimizer.Chain(Optimizer.ClipByGlobalNorm(1), Optimizer.ScaleByAdam(), Optimizer.ScaleByLearningRate(Schedule.Cosine(0.001, 5000)));
/// </code></example>
public sealed partial class Optimizer
{
    private readonly ImmutableArray<OptimizerRule> rules;

    private Optimizer(ImmutableArray<OptimizerRule> rules) => this.rules = rules;

    private Optimizer(OptimizerRule rule)
        : this([rule]) { }

    /// <summary>A part of one's own.</summary>
    /// <param name="init">What to keep before the first step, from the float tensors of the parameters: a tree of tensors.</param>
    /// <param name="update">The updates and what to keep.</param>
    /// <param name="name">The part's name in states and messages; that of the type where none is given.</param>
    /// <typeparam name="TState">What it keeps, in the same structure, shapes and dtypes from step to step.</typeparam>
    /// <exception cref="OptimizerException">At a step: the update changes the structure, a shape or a dtype of the state, or gives updates that do not fit the parameters.</exception>
    public static Optimizer Of<TState>(
        Func<IReadOnlyList<Tensor>, TState> init,
        OptimizerUpdate<TState> update,
        string? name = null
    )
    {
        ArgumentNullException.ThrowIfNull(init);
        ArgumentNullException.ThrowIfNull(update);
        return new(
            new OptimizerRule<TState>(
                name ?? typeof(TState).Name,
                parameters => init(parameters),
                (updates, state, parameters) => update(updates, state, parameters)
            )
        );
    }

    /// <summary>A part of one's own that keeps nothing.</summary>
    /// <param name="update">The updates, from the updates and the float tensors of the parameters.</param>
    /// <param name="name">The part's name in messages.</param>
    /// <example><code>
    /// var toZero = Optimizer.Of((updates, parameters) => [.. updates.Zip(parameters, (u, p) => u + 0.1 * p.Sign())], "Lasso");
    /// </code></example>
    public static Optimizer Of(
        Func<IReadOnlyList<Tensor>, IReadOnlyList<Tensor>, IReadOnlyList<Tensor>> update,
        string name
    )
    {
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(name);
        return new(new StatelessRule(name, (updates, parameters) => update(updates, parameters)));
    }

    /// <summary>A part of one's own that treats each float tensor of the parameters by itself. It keeps a <see cref="PerLeaf{TState}"/>.</summary>
    /// <param name="init">What to keep for a parameter before the first step.</param>
    /// <param name="update">The update of a parameter and what to keep for it.</param>
    /// <param name="name">The part's name in states and messages.</param>
    /// <example><code>
    /// var momentum = Optimizer.PerLeaf(p => 0 * p, (g, v, _, _) => (g + 0.9 * v, g + 0.9 * v), "Momentum");
    /// </code></example>
    public static Optimizer PerLeaf<TState>(Func<Tensor, TState> init, LeafUpdate<TState> update, string name)
    {
        ArgumentNullException.ThrowIfNull(init);
        ArgumentNullException.ThrowIfNull(update);
        ArgumentNullException.ThrowIfNull(name);
        return Of<PerLeaf<TState>>(
            parameters => new(Tensor.Scalar(0), [.. parameters.Select(init)]),
            (updates, state, parameters) =>
            {
                var step = state.Step + 1;
                var made = new Tensor[updates.Count];
                var kept = new TState[updates.Count];
                for (var i = 0; i < made.Length; i++)
                    (made[i], kept[i]) = update(updates[i], state.Leaves[i], parameters[i], step);
                return (made, new(step, kept));
            },
            name
        );
    }

    /// <summary>Several rules one after the other: each takes the updates of the one before.</summary>
    public static Optimizer Chain(params Optimizer[] parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        return new([.. parts.SelectMany(part => part.rules)]);
    }

    /// <summary>This rule, then another on its updates in the place of gradients.</summary>
    public Optimizer Then(Optimizer next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new(rules.AddRange(next.rules));
    }

    /// <summary>The names of the parts, in their order.</summary>
    public override string ToString() => $"Optimizer of {string.Join(", ", rules.Select(rule => rule.Name))}";

    /// <summary>The minimization of a loss over parameters and a batch of data.</summary>
    public Minimization<T, TBatch> Minimize<T, TBatch>(Func<T, TBatch, Tensor> loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        return new(this, loss);
    }

    /// <summary>What is kept before the first step.</summary>
    /// <param name="parameters">The parameters: a tensor or a tree of tensors.</param>
    public OptimizerState Start<T>(T parameters) => Start(ParameterLeaves.Of(parameters));

    /// <summary>The parameters after one step, in their own dtypes, and what is kept.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="gradients">The gradient of the loss, in the structure of the parameters, as <c>Gradient.Of</c> gives it.</param>
    /// <param name="state">What was kept: from <see cref="Start{T}(T)"/> or the step before.</param>
    /// <param name="loss">The loss, which <see cref="ReduceOnPlateau"/> needs.</param>
    /// <exception cref="OptimizerException">The state is of another chain of parts.</exception>
    public (T Parameters, OptimizerState State) Apply<T>(
        T parameters,
        T gradients,
        OptimizerState state,
        Tensor? loss = null
    )
    {
        ArgumentNullException.ThrowIfNull(gradients);
        ArgumentNullException.ThrowIfNull(state);
        var floats = ParameterLeaves.Of(parameters, loss);
        Tensor[] given = [.. Engine.Tree.tensors(gradients).Where(DTypeOf.IsFloat)];
        if (given.Length != floats.Count)
            throw new OptimizerException(
                $"Apply: {given.Length} gradients for {floats.Count} float tensors of the parameters; give the gradient of the same parameters."
            );
        var (updates, kept) = Update(given, state, floats);
        var (leaves, structure) = Engine.Tree.flatten(parameters);
        var next = 0;
        var updated = Array.ConvertAll(leaves, leaf => DTypeOf.IsFloat(leaf) ? Updated(leaf, updates[next++]) : leaf);
        return (Engine.Tree.rebuild<T>(structure, updated), kept);
    }

    internal OptimizerState Start(ParameterLeaves parameters) =>
        OptimizerState.Of(rules.Select(rule => rule.Start(parameters)).OfType<OptimizerPart>());

    internal (IReadOnlyList<Tensor> Updates, OptimizerState State) Update(
        IReadOnlyList<Tensor> updates,
        OptimizerState state,
        ParameterLeaves parameters
    )
    {
        RequireOwn(state);
        var kept = new List<OptimizerPart>(state.PartStates.Count);
        var next = 0;
        foreach (var rule in rules)
        {
            var before = rule is StatelessRule ? null : state.PartStates[next++];
            (updates, var after) = rule.Update(updates, before, parameters);
            if (after is not null)
                kept.Add(after);
        }

        return (updates, OptimizerState.Of(kept));
    }

    /// <summary>Refuses the state of another chain.</summary>
    private void RequireOwn(OptimizerState state)
    {
        var keeping = rules.Where(rule => rule is not StatelessRule).ToArray();
        var isOwn =
            keeping.Length == state.PartStates.Count
            && keeping.Zip(state.PartStates, (rule, part) => rule.Keeps(part)).All(same => same);
        if (!isOwn)
            throw OptimizerState.Other("Apply", state.Parts, keeping.Select(rule => rule.Name));
    }

    /// <summary>Refuses the state of another chain or of parameters of other shapes.</summary>
    internal void RequireState<T>(string operation, OptimizerState state, T parameters) =>
        Start(parameters).ThrowIfOther(operation, state);

    private static Tensor Updated(Tensor leaf, Tensor change)
    {
        var sum = leaf + change;
        return sum.DType == leaf.DType ? sum : sum.AsType(leaf.DType);
    }

    /// <summary>A part that keeps the number of the step alone: 0, 1, 2, ...</summary>
    private static Optimizer Stepped(
        string name,
        Func<IReadOnlyList<Tensor>, ParameterLeaves, Tensor, IReadOnlyList<Tensor>> update
    ) =>
        new(
            new OptimizerRule<Tensor>(
                name,
                _ => Tensor.Scalar(0),
                (updates, step, parameters) => (update(updates, parameters, step), step + 1)
            )
        );

    /// <summary>A part that keeps nothing and treats each parameter by itself.</summary>
    private static Optimizer EachLeaf(string name, Func<Tensor, Tensor, Tensor> update) =>
        new(new StatelessRule(name, (updates, parameters) => [.. updates.Zip(parameters, update)]));

    /// <summary>A part whose one number follows a schedule: without a state where it is constant.</summary>
    private static Optimizer Scheduled(
        string name,
        Schedule schedule,
        Func<IReadOnlyList<Tensor>, ParameterLeaves, Tensor, IReadOnlyList<Tensor>> update
    ) =>
        schedule.IsConstant is { } value
            ? new(new StatelessRule(name, (updates, parameters) => update(updates, parameters, value)))
            : Stepped(name, (updates, parameters, step) => update(updates, parameters, schedule.At(step)));

    /// <summary>1 - b^t, to the last digits.</summary>
    private static Tensor Debiasing(double b, Tensor t) => -(t * Special.log(b)).Expm1();

    private static Tensor Zeros(Tensor like) => ParameterLeaves.Zeros(like);

    private static void Share(double value, string name)
    {
        Limits.Require(value is >= 0 and < 1, value, "from 0 to, but without, 1", name);
    }

    private static void NotNegative(double value, string name)
    {
        Limits.Require(value >= 0 && double.IsFinite(value), value, "a number, 0 or more", name);
    }

    private static void Positive(double value, string name)
    {
        Limits.Require(value > 0 && double.IsFinite(value), value, "a positive number", name);
    }

    private static void Rate(Schedule schedule, string name)
    {
        ArgumentNullException.ThrowIfNull(schedule, name);
        if (schedule.IsConstant is { } value)
            Positive(value, name);
    }
}
