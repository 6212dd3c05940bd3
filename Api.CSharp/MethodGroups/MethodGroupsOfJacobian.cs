namespace Pipeline;

/// <summary>The functions of <see cref="Jacobian"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfJacobian
{
    extension(Jacobian)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Jacobian.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Jacobian.WithValue(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic WithValue(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Jacobian.Forward(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Forward(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Jacobian.Reverse(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Reverse(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Jacobian.ForwardWithValue(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic ForwardWithValue(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Jacobian.ReverseWithValue(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic ReverseWithValue(Delegate f) => throw MethodGroups.Never;
    }
}
