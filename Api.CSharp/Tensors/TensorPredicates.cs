using Pipeline.Engine;

namespace Pipeline;

/// <summary>Whether all or any entries hold, and whether they are another tensor's, as members of <see cref="Tensor"/>: what an <c>if</c> on a comparison of arrays needs. Numbers hold where they are not 0 (NaN does).</summary>
/// <remarks>Results are bool and have no derivative. Axes may be counted from the end: -1 is the last.</remarks>
/// <example><code>
/// if ((x > 0).All()) y = x.Log();
/// Tensor rows = (table &lt; 0).Any(axis: 1);
/// </code></example>
public static class TensorPredicates
{
    extension(Tensor x)
    {
        /// <summary>Whether every entry holds; true of an empty tensor.</summary>
        public Tensor All() => Predicates.all(null, false, x);

        /// <summary>Whether every entry along an axis holds; the axis disappears or, if kept, has size 1.</summary>
        public Tensor All(int axis, bool keepAxis = false) => Predicates.all([axis], keepAxis, x);

        /// <summary>Whether every entry along some axes holds; they disappear or, if kept, have size 1.</summary>
        public Tensor All(ReadOnlySpan<int> axes, bool keepAxes = false) => Predicates.all(axes.ToArray(), keepAxes, x);

        /// <summary>Whether all entries are near another tensor's: |x - other| is at most <paramref name="atol"/> + <paramref name="rtol"/> |other|, as in <see cref="Tensor.AllClose"/>.</summary>
        /// <example><code>
        /// Assert.True(found.AllClose(expected, rtol: 1e-12));
        /// </code></example>
        public bool AllClose(Tensor other, double rtol = 1e-5, double atol = 1e-8, bool equalNaN = false) =>
            Tensor.AllClose(Given.Of(x), Given.Of(other), rtol, atol, equalNaN);

        /// <summary>Whether shapes, dtypes and all bits are another tensor's, as in <see cref="Tensor.SameBits"/>.</summary>
        public bool SameBits(Tensor other) => Tensor.SameBits(Given.Of(x), Given.Of(other));

        /// <summary>Whether an entry holds; false of an empty tensor.</summary>
        public Tensor Any() => Predicates.any(null, false, x);

        /// <summary>Whether an entry along an axis holds; the axis disappears or, if kept, has size 1.</summary>
        public Tensor Any(int axis, bool keepAxis = false) => Predicates.any([axis], keepAxis, x);

        /// <summary>Whether an entry along some axes holds; they disappear or, if kept, have size 1.</summary>
        public Tensor Any(ReadOnlySpan<int> axes, bool keepAxes = false) => Predicates.any(axes.ToArray(), keepAxes, x);
    }
}
