namespace Pipeline;

/// <summary>The functions of <see cref="Vectorized"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfVectorized
{
    extension(Vectorized)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Vectorized.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f, int? axis = 0, int output = 0) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Vectorized.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f, IReadOnlyList<int?> axes, int output = 0) => throw MethodGroups.Never;
    }
}
