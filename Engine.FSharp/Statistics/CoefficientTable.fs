// Prints coefficients as the table that R users know, with their intervals.
namespace Pipeline.Engine

open System
open System.Globalization
open Pipeline

[<RequireQualifiedAccess>]
module internal CoefficientTable =
    /// x with so many significant digits; a dash where it is undetermined.
    let rounded (digits: int) (x: float) = if Double.IsNaN x then "-" else x.ToString("G" + digits.ToString(), CultureInfo.InvariantCulture)

    /// A p-value from its logarithm to base 10, to three digits; 1e-562 prints as well.
    let probability (log10: float) =
        if Double.IsNaN log10 then
            "-"
        elif Double.IsNegativeInfinity log10 then
            "0"
        elif log10 > -3.0 then
            rounded 4 (Special.exp (log10 * Special.log 10.0))
        else
            let floor = Math.Floor log10
            let mantissa = Math.Round(Special.exp ((log10 - floor) * Special.log 10.0), 2)

            let mantissa, exponent = if mantissa = 10.0 then 1.0, floor + 1.0 else mantissa, floor

            String.Format(CultureInfo.InvariantCulture, "{0:0.00}e{1:0}", mantissa, exponent)

    let private stars p =
        if p < 0.001 then "***"
        elif p < 0.01 then "**"
        elif p < 0.05 then "*"
        elif p < 0.1 then "."
        else ""

    /// Terms and stars stand to the left, numbers to the right.
    let private isLeft column = column = 0 || column = 5

    let print (coefficients: Coefficient[]) (level: float) =
        let percent = rounded 4 (100.0 * level)

        let header = [| ""; "Estimate"; "Std. Error"; "t value"; "Pr(>|t|)"; ""; percent + " % low"; percent + " % high" |]

        let line (c: Coefficient) = [|
            c.Term
            rounded 6 c.Estimate
            rounded 6 c.StandardError
            rounded 4 c.T
            probability c.Log10P
            stars c.P
            rounded 6 c.Low
            rounded 6 c.High
        |]

        let lines = Array.append [| header |] (Array.map line coefficients)

        let widths =
            Array.init header.Length (fun column -> lines |> Array.map (fun cells -> cells[column].Length) |> Array.max)

        let print (cells: string[]) =
            let padded =
                Array.mapi
                    (fun column (cell: string) -> if isLeft column then cell.PadRight widths[column] else cell.PadLeft widths[column])
                    cells

            String.Join("  ", padded).TrimEnd() + "\n"

        String.Concat(Array.map print lines) + "---\nSignif. codes:  0 '***' 0.001 '**' 0.01 '*' 0.05 '.' 0.1 ' ' 1\n"
