/// The vector form of every row and zip of floats, on every width, against the evaluator of lanes: the same bits.
module Pipeline.Engine.Tests.EmitRowTests

open System
open System.Runtime.InteropServices
open FSharp.Reflection
open Microsoft.FSharp.NativeInterop
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

/// The operations on two floats: those that have derivatives.
let private zips = FunctionTable.zips |> Array.filter (fun zip -> (Zips.partials zip).IsSome)

[<Fact>]
let ``every row`` () =
    for row in FunctionTable.rows do
        check row.Text 1 (fun x -> row.Meaning.Lanes x[0])

[<Fact>]
let ``every zip of floats`` () =
    Assert.Contains(PowerFunction.slope.Zip, zips)

    for zip in zips do
        check (string zip) 2 (fun x -> (Zips.meaning zip).Lanes(x[0], x[1]))

/// What precompiled loops of every width make of arrays of any length, against the evaluator of lanes.
let private checkLoops description arity (value: Lane[] -> Lane) (run: int -> DType -> nativeint[] -> nativeint -> int -> unit) =
    for dtype in [ DType.Float32; DType.Float64 ] do
        let expression = value (Array.init arity (fun k -> Lane.argument k dtype))

        for size in [ 1; 3; 16; 203 ] do
            let arrays = Array.init arity (fun k -> inputs (Random(k + size)) dtype size)
            let columns = arrays |> Array.map toBits
            let expected = Array.init size (fun i -> LaneEvaluate.bits (columns |> Array.map (fun c -> c[i])) expression)

            for width in [ 128; 256; 512 ] do
                let result = NDArray.allocate dtype [| size |]
                let pins = [| for a in Array.append arrays [| result |] -> GCHandle.Alloc(a.Data, GCHandleType.Pinned) |]

                try
                    let addresses = pins |> Array.map _.AddrOfPinnedObject()
                    run width dtype addresses[.. arity - 1] addresses[arity] size
                finally
                    for pin in pins do
                        pin.Free()

                let actual = toBits result

                for i in 0 .. size - 1 do
                    if actual[i] <> expected[i] then
                        let x = columns |> Array.map (fun c -> LaneEvaluate.toFloat dtype c[i])
                        Assert.Fail $"%s{description} of %A{x} as {dtype} at width {width}: {actual[i]:X} for {expected[i]:X}"

[<Fact>]
let ``loops over every row`` () =
    for row in FunctionTable.rows do
        checkLoops row.Text 1 (fun x -> row.Meaning.Lanes x[0]) (fun width dtype x r count -> row.Meaning.Map(width, dtype, x[0], r, count))

[<Fact>]
let ``loops over every zip of floats`` () =
    for zip in zips do
        let meaning = Zips.meaning zip

        checkLoops (string zip) 2 (fun x -> meaning.Lanes(x[0], x[1])) (fun width dtype x r count ->
            meaning.Map(width, dtype, x[0], 1, x[1], 1, r, count))

[<Fact>]
let ``loops over repeated operands`` () =
    for stepX, stepZ in [ 0, 0; 0, 1; 1, 0 ] do
        let expand step (x: float32[]) = if step = 0 then Array.create 19 x[0] else x
        let x, z = Array.init 19 (fun i -> float32 i), Array.init 19 (fun i -> 1.5f * float32 i - 3.0f)
        let expected = Array.map2 (-) (expand stepX x) (expand stepZ z)

        for width in [ 128; 256; 512 ] do
            let result = Array.zeroCreate<float32> 19
            use x = fixed x
            use z = fixed z
            use r = fixed result
            let address (p: nativeptr<float32>) = NativePtr.toNativeInt p

            (Zips.meaning Zip.Subtract).Map(width, DType.Float32, address x, stepX, address z, stepZ, address r, 19)
            Assert.Equal<float32[]>(expected, result)
