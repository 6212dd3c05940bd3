/// Golden cases of scalar functions, read from Tests/Data/golden, and the comparison that their tolerances mean.
module Pipeline.Engine.Tests.GoldenScalars

open System
open System.IO
open System.Text.Json

[<NoComparison>]
type Tolerance =
    | Ulp of float
    | Scaled of relative: float * absolute: float

[<NoComparison>]
type Case =
    {
        Id: string
        Operation: string
        Inputs: float[][]
        Output: float[]
        /// Orders 1, 2, ... at each point.
        Derivatives: float[][]
        /// The first partial derivatives of a function of two arguments.
        Partials: float[][]
        /// The second partial derivatives 00, 01, 11.
        SecondPartials: float[][]
        IsFloat32: bool
        SignedZero: bool
        Tolerance: Tolerance
        /// What holds in a run in float32; none where that makes no sense.
        Tolerance32: Tolerance voption
    }

let private property (name: string) (element: JsonElement) =
    if element.ValueKind = JsonValueKind.Object then
        match element.TryGetProperty name with
        | true, value when value.ValueKind <> JsonValueKind.Null -> ValueSome value
        | _ -> ValueNone
    else
        ValueNone

let private number (element: JsonElement) =
    if element.ValueKind = JsonValueKind.String then
        match element.GetString() with
        | "inf" -> infinity
        | "-inf" -> -infinity
        | _ -> nan
    else
        element.GetDouble()

/// Empty where the file gives no reference.
let private array (element: JsonElement) =
    match property "data" element with
    | ValueSome data -> [| for x in data.EnumerateArray() -> number x |]
    | ValueNone -> [||]

let private arrays name element =
    match property name element with
    | ValueSome list -> [| for x in list.EnumerateArray() -> array x |]
    | ValueNone -> [||]

let private tolerance (element: JsonElement) =
    match property "ulp" element with
    | ValueSome ulp -> Ulp(ulp.GetDouble())
    | ValueNone -> Scaled(element.GetProperty("relative").GetDouble(), element.GetProperty("absolute").GetDouble())

let private case (element: JsonElement) =
    let own = element.GetProperty "tolerance"

    let isFloat32 =
        element.GetProperty("in").[0].GetProperty("dtype").GetString() = "float32"

    {
        Id = element.GetProperty("id").ToString()
        Operation = element.GetProperty("op").ToString()
        Inputs = arrays "in" element
        Output = (arrays "out" element)[0]
        Derivatives = arrays "derivatives" element
        Partials =
            match property "vjp" element with
            | ValueSome list -> arrays "in" list[0]
            | ValueNone -> [||]
        SecondPartials =
            match property "second" element with
            | ValueSome second ->
                [|
                    for name in [ "00"; "01"; "11" ] ->
                        property name second |> ValueOption.map array |> ValueOption.defaultValue [||]
                |]
            | ValueNone -> [||]
        IsFloat32 = isFloat32
        SignedZero = (property "signed_zero" element).IsSome
        Tolerance = tolerance own
        Tolerance32 =
            if isFloat32 then
                ValueSome(tolerance own)
            else
                match property "float32" own with
                | ValueSome t -> ValueSome(tolerance t)
                | ValueNone -> ValueNone
    }

let read (file: string) =
    use document =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "golden", file)))

    [|
        for element in document.RootElement.GetProperty("cases").EnumerateArray() -> case element
    |]

/// The spacing of the dtype's numbers at a value.
let spacing isFloat32 (x: float) =
    let x = abs x

    if isFloat32 then
        float (MathF.BitIncrement(float32 x)) - float (float32 x)
    else
        Math.BitIncrement x - x

/// The positions, with both values, where the computed array is off.
let mismatches isFloat32 signedZero tolerance (expected: float[]) (actual: float[]) =
    let scale =
        expected |> Array.filter Double.IsFinite |> Array.map abs |> Array.fold max 0.0

    [
        for i in 0 .. expected.Length - 1 do
            let e, a = expected[i], actual[i]

            let right =
                if not (Double.IsFinite e) then
                    e.Equals a
                else
                    let bound =
                        match tolerance with
                        | Ulp n -> if n = 0.0 then 0.0 else n * spacing isFloat32 e
                        | Scaled(relative, absolute) -> absolute + relative * max (abs e) scale

                    abs (a - e) <= bound
                    && not (signedZero && e = 0.0 && Double.IsNegative e <> Double.IsNegative a)

            if not right then
                i, e, a
    ]
