// What a least-squares fit tells: coefficients with their tests and intervals, the fit's figures, and the table that R users know.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>
/// A linear model fitted by least squares, with its inference under independent normal errors of equal variance.
/// Immutable and safe to share between threads; residuals and fitted values are computed at their first use.
/// </summary>
[<Sealed; AllowNullLiteral; AutoSerializable(false); NullableContext(1uy)>]
type LeastSquaresResult
    internal
    (
        target: string,
        coefficients: Coefficient[],
        intercept: bool,
        rows: int,
        level: float,
        residualSumOfSquares: float,
        explainedSumOfSquares: float,
        logFTail: float,
        fittedAndResiduals: Lazy<struct (float[] * float[])>
    ) =
    let parameters = coefficients.Length
    let degreesOfFreedom = rows - parameters
    let modelDegreesOfFreedom = if intercept then parameters - 1 else parameters
    let total = residualSumOfSquares + explainedSumOfSquares
    let unexplained = residualSumOfSquares / total
    let byTerm = Dictionary<string, Coefficient>(StringComparer.Ordinal)

    do
        for coefficient in coefficients do
            byTerm[coefficient.Term] <- coefficient

    /// <summary>The name of the column that was explained.</summary>
    member _.Target = target

    /// <summary>The coefficients: the intercept first, if there is one, then the features in the order they were given.</summary>
    member _.Coefficients: IReadOnlyList<Coefficient> = Array.AsReadOnly coefficients

    /// <summary>The coefficient of a term.</summary>
    /// <exception cref="T:System.Collections.Generic.KeyNotFoundException">There is no such term.</exception>
    member _.Item
        with get (term: string): Coefficient =
            match byTerm.TryGetValue term with
            | true, coefficient -> coefficient
            | _ ->
                let terms = String.Join(", ", byTerm.Keys)
                raise (KeyNotFoundException $"There is no term '{term}'; the terms are {terms}.")

    /// <summary>The number of rows.</summary>
    member _.Rows = rows

    /// <summary>Rows less coefficients.</summary>
    member _.DegreesOfFreedom = degreesOfFreedom

    /// <summary>The number of coefficients without the intercept.</summary>
    member _.ModelDegreesOfFreedom = modelDegreesOfFreedom

    /// <summary>The confidence level of the intervals, for example 0.95.</summary>
    member _.ConfidenceLevel = level

    /// <summary>The sum of the squared residuals; 0 where they are no more than the rounding of the data.</summary>
    member _.ResidualSumOfSquares = residualSumOfSquares

    /// <summary>Whether the fit is exact: no residual is more than the rounding of the data. Standard errors are 0 then, and t, F and p say nothing.</summary>
    member _.IsExact = residualSumOfSquares = 0.0

    /// <summary>The residual standard error, the root of the unbiased estimate of the error variance: residual sum of squares over degrees of freedom.</summary>
    member _.Sigma = sqrt (residualSumOfSquares / float degreesOfFreedom)

    /// <summary>The maximum-likelihood estimate of the errors' standard deviation: the root of residual sum of squares over rows.</summary>
    member _.SigmaMaximumLikelihood = sqrt (residualSumOfSquares / float rows)

    /// <summary>The part of the target's variance that is explained; without an intercept, of its mean square, as in R.</summary>
    member _.RSquared = explainedSumOfSquares / total

    /// <summary>R squared with both sums of squares divided by their degrees of freedom.</summary>
    member _.AdjustedRSquared = 1.0 - unexplained * float (if intercept then rows - 1 else rows) / float degreesOfFreedom

    /// <summary>The F statistic of the test that every coefficient but the intercept is 0; NaN for a model of the intercept alone.</summary>
    member _.F = (explainedSumOfSquares / float modelDegreesOfFreedom) / (residualSumOfSquares / float degreesOfFreedom)

    /// <summary>The p-value of the F test. It underflows to 0 below about 5e-324; see <see cref="P:Pipeline.LeastSquaresResult.FLog10P" />.</summary>
    member _.FP = Special.exp logFTail

    /// <summary>The logarithm to base 10 of the F test's p-value, which does not underflow.</summary>
    member _.FLog10P = logFTail / Special.log 10.0

    /// <summary>The logarithm of the likelihood at its maximum, with the maximum-likelihood sigma.</summary>
    member _.LogLikelihood =
        -0.5 * float rows * (Special.log (2.0 * Math.PI) + Special.log (residualSumOfSquares / float rows) + 1.0)

    /// <summary>The target less the fitted value, row by row.</summary>
    member _.Residuals: IReadOnlyList<float> =
        let struct (_, residuals) = fittedAndResiduals.Value
        Array.AsReadOnly residuals

    /// <summary>The fitted values, row by row.</summary>
    member _.FittedValues: IReadOnlyList<float> =
        let struct (fitted, _) = fittedAndResiduals.Value
        Array.AsReadOnly fitted

    /// <summary>The table of coefficients and the figures of the fit, laid out as R's summary of a linear model.</summary>
    override result.ToString() =
        let table = CoefficientTable.print coefficients level
        let sigma = CoefficientTable.rounded 4 result.Sigma
        let rSquared = CoefficientTable.rounded 4 result.RSquared
        let adjusted = CoefficientTable.rounded 4 result.AdjustedRSquared
        let degrees = if degreesOfFreedom = 1 then "degree" else "degrees"

        let fTest =
            if result.IsExact then
                "\nThe fit is exact: no residual is more than the rounding of the data, so that errors, t and F say nothing."
            elif modelDegreesOfFreedom = 0 then
                ""
            else
                let f = CoefficientTable.rounded 4 result.F
                let p = CoefficientTable.probability result.FLog10P
                $"\nF-statistic: {f} on {modelDegreesOfFreedom} and {degreesOfFreedom} DF, p-value: {p}"

        $"{table}\nResidual standard error: {sigma} on {degreesOfFreedom} {degrees} of freedom\n"
        + $"Multiple R-squared: {rSquared}, Adjusted R-squared: {adjusted}"
        + fTest
