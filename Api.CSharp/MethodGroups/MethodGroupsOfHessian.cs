namespace Pipeline;

/// <summary>The functions of <see cref="Hessian"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfHessian
{
    extension(Hessian)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Hessian.TimesVector(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic TimesVector(Delegate f) => throw MethodGroups.Never;

        /// <summary>Does not compile, and says what does: <c>var f = Loss; Hessian.TimesVectorWithGradient(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic TimesVectorWithGradient(Delegate f) => throw MethodGroups.Never;
    }
}
