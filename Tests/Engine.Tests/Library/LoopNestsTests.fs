/// Loops and branches under every nest of two transformations, against the same programs written with the host's while and if.
module Pipeline.Tests.LoopNestsTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private less (a: Tensor) (b: Tensor) = Tensor.op_LessThan (a, b)
let private four = scalar 4.0
let private value (x: Tensor) = float (stopGradient x)
let private lanes = [ 0.4; 1.0; -1.7; 2.6; 1.3 ]

/// Few steps for large x, many for small; past 4 it would overflow within three steps more.
let private grow (x: Tensor) (y: Tensor, p: Tensor) : Tensor * Tensor = y + 0.1 * exp y * (1.0 + 0.2 * cos x), p + 0.3 * sin (x * y)

let private isLow (y: Tensor, _: Tensor) = less y four
let private start (x: Tensor) = 0.3 * x, sin x
let private finish (y: Tensor, p: Tensor) = p * y

let private grown (x: Tensor) =
    let mutable state = start x

    while value (fst state) < 4.0 do
        state <- grow x state

    finish state

let private isHigh (x: Tensor) = less (scalar 0.9) x
let private high (x: Tensor) = sqrt (x - 0.8) * sin x
let private low (x: Tensor) = exp x / (1.2 + x * x)

let private branched (x: Tensor) = if value x > 0.9 then high x else low x

let private mixed (x: Tensor) =
    let mutable y = x

    for i in 0..4 do
        y <- if value y > 0.9 then high y else low y + 0.1 * float i

    y * x

/// The program by loops and branches, and as written out.
let private programs: Map<string, (Tensor -> Tensor) * (Tensor -> Tensor)> =
    let steps = vector [ 0.0 .. 4.0 ]

    let step y i = cond (isHigh y) (fst >> high) (fun (y, i: Tensor) -> low y + 0.1 * i) (y, i)

    let counted n (x: Tensor) =
        let mutable state = start x

        for _ in 1..n do
            state <- grow x state

        finish state

    Map [
        "while", ((fun x -> whileLoop isLow (grow x) (start x) |> finish), grown)
        "bounded while", ((fun x -> whileBounded 80 isLow (grow x) (start x) |> finish), grown)
        "cond", ((fun x -> cond (isHigh x) high low x), branched)
        "for", ((fun x -> forLoop 0 3 (fun _ s -> grow x s) (start x) |> finish), counted 3)
        "for between",
        ((fun x ->
            // As many steps as its own number says.
            let count = 1 + asType DType.Int32 (stopGradient (minimum (abs x) (scalar 2.0)))
            forLoopBetween (scalar 0) count (fun _ s -> grow x s) (start x) |> finish),
         (fun x -> counted (1 + int (min 2.0 (abs (value x)))) x))
        "cond in a scan", ((fun x -> x * fst (scan (fun y i -> step y i, ()) x steps)), mixed)
        "cond in a checkpointed scan", ((fun x -> x * fst (scanCheckpointed 2 (fun y i -> step y i, ()) x steps)), mixed)
        "switch",
        ((fun x ->
            let number = asType DType.Int32 (stopGradient (2.0 * x))
            switch number [ low; (fun x -> sqrt (x - 0.4)); (fun x -> x * x * x) ] x),
         (fun x -> [ low; (fun x -> sqrt (x - 0.4)); (fun x -> x * x * x) ][max 0 (min 2 (int (2.0 * value x)))] x))
    ]

/// A transformation of loops, and of what is written out.
let private levels: Map<string, ((Tensor -> Tensor) -> Tensor -> Tensor) * ((Tensor -> Tensor) -> Tensor -> Tensor)> =
    let along f (x: Tensor) = snd (jvp f x (scalar 1.0))

    Map [
        "forward", (along, along)
        "reverse", (grad, grad)
        "Taylor", (diffn 2, diffn 2)
        "vectorized",
        ((fun f x -> sum (vmap (fun (lane: Tensor) -> f (lane * x)) (vector lanes))),
         (fun f x -> lanes |> List.map (fun lane -> f (lane * x)) |> List.reduce (+)))
        "compiled", (jit, id)
        "checkpointed", (checkpoint, id)
    ]

let nests () =
    let data = TheoryData<string, string, string>()

    for program in programs.Keys do
        for outer in levels.Keys do
            for inner in levels.Keys do
                data.Add(program, outer, inner)

    data

[<Theory; MemberData(nameof nests)>]
let ``a nest of two transformations is that of the program written out`` (program: string, outer: string, inner: string) =
    let looped, written = programs[program]
    let outerLooped, outerWritten = levels[outer]
    let innerLooped, innerWritten = levels[inner]

    for x in [ 0.55; 1.25 ] do
        let expected = float (outerWritten (innerWritten written) (scalar x))
        Assert.True(Double.IsFinite expected)
        let actual = float (outerLooped (innerLooped looped) (scalar x))
        Assert.True(Tolerance.near 1e-10 expected actual, $"{actual}, not {expected}")
