namespace Pipeline;

/// <summary>The functions of <see cref="CheckNumbers"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfCheckNumbers
{
    extension(CheckNumbers)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; CheckNumbers.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f) => throw MethodGroups.Never;
    }
}
