namespace Pipeline;

/// <summary>The functions of <see cref="Compiled"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfCompiled
{
    extension(Compiled)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Compiled.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f, int maxPrograms = 0) => throw MethodGroups.Never;
    }
}
