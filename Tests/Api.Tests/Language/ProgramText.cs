using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>What the compilers say about a user's program, given as text, that refers to the library.</summary>
internal static partial class ProgramText
{
    private static readonly string Runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    private static string Sdk =>
        Directory
            .GetDirectories(Path.Combine(Runtime, "..", "..", "..", "sdk"), "10.*")
            .OrderBy(folder => folder.Length)
            .ThenBy(folder => folder, StringComparer.Ordinal)
            .Last();

    /// <summary>Errors and warnings, as "line: code", of a C# file with nullable reference types and the usual global usings.</summary>
    internal static string[] InCSharp(string text) => Codes(SaidOfCSharp(text));

    /// <summary>The same in full.</summary>
    internal static string[] SaidOfCSharp(string text) =>
        Compile(
            Path.Combine(Sdk, "Roslyn", "bincore", "csc.dll"),
            "cs",
            "using System; using System.Collections.Generic; using System.Linq; using Pipeline;\n#line 1\n" + text,
            "-nullable:enable",
            "-langversion:latest",
            "-target:library",
            "-nologo"
        ).Messages;

    /// <summary>Errors and warnings, as "line: code", of an F# file that opens the library.</summary>
    internal static string[] InFSharp(string text) => Codes(CompileFSharp(text).Messages);

    /// <summary>The same in full, each on one line.</summary>
    internal static (int Line, string Code, string Text)[] SaidOfFSharp(string text) =>
        [
            .. CompileFSharp(text)
                .Messages.Select(message => Message().Match(message))
                .Select(match =>
                    (
                        int.Parse(match.Groups["line"].ValueSpan, CultureInfo.InvariantCulture),
                        match.Groups["code"].Value,
                        Spaces().Replace(match.Groups["text"].Value, " ").Trim()
                    )
                ),
        ];

    /// <summary>The module that an F# file without errors and warnings makes.</summary>
    internal static Type LoadedFSharp(string text)
    {
        var (messages, assembly) = CompileFSharp(text);
        Assert.Empty(messages);
        return Assembly.Load(assembly).GetType("Program", throwOnError: true)!;
    }

    private static (string[] Messages, byte[] Assembly) CompileFSharp(string text) =>
        Compile(
            Path.Combine(Sdk, "FSharp", "fsc.dll"),
            "fs",
            "module Program\nopen Pipeline\nopen Pipeline.FSharp\n# 1 \"Program.fs\"\n" + text,
            "--noframework",
            "--targetprofile:netcore",
            "--target:library",
            "--nologo",
            "--flaterrors"
        );

    private static string[] Codes(string[] messages) =>
        [
            .. messages
                .Select(message => Message().Match(message))
                .Select(match => $"{match.Groups["line"].Value}: {match.Groups["code"].Value}")
                .Distinct(),
        ];

    private static (string[] Messages, byte[] Assembly) Compile(
        string compiler,
        string extension,
        string text,
        params string[] options
    )
    {
        var folder = Directory.CreateTempSubdirectory("pipeline");
        try
        {
            var source = Path.Combine(folder.FullName, $"Program.{extension}");
            File.WriteAllText(source, text);
            var platform = Directory
                .GetFiles(Runtime, "*.dll")
                .Where(file => Managed().IsMatch(Path.GetFileName(file)));
            var library = LibraryAssemblies
                .All.Append(typeof(Microsoft.FSharp.Core.Unit).Assembly)
                .Select(assembly => assembly.Location);
            var assembly = Path.Combine(folder.FullName, "program.dll");
            var response = Path.Combine(folder.FullName, "options.rsp");
            File.WriteAllLines(
                response,
                [
                    .. options,
                    $"{(extension == "cs" ? "-" : "--")}out:{assembly}",
                    .. platform.Concat(library).Select(file => $"-r:{file}"),
                    source,
                ]
            );
            using var process = Process.Start(
                new ProcessStartInfo("dotnet", [compiler, "@" + response])
                {
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd() + errors.Result;
            process.WaitForExit();
            if (process.ExitCode != 0 && !Message().IsMatch(output))
                throw new InvalidOperationException(output);
            return (
                [.. Message().Matches(output).Select(match => match.Value).Distinct()],
                File.Exists(assembly) ? File.ReadAllBytes(assembly) : []
            );
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"^(System\..*|mscorlib|netstandard|Microsoft\.CSharp)\.dll$")]
    private static partial Regex Managed();

    [GeneratedRegex(@"\((?<line>\d+),\d+\): (?:error|warning) (?<code>\w+)(: (?<text>.*))?")]
    private static partial Regex Message();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}
