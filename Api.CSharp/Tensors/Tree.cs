using Microsoft.FSharp.Core;

namespace Pipeline;

/// <summary>Functions of trees: of any value that holds tensors, a record, class, tuple, array, list, dictionary or union, nested to any depth.</summary>
/// <remarks>All work under transformations: inside <see cref="Gradient"/>, <see cref="Vectorized"/> and <see cref="Compiled"/> too. What is no tensor (names, numbers) is kept, and compared with Equals.</remarks>
/// <example><code>
/// var decayed = Tree.Map(network, w => 0.99 * w);
/// var stepped = Tree.Zip(network, Gradient.Of(loss)(network), (w, g) => w - 0.1 * g);
/// </code></example>
public static class Tree
{
    /// <summary>A tree like this one with each tensor mapped.</summary>
    /// <param name="tree">Any tree; without tensors it is returned as it is.</param>
    /// <param name="f">From a tensor another one, of any shape and dtype.</param>
    /// <exception cref="TreeException">The tree cannot be rebuilt, or the function returned null.</exception>
    public static T Map<T>(T tree, Func<Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(f);
        return Engine.Tree.mapOf(nameof(Map), FuncConvert.FromFunc(f), tree);
    }

    /// <summary>Two trees of one structure joined tensor by tensor.</summary>
    /// <param name="first">Any tree. What is no tensor in the result is this one's.</param>
    /// <param name="second">A tree of the same structure, with the same values beside the tensors.</param>
    /// <param name="f">From a tensor of the first and one of the second another one.</param>
    /// <exception cref="TreeException">The trees differ in structure or in what is no tensor: the message names the first place. Or the function returned null.</exception>
    public static T Zip<T>(T first, T second, Func<Tensor, Tensor, Tensor> f)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        ArgumentNullException.ThrowIfNull(f);
        return Engine.Tree.zipOf(nameof(Zip), FuncConvert.FromFunc(f), first, second);
    }

    /// <summary>The tensors of a tree in order, the name of each, and the way back.</summary>
    /// <example><code>
    /// var flat = Tree.Flatten(network);                                  // flat.Names: "Layers[0].Weights", ...
    /// var copy = flat.Rebuild(flat.Names.Select(name => saved[name]));
    /// </code></example>
    public static FlatTree<T> Flatten<T>(T tree)
    {
        ArgumentNullException.ThrowIfNull(tree);
        return new(tree);
    }

    /// <summary>Whether two trees have one structure and each tensor is close to the other tree's: |a - b| &lt;= atol + rtol |b|, as <see cref="Tensor.AllClose"/> has it.</summary>
    /// <remarks>Trees that differ in structure, in a shape or in what is no tensor are not close.</remarks>
    /// <param name="a">What was found.</param>
    /// <param name="b">What is right: the relative tolerance scales with its tensors alone.</param>
    /// <param name="rtol">The relative tolerance.</param>
    /// <param name="atol">The absolute tolerance.</param>
    /// <param name="equalNaN">Whether NaN is close to NaN.</param>
    /// <exception cref="ArgumentOutOfRangeException">A tolerance is negative or NaN.</exception>
    /// <exception cref="TracedValueException">A tensor is being staged or batched and has no numbers yet.</exception>
    /// <example><code>
    /// Assert.True(Tree.AllClose(Gradient.Of(loss)(network), expected, rtol: 1e-9));
    /// </code></example>
    public static bool AllClose<T>(T a, T b, double rtol = 1e-5, double atol = 1e-8, bool equalNaN = false)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Engine.Tree.forall2(
            FuncConvert.FromFunc((Tensor x, Tensor y) => Tensor.AllClose(x, y, rtol, atol, equalNaN)),
            a,
            b
        );
    }

    /// <summary>Whether two trees have one structure and their tensors the same dtypes, shapes and numbers to the bit: 0.0 and -0.0 differ, a NaN is the same as itself.</summary>
    /// <exception cref="TracedValueException">A tensor is being staged or batched and has no numbers yet.</exception>
    /// <example><code>
    /// Assert.True(Tree.SameBits(step(network), Compiled.Of(step)(network)));
    /// </code></example>
    public static bool SameBits<T>(T a, T b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Engine.Tree.forall2(FuncConvert.FromFunc((Tensor x, Tensor y) => Tensor.SameBits(x, y)), a, b);
    }
}
