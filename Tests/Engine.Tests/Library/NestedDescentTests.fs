/// The charged particle and the saddle point of Pearlmutter and Siskind (2008), with loops and branches that are operations: every pair of modes,
/// eager, staged and compiled.
module Pipeline.Tests.NestedDescentTests

open Xunit
open Pipeline
open Pipeline.FSharp
open Pipeline.Engine

let private less (a: Tensor) (b: Tensor) = Tensor.op_LessThan (a, b)
let private notAbove (a: Tensor) (b: Tensor) = Tensor.op_LessThanOrEqual (a, b)

type private Gradient = (Tensor -> Tensor) -> Tensor -> Tensor

/// One derivative along each coordinate.
let private forward: Gradient =
    fun f x ->
        let n = x.Shape[0]

        stack 0 [ for i in 0 .. n - 1 -> snd (jvp f x (vector [ for k in 0 .. n - 1 -> if k = i then 1.0 else 0.0 ])) ]

let private reverse: Gradient = grad
let private gradients = Map [ "forward", forward; "reverse", reverse ]

/// From x along the gradient with a rate that doubles after ten successes and halves at a failure.
let private descend (gradientOf: Gradient) (f: Tensor -> Tensor) (start: Tensor) : Tensor =
    let tolerance, yes, none = scalar 1e-5, scalar true, scalar 0

    // What a branch computes from its operands alone is computed in that branch alone.
    let step (x: Tensor, value: Tensor, slope: Tensor, rate: Tensor, successes: Tensor, _: Tensor) =
        let go = scalar false
        let stop (_, x, value, slope, rate, successes) = x, value, slope, rate, successes, yes
        let faster (_, x, value, slope, rate: Tensor, _) = x, value, slope, 2.0 * rate, none, go

        let accept (next, nextValue, _, _, _, rate: Tensor, successes: Tensor) = next, nextValue, gradientOf f next, rate, successes + 1, go

        let slower (_, _, x, value, slope, rate: Tensor, _) = x, value, slope, 0.5 * rate, none, go

        let attempt (next, x, value, slope, rate, successes) =
            let nextValue = f next
            cond (less nextValue value) accept slower (next, nextValue, x, value, slope, rate, successes)

        let near (next: Tensor, x, value, slope, rate, successes) =
            cond (notAbove (norm (x - next)) tolerance) stop attempt (next, x, value, slope, rate, successes)

        let onwards (next, x, value, slope, rate, successes) =
            cond (less (scalar 9) successes) faster near (next, x, value, slope, rate, successes)

        cond (notAbove (norm slope) tolerance) stop onwards (x - rate * slope, x, value, slope, rate, successes)

    let initial = start, f start, gradientOf f start, scalar 1e-5, scalar 0, scalar false

    let x, _, _, _, _, _ =
        whileLoop (fun (_, _, _, _, _, finished) -> less (asType DType.Int32 finished) (scalar 1)) step initial

    x

let private crossing (inner: Gradient) (w: Tensor) =
    let charges =
        tensor [ 2; 2 ] [ 10.0; 10.0; 10.0; 0.0 ] - reshape [ 1; 1 ] w * tensor [ 2; 2 ] [ 0.0; 1.0; 0.0; 0.0 ]

    let potential (x: Tensor) = sum (1.0 / sqrt (sumOver [ 1 ] (square (x - charges))))

    let start = vector [ 0.0; 8.0 ], vector [ 0.75; 0.0 ]
    let ahead (x: Tensor, v: Tensor) = x + 0.1 * v
    let falls (x, v) = less (scalar 0.0) (ahead (x, v)).[1]

    let x, v = whileLoop falls (fun (x, v) -> ahead (x, v), v - 0.1 * inner potential x) start

    square (x - x[1] / v[1] * v).[0]

let private particle outer inner (start: Tensor) = descend outer (crossing inner) start

let private saddle outer inner (start: Tensor) =
    let f (x1: Tensor) (x2: Tensor) = sum (square x1) - sum (square x2)

    let best (x1: Tensor) = descend inner (fun x2 -> -(f x1 x2)) start

    let x1 = descend outer (fun x1 -> f x1 (best x1)) start
    concatenate 0 [ x1; best x1 ]

/// The same program without a compiler.
let private staged (f: Tensor -> Tensor) (x: Tensor) =
    let program, captured = Record.stage "staged" [| x.Type |] (fun a -> [| f a[0] |])

    let results = Evaluate.graph program (Array.append [| x |] captured |> Array.map _.Array)

    Tensor results[0]

let runs () =
    let data = TheoryData<string, string, string>()

    for outer in gradients.Keys do
        for inner in gradients.Keys do
            for run in [ "eager"; "staged"; "compiled" ] do
                data.Add(outer, inner, run)

    data

let private by run (f: Tensor -> Tensor) =
    match run with
    | "eager" -> f
    | "staged" -> staged f
    | _ -> jit f

let private digits (expected: float) (actual: Tensor) =
    for value in actual.ToArray<float>() do
        Assert.True(Tolerance.relative 1e-12 expected value, $"{value:R} is not {expected:R} to 12 digits")

[<Theory; MemberData(nameof runs)>]
let ``a charged particle is aimed through a loop that differentiates`` (outer: string, inner: string, run: string) =
    digits 0.2071918746486116 (by run (particle gradients[outer] gradients[inner]) (vector [ 0.0 ]))

[<Theory; MemberData(nameof runs)>]
let ``a saddle point is found by a loop inside a loop`` (outer: string, inner: string, run: string) =
    digits 8.246324826140356e-06 (by run (saddle gradients[outer] gradients[inner]) (vector [ 1.0; 1.0 ]))
