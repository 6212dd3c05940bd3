using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The scripts of Samples/Scripts run as they stand; of a pair, the C# and the F# program print the same lines.</summary>
[Collection(Script.Name)]
public sealed class ScriptTests
{
    /// <summary>Each pair, with a line that its programs print.</summary>
    public static TheoryData<string, string> Pairs =>
        new()
        {
            // 4 sin 2 + 4 cos 2 and -2 sin 2 + 8 cos 2
            { "gradient", "f'(2) = 1.9726" },
            { "taylor", "sqrt(50) = 7.07107, from 6 terms" },
            { "regression", "Converged after 498 steps: W [-11.0296, 12.0435], b 2.971" },
            { "minibatch", "W [-10.8109, 11.8366], b 2.82331" },
            // Worked by hand: the normal equations of six rows.
            { "inference", "dose          1.01006    0.109705    9.207   0.00271  **   0.660926    1.35919" },
            { "per-example-gradients", "norms [4.47214, 15, 31.241]" },
            { "newton", "2.3056" },
            { "learning-rate", "rate 0.050000: log loss -2.028487, its slope -95.6639" },
            // What these print is compared with answers computed otherwise in ScriptAnswerTests.
            { "double-pendulum", "after 2 s angles" },
            { "equilibrium", "after 60 steps" },
            { "hamiltonian", "the same key again changes them by 0" },
            { "kalman", "standard error" },
            { "orbit", "energy -0.5000000000000" },
        };

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_pair_prints_the_same_lines(string name, string line)
    {
        var csharp = Script.Output(name + ".cs");
        Assert.Contains(line, csharp);
        Assert.Equal(csharp, Script.Output(name + ".fsx"));
    }

    [Fact]
    public void The_readme_quotes_every_pair()
    {
        var readme = File.ReadAllText(RepositoryFolder.Of("README.md")).ReplaceLineEndings("\n");
        Assert.All(
            Pairs.Select(pair => pair.Data.Item1),
            name =>
            {
                var program = File.ReadAllText(Path.Combine(Script.Folder, name + ".cs")).ReplaceLineEndings("\n");
                Assert.Contains($"```csharp\n{program[program.IndexOf("// ")..]}```", readme);
            }
        );
    }

    [Fact]
    public void No_pair_is_forgotten()
    {
        var pairs = Directory.GetFiles(Script.Folder, "*.cs").Select(Path.GetFileNameWithoutExtension).Order();
        Assert.Equal(Pairs.Select(pair => pair.Data.Item1).Order(), pairs);
        Assert.All(pairs, name => Assert.True(File.Exists(Path.Combine(Script.Folder, name + ".fsx"))));
    }

    [Fact]
    public void A_line_is_fitted_from_a_script()
    {
        var output = Script.Output("line.fsx");
        Assert.Contains("by hand:      [-11.0299, 12.0439] 2.97138", output);
        Assert.Contains("Converged after", output);
    }
}
