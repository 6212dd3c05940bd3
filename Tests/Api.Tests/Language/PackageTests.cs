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

    /// <summary>Packed once, without a network: from the packages packed here, the SDK's own FSharp.Core and what is installed already.</summary>
    private static void WithPackages(Action<string> use)
    {
        var folder = Directory.CreateTempSubdirectory("pipeline").FullName;
        try
        {
            string[] projects =
            [
                "Engine.FSharp/Core",
                "Engine.FSharp/Kernels",
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
            use(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Consumer(string folder, string package)
    {
        var project = Directory.CreateDirectory(Path.Combine(folder, package)).FullName;
        File.WriteAllText(
            Path.Combine(project, "Consumer.fsproj"),
            $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NoWarn>FS0064</NoWarn>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="{package}" Version="0.1.0" />
                <Compile Include="Program.fs" />
              </ItemGroup>
            </Project>
            """
        );
        File.WriteAllText(
            Path.Combine(project, "Program.fs"),
            """
            module Program
            open Pipeline
            open Pipeline.FSharp
            let rate: Tensor = 0.5
            let f (x: Tensor) : Tensor = x * rate
            let y = f 2.0
            let z = f 2
            """
        );
        return project;
    }

    [Theory, InlineData("Pipeline"), InlineData("Pipeline.Engine")]
    public void An_FSharp_project_restores_without_NU1605_or_NU1603_and_passes_literals_as_tensors_without_FS3391(
        string package
    ) =>
        WithPackages(folder =>
        {
            var project = Consumer(folder, package);
            var restored = Run(project, "restore");
            Assert.True(restored.Code == 0, restored.Output);
            Assert.DoesNotContain("NU1", restored.Output);
            Assert.Contains("\"FSharp.Core/", File.ReadAllText(Path.Combine(project, "obj", "project.assets.json")));

            var built = Run(project, "build", "--no-restore");
            Assert.True(built.Code == 0, built.Output);
            Assert.DoesNotContain("FS3391", built.Output);
        });

    [Fact]
    public void A_script_says_nowarn_3391()
    {
        var program = "let f (x: Tensor) : Tensor = x * 0.5\nlet y = f 2.0";
        Assert.Equal(["2: FS3391"], ProgramText.InFSharp(program));
        Assert.Empty(ProgramText.InFSharp("#nowarn \"3391\"\n" + program));
    }
}
