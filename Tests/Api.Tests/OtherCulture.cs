using System.Globalization;

namespace Pipeline.Api.Tests;

/// <summary>A culture that writes numbers as no program should: a comma for the point and, where wanted, a sign of its own for the minus. Until it is disposed of.</summary>
internal sealed class OtherCulture : IDisposable
{
    private readonly CultureInfo before = CultureInfo.CurrentCulture;

    internal OtherCulture(string minus = "-")
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = minus;
        CultureInfo.CurrentCulture = culture;
    }

    public void Dispose() => CultureInfo.CurrentCulture = before;
}
