/// Law 1: a tensor that a body captures is the same as one that is passed to it, for every operation with a body, at every pair of levels.
module Pipeline.Tests.CaptureLawTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private step (w: Tensor) (c: Tensor) = sin (w * c) + w

/// The partial derivatives of the step.
let private slopes (w: Tensor, c: Tensor) =
    let slope = cos (w * c)
    c * slope + 1.0, w * slope

let private isPositive (c: Tensor) = Tensor.op_GreaterThan (c, scalar 0.0)

let private isBelow3 (i: Tensor) = Tensor.op_LessThan (i, scalar 3)
let private weight (i: Tensor) = 1.0 + 0.1 * asType DType.Float64 i
let private inputs = vector [ 0.2; -0.1; 0.3 ]

/// The scalar function with a body that uses w: by the capture of a closure, and as an explicit operand.
let private bodies: (string * (Tensor -> Tensor -> Tensor) * (Tensor -> Tensor -> Tensor)) list =
    let scanned slots =
        let run body start = if slots = 0 then scan body start inputs else scanCheckpointed slots body start inputs

        (fun w c ->
            let last, all = run (fun c x -> step w c + x, c * w) c
            last + sum all),
        (fun w c ->
            let (_, last), all = run (fun (w, c) x -> (w, step w c + x), c * w) (w, c)
            last + sum all)

    let looped bound =
        let run goesOn next start = if bound = 0 then whileLoop goesOn next start else whileBounded bound goesOn next start

        (fun w c -> snd (run (fst >> isBelow3) (fun (i: Tensor, c) -> i + 1, step w c) (scalar 0, c))),
        (fun w c ->
            let _, c, _ = run (fun (i, _, _) -> isBelow3 i) (fun (i: Tensor, c, w) -> i + 1, step w c, w) (scalar 0, c, w)

            c)

    let equation (w: Tensor) (c: Tensor) (x: Tensor) = x + 0.2 * sin (w * x) - c

    [
        "scan", fst (scanned 0), snd (scanned 0)
        "checkpointed scan", fst (scanned 2), snd (scanned 2)
        "for",
        (fun w c -> Loop.For(0, 3, (fun (i: Tensor) (c: Tensor) -> step w c * weight i), c)),
        (fun w c -> Loop.For(0, 3, (fun (i: Tensor) (w, c) -> w, step w c * weight i), (w, c)) |> snd)
        "while", fst (looped 0), snd (looped 0)
        "bounded while", fst (looped 5), snd (looped 5)
        "cond",
        (fun w c -> cond (isPositive c) (step w) (fun (c: Tensor) -> c * w) c),
        (fun w c -> cond (isPositive c) (fun (w, c) -> step w c) (fun (w: Tensor, c: Tensor) -> c * w) (w, c))
        "switch",
        (fun w c -> switch (asType DType.Int32 (isPositive c)) [ (fun (c: Tensor) -> c * w); step w ] c),
        (fun w c -> switch (asType DType.Int32 (isPositive c)) [ (fun (w: Tensor, c: Tensor) -> c * w); (fun (w, c) -> step w c) ] (w, c))
        "checkpoint", (fun w c -> checkpoint (step w) c), (fun w c -> checkpoint (fun (w, c) -> step w c) (w, c))
        "compiled", (fun w c -> jit (step w) c), (fun w c -> jit (fun (w, c) -> step w c) (w, c))
        "custom forward rule",
        (fun w c -> customForward (step w) (fun c (dc: Tensor) -> step w c, dc * snd (slopes (w, c))) c),
        (fun w c ->
            customForward
                (fun (w, c) -> step w c)
                (fun (w, c) (dw: Tensor, dc: Tensor) ->
                    let sw, sc = slopes (w, c)
                    step w c, dw * sw + dc * sc)
                (w, c))
        "custom reverse rule",
        (fun w c -> customReverse (step w) (fun c -> step w c, c) (fun c (u: Tensor) -> u * snd (slopes (w, c))) c),
        (fun w c ->
            customReverse
                (fun (w, c) -> step w c)
                (fun p -> step (fst p) (snd p), p)
                (fun p (u: Tensor) ->
                    let sw, sc = slopes p
                    u * sw, u * sc)
                (w, c))
        "fixed point",
        (fun w c -> fixedPoint (fun (x: Tensor) c -> c - 0.2 * sin (w * x)) (scalar 0.0) c),
        (fun w c -> fixedPoint (fun (x: Tensor) (w, c) -> c - 0.2 * sin (w * x)) (scalar 0.0) (w, c))
        "root",
        (fun w c -> root (fun x c -> equation w c x) (scalar 0.0) c),
        (fun w c -> root (fun x (w, c) -> equation w c x) (scalar 0.0) (w, c))
        "minimum",
        (fun w c -> minimizer (fun (x: Tensor) c -> square (x - c * w) + 0.1 * sin (w * x)) (scalar 0.0) c),
        (fun w c -> minimizer (fun (x: Tensor) (w, c) -> square (x - c * w) + 0.1 * sin (w * x)) (scalar 0.0) (w, c))
        "vectorized", (fun w (c: Tensor) -> sum (vmap (fun d -> step w (c + d)) inputs)), (fun w (c: Tensor) -> sum (step w (c + inputs)))
        "expansion", (fun w c -> diffn 2 (step w) c), (fun (w: Tensor) (c: Tensor) -> -w * w * sin (w * c))
        "differential equation",
        (fun w c -> sum (stack 0 (taylorSolution 3 (fun y -> w * y) c).Coefficients)),
        (fun (w: Tensor) (c: Tensor) -> c * (1.0 + w + w * w / 2.0 + w * w * w / 6.0))
    ]

let private levels: (string * ((Tensor -> Tensor) -> Tensor -> Tensor)) list = [
    "jvp", (fun f x -> snd (jvp f x (scalar 1.0)))
    "gradient", grad
    "Taylor", diffn 2
    "vmap", (fun f x -> sum (vmap (fun d -> f (x + d)) (vector [ 0.0; 0.25 ])))
    "compiled", jit
    "checkpoint", checkpoint
    "scan", (fun f x -> fst (scan (fun c d -> c + d * f c, ()) x (vector [ 0.3; 0.2 ])))
    "none", id
]

let names = TheoryData<string>(bodies |> List.map (fun (name, _, _) -> name))

[<Theory; MemberData(nameof names)>]
let ``law 1: a captured tensor is the same as an explicit operand, at every pair of levels`` (name: string) =
    let _, captured, explicit = bodies |> List.find (fun (other, _, _) -> other = name)

    for outer, over in levels do
        for inner, under in levels do
            for middle, through in [ "none", id; "gradient", grad ] do
                // w belongs to the outer level, c to the inner one.
                let nest body = over (through (fun w -> under (body w) (0.7 * w))) (scalar 0.8)

                let expected, actual = float (nest explicit), float (nest captured)

                Assert.True(
                    Tolerance.near 1e-10 expected actual,
                    $"{inner} in {middle} in {outer}: {actual:R} captured, {expected:R} explicit"
                )
