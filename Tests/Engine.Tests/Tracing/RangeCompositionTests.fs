/// Compositions of functions at wide arguments, in every mode, against 60 digits: wrong nowhere but where a value on the way has left the range.
/// Not among them, because it is wrong at arguments far apart: atan2(x^2, z^2), whose slope leaves the range first (docs/annihilation.md).
module Pipeline.Engine.Tests.RangeCompositionTests

open System
open System.Globalization
open System.IO
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.RangeReferences
open Pipeline.Engine.Tests.RangeModes
open Xunit

type private Composition = {
    Point: Point
    /// For the orders 0, 1, 2: the least and the greatest magnitude of the values on the way and of their derivatives up to that order.
    Ends: struct (float * float)[]
}

let private parse (line: string) =
    let words = line.Split ' '
    let dtype = if words[1] = "f32" then DType.Float32 else DType.Float64
    let numbers = words[2..] |> Array.map (fun word -> Double.Parse(word, CultureInfo.InvariantCulture))
    // Two numbers for each of three references, or of six, and for each of three orders.
    let arguments = if numbers.Length = 1 + 6 + 6 then 1 else 2
    let pairs = numbers[arguments..] |> Array.chunkBySize 2

    struct (words[0], dtype),
    {
        Point = {
            Arguments = numbers[.. arguments - 1]
            References = pairs[.. pairs.Length - 4] |> Array.map (fun pair -> { Value = pair[0]; Condition = pair[1] })
        }
        Ends = pairs[pairs.Length - 3 ..] |> Array.map (fun pair -> struct (pair[0], pair[1]))
    }

let private compositions =
    lazy
        (File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Data", "range", "compositions.txt"))
         |> Array.map parse
         |> Array.groupBy fst
         |> Array.map (fun (key, points) -> key, Array.map snd points))

let private map row (x: Tensor) = Primitive.map row x
let private square (x: Tensor) = map Elementwise.square' x
let private one (x: Tensor) = Primitive.fillLike x 1.0
let private onePlusSquare (x: Tensor) = one x + x * x
let private exp (x: Tensor) = Tensor.Exp x
let private log (x: Tensor) = Tensor.Log x
let private log1p = map Elementwise.log1p
let private sqrt (x: Tensor) = Tensor.Sqrt x
let private atan (x: Tensor) = Tensor.Atan x
let private reciprocal = map Elementwise.reciprocal

let private ofOne: (string * (Tensor -> Tensor)) list = [
    "log1p(x^2)", square >> log1p
    "log(1+x^2)", onePlusSquare >> log
    "-log(1+x^2)", (fun x -> -log(one x + Tensor.Pow(x, 2)))
    "log(10x^2)", (fun x -> log (square x * 10.0))
    "log(x^3)", (fun x -> log (x * x * x))
    "log(1e10x)", (fun x -> log (x * 1e10))
    "sqrt(1+x^2)", onePlusSquare >> sqrt
    "x/sqrt(1+x^2)", (fun x -> x / sqrt (onePlusSquare x))
    "1/(1+x^2)", (fun x -> one x / onePlusSquare x)
    "x/(1+x^2)", (fun x -> x / onePlusSquare x)
    "x^2/(1+x^2)", (fun x -> x * x / onePlusSquare x)
    "1/x^2", square >> reciprocal
    "(1+x^2)^-1.5", (fun x -> Tensor.Pow(onePlusSquare x, -1.5))
    "log(1/x)", (fun x -> log (one x / x))
    "log(x)/x", (fun x -> log x / x)
    "x/log(1+x)", (fun x -> x / log1p x)
    "log(1+1/x)", reciprocal >> log1p
    "atan(10x)", (fun x -> atan (x * 10.0))
    "atan(x^2)", square >> atan
    "atan(1/x)", (fun x -> atan (1.0 / x))
    "asinh(x^2)", square >> map Elementwise.asinh
    "1/sqrt(x)", sqrt >> reciprocal
    "log(log1p(x))", log1p >> log
    "log(exp(-x^2/2))", (fun x -> log (exp (square x * -0.5)))
    "log(erfc(x))", map SpecialFunctions.erfc >> log
    "softplus(10x)", (fun x -> map Elementwise.softplus (x * 10.0))
    "log(1+exp(x))", (fun x -> log (one x + exp x))
    "log(exp(x))", exp >> log
    "1/(1+exp(x))", (fun x -> one x / (one x + exp x))
    "lgamma(x^2)", square >> map SpecialFunctions.lgamma
]

