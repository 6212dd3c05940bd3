using System.Diagnostics;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The F# script runs as it stands, against the assemblies under test.</summary>
public sealed class ScriptTests
{
    [Fact]
    public void A_line_is_fitted_from_a_script()
    {
        var here = AppContext.BaseDirectory;
        var text = File.ReadAllText(Path.Combine(here, "line.fsx"))
            .Replace("../../Api.CSharp/bin/Release/net10.0/", here.Replace('\\', '/'));
        var script = Path.Combine(Directory.CreateTempSubdirectory().FullName, "line.fsx");
        File.WriteAllText(script, text);
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", ["fsi", "--quiet", script]) { RedirectStandardOutput = true }
        )!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Directory.Delete(Path.GetDirectoryName(script)!, recursive: true);
        Assert.Equal(0, process.ExitCode);
        Assert.Contains("by hand:      [-11.0299, 12.0439] 2.97138", output);
        Assert.Contains("Converged after", output);
    }
}
