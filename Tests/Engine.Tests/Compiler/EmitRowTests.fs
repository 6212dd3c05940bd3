/// The vector form of every row and zip of floats, on every width, against the evaluator of lanes: the same bits.
module Pipeline.Engine.Tests.EmitRowTests

open System
open FSharp.Reflection
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

/// Moderate numbers, numbers of every size, and a few beyond what vector forms reduce by themselves.
let private inputs (random: Random) dtype size =
    Array.init size (fun i ->
        match i % 4 with
        | 0 -> LaneEvaluate.ofFloat dtype (random.NextDouble() * 8.0 - 4.0)
        | 1 -> LaneEvaluate.ofFloat dtype (random.NextDouble() * 2.0 - 1.0)
        | 2 -> LaneEvaluate.ofFloat dtype (Math.ScaleB(random.NextDouble() - 0.5, random.Next(-40, 60)))
        | _ -> randomBits random dtype)
    |> ofBits dtype [| size |]

let private check description arity (value: Lane[] -> Lane) =
    let random = Random 1
    let size = 203

    for dtype in [ DType.Float32; DType.Float64 ] do
        let lanes = Array.init arity (fun k -> Lane.argument k dtype)

        let body =
            nest [ axis 0 size ] 0 [ for k in 0 .. arity - 1 -> Source.Load(access k 0 [ 0, 1 ]) ] [
                { Target = access arity 0 [ 0, 1 ]; Value = value lanes }
            ] []

        let program = program [ for _ in 1..arity -> vectorOf dtype size ] [ vectorOf dtype size ] [] [ body ]

        agrees $"{description} {dtype}" program (Array.init arity (fun _ -> inputs random dtype size))

[<Fact>]
let ``every row`` () =
    for row in Elementwise.table do
        check row.Text 1 (fun x -> row.Lanes x[0])

[<Fact>]
let ``every zip of floats`` () =
    let zips = [|
        for case in FSharpType.GetUnionCases(typeof<Zip>, true) do
            let zip = FSharpValue.MakeUnion(case, [||], true) :?> Zip
            if (Zips.partials zip).IsSome then zip
    |]

    Assert.Contains(Zip.PowerSlope, zips)

    for zip in zips do
        check (string zip) 2 (fun x -> Zips.lanes zip x[0] x[1])
