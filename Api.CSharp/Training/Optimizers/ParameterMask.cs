using Pipeline.Engine;

namespace Pipeline;

/// <summary>A choice among the float tensors of parameters: which to decay, which to freeze.</summary>
/// <example><code>
/// Optimizer.AdamW(0.001, decays: ParameterMask.Where(p => p.Rank > 1));      // no decay of biases
/// Optimizer.Adam(0.001).Freeze(ParameterMask.Of((Network n) => n.Encoder));
/// </code></example>
public sealed class ParameterMask
{
    private readonly Func<object, Tensor[], bool[]> choose;

    private ParameterMask(Func<object, Tensor[], bool[]> choose) => this.choose = choose;

    /// <summary>That it chooses among the float tensors of parameters.</summary>
    public override string ToString() => "ParameterMask: a choice among the float tensors of parameters";

    /// <summary>The tensors of a part of the parameters.</summary>
    /// <param name="part">From parameters, a member of them or a tree of members. It must give them as they are.</param>
    /// <typeparam name="T">The type of the parameters.</typeparam>
    /// <typeparam name="TPart">A tensor or a tree of tensors.</typeparam>
    public static ParameterMask Of<T, TPart>(Func<T, TPart> part)
    {
        ArgumentNullException.ThrowIfNull(part);
        return new((tree, floats) => Part(part, tree, floats));
    }

    /// <summary>The float tensors by their order: true where a tensor is chosen.</summary>
    /// <param name="chosen">One answer for each float tensor of the parameters.</param>
    public static ParameterMask Of(params bool[] chosen)
    {
        ArgumentNullException.ThrowIfNull(chosen);
        bool[] answers = [.. chosen];
        return new(
            (_, floats) =>
                floats.Length == answers.Length
                    ? answers
                    : throw new OptimizerException(
                        $"ParameterMask: {answers.Length} answers for {floats.Length} float tensors of the parameters; give one for each, in order."
                    )
        );
    }

    /// <summary>The float tensors of which a test holds: of their rank, shape or dtype (their values cannot be read while a step is compiled).</summary>
    public static ParameterMask Where(Func<Tensor, bool> test)
    {
        ArgumentNullException.ThrowIfNull(test);
        return new((_, floats) => Array.ConvertAll(floats, tensor => test(tensor)));
    }

    /// <summary>The others.</summary>
    public static ParameterMask operator !(ParameterMask mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return new((tree, floats) => Array.ConvertAll(mask.choose(tree, floats), chosen => !chosen));
    }

    internal bool[] Choose(object tree, Tensor[] floats) => choose(tree, floats);

    /// <summary>The part is found by what it gives of stand-ins, no two of which are the same object.</summary>
    private static bool[] Part<T, TPart>(Func<T, TPart> part, object tree, Tensor[] floats)
    {
        if (tree is not T parameters)
            throw new OptimizerException(
                $"ParameterMask: the mask chooses among parameters of type {typeof(T).Name}, but these are of type {tree.GetType().Name}; write the mask for them."
            );
        var (leaves, structure) = Engine.Tree.flatten(parameters);
        var stands = Array.ConvertAll(leaves, leaf => Operations.full(leaf.DType, [.. leaf.Shape], 0));
        var chosen = new HashSet<Tensor>(ReferenceEqualityComparer.Instance);
        foreach (var tensor in Engine.Tree.tensors(part(Engine.Tree.rebuild<T>(structure, stands))))
            if (!stands.Contains(tensor, ReferenceEqualityComparer.Instance))
                throw new OptimizerException(
                    $"ParameterMask: the mask makes a tensor {ParameterLeaves.Type(tensor)} that is none of the parameters'; give whole members as they are, such as (m => m.Weights)."
                );
            else
                chosen.Add(tensor);
        return [.. stands.Where(DTypeOf.IsFloat).Select(chosen.Contains)];
    }
}
