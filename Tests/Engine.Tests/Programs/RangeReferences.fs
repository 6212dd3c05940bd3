/// Values and derivatives of the scalar functions over the whole range, from 50 digits (Tests/Data/range).
module internal Pipeline.Engine.Tests.RangeReferences

open System
open System.Globalization
open System.IO
open Pipeline

/// A reference, and by how much a relative change of the arguments changes it.
[<Struct>]
type Reference = { Value: float; Condition: float }

type Point = {
    Arguments: float[]
    /// y, y', y'', or y, y_x, y_z, y_xx, y_xz, y_zz.
    References: Reference[]
}

let private number (text: string) =
    match text with
    | "inf" -> infinity
    | "-inf" -> -infinity
    | _ -> Double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture)

let private parse (line: string) =
    let words = line.Split ' '
    let dtype = if words[1] = "f32" then DType.Float32 else DType.Float64
    // Two words for each of three references, or of six.
    let arguments = if words.Length = 2 + 1 + 6 then 1 else 2
    let numbers = words[2..] |> Array.map number

    struct (words[0], dtype),
    {
        Arguments = numbers[.. arguments - 1]
        References =
            numbers[arguments..]
            |> Array.chunkBySize 2
            |> Array.map (fun pair -> { Value = pair[0]; Condition = pair[1] })
    }

/// The points of each function in each dtype.
let all =
    lazy
        (File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", "range", "references.txt"))
         |> Array.map parse
         |> Array.groupBy fst
         |> Array.map (fun (key, points) -> key, Array.map snd points)
         |> dict)
