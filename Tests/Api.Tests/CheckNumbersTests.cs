using System.Runtime.CompilerServices;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>CheckNumbers names the file and the line of the user's operation.</summary>
public sealed class CheckNumbersTests
{
    /// <summary>The tensor, and where it is used.</summary>
    private static Tensor At(
        out string place,
        Tensor x,
        [CallerFilePath] string file = "",
        [CallerLineNumber] int line = 0
    )
    {
        place = $"{file}:{line}";
        return x;
    }

    [Fact]
    public void The_line_of_the_operation()
    {
        var line = "";
        var f = (Tensor x) =>
        {
            var shifted = x - 1;
            var y = At(out line, shifted).Log();
            return y * 2;
        };
        var error = Assert.Throws<NonFiniteException>(() => CheckNumbers.Of(f)(Tensor.From([3.0, 1.0])));
        Assert.StartsWith($"log: made the first -Infinity at [1], from float64[2] [2, 0], at {line}.", error.Message);
        Assert.Equal(0.0, (double)CheckNumbers.Of(f)(2.0));
    }

    [Fact]
    public void The_line_that_asked_for_a_gradient()
    {
        var line = "";
        var slope = Gradient.Of((Tensor y) => Tensor.Where(y > 0, y.Log(), 0));
        var f = (Tensor x) =>
        {
            var result = slope(At(out line, x));
            return result + 1;
        };
        var (value, found) = CheckNumbers.Annihilations(f)(0.0);
        Assert.Equal(1.0, (double)value);
        Assert.Equal(1, Assert.Single(found).Count);
        Assert.Equal(line, found[0].Location);
        Assert.Empty(CheckNumbers.Annihilations(f)(2.0).Found);
    }
}
