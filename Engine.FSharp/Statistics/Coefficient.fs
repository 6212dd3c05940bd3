// An estimated coefficient with its test and interval.
namespace Pipeline

open System
open System.Globalization
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>One estimated coefficient with its standard error, two-sided t test against 0 and confidence interval. Immutable.</summary>
[<Sealed; AllowNullLiteral; AutoSerializable(false); NullableContext(1uy)>]
type Coefficient internal (term: string, estimate: float, standardError: float, t: float, logP: float, low: float, high: float) =
    /// <summary>The feature's name, or <c>(Intercept)</c>.</summary>
    member _.Term = term

    /// <summary>The estimate.</summary>
    member _.Estimate = estimate

    /// <summary>The standard error: sigma times the root of the diagonal entry of (X'X)^-1, with the unbiased sigma.</summary>
    member _.StandardError = standardError

    /// <summary>The estimate divided by its standard error; infinite where the fit is exact.</summary>
    member _.T = t

    /// <summary>The probability, if the coefficient were 0, of a |t| at least this large. It underflows to 0 below about 5e-324; see <see cref="P:Pipeline.Coefficient.Log10P" />.</summary>
    member _.P = Special.exp logP

    /// <summary>The logarithm to base 10 of the p-value, which does not underflow.</summary>
    member _.Log10P = logP / Special.log 10.0

    /// <summary>The lower end of the confidence interval.</summary>
    member _.Low = low

    /// <summary>The upper end of the confidence interval.</summary>
    member _.High = high

    /// <summary>The term with its estimate and standard error.</summary>
    override _.ToString() =
        String.Format(CultureInfo.InvariantCulture, "{0} = {1:G6} (standard error {2:G6})", term, estimate, standardError)