let private ofTwo: (string * (Tensor -> Tensor -> Tensor)) list = [
    "log(x^2+z^2)", (fun x z -> log (x * x + z * z))
    "sqrt(x^2+z^2)", (fun x z -> sqrt (x * x + z * z))
    "x/(x^2+z^2)", (fun x z -> x / (square x + square z))
    "xz/(x^2+z^2)", (fun x z -> x * z / (x * x + z * z))
    "log(x/z)", (fun x z -> log (x / z))
    "log(xz)", (fun x z -> log (x * z))
    "1/(xz)", (fun x z -> 1.0 / (x * z))
    "x/z^2", (fun x z -> x / square z)
    "(x/z)^2", (fun x z -> square (x / z))
    "log(1+(x/z)^2)", (fun x z -> log1p (square (x / z)))
    "-x^2/(2z^2)-log(z)", (fun x z -> -(x * x) / (z * z * 2.0) - log z)
    "(x/z)^0.5", (fun x z -> Tensor.Pow(x / z, 0.5))
    "atan(x/z)", (fun x z -> atan (x / z))
    "x/(x+z)", (fun x z -> x / (x + z))
    "exp(-x/z)", (fun x z -> exp (-(x / z)))
]

let private functions: Map<string, Tensor[] -> Tensor[]> =
    Map [
        for name, f in ofOne do
            name, (fun (x: Tensor[]) -> [| f x[0] |])

        for name, f in ofTwo do
            name, (fun (x: Tensor[]) -> [| f x[0] x[1] |])
    ]

[<Fact>]
let ``compositions of functions at wide arguments, in every mode, wherever the values on the way and their derivatives are in the range``
    ()
    =
    let wrong = ResizeArray<string>()
    let mutable compared, leftOut, beyond = 0, 0, 0
    Assert.Equal<string seq>(functions.Keys, compositions.Value |> Seq.map (fun (struct (name, _), _) -> name) |> Seq.distinct |> Seq.sort)

    for struct (name, dtype), points in compositions.Value do
        let count = points[0].Point.Arguments.Length
        let normal = Math.ScaleB(1.0, (if dtype = DType.Float32 then -126 else -1022))

        let x =
            Array.init count (fun k ->
                let values = points |> Array.map _.Point.Arguments[k]
                let data: Array = if dtype = DType.Float32 then Array.map float32 values else values
                Tensor(NDArray.ofData dtype [| points.Length |] data))

        let eager = derivatives functions[name] x

        let compiled =
            NestEngine.call CallKind.Compiled (fun x -> derivatives functions[name] x |> Array.map (fun (_, _, a) -> a)) x

        for execution, results in [ "eager", eager |> Array.map (fun (_, _, a) -> a); "compiled", compiled ] do
            for (mode, place, _), result in Array.zip eager results do
                let order =
                    if place = 0 then 0
                    elif place <= count then 1
                    else 2

                let numbers = result.ToArray<float>()

                for k in 0 .. points.Length - 1 do
                    let point = points[k]
                    let struct (least, greatest) = point.Ends[order]
                    let reference = point.Point.References[place]

                    if least < normal || greatest > largest dtype then
                        leftOut <- leftOut + 1
                    elif reference.Condition > largest dtype && not (Double.IsFinite numbers[k]) then
                        // A sum of terms that are beyond the largest number, as it is.
                        beyond <- beyond + 1
                    else
                        compared <- compared + 1

                        if not (isRight dtype 0.0 [||] reference numbers[k]) then
                            let at = String.Join(", ", point.Point.Arguments)

                            wrong.Add $"{name} {dtype}, {mode}, {execution} at ({at}): {numbers[k]:R} instead of {reference.Value:R}"

    TestContext.Current.TestOutputHelper.WriteLine
        $"{compared} values compared, {leftOut} left out for a value on the way or its derivative; {beyond} sums of terms beyond the range, infinite or undefined."

    Assert.True(wrong.Count = 0, $"{wrong.Count} of {compared}:\n" + String.Join('\n', wrong |> Seq.truncate 2000))
    Assert.True(compared > 2 * leftOut, $"{compared} compared, {leftOut} left out.")
