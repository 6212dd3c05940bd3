using System.Diagnostics;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The packages, as the projects of users find them.</summary>
[Collection(Script.Name)]
public sealed class PackageTests
{
    private static (int Code, string Output) Run(string folder, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", arguments)
            {
                WorkingDirectory = folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            }
        )!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }

    /// <summary>Without a network: from the packages packed here, the SDK's own FSharp.Core and what is installed already.</summary>
    [Fact]
    public void An_FSharp_project_with_the_FSharp_Core_of_its_SDK_restores_without_NU1605_or_NU1603()
    {
        var folder = Directory.CreateTempSubdirectory("pipeline").FullName;
        try
        {
            string[] projects =
            [
                "Engine.FSharp/Core",
                "Engine.FSharp/Statistics",
                "Engine.FSharp/Engine",
                "Api.CSharp",
            ];
            foreach (var project in projects)
            {
                var packed = Run(
                    RepositoryFolder.Of(project.Split('/')),
                    "pack",
                    "--no-build",
                    "-c",
                    Script.Configuration,
                    "-o",
                    Path.Combine(folder, "feed")
                );
                Assert.True(packed.Code == 0, packed.Output);
            }

            var installed =
                Environment.GetEnvironmentVariable("NUGET_PACKAGES")
                ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
            File.WriteAllText(
                Path.Combine(folder, "nuget.config"),
                $"""
                <configuration>
                  <config><add key="globalPackagesFolder" value="packages" /></config>
                  <packageSources><clear /><add key="feed" value="feed" /></packageSources>
                  <fallbackPackageFolders><add key="installed" value="{installed}" /></fallbackPackageFolders>
                </configuration>
                """
            );
            File.WriteAllText(
                Path.Combine(folder, "Consumer.fsproj"),
                """
                <Project Sdk="Microsoft.NET.Sdk">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
                  <ItemGroup><PackageReference Include="Pipeline" Version="0.1.0" /></ItemGroup>
                </Project>
                """
            );
            var restored = Run(folder, "restore");
            Assert.True(restored.Code == 0, restored.Output);
            Assert.DoesNotContain("NU1", restored.Output);
            Assert.Contains("\"FSharp.Core/", File.ReadAllText(Path.Combine(folder, "obj", "project.assets.json")));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
