/// The vector forms of hyperbolic, error, gamma and power functions against references of 50 digits, on every width, and their special values.
module Pipeline.Engine.Tests.VectorReferenceTests

open System
open System.Globalization
open System.IO
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private unary = [
    "sinh", Elementwise.sinh
    "cosh", Elementwise.cosh
    "erfc", SpecialFunctions.erfc
    "lgamma", SpecialFunctions.lgamma
    "digamma", SpecialFunctions.digamma
    "sin", Elementwise.sin
    "cos", Elementwise.cos
    "tan", Elementwise.tan
]

let private lanes name (x: Lane[]) =
    match List.tryFind (fst >> (=) name) unary with
    | Some(_, row) -> row.Meaning.Lanes x[0]
    | None ->
        let zip =
            List.find (fun zip -> string zip = name) [
                PowerFunction.power.Zip
                PowerFunction.slope.Zip
                PowerFunction.logarithm.Zip
                Atan2Function.atan2.Zip
            ]

        (Zips.meaning zip).Lanes(x[0], x[1])

/// The form over columns of bits, compiled for the width.
let private compute width name dtype (columns: uint64[][]) =
    let size, arity = columns[0].Length, columns.Length
    let arguments = Array.init arity (fun k -> Lane.argument k dtype)

    let body =
        nest [ axis 0 size ] 0 [ for k in 0 .. arity - 1 -> Source.Load(access k 0 [ 0, 1 ]) ] [
            { Target = access arity 0 [ 0, 1 ]; Value = lanes name arguments }
        ] []

    let program = program [ for _ in columns -> vectorOf dtype size ] [ vectorOf dtype size ] [] [ body ]
    let compiled = Emit.compile (Emit.machineCode width) noKernel program
    compiled.Run [| for column in columns -> ofBits dtype [| size |] column |] |> Array.head |> toBits

let private references =
    lazy
        (File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", "forms", "references.txt"))
         |> Array.map (fun line ->
             let parts = line.Split ' '
             let hex (text: string) = UInt64.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture)
             let arguments = parts[2 .. parts.Length - 3] |> Array.map hex
             let rest = float parts[parts.Length - 1] / 1000.0

             (parts[0], (if parts[1] = "float32" then DType.Float32 else DType.Float64)),
             struct (arguments, hex parts[parts.Length - 2], rest))
         |> Array.groupBy fst
         |> Array.map (fun (key, lines) -> key, Array.map snd lines))

/// The most units of the last place that each may be off in float32 and in float64.
let private bounds =
    dict [
        "sinh", (1.0, 1.0)
        "cosh", (1.5, 1.0)
        "erfc", (1.75, 1.75)
        "lgamma", (1.5, 1.5)
        "digamma", (1.5, 1.5)
        "Power", (1.0, 1.0)
        "Atan2", (1.5, 1.5)
        "sin", (1.0, 1.0)
        "cos", (1.0, 1.0)
        "tan", (1.0, 2.0)
    ]

/// Numbers of one sign are as far apart as their bits; beyond the largest comes infinity.
let private place dtype (bits: uint64) =
    let sign = if dtype = DType.Float32 then 0x80000000UL else 0x8000000000000000UL
    if bits &&& sign <> 0UL then -(int64 (bits ^^^ sign)) else int64 bits

[<Fact>]
let ``sinh cosh erfc lgamma digamma pow atan2 and sin cos tan of large arguments are within 2 units of the last place at every width`` () =
    let mutable count = 0

    for (name, dtype), lines in references.Value do
        let bound = (if dtype = DType.Float32 then fst else snd) bounds[name]

        let columns = [|
            for k in 0 .. (let struct (arguments, _, _) = lines[0] in arguments.Length) - 1 ->
                lines |> Array.map (fun (struct (arguments, _, _)) -> arguments[k])
        |]

        for width in widths do
            let results = compute width name dtype columns

            for i in 0 .. lines.Length - 1 do
                let struct (arguments, nearest, rest) = lines[i]
                let isNaN = Double.IsNaN(LaneEvaluate.toFloat dtype results[i])

                let error = abs (float (place dtype results[i] - place dtype nearest) - rest)

                count <- count + 1

                if isNaN || not (error <= bound) then
                    let arguments = String.Join(", ", arguments |> Array.map (text dtype))
                    Assert.Fail $"{name} of {arguments}: {text dtype results[i]} is {error} units off {text dtype nearest} at width {width}"

    Assert.True(count >= 8000 * widths.Length, $"{count} values compared")

let private specials = [|
    0.0
    -0.0
    1.0
    -1.0
    2.0
    -2.0
    3.0
    -3.0
    0.5
    -0.5
    1e30
    -1e30
    4194305.0
    -4194305.0
    infinity
    -infinity
    nan
    1e-40
|]

