namespace Pipeline.Api.Tests;

/// <summary>A file with a given name and content that lasts as long as a test.</summary>
internal sealed class TextFile : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("pipeline-").FullName;

    internal TextFile(string name, byte[] content)
    {
        Path = System.IO.Path.Combine(folder, name);
        File.WriteAllBytes(Path, content);
    }

    internal TextFile(string name, string content)
        : this(name, System.Text.Encoding.UTF8.GetBytes(content)) { }

    internal string Path { get; }

    public void Dispose() => Directory.Delete(folder, recursive: true);
}
