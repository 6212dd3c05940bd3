using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>A method passed by its name does not compile, and the error itself says what does.</summary>
public sealed class MethodGroupTests
{
    private const string Methods = """
        static class P
        {
            record Line(Tensor W, Tensor B);
            static Tensor Loss(Line m, Tensor x) => (m.W * x + m.B).Sum();
            static Tensor Sum(Tensor x) => x.Sum();
            static void Main()
            {

        """;

    private static string Program(string statement) => $"{Methods}{statement}\n}}}}";

    [Theory]
    [InlineData("Gradient.Of(Sum)(3.0);")]
    [InlineData("Gradient.Of(Loss);")]
    [InlineData("Gradient.OfBoth(Loss);")]
    [InlineData("Gradient.WithValue(Sum);")]
    [InlineData("Compiled.Of(Loss);")]
    [InlineData("CheckCompiled.Of(Loss);")]
    [InlineData("Vectorized.Of(Sum)(1.0).Sum();")]
    [InlineData("Vectorized.Of(Loss, [null, 0]);")]
    [InlineData("Vectorized.Of(Sum, 1);")]
    [InlineData("Compiled.Of(Loss, maxPrograms: 1);")]
    [InlineData("Jacobian.Of(Sum);")]
    [InlineData("Jacobian.Reverse(Sum);")]
    [InlineData("Hessian.TimesVector(Sum);")]
    [InlineData("Derivative.Along(Sum);")]
    [InlineData("Checkpoint.Of(Sum);")]
    [InlineData("CheckNumbers.Of(Sum);")]
    [InlineData("Optimizer.Adam(0.1).Minimize(Loss);")]
    public void The_error_says_that_a_variable_cures_CS0411(string statement)
    {
        var message = Assert.Single(ProgramText.SaidOfCSharp(Program(statement)));
        Assert.Contains("error CS0619", message);
        Assert.Contains("CS0411", message);
        Assert.Contains("var f = Loss;", message);
    }

    [Theory]
    [InlineData("var f = Sum; Gradient.Of(f)(3.0);")]
    [InlineData("var f = Loss; Gradient.Of(f)(new Line(1.0, 2.0), 3.0).W.Sum();")]
    [InlineData("var f = Loss; Optimizer.Adam(0.1).Minimize(f).From(new Line(1.0, 2.0));")]
    [InlineData("Gradient.Of<Line, Tensor>(Loss); Compiled.Of<Tensor, Tensor>(Sum);")]
    [InlineData("Gradient.Of((Tensor x) => x * x); Gradient.Of((Tensor x) => 1.0); Hessian.Of(Sum);")]
    [InlineData("Taylor.Series(Tensor.Sqrt, 49.0, 5); Optimizer.Adam(0.1).Minimize<Line, Tensor>(Loss);")]
    public void What_compiles_is_as_before(string statement) => Assert.Empty(ProgramText.InCSharp(Program(statement)));
}
