namespace Pipeline;

/// <summary>The functions of <see cref="Gradient"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfGradient
{
    extension(Gradient)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Gradient.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Gradient.OfSecond(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic OfSecond(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Gradient.OfBoth(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic OfBoth(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Gradient.OfAll(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic OfAll(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Gradient.WithValue(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic WithValue(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Gradient.WithAuxiliary(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic WithAuxiliary(Delegate f) => throw MethodGroups.Never;
    }
}
