/// Keys and draws as users call them against JAX's, in both layouts.
module Pipeline.Engine.Tests.RandomGoldenTests

open System
open System.Text.Json
open Pipeline
open Pipeline.Engine
open Xunit

let private argument name case = (Golden.argument name case).Value

let private number (element: JsonElement) =
    match element.ValueKind with
    | JsonValueKind.String -> if element.GetString() = "inf" then infinity else -infinity
    | _ -> element.GetDouble()

let private scalar dtype (value: float) = Primitive.fill dtype [||] value

let private draw (case: Golden.Case) : Tensor =
    let has name = (Golden.argument name case).IsSome
    let isTrue name = (argument name case).GetBoolean()
    let inputs = case.Inputs |> Array.map (fun input -> Tensor input.Value)
    let shape () = Golden.integers (argument "shape" case)

    let dtype () = Golden.dtype ((argument "dtype" case).ToString())

    let axis otherwise = if has "axis" then (argument "axis" case).GetInt32() else otherwise

    let key () =
        let words = argument "key" case

        let layout =
            match (argument "layout" case).ToString() with
            | "original" -> RandomLayout.Original
            | _ -> RandomLayout.Partitionable

        RandomKey(Keys.words (words[0].GetUInt32()) (words[1].GetUInt32()), layout)

    match case.Operation with
    | "random.key" ->
        let seed = (argument "seed" case).GetInt64()
        // Without 64-bit types JAX keeps the low word.
        RandomKey(if isTrue "x64" then seed else int64 (uint32 seed)).Data
    | "random.split" -> ShapeOperations.reshape (Array.append (shape ()) [| 2 |]) (key().SplitBatch(Shape.size (shape ())).Data)
    | "random.fold_in" -> key().FoldIn((argument "data" case).GetInt64()).Data
    | "random.bits" -> key().Bits(shape (), Golden.dtype $"""uint{argument "width" case}""")
    | "random.uniform" when has "lo" -> key().Uniform(shape (), number (argument "lo" case), number (argument "hi" case), dtype ())
    | "random.uniform" -> key().Uniform(shape (), dtype ())
    | "random.normal" -> key().Normal(shape (), dtype ())
    | "random.exponential" -> key().Exponential(shape (), dtype ())
    | "random.gumbel" -> key().Gumbel(shape (), dtype ())
    | "random.laplace" -> key().Laplace(shape (), dtype ())
    | "random.logistic" -> key().Logistic(shape (), dtype ())
    | "random.cauchy" -> key().Cauchy(shape (), dtype ())
    | "random.truncated_normal" -> key().TruncatedNormal(shape (), number (argument "lo" case), number (argument "hi" case), dtype ())
    | "random.multivariate_normal" -> key().MultivariateNormal(shape (), inputs[0], inputs[1])
    | "random.randint" when has "lo" -> key().Integers(shape (), (argument "lo" case).GetInt64(), (argument "hi" case).GetInt64(), dtype ())
    | "random.randint" -> key().Integers(shape (), inputs[0], inputs[1], dtype ())
    | "random.permutation" when has "n" ->
        let n = (argument "n" case).GetInt32()
        ShapeOperations.slice 0 0 (min n ((argument "first" case).GetInt32())) 1 (key().Permutation n)
    | "random.permutation" -> key().Permutation(inputs[0], axis 0, has "independent" && isTrue "independent")
    | "random.choice" ->
        let weights = if isTrue "weighted" then Array.last inputs else null

        let indices count =
            let dtype =
                match Golden.argument "index_dtype" case with
                | ValueSome name -> Golden.dtype (name.ToString())
                | ValueNone -> DType.Int32

            key().Choice(shape (), count, isTrue "replace", weights, dtype)

        if has "n" then indices ((argument "n" case).GetInt32())
        elif has "index_dtype" then ShapeOperations.take (axis 0) (indices inputs[0].Dims[axis 0]) inputs[0]
        else key().Choice(shape (), inputs[0], isTrue "replace", weights, axis 0)
    | "random.bernoulli" when has "p" -> key().Bernoulli(shape (), scalar (dtype ()) (number (argument "p" case)))
    | "random.bernoulli" -> key().Bernoulli(shape (), inputs[0])
    | "random.rademacher" ->
        let uniform = Golden.dtype ((argument "uniform_dtype" case).ToString())

        if uniform = DType.Float64 then
            Operations.asType (dtype ()) (key().Rademacher(shape (), uniform))
        else
            key().Rademacher(shape (), dtype ())
    | "random.categorical" -> key().Categorical(shape (), inputs[0], axis -1, isTrue "replace")
    | name -> failwith $"{name} is not drawn here."

/// Draws by rejection, whose figures in the file are informational.
let private planned = set [ "random.gamma"; "random.beta"; "random.dirichlet"; "random.poisson" ]

let private equalBits (expected: Golden.Reference) (drawn: Tensor) =
    Array.zip expected.Data (Golden.numbers drawn.Array)
    |> Array.filter (fun (e, a) -> BitConverter.DoubleToInt64Bits e = BitConverter.DoubleToInt64Bits a)
    |> Array.length

[<Fact>]
let ``keys and draws meet the golden values`` () =
    let report = GoldenReport.Report "random.json"
    let drawn = Collections.Generic.HashSet<string>()

    for case in Golden.read "random.json" do
        if planned.Contains case.Operation then
            report.LeftOut(case.Operation, "draws by rejection are planned")
        else
            drawn.Add case.Operation |> ignore
            let actual = draw case
            let result = Golden.compareOutputs case [| actual.Array |]
            report.Add(case.Operation, "draw", result)

            // Float draws through logarithms and the like may differ in the last digits; these may not.
            if case.Operation = "random.uniform" || not (DType.isFloat case.Outputs[0].DType) then
                match result with
                | Ok n when n <> equalBits case.Outputs[0] actual -> report.Add(case.Operation, "bits", Error $"{case.Id}: other bits")
                | _ -> ()

    report.Finish drawn

[<Fact>]
let ``float32 normal draws lie within 4 ulp of JAX's values`` () =
    let mutable compared, worst = 0, 0

    for case in Golden.read "random.json" do
        let dtype = Golden.argument "dtype" case

        if case.Operation = "random.normal" && dtype.IsSome && dtype.Value.ToString() = "float32" then
            for expected, drawn in Array.zip case.Outputs[0].Data (Golden.numbers (draw case).Array) do
                // Neighbouring floats of one sign are neighbouring integers.
                let place (x: float) = BitConverter.SingleToInt32Bits(float32 x)

                Assert.Equal(sign expected, sign drawn)
                worst <- max worst (abs (place expected - place drawn))
                compared <- compared + 1

    Assert.InRange(worst, 0, 4)
    Assert.True(compared > 100, $"only {compared} draws were compared")
