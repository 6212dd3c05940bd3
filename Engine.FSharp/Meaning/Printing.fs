// Arrays as text: nested brackets, six significant digits, long axes shortened.
namespace Pipeline.Engine

open System.Globalization
open System.Text
open Pipeline

[<RequireQualifiedAccess>]
module internal Printing =
    /// Axes longer than twice this show their first and last entries only.
    let private edge = 4

    let private number (array: NDArray) position =
        let value = NDArray.elementAt array position

        match array.DType with
        | DType.Bool -> if value <> 0.0 then "true" else "false"
        | dtype when DType.isFloat dtype -> value.ToString("G6", CultureInfo.InvariantCulture)
        | DType.Int64 -> ((array.Data :?> int64[])[position]).ToString CultureInfo.InvariantCulture
        | DType.UInt64 -> ((array.Data :?> uint64[])[position]).ToString CultureInfo.InvariantCulture
        | _ -> value.ToString("F0", CultureInfo.InvariantCulture)

    let private write (array: NDArray) (text: StringBuilder) =
        let rec go axis position =
            if axis = array.Rank then
                text.Append(number array position) |> ignore
            else
                let size = array.Shape[axis]
                text.Append '[' |> ignore
                let mutable i = 0

                while i < size do
                    if i > 0 then
                        text.Append(
                            if axis = array.Rank - 1 then
                                ", "
                            else
                                ",\n" + System.String(' ', axis + 1)
                        )
                        |> ignore

                    if i = edge && size > 2 * edge then
                        text.Append "..." |> ignore
                        i <- size - edge
                    else
                        go (axis + 1) (position + i * array.Strides[axis])
                        i <- i + 1

                text.Append ']' |> ignore

        go 0 array.Offset

    let print (array: NDArray) =
        let text = StringBuilder()
        write array text
        text.ToString()
