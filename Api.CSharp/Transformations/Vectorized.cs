using Microsoft.FSharp.Core;
using Pipeline.Engine;

namespace Pipeline;

/// <summary>A function applied along an axis of its arguments, as one program over all of them and not as a loop.</summary>
/// <remarks>An axis is that of every tensor of the argument's tree, negative ones counted from the end; null passes the whole argument to each application. A random key that is not mapped gives every application the same draw.</remarks>
public static class Vectorized
{
    /// <summary>Over the leading axis of every tensor.</summary>
    public static Func<T, R> Of<T, R>(Func<T, R> f) => Of(f, 0);

    /// <summary>Over the named axis of every tensor; the results get theirs at <paramref name="output"/>.</summary>
    public static Func<T, R> Of<T, R>(Func<T, R> f, int? axis, int output = 0)
    {
        ArgumentNullException.ThrowIfNull(f);
        return argument => Vectorize.map(FuncConvert.FromFunc(f), argument, Vectorize.repeat(axis, argument), output);
    }

    /// <summary>Over an axis of each tensor by itself, in the order in which the tree holds them; null for a tensor that is passed whole to each application.</summary>
    /// <param name="f">The function of one application.</param>
    /// <param name="axes">For each tensor of the argument the axis that is mapped; negative axes count from the end.</param>
    /// <param name="outputs">For each tensor of the result the axis of the applications, null for one that is the same for all; the leading one of each if omitted.</param>
    /// <exception cref="ShapeException">When called: the numbers of axes and tensors differ, an axis does not exist, the mapped axes differ in
    /// size, or a result with axis null differs between the applications.</exception>
    /// <example><code>
    /// // Rows of a with columns of b:
    /// Vectorized.Of(((Tensor A, Tensor B) p) => p.A * p.B, [0, 1], [0])((a, b))
    /// </code></example>
    public static Func<T, R> Of<T, R>(Func<T, R> f, IReadOnlyList<int?> axes, IReadOnlyList<int?>? outputs = null)
    {
        ArgumentNullException.ThrowIfNull(f);
        ArgumentNullException.ThrowIfNull(axes);
        int?[] each = [.. axes];
        if (outputs is null)
            return argument => Vectorize.map(FuncConvert.FromFunc(f), argument, each, 0);
        int?[] places = [.. outputs];
        return argument =>
            Vectorize.mapLeaves(FuncConvert.FromFunc(f), argument, each, FuncConvert.FromFunc((int _) => places));
    }

    /// <summary>Over an axis of each argument, named in one collection, null for an argument that is passed whole; the results get theirs at <paramref name="output"/>.</summary>
    /// <param name="f">The function of one application.</param>
    /// <param name="axes">One for each argument, negative ones counted from the end; the leading axis of each if omitted.</param>
    /// <param name="output">The axis of the applications in each tensor of the result.</param>
    /// <exception cref="ArgumentException">There are not as many axes as arguments.</exception>
    /// <example><code>
    /// Tensor products = Vectorized.Of((Tensor a, Tensor x) => a.Dot(x), [null, 0])(matrix, vectors);
    /// </code></example>
    public static Func<A, B, R> Of<A, B, R>(Func<A, B, R> f, IReadOnlyList<int?>? axes = null, int output = 0)
    {
        ArgumentNullException.ThrowIfNull(f);
        var named = Vectorize.axes(2, axes);
        var together = FuncConvert.FromFunc(((A First, B Second) p) => f(p.First, p.Second));
        return (a, b) =>
            Vectorize.map(
                together,
                (a, b),
                [.. Vectorize.repeat(named[0], a), .. Vectorize.repeat(named[1], b)],
                output
            );
    }

    /// <summary>The same of three arguments.</summary>
    /// <param name="f">The function of one application.</param>
    /// <param name="axes">One for each argument, null for one that is passed whole; the leading axis of each if omitted.</param>
    /// <param name="output">The axis of the applications in each tensor of the result.</param>
    /// <exception cref="ArgumentException">There are not as many axes as arguments.</exception>
    public static Func<A, B, C, R> Of<A, B, C, R>(Func<A, B, C, R> f, IReadOnlyList<int?>? axes = null, int output = 0)
    {
        ArgumentNullException.ThrowIfNull(f);
        var named = Vectorize.axes(3, axes);
        var together = FuncConvert.FromFunc(((A First, B Second, C Third) p) => f(p.First, p.Second, p.Third));
        return (a, b, c) =>
            Vectorize.map(
                together,
                (a, b, c),
                [.. Vectorize.repeat(named[0], a), .. Vectorize.repeat(named[1], b), .. Vectorize.repeat(named[2], c)],
                output
            );
    }
}
