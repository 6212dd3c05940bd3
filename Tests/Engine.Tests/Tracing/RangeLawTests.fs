/// A derivative leaves the range only where its value does: every function over the whole range, in every mode, against 50 digits.
module Pipeline.Engine.Tests.RangeLawTests

open System
open FSharp.Reflection
open System.Reflection
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.RangeReferences
open Pipeline.Engine.Tests.RangeModes
open Xunit

/// What is left out, with the reason.
let private leftOut =
    dict [
        string Zip.Remainder, "piecewise linear: its values and derivatives are held by its own tests"

        for zip in [ PowerFunction.slope.Zip; PowerFunction.logarithm.Zip; Atan2Function.slope.Zip ] do
            string zip, "the slope of another: its values and first derivatives are that one's first and second"

        Zips.scaleFinite.Name,
        "Scale where 0 meets neither infinity nor NaN, in rewritten programs alone: its bits are Scale's (SameBitsTests)"

        for zip in [ Zip.And; Zip.Or; Zip.Xor; Zip.ShiftLeft; Zip.ShiftRight ] do
            string zip, "takes integers only"
    ]

/// Rules that add terms larger than their sum, and by how much: in units of the references before.
let private terms =
    dict [
        // y' is e^x / (1 + e^x)^2, whose derivative is the difference of two products as large as y' itself.
        "logistic", (fun (r: Reference[]) order -> if order = 2 then abs r[1].Value else 0.0)
        "softplus", (fun r order -> if order = 2 then abs r[2].Value else 0.0)
        // 1 - y^2 is right to a rounding of 1, where y is 1 but for less than that.
        "tanh", (fun _ order -> if order = 0 then 0.0 else 1.0)
    ]

let private failures name dtype (f: Tensor[] -> Tensor[]) (points: Point[]) : int * string list =
    let column k =
        let values = points |> Array.map (fun p -> p.Arguments[k])

        let data: Array = if dtype = DType.Float32 then Array.map float32 values else values

        Tensor(NDArray.ofData dtype [| points.Length |] data)

    let x = Array.init points[0].Arguments.Length column
    let eager = derivatives f x

    let compiled = NestEngine.call CallKind.Compiled (fun x -> derivatives f x |> Array.map (fun (_, _, a) -> a)) x

    let compared = [
        for execution, results in [ "eager", eager |> Array.map (fun (_, _, a) -> a); "compiled", compiled ] do
            for (mode, place, _), result in Array.zip eager results do
                let order =
                    if place = 0 then 0
                    elif place <= x.Length then 1
                    else 2

                let numbers = result.ToArray<float>()

                for k in 0 .. points.Length - 1 do
                    let point = points[k]

                    let reference = point.References[place]
                    let before = point.References[.. (if order < 2 then order - 1 else x.Length)]

                    let extra =
                        match terms.TryGetValue name with
                        | true, size -> size point.References order
                        | _ -> 0.0

                    let at = String.Join(", ", point.Arguments)

                    isRight dtype extra before reference numbers[k],
                    $"{name} {dtype}, {mode}, {execution} at ({at}): {numbers[k]:R} instead of {reference.Value:R}"
    ]

    compared.Length, compared |> List.filter (fst >> not) |> List.map snd

let private functions = [
    for row in FunctionTable.rows do
        row.Text, Primitive.apply (Op.Map row)

    for zip in FunctionTable.zips do
        string zip, Primitive.apply (Op.Zip zip)
]

let names () : TheoryData<string> =
    let data = TheoryData<string>()

    for name, _ in functions do
        if not (leftOut.ContainsKey name) then data.Add name

    data

[<Theory; MemberData(nameof names)>]
let ``over the whole range, values and first and second derivatives in every mode`` (name: string) =
    let f = functions |> List.find (fst >> (=) name) |> snd

    for dtype in [ DType.Float64; DType.Float32 ] do
        let found, points = all.Value.TryGetValue(struct (name, dtype))
        Assert.True(found, $"{name} has no references in Tests/Data/range; add it to references.py.")
        let count, wrong = failures name dtype f points

        TestContext.Current.TestOutputHelper.WriteLine $"{name} {dtype}: {count} values compared at {points.Length} points."

        Assert.True(wrong.IsEmpty, $"{wrong.Length} of {count}:\n" + String.Join('\n', wrong |> List.truncate 40))

[<Fact>]
let ``no references without a function, and none left out without reason`` () =
    let known = functions |> List.map fst |> set

    for struct (name, _) in all.Value.Keys do
        Assert.Contains(name, known)
        Assert.False(leftOut.ContainsKey name)

    for name in leftOut.Keys do
        Assert.Contains(name, known)