/// Equal with the sign of zero, NaN to NaN, or at most so many numbers apart.
let private same units dtype (expected: float) (actual: uint64) =
    let expected = LaneEvaluate.ofFloat dtype expected
    let isNaN bits = Double.IsNaN(LaneEvaluate.toFloat dtype bits)

    if isNaN expected || isNaN actual then isNaN expected && isNaN actual
    elif LaneEvaluate.toFloat dtype expected = 0.0 then expected = actual
    else abs (place dtype expected - place dtype actual) <= units

[<Fact>]
let ``special values of pow and atan2 are those of IEEE 754`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        let pairs =
            Array.allPairs specials specials
            |> Array.map (fun (x, z) -> LaneEvaluate.ofFloat dtype x, LaneEvaluate.ofFloat dtype z)

        for name, f in [ "Power", (fun x z -> Math.Pow(x, z)); "Atan2", (fun x z -> Math.Atan2(x, z)) ] do
            for width in widths do
                let results = compute width name dtype [| Array.map fst pairs; Array.map snd pairs |]

                for (x, z), result in Array.zip pairs results do
                    let expected = f (LaneEvaluate.toFloat dtype x) (LaneEvaluate.toFloat dtype z)

                    if not (same 1L dtype expected result) then
                        Assert.Fail $"{name} of {text dtype x} and {text dtype z}: {text dtype result} for {expected:R} at width {width}"

[<Fact>]
let ``special values of the slopes of pow are those of the scalar functions`` () =
    let dtype = DType.Float64

    let pairs =
        Array.allPairs specials specials
        |> Array.map (fun (x, z) -> LaneEvaluate.ofFloat dtype x, LaneEvaluate.ofFloat dtype z)

    for zip, reference in
        [
            PowerFunction.slope.Zip, ScalarReferences.powerSlope
            PowerFunction.logarithm.Zip, ScalarReferences.powerLogarithm
        ] do
        for width in widths do
            let results = compute width (string zip) dtype [| Array.map fst pairs; Array.map snd pairs |]

            for (x, z), result in Array.zip pairs results do
                let expected = reference (LaneEvaluate.toFloat dtype x) (LaneEvaluate.toFloat dtype z)

                if not (same 2L dtype expected result) then
                    Assert.Fail $"{zip} of {text dtype x} and {text dtype z}: {text dtype result} for {expected:R} at width {width}"

[<Fact>]
let ``special values of the hyperbolic error and gamma functions are those of the scalar functions`` () =
    for dtype in [ DType.Float32; DType.Float64 ] do
        let numbers = specials |> Array.map (LaneEvaluate.ofFloat dtype)

        for name, _ in unary do
            for width in widths do
                for x, result in Array.zip numbers (compute width name dtype [| numbers |]) do
                    let expected = ScalarReferences.ofRow name (LaneEvaluate.toFloat dtype x)
                    // -1/2 is where reflected and direct arguments meet.
                    if not (same 1L dtype expected result) then
                        Assert.Fail $"{name} of {text dtype x}: {text dtype result} for {expected:R} at width {width}"

[<Fact>]
let ``lgamma and digamma of negative arguments are right to their size and that of their terms`` () =
    let random = Random 3

    for dtype, tolerance in [ DType.Float32, 6e-7; DType.Float64, 1.5e-14 ] do
        let numbers = Array.init 3000 (fun _ -> LaneEvaluate.ofFloat dtype (-30.0 * random.NextDouble()))

        for name in [ "lgamma"; "digamma" ] do
            for x, result in Array.zip numbers (compute VectorType.widest name dtype [| numbers |]) do
                let expected = ScalarReferences.ofRow name (LaneEvaluate.toFloat dtype x)
                let error = abs (LaneEvaluate.toFloat dtype result - expected) / (1.0 + abs expected)

                if not (error <= tolerance) then
                    Assert.Fail $"{name} of {text dtype x}: {text dtype result} for {expected:R}"

[<Fact>]
let ``whole powers that a number can hold are exact`` () =
    for dtype, bits in [ DType.Float32, 24; DType.Float64, 53 ] do
        let cases = [|
            for b in 2..300 do
                for e in 1..52 do
                    if bigint.Pow(bigint b, e) < bigint.Pow(2I, bits) then
                        yield float b, float e, float (bigint.Pow(bigint b, e))
        |]

        let column f = cases |> Array.map (f >> LaneEvaluate.ofFloat dtype)

        let results =
            compute VectorType.widest "Power" dtype [| column (fun (b, _, _) -> b); column (fun (_, e, _) -> e) |]

        Assert.Equal<uint64[]>(column (fun (_, _, p) -> p), results)
