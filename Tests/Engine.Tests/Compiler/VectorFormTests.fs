/// How far the vector forms of elementary functions are from exact, in units of the last place, as compiled code computes them.
module Pipeline.Engine.Tests.VectorFormTests

open System
open System.IO
open System.Text.Json
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

/// Row, and the most that it may be off in float32 and in float64. The inverse error function is compared with its own polynomial in
/// float32, which is the draw that JAX makes, and is Giles' polynomial in float64.
let private bounds = [
    Elementwise.exp, 1.0, 1.0
    Elementwise.expm1, 1.3, 1.3
    Elementwise.log, 1.0, 1.3
    Elementwise.log1p, 1.0, 1.3
    Elementwise.sin, 1.0, 1.0
    Elementwise.cos, 1.0, 1.0
    Elementwise.tan, 2.0, 2.0
    Elementwise.atan, 1.2, 1.3
    Elementwise.asinh, 2.0, 2.5
    Elementwise.tanh, 1.5, 1.5
    Elementwise.logistic, 1.75, 1.75
    Elementwise.softplus, 1.75, 2.0
    SpecialFunctions.erf, 1.0, 1.0
    SpecialFunctions.erfInverse, 2.0, 4.0
]

/// The row's vector form over the numbers, compiled for the widest vectors.
let private compute (row: Row) dtype (numbers: float[]) =
    let size = numbers.Length

    let body =
        nest [ axis 0 size ] 0 [ Source.Load(access 0 0 [ 0, 1 ]) ] [
            { Target = access 1 0 [ 0, 1 ]; Value = row.Meaning.Lanes(Lane.argument 0 dtype) }
        ] []

    let program = program [ vectorOf dtype size ] [ vectorOf dtype size ] [] [ body ]
    let compiled = Emit.compile (Emit.machineCode VectorType.widest) noKernel program
    let x = numbers |> Array.map (LaneEvaluate.ofFloat dtype) |> ofBits dtype [| size |]

    compiled.Run [| x |] |> Array.head |> toBits |> Array.map (LaneEvaluate.toFloat dtype)

/// The spacing of numbers with this many bits and this least spacing, in the binade of x.
let private spacing bits least (x: float) = max (Math.ScaleB(1.0, Math.ILogB x - bits)) least

/// Every exponent and sign, and many of the sizes that functions are used at.
let private singles =
    let random = Random 5

    Array.init 120_000 (fun i ->
        match i % 3 with
        | 0 -> float (BitConverter.Int32BitsToSingle(random.Next(Int32.MinValue, Int32.MaxValue)))
        | 1 -> float (float32 (random.NextDouble() * 24.0 - 12.0))
        | _ -> float (float32 (random.NextDouble() * 2.0 - 1.0)))

/// In units of the last place; beyond the largest number they go on as below it.
let private singleError (exact: float) (result: float) =
    if (float (float32 exact)).Equals result then
        0.0
    else
        let result = if Double.IsInfinity result then Math.CopySign(Math.ScaleB(1.0, 128), result) else result

        abs (result - exact) / spacing 23 (Math.ScaleB(1.0, -149)) exact

[<Fact>]
let ``float32 forms keep to their bounds`` () =
    for row, bound, _ in bounds do
        let result = compute row DType.Float32 singles

        for i in 0 .. singles.Length - 1 do
            let x = singles[i]

            let exact =
                if row = SpecialFunctions.erfInverse then
                    float (ScalarReferences.erfInverse32 (float32 x))
                else
                    row.Meaning.Scalar x

            let error = singleError exact result[i]

            if not (error <= bound) then
                Assert.Fail $"{row.Text} of {x:R}: {result[i]:R} is {error} units off {exact:R}"

[<Fact>]
let ``float64 forms keep to their bounds`` () =
    use document =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "vector-functions.json")))

    for row, _, bound in bounds do
        let reference = document.RootElement.GetProperty("functions").GetProperty row.Text

        let numbers (name: string) = [| for x in reference.GetProperty(name).EnumerateArray() -> x.GetDouble() |]

        let x, high, rest = numbers "x", numbers "high", numbers "rest"
        let result = compute row DType.Float64 x

        for i in 0 .. x.Length - 1 do
            let unit = spacing 52 Double.Epsilon high[i]
            let error = abs ((result[i] - high[i]) / unit - rest[i])

            if not (error <= bound) then
                Assert.Fail $"{row.Text} of {x[i]:R}: {result[i]:R} is {error} units off {high[i]:R}"

[<Fact>]
let ``compiled normal draws are nearly always those of the scalar function`` () =
    let uniform = Array.init 65536 (fun i -> (float i + 0.5) / 32768.0 - 1.0)
    let drawn = compute SpecialFunctions.erfInverse DType.Float32 uniform

    let other =
        Array.map2 (fun x y -> float (ScalarReferences.erfInverse32 (float32 x)) <> y) uniform drawn
        |> Array.filter id

    Assert.True(other.Length < 65536 / 200, $"{other.Length} of 65536 differ")
