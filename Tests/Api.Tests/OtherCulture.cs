using System.Globalization;

namespace Pipeline.Api.Tests;

/// <summary>A culture that writes numbers as no program should: a comma for the point, and for the minus the sign that some cultures have. Until it is disposed of.</summary>
internal sealed class OtherCulture : IDisposable
{
    private readonly CultureInfo before = CultureInfo.CurrentCulture;

    internal OtherCulture()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.NegativeSign = "\u2212";
        CultureInfo.CurrentCulture = culture;
    }

    public void Dispose() => CultureInfo.CurrentCulture = before;
}
