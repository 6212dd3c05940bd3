namespace Pipeline.Api.Tests;

/// <summary>Where the sources lie, for tests that read or run them.</summary>
internal static class RepositoryFolder
{
    internal static string Path { get; } = Find();

    internal static string Of(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "Pipeline.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run from inside the repository.");
        return folder.FullName;
    }
}
