namespace Pipeline;

/// <summary>The name of this library.</summary>
public static class PipelineVersion
{
    /// <summary>The library's name, as its package carries it.</summary>
    public static string Name => "Pipeline";
}
