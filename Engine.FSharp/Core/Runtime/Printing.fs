// Arrays as text: nested brackets, six significant digits unless others are asked for, long axes shortened; the same in every culture.
namespace Pipeline.Engine

open System
open System.Globalization
open System.Text
open Pipeline

[<RequireQualifiedAccess>]
module internal Printing =
    /// Axes longer than twice this show their first and last entries only.
    let private edge = 4

    let private isGeneral (format: string) = String.IsNullOrEmpty format || "GgRr".Contains(format[0])

    /// Floats by the format, or by six digits; whole numbers in full unless the format asks for more than digits.
    let private number (format: string) (array: NDArray) (position: int) =
        match array.Data.GetValue position with
        | :? bool as value -> if value then "true" else "false"
        | value ->
            let format =
                match DType.isFloat array.DType with
                | true when String.IsNullOrEmpty format -> "G6"
                | false when isGeneral format -> null
                | _ -> format

            (value :?> IFormattable).ToString(format, CultureInfo.InvariantCulture)

    let private write (format: string) (array: NDArray) (text: StringBuilder) =
        let rec go axis position =
            if axis = array.Rank then
                text.Append(number format array position) |> ignore
            else
                let size = array.Shape[axis]
                text.Append '[' |> ignore
                let mutable i = 0

                while i < size do
                    if i > 0 then
                        text.Append(if axis = array.Rank - 1 then ", " else ",\n" + System.String(' ', axis + 1)) |> ignore

                    if i = edge && size > 2 * edge then
                        text.Append "..." |> ignore
                        i <- size - edge
                    else
                        go (axis + 1) (position + i * array.Strides[axis])
                        i <- i + 1

                text.Append ']' |> ignore

        go 0 array.Offset

    /// Each number by a format of .NET; null: six significant digits, whole numbers in full.
    let format (format: string) (array: NDArray) =
        let text = StringBuilder()
        write format array text
        text.ToString()

    let print (array: NDArray) = format null array
