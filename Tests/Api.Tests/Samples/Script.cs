using System.Collections.Concurrent;
using System.Diagnostics;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The scripts of Samples/Scripts, run as they stand, each once. (One collection: two builds at a time would write the same files.)</summary>
[CollectionDefinition(Name)]
public sealed class Script
{
    internal const string Name = "scripts";

    internal static readonly string Folder = RepositoryFolder.Of("Samples", "Scripts");

    private static readonly ConcurrentDictionary<string, Lazy<string>> Outputs = new();

    /// <summary>What a script prints, from NAME.cs or NAME.fsx, of which F# has nothing to warn.</summary>
    internal static string Output(string file) =>
        Outputs
            .GetOrAdd(
                file,
                new Lazy<string>(() =>
                    Path.GetExtension(file) == ".cs"
                        ? Run("run", "-c", Configuration, Path.Combine(Folder, file))
                        : Run("fsi", "--quiet", "--warnaserror+", Path.Combine(Folder, file))
                )
            )
            .Value;

    internal const string Configuration =
#if DEBUG
        "Debug";
#else
        "Release";
#endif

    private static string Run(params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true }
        )!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, output + errors.Result);
        return output;
    }
}
