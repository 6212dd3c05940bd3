/// A derivative leaves the range only where its value does: every function over the whole range, in every mode, against 50 digits.
module Pipeline.Engine.Tests.RangeLawTests

open System
open FSharp.Reflection
open System.Reflection
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.RangeReferences
open Xunit

/// What is left out, with the reason.
let private leftOut =
    dict [
        string Zip.Remainder, "piecewise linear: its values and derivatives are held by its own tests"

        for zip in [ Zip.PowerSlope; Zip.PowerLogarithm; Zip.Atan2Slope ] do
            string zip, "the slope of another: its values and first derivatives are that one's first and second"

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

let private like (x: Tensor) value = Primitive.fillLike x value
let private single (f: Tensor[] -> Tensor[]) x = (f x)[0]

/// Every derivative in every mode.
let private derivatives (f: Tensor[] -> Tensor[]) (x: Tensor[]) : (string * int * Tensor)[] =
    let count = x.Length

    let direction i (x: Tensor[]) = Array.init count (fun k -> like x[k] (if k = i then 1.0 else 0.0))

    let forward f i (x: Tensor[]) = Laws.forward f x (direction i x)
    let reverse f (x: Tensor[]) = Laws.reverse f x [| like x[0] 1.0 |]
    // x and z: second derivatives xx, xz, zz come after y, y_x and y_z.
    let second i j = if count = 1 then 2 else 3 + i + j
    let by i = if i = 0 then "x" else "z"

    [|
        "value", 0, single f x

        for i in 0 .. count - 1 do
            let first = forward f i
            $"forward {by i}", 1 + i, (first x)[0]
            $"reverse {by i}", 1 + i, (reverse f x)[i]
            let back (x: Tensor[]) = [| (reverse f x)[i] |]

            for j in 0 .. count - 1 do
                $"forward {by j} over forward {by i}", second i j, (forward first j x)[0]
                $"reverse {by j} over forward {by i}", second i j, (reverse first x)[j]
                $"forward {by j} over reverse {by i}", second i j, (forward back j x)[0]
                $"reverse {by j} over reverse {by i}", second i j, (reverse back x)[j]

            let curve = Array.init count (fun k -> [| x[k]; (if k = i then like x[k] 1.0 else null); null |])

            // Series along one argument: mixed derivatives are the other modes'.
            let coefficients = (Series.expand 2 f curve)[0]
            $"Taylor {by i}", 1 + i, Primitive.orZeros x[0].Type coefficients[1]
            $"Taylor {by i} twice", second i i, 2.0 * Primitive.orZeros x[0].Type coefficients[2]
    |]

let private largest dtype = if dtype = DType.Float32 then float Single.MaxValue else Double.MaxValue

/// Whether a number is the reference, in a dtype: to some roundings of it and of what its arguments' roundings change, never of the number itself.
let private isRight dtype (extra: float) (before: Reference[]) (reference: Reference) (actual: float) =
    let roundings = 64.0

    let struct (epsilon, least, normal) =
        if dtype = DType.Float32 then
            struct (Math.ScaleB(1.0, -24), Math.ScaleB(1.0, -149), Math.ScaleB(1.0, -126))
        else
            struct (Math.ScaleB(1.0, -53), Double.Epsilon, Math.ScaleB(1.0, -1022))

    let edge = largest dtype
    let e = reference.Value
    let size = min (abs e) edge

    // Where a value or a derivative before it is below the normal range, what is made of it has no more digits.
    let inherited =
        before
        |> Array.sumBy (fun r -> if r.Value <> 0.0 && abs r.Value < normal then size * (least / max least (abs r.Value)) else 0.0)

    let tolerance = roundings * (epsilon * (size + min reference.Condition edge + extra) + inherited + least)

    if Double.IsNaN actual then
        false
    elif abs e > edge * (1.0 - 1e-5) then
        // Beyond the largest number, or at the edge.
        sign actual = sign e && abs actual >= edge * (1.0 - 1e-4)
    else
        abs (actual - e) <= tolerance

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
    for row in Elementwise.table do
        row.Text, Primitive.apply (Op.Map row)

    for case in FSharpType.GetUnionCases(typeof<Zip>, BindingFlags.Public ||| BindingFlags.NonPublic) do
        let zip = FSharpValue.MakeUnion(case, [||], BindingFlags.Public ||| BindingFlags.NonPublic) :?> Zip

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
