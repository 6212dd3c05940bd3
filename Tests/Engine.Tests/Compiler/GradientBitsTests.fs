/// Gradients have the bits that they have compiled: whatever views their arguments are, and wherever branches and divisors come from.
module Pipeline.Engine.Tests.GradientBitsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private bits (a: Tensor) = toBits a.Array

/// Whether a function of two tensors gives the same bits at once, compiled, and at once for copies of what it is given.
let private agrees (name: string) (draw: Random -> Tensor * Tensor) (f: Tensor -> Tensor -> Tensor) =
    let random = Random 8
    let both (a, b) = f a b
    let compiled = jit both

    for run in 1..60 do
        let a, b = draw random

        let copy (x: Tensor) =
            Tensor(NDArray.ofData x.DType x.Dims (Array.init x.Size (fun i -> NDArray.elementAt (KernelsViews.contiguous x.Array) i)))

        let expected = bits (f a b)
        Assert.True((expected = bits (compiled (a, b))), $"{name}, run {run}: at once and compiled")
        Assert.True((expected = bits (f (copy a) (copy b))), $"{name}, run {run}: at once, of views and of copies")

let private number (random: Random) = 0.3 + random.NextDouble()
let private numbers shape random = reshape shape (vector [ for _ in 1 .. Array.fold (*) 1 shape -> number random ])

/// A number, and another as a vector that repeats it.
let private repeated shape (random: Random) = scalar (number random), ShapeOperations.broadcastTo shape (scalar (number random))

[<Fact>]
let ``divisors that views repeat, numbers that a rule repeats, and axes of extent 1 give the bits of any other`` () =
    agrees "a vector that repeats a number" (repeated [| 7 |]) (fun b d -> grad (fun b -> sum (sin ((b + 0.3) / d + b))) b)
    agrees "a matrix that repeats a number" (repeated [| 3; 5 |]) (fun b d -> grad (fun b -> sum (sin ((b + 0.3) / d + b))) b)

    agrees "a row" (fun random -> numbers [| 5 |] random, numbers [| 1; 5 |] random) (fun b d ->
        grad (fun b -> sum (let p = pow (abs b + 0.5) d in sin (p + p))) b)

    for n in [ 1; 5; 33 ] do
        agrees $"a kernel of {n} points" (fun random -> numbers [| n |] random, scalar (number random)) (fun x s ->
            let apart s (x: Tensor) = (expandDims 1 x - expandDims 0 x) / s
            let ofPoints = grad (fun x -> let k = apart s x in sum (sin k) + sum (cos k)) x
            let ofScale = grad (fun s -> let k = apart s x in sum (sin k) + sum (cos k)) s
            concatenate 0 [ ofPoints; reshape [| 1 |] ofScale ])

        agrees $"second derivatives of {n} points" (fun random -> numbers [| n |] random, scalar (number random)) (fun x s ->
            let kernel s (x: Tensor) = exp (-(square ((expandDims 1 x - expandDims 0 x) / s)))
            grad (fun x -> sum (square (grad (fun x -> sum (kernel s x * kernel s x)) x))) x)

        agrees $"a norm of {n}" (fun random -> numbers [| n |] random, scalar (number random)) (fun x s ->
            grad (fun x -> sum (log (x / sqrt (sum (x * x)) + s) * x)) x)

[<Fact>]
let ``branches of one tensor twice, or captured too, give the bits that they have compiled`` () =
    agrees "a branch of one tensor twice" (fun random -> numbers [| 8 |] random, scalar (number random)) (fun x s ->
        let f (x, s: Tensor) =
            sum (sin (cond (s .> 0.0) (fun (a: Tensor, b: Tensor) -> a * exp b * tanh a + sin b * s) (fun (a, b) -> a - b) (x, x)))
            + sum (tanh x * x)

        fst (grad f (x, s)))

    agrees "what it is given and captures" (fun random -> numbers [| 8 |] random, scalar (number random)) (fun x s ->
        let f (x, s: Tensor) = sum (sin (cond (s .> 0.0) (fun (z: Tensor) -> z * exp z * x) (fun z -> -z) x)) + sum (tanh x * x)

        fst (grad f (x, s)))

let private signed (random: Random) = numbers [| 8 |] random, scalar (number random - 0.8)
let private positive (random: Random) = numbers [| 8 |] random, scalar (number random)

/// A branch that captures x, and computes with it alone before its operand comes.
let private captured (x: Tensor) (s: Tensor) operand = cond (s .> 0.0) (fun (z: Tensor) -> z * exp x * tanh x) (fun z -> -z) operand

[<Fact>]
let ``branches that compute from what they capture give the bits that they have compiled`` () =
    let ofGradient name draw (f: Tensor * Tensor -> Tensor) = agrees name draw (fun x s -> fst (grad f (x, s)))

    ofGradient "captured alone" positive (fun (x, s) -> sum (sin (captured x s x)))
    ofGradient "captured alone, or not taken" signed (fun (x, s) -> sum (sin (captured x s x)) + sum (tanh x * x))

    ofGradient "a branch in a branch" signed (fun (x, s) ->
        let inner (z: Tensor) = cond (s .> 0.3) (fun (u: Tensor) -> u * exp x * tanh (x * z)) (fun u -> u * sin x * z) x
        sum (sin (cond (s .> 0.0) (fun (z: Tensor) -> inner z * cos x * z) (fun z -> -z * exp x) x)))

    ofGradient "one of three" signed (fun (x, s) ->
        let number = Tensor.Convert(s .> -0.2, DType.Int32) + Tensor.Convert(s .> 0.2, DType.Int32)

        let branches = [
            fun (z: Tensor) -> z * exp x * tanh x
            fun z -> sin x * z * exp (-x)
            fun z -> -z * cos x * x
        ]

        sum (sin (switch number branches x)) + sum (x * exp x))

    ofGradient "in a scan" signed (fun (x, s) ->
        let step (c: Tensor) (k: Tensor) = captured x (s + k) c * 0.5 + x, sum (c * exp x)
        let last, sums = scan step x (vector [ -0.2; 0.1; 0.3; -0.4 ])
        sum (sin last) + sum sums)

    agrees "a gradient for each of some rows" signed (fun x s ->
        let rows = stack 0 [ x; x * 0.7; sin x ]
        vmap (fun row -> grad (fun x -> sum (sin (captured x s x) * row)) row) rows)

    agrees "a gradient for each of some numbers" signed (fun x s ->
        vmap (fun k -> grad (fun x -> sum (sin (captured x (s + k) x))) x) (vector [ -0.3; 0.0; 0.3 ]))

    agrees "a Hessian" signed (fun x s -> hessian (fun x -> sum (sin (captured x s x) * x)) x)
    agrees "a Hessian, forward over reverse" signed (fun x s -> snd (jvp (grad (fun x -> sum (sin (captured x s x) * x))) x (cos x)))

[<Fact>]
let ``what stands behind a branch waits for it as for the branch alone`` () =
    let ofGradient name (after: Tensor -> Tensor) =
        agrees name signed (fun x s -> fst (grad (fun (x, s) -> sum (sin (captured x s x)) + after x) (x, s)))

    ofGradient "quotients" (fun x -> sum (logAddExp (tanh x) x * 1.03))
    ofGradient "slices" (fun x -> sum (x[0..3] * x[2..5]) + x[5] * x[1])
    ofGradient "gathers" (fun x -> sum (sin (take 0 (Tensor.op_Implicit 3: Tensor) x)) + sum (x[1..] * exp x[..6]))
