namespace Pipeline;

/// <summary>The functions of <see cref="Checkpoint"/>, of a method passed by its name: they do not compile, and say what does.</summary>
public static class MethodGroupsOfCheckpoint
{
    extension(Checkpoint)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; Checkpoint.Of(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public static dynamic Of(Delegate f) => throw MethodGroups.Never;
    }
}
