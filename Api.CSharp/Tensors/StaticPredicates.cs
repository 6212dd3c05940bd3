namespace Pipeline;

/// <summary>Whether all or any entries hold, as static functions: what <see cref="TensorPredicates"/> has as members.</summary>
public static class StaticPredicates
{
    extension(Tensor)
    {
        /// <summary>Whether every entry holds; true of an empty tensor.</summary>
        public static Tensor All(Tensor x) => x.All();

        /// <summary>Whether every entry along an axis holds; the axis disappears or, if kept, has size 1.</summary>
        public static Tensor All(Tensor x, int axis, bool keepAxis = false) => x.All(axis, keepAxis);

        /// <summary>Whether every entry along some axes holds; they disappear or, if kept, have size 1.</summary>
        public static Tensor All(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) => x.All(axes, keepAxes);

        /// <summary>Whether an entry holds; false of an empty tensor.</summary>
        public static Tensor Any(Tensor x) => x.Any();

        /// <summary>Whether an entry along an axis holds; the axis disappears or, if kept, has size 1.</summary>
        public static Tensor Any(Tensor x, int axis, bool keepAxis = false) => x.Any(axis, keepAxis);

        /// <summary>Whether an entry along some axes holds; they disappear or, if kept, have size 1.</summary>
        public static Tensor Any(Tensor x, ReadOnlySpan<int> axes, bool keepAxes = false) => x.Any(axes, keepAxes);
    }
}
