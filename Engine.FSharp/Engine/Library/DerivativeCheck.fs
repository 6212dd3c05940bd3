// What came of checking derivatives: a table of them beside what they must equal.
namespace Pipeline

open System
open System.Collections.Generic
open System.Globalization
open System.Runtime.CompilerServices

/// <summary>One derivative that was checked, with what it must equal.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DerivativePath internal (path: string, computed: float, expected: float, tolerance: float) =
    /// <summary>The modes, the last first: "reverse over forward" is the derivative by reverse mode of the derivative by forward mode.</summary>
    member _.Path = path
    /// <summary>The derivative along a random direction, projected on a random cotangent.</summary>
    member _.Computed = computed

    /// <summary>What it must equal: where the last mode is forward, a central difference; where it is reverse, what forward mode gives, or the central difference too where that is not finite.</summary>
    member _.Expected = expected

    /// <summary>How far apart the two may be: in proportion to what is expected, never to what was computed; 0 where that is infinite or not a number.</summary>
    member _.Tolerance = tolerance

    /// <summary>Whether the two are equal within the tolerance, or the same infinity, or both not a number.</summary>
    member _.Agrees =
        abs (computed - expected) <= tolerance
        || computed = expected
        || (Double.IsNaN computed && Double.IsNaN expected)

    /// <summary>One line of the table.</summary>
    override this.ToString() =
        let text (x: float) = x.ToString("G10", CultureInfo.InvariantCulture).PadLeft 18

        let verdict = if this.Agrees then "agrees" else "WRONG"
        $"{path.PadRight 36}{text computed}{text expected}  {verdict}"

/// <summary>The result of checking a function's derivatives.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DerivativeCheck internal (paths: DerivativePath[]) =
    /// <summary>Every derivative that was checked, lower orders first along each path.</summary>
    member _.Paths: IReadOnlyList<DerivativePath> = Array.AsReadOnly paths
    /// <summary>Whether all agree.</summary>
    member _.Agrees = paths |> Array.forall _.Agrees

    /// <summary>This result, if all agree.</summary>
    /// <exception cref="T:Pipeline.WrongDerivativeException">One does not; the message is the table.</exception>
    member this.ThrowIfWrong() : DerivativeCheck =
        if not this.Agrees then
            let wrong = paths |> Array.filter (fun p -> not p.Agrees)

            raise (
                WrongDerivativeException(
                    FormattableString.Invariant
                        $"CheckDerivatives: {wrong.Length} of {paths.Length} derivatives are wrong; first {wrong[0].Path}: {wrong[0].Computed:G6} where {wrong[0].Expected:G6} is expected. If the function has a custom rule, mend it; if the point is not smooth, check at another.\n{this}"
                )
            )

        this

    /// <summary>The table: path, computed value, expected value, verdict.</summary>
    override _.ToString() =
        let heading = $"""{"path".PadRight 36}{"computed".PadLeft 18}{"expected".PadLeft 18}"""

        String.Join('\n', Array.append [| heading |] (paths |> Array.map string))
