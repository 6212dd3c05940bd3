namespace Pipeline;

/// <summary>The minimization of a loss passed by its name: it does not compile, and says what does.</summary>
public static class MethodGroupsOfOptimizer
{
    extension(Optimizer optimizer)
    {
        /// <summary>Does not compile, and says what does: <c>var f = Loss; optimizer.Minimize(f)</c>.</summary>
        [Obsolete(MethodGroups.Cure, error: true)]
        public dynamic Minimize(Delegate loss) => throw MethodGroups.Never;
    }
}
