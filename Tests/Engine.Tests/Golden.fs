/// Reference cases from Tests/Data/golden: arrays in, arrays out, derivatives, and the comparison that their tolerances mean.
module internal Pipeline.Engine.Tests.Golden

open System
open System.IO
open System.Text.Json
open Pipeline
open Pipeline.Engine

/// The numbers as float64, and as an array of the case's own dtype (exact for 64-bit integers).
[<NoComparison; NoEquality>]
type Reference = { DType: DType; Shape: int[]; Data: float[]; Value: NDArray }

[<NoComparison>]
type Tolerance =
    | Ulp of float
    /// |x - reference| <= absolute + relative * max(|reference|, largest finite |reference| of the array)
    | Scaled of relative: float * absolute: float

/// A forward derivative (tangents in, tangents out) or a reverse one (cotangents in, cotangents out); none where nothing is given or compared.
[<NoComparison; NoEquality>]
type Derivative = { Given: Reference voption[]; Result: Reference voption[] }

[<NoComparison; NoEquality>]
type Case = {
    Id: string
    Operation: string
    Inputs: Reference[]
    Outputs: Reference[]
    /// The call must throw; there are no outputs.
    IsError: bool
    Forward: Derivative[]
    Reverse: Derivative[]
    Tolerance: Tolerance
    /// For a run with the inputs rounded to float32; none where that makes no sense.
    Tolerance32: Tolerance voption
    SignedZero: bool
    /// The case as it stands in the file, for keys that only some operations have.
    Element: JsonElement
}

let private property (name: string) (element: JsonElement) =
    match element.ValueKind with
    | JsonValueKind.Object ->
        match element.TryGetProperty name with
        | true, value when value.ValueKind <> JsonValueKind.Null -> ValueSome value
        | _ -> ValueNone
    | _ -> ValueNone

/// An attribute of the operation; none if it is absent or null.
let argument (name: string) (case: Case) = property "args" case.Element |> ValueOption.bind (property name)

let private list name element =
    match property name element with
    | ValueSome list -> [| for x in list.EnumerateArray() -> x |]
    | ValueNone -> [||]

let integers (element: JsonElement) =
    if element.ValueKind = JsonValueKind.Number then
        [| element.GetInt32() |]
    else
        [| for x in element.EnumerateArray() -> x.GetInt32() |]

let private number (element: JsonElement) =
    match element.ValueKind with
    | JsonValueKind.True -> 1.0
    | JsonValueKind.False -> 0.0
    | JsonValueKind.String ->
        match element.GetString() with
        | "inf" -> infinity
        | "-inf" -> -infinity
        | "nan" -> nan
        | text -> failwith $"{text} is no number."
    | _ -> element.GetDouble()

let dtype (name: string) =
    match name with
    // Narrower than any signed dtype here; integers are compared by value.
    | "int8"
    | "int16" -> DType.Int32
    | _ -> (DType.table |> Array.find (fun row -> row.Name = name)).DType

let private typed (dtype: DType) (shape: int[]) (data: JsonElement[]) =
    let elements: Array =
        match dtype with
        | DType.Float32 -> data |> Array.map (number >> float32) :> Array
        | DType.Float64 -> data |> Array.map number :> Array
        | DType.Int32 -> data |> Array.map _.GetInt32() :> Array
        | DType.Int64 -> data |> Array.map _.GetInt64() :> Array
        | DType.UInt8 -> data |> Array.map _.GetByte() :> Array
        | DType.UInt16 -> data |> Array.map _.GetUInt16() :> Array
        | DType.UInt32 -> data |> Array.map _.GetUInt32() :> Array
        | DType.UInt64 -> data |> Array.map _.GetUInt64() :> Array
        | _ -> data |> Array.map _.GetBoolean() :> Array

    NDArray.ofData dtype shape elements

let reference (element: JsonElement) =
    let dtype = dtype (element.GetProperty("dtype").ToString())
    let shape = integers (element.GetProperty "shape")
    let data = list "data" element

    {
        DType = dtype
        Shape = shape
        // A float32 is written with the digits that tell it from its neighbours.
        Data = if dtype = DType.Float32 then Array.map (number >> float32 >> float) data else Array.map number data
        Value = typed dtype shape data
    }

/// The arrays of a list at a key of the case, or of an object within it; empty if absent.
let references name element = list name element |> Array.map reference

/// The second partial derivatives of a function of two arguments: twice to the first, to both, twice to the second.
let second (case: Case) =
    property "second" case.Element
    |> ValueOption.map (fun second ->
        let partial (name: string) = reference (second.GetProperty name)

        struct (partial "00", partial "01", partial "11"))

let private optional name element =
    list name element
    |> Array.map (fun x -> if x.ValueKind = JsonValueKind.Null then ValueNone else ValueSome(reference x))

let private tolerance (element: JsonElement) =
    match property "ulp" element with
    | ValueSome ulp -> Ulp(ulp.GetDouble())
    | ValueNone -> Scaled(element.GetProperty("relative").GetDouble(), element.GetProperty("absolute").GetDouble())

