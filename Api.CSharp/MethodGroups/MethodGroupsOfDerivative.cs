namespace Pipeline;

/// <summary>The functions of <see cref="Derivative"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfDerivative
{
    extension(Derivative)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Derivative.Along(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Along(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Derivative.Pullback(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Pullback(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Derivative.Linearize(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Linearize(Delegate f) => throw MethodGroups.Never;
    }
}
