using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The one rule by which computed numbers are held against expected ones: in proportion to what is expected, and an infinity or NaN agrees with the same alone.</summary>
internal static class Tolerance
{
    internal static bool Relative(double tolerance, double expected, double actual) =>
        double.IsFinite(expected)
            ? Math.Abs(actual - expected) <= tolerance * Math.Abs(expected)
            : expected.Equals(actual);

    /// <summary>In proportion to 1 where the expected number is less.</summary>
    internal static bool Near(double tolerance, double expected, double actual) =>
        Relative(tolerance, expected, actual) || (Math.Abs(expected) < 1 && Math.Abs(actual - expected) <= tolerance);

    internal static void AssertNear(double tolerance, double expected, double actual) =>
        Assert.True(Near(tolerance, expected, actual), $"expected {expected:R}, computed {actual:R}");

    internal static void AssertRelative(double tolerance, double expected, double actual) =>
        Assert.True(Relative(tolerance, expected, actual), $"expected {expected:R}, computed {actual:R}");
}