let private case (element: JsonElement) =
    let own = property "tolerance" element

    let derivatives key given result = list key element |> Array.map (fun d -> { Given = optional given d; Result = optional result d })

    {
        Id = element.GetProperty("id").ToString()
        Operation = element.GetProperty("op").ToString()
        Inputs = references "in" element
        Outputs = references "out" element
        IsError = (property "error" element).IsSome
        Forward = derivatives "jvp" "tangent" "out"
        Reverse = derivatives "vjp" "cotangent" "in"
        Tolerance = own |> ValueOption.map tolerance |> ValueOption.defaultValue (Ulp 0.0)
        Tolerance32 = own |> ValueOption.bind (property "float32") |> ValueOption.map tolerance
        SignedZero = (property "signed_zero" element).IsSome
        Element = element
    }

/// The cases of a file of Tests/Data/golden.
let read (file: string) =
    use document =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "golden", file)))

    list "cases" (document.RootElement.Clone()) |> Array.map case

let private narrow (reference: Reference) =
    if reference.DType <> DType.Float64 then
        reference
    else
        let data = Array.map float32 reference.Data

        {
            DType = DType.Float32
            Shape = reference.Shape
            Data = Array.map float data
            Value = NDArray.ofData DType.Float32 reference.Shape data
        }

/// The same case with what goes in rounded to float32 and the tolerance of such a run; none where that makes no sense.
let inFloat32 (case: Case) =
    let given (d: Derivative) = { d with Given = Array.map (ValueOption.map narrow) d.Given }

    case.Tolerance32
    |> ValueOption.map (fun tolerance -> {
        case with
            Inputs = Array.map narrow case.Inputs
            Forward = Array.map given case.Forward
            Reverse = Array.map given case.Reverse
            Tolerance = tolerance
    })

/// The case as it stands, and rounded to float32 where that makes sense.
let inBothPrecisions (case: Case) =
    match inFloat32 case with
    | ValueSome narrow -> [| case; narrow |]
    | ValueNone -> [| case |]

/// The elements of any strided array in row-major order.
let numbers (array: NDArray) =
    let array = KernelsViews.contiguous array
    Array.init array.Size (fun i -> NDArray.elementAt array (array.Offset + i))

/// The distance from a number's magnitude to the next larger one of the dtype.
let private spacing (dtype: DType) (x: float) =
    if dtype = DType.Float32 then
        float (MathF.BitIncrement(float32 (abs x))) - float (float32 (abs x))
    else
        Math.BitIncrement(abs x) - abs x

let private isRight tolerance signedZero scale dtype (expected: float) (actual: float) =
    let bound =
        match tolerance with
        | Ulp 0.0 -> 0.0
        | Ulp n -> n * spacing dtype expected
        | Scaled(relative, absolute) -> absolute + relative * max (abs expected) scale

    Tolerance.within bound expected actual
    && not (signedZero && expected = 0.0 && Double.IsNegative expected <> Double.IsNegative actual)

/// How many numbers were compared, or what is wrong. Integers and truth values are equal or wrong, in whatever integer dtype they come.
let compare (case: Case) (expected: Reference voption[]) (actual: NDArray[]) : Result<int, string> =
    let wrong what = Error $"{case.Id}: {what}"

    let compareOne k (expected: Reference) (actual: NDArray) =
        let isFloat = DType.isFloat expected.DType

        if not (Shape.equal expected.Shape actual.Shape) then
            wrong $"array {k} has shape {Shape.text actual.Shape}, not {Shape.text expected.Shape}"
        elif DType.isFloat actual.DType <> isFloat || (actual.DType = DType.Bool) <> (expected.DType = DType.Bool) then
            wrong $"array {k} is {DType.name actual.DType}, not {DType.name expected.DType}"
        elif DType.bytes expected.DType = 8 && actual.DType = expected.DType && not isFloat then
            let words = (KernelsViews.elements<uint64>(KernelsViews.contiguous actual)).ToArray()

            let right = (KernelsViews.elements<uint64> expected.Value).ToArray()

            if words = right then Ok words.Length else wrong $"array {k} is %A{words}, not %A{right}"
        else
            let computed = numbers actual

            let scale = expected.Data |> Array.fold (fun m x -> if Double.IsFinite x then max m (abs x) else m) 0.0

            let tolerance = if isFloat then case.Tolerance else Ulp 0.0

            let off =
                Seq.zip expected.Data computed
                |> Seq.tryFindIndex (fun (e, a) -> not (isRight tolerance case.SignedZero scale actual.DType e a))

            match off with
            | Some i -> wrong $"array {k} at {i}: expected {expected.Data[i]:R}, computed {computed[i]:R}"
            | None -> Ok computed.Length

    if expected.Length <> actual.Length then
        wrong $"{actual.Length} arrays, not {expected.Length}"
    else
        (Ok 0, Seq.indexed (Seq.zip expected actual))
        ||> Seq.fold (fun total (k, (e, a)) ->
            match total, e with
            | Ok n, ValueSome e -> compareOne k e a |> Result.map (fun more -> n + more)
            | _ -> total)

/// The comparison with the outputs of the case.
let compareOutputs (case: Case) (actual: NDArray[]) = compare case (Array.map ValueSome case.Outputs) actual
