using System.Diagnostics;
using System.Text.Json;

namespace Pipeline.Api.Tests;

/// <summary>Samples/Fit as a user runs it.</summary>
internal static class FitProgram
{
    /// <summary>The sample's build beside this test's: Samples/Fit/bin/CONFIGURATION/FRAMEWORK.</summary>
    private static readonly string Program = Find();

    private static string Find()
    {
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        return Path.Combine(
            RepositoryFolder.Path,
            "Samples",
            "Fit",
            "bin",
            output.Parent!.Name,
            output.Name,
            "Fit.dll"
        );
    }

    internal static (int Code, string Output, string Error) Run(params string[] arguments)
    {
        using var process = Start(arguments);
        return Wait(process);
    }

    /// <summary>On Linux with the default action for SIGINT, which a test runner in the background may have switched off.</summary>
    internal static Process Start(params string[] arguments)
    {
        string[] command = ["dotnet", Program, .. arguments];
        if (OperatingSystem.IsLinux())
            command = ["env", "--default-signal=INT", .. command];
        return Process.Start(
            new ProcessStartInfo(command[0], command[1..])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
    }

    internal static (int Code, string Output, string Error) Wait(Process process)
    {
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.Result);
    }

    /// <summary>Estimates and standard errors that a run prints as JSON.</summary>
    internal static (double Estimate, double Error)[] Coefficients(string output)
    {
        using var json = JsonDocument.Parse(output);
        return
        [
            .. json
                .RootElement.GetProperty("coefficients")
                .EnumerateArray()
                .Select(c => (c.GetProperty("estimate").GetDouble(), c.GetProperty("standard_error").GetDouble())),
        ];
    }
}
