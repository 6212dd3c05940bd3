/// Whole programs as a user of F# writes them, each with an answer that is known otherwise.
module Pipeline.Engine.Tests.ProgramTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private close (tolerance: float) (expected: float) (found: Tensor) = Assert.Equal(expected, float found, tolerance)

type private Logistic = { Weight: Tensor; Bias: Tensor }

/// 3 of 10 successes where x = 0 and 8 of 10 where x = 1: the intercept is log(3/7), the slope log(8/2) - log(3/7), the intercept's variance 1/(10 0.3 0.7).
[<Fact>]
let ``Logistic regression by gradient descent finds the logarithms of the odds, and the Hessian their errors`` () =
    let x = vector [ for i in 0..19 -> if i < 10 then 0.0 else 1.0 ]
    let y = vector [ for i in 0..19 -> if i < 3 || i >= 12 then 1.0 else 0.0 ]

    let loss (x: Tensor) (y: Tensor) model =
        let z = model.Weight * x + model.Bias
        mean (softplus z - y * z)

    let step = jit (fun x y model -> Tree.map2 (fun w slope -> w - 2.0 * slope) model (grad (loss x y) model))

    let fitted =
        (scalar 0.0, seq { 1..1500 })
        |> fun (zero, steps) -> Seq.fold (fun model _ -> step x y model) { Weight = zero; Bias = zero } steps

    close 1e-9 (log (3.0 / 7.0)) fitted.Bias
    close 1e-9 (log 4.0 - log (3.0 / 7.0)) fitted.Weight
    close 1e-12 ((3.0 * log (1.0 / 0.3) + 7.0 * log (1.0 / 0.7) + 8.0 * log (1.0 / 0.8) + 2.0 * log (1.0 / 0.2)) / 20.0) (loss x y fitted)

    let information =
        hessian (fun p -> 20.0 * loss x y { Weight = entry 0 p; Bias = entry 1 p }) (stack 0 [ fitted.Weight; fitted.Bias ])

    close 1e-9 (1.0 / 2.1) (inverse information).[1, 1]
    close 1e-9 (1.0 / 2.1 + 1.0 / 1.6) (inverse information).[0, 0]

type private Lstm = { Input: Tensor; Recurrent: Tensor; Gates: Tensor; Output: Tensor }

/// The first number of a sequence is told after the last: the cell must keep it.
[<Fact>]
let ``A long short-term memory learns to remember, and its gradient by scan is that of the loop written out`` () =
    let size = 4
    let keys = (RandomKey 3L).Split 4

    let start = {
        Input = 0.5 * keys[0].Normal([ 4 * size ])
        Recurrent = 0.5 * keys[1].Normal([ 4 * size; size ])
        Gates = zeros [ 4 * size ]
        Output = 0.5 * keys[2].Normal([ size ])
    }

    let cell model (h: Tensor, c: Tensor) (x: Tensor) =
        let gates = model.Input * x + dot model.Recurrent h + model.Gates
        let part k = gates.[k * size .. (k + 1) * size - 1]
        let c = logistic (part 0 + 1.0) * c + logistic (part 1) * tanh (part 2)
        let h = logistic (part 3) * tanh c
        (h, c), h

    let rest = zeros [ size ], zeros [ size ]

    let byScan model xs =
        let (h, _), _ = scan (cell model) rest xs
        dot model.Output h

    let byHand model xs =
        let h, _ = unstack 0 xs |> List.fold (fun state x -> fst (cell model state x)) rest
        dot model.Output h

    let batch = keys[3].Uniform([ 32; 6 ]) * 2.0 - 1.0
    let loss run model = mean (square (vmap (run model) batch - batch.[*, 0]))
    Assert.True(Tree.allClose 1e-12 1e-14 (grad (loss byScan) start) (grad (loss byHand) start))
    Assert.True(Tree.allClose 1e-12 1e-14 (jit (grad (loss byScan)) start) (grad (loss byHand) start))
    (checkDerivatives 1 (loss byScan) start).ThrowIfWrong() |> ignore

    // Gradient descent with momentum; without memory the best is the variance of the numbers, 1/3.
    let step =
        jit (fun (model, speed) ->
            let speed = Tree.map2 (fun v slope -> 0.9 * v - 0.1 * slope) speed (grad (loss byScan) model)
            Tree.map2 (+) model speed, speed)

    let trained, _ = Seq.fold (fun state _ -> step state) (start, Tree.map zerosLike start) (seq { 1..400 })
    Assert.InRange(float (loss byScan start), 0.2, 1.0)
    Assert.InRange(float (loss byScan trained), 0.0, 0.02)

/// The Gamma distribution of shape 3 and rate 2 has mean 3/2 and variance 3/4.
[<Fact>]
let ``A Metropolis sampler of a Gamma distribution finds its mean and its variance`` () =
    let logDensity (x: Tensor) = where (x .> 0.0) (2.0 * log x - 2.0 * x) -infinity

    let move (x: Tensor) (key: RandomKey) =
        let keys = key.Split()
        let proposed = x + 1.5 * keys[0].Normal()
        let accepted = log (keys[1].Uniform()) .< logDensity proposed - logDensity x
        let next = where accepted proposed x
        next, next

    let chain (key: RandomKey) = (snd (scan move (scalar 1.0) (key.SplitBatch 1100))).[100..]
    let sample = jit (fun (key: RandomKey) -> vmap chain (key.SplitBatch 64))
    let draws = sample (RandomKey 11L)
    close 0.03 1.5 (mean draws)
    close 0.05 0.75 (variance draws)
    Assert.True(isTrue (all (draws .> 0.0)))
    Assert.True(Tree.sameBits draws (sample (RandomKey 11L)))

/// The period of a pendulum of length and gravity 1 that is let go at an angle is 2 pi / agm(1, cos(angle / 2)).
[<Fact>]
let ``A pendulum keeps its energy and is back after its period`` () =
    let rec agm a b = if abs (a - b) < 1e-15 then a else agm ((a + b) / 2.0) (sqrt (a * b))

    let angle = 1.0
    let period = 2.0 * Math.PI / agm 1.0 (cos (angle / 2.0))
    let potential (q: Tensor) = 1.0 - cos q
    let energy (q, p: Tensor) = potential q + square p / 2.0
    let force q = -(grad potential q)

    let leapfrog (h: Tensor) _ (q, p) =
        let p = p + h / 2.0 * force q
        let q: Tensor = q + h * p
        q, p + h / 2.0 * force q

    let steps = 4000
    let swing = jit (fun start (duration: Tensor) -> forLoop 0 steps (leapfrog (duration / float steps)) start)
    let start = scalar angle, scalar 0.0
    let q, p = swing start (scalar period)
    close 1e-9 angle q
    close 2e-6 0.0 p
    close 1e-12 (1.0 - cos angle) (energy (q, p))

    // A hundred periods later the energy is still there: what errors there are swing, and do not grow.
    let late = Seq.fold (fun state _ -> swing state (scalar period)) start (seq { 1..100 })
    close 1e-10 (1.0 - cos angle) (energy late)

    // The angle is even in time, so half a period later it is on the other side; its rate of change with the duration is p.
    let half, speed = diff' (fun duration -> fst (swing start duration)) (scalar (period / 2.0))
    close 1e-9 -angle half
    close 1e-5 0.0 speed
