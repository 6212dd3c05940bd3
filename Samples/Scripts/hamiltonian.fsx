#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// Hamiltonian Monte Carlo: 50 chains of 400 draws from a regression's posterior, one compiled function of a key.
let x = RandomKey(0L).Normal([| 20; 2 |])

let y = dot x (vector [ 1.0; -0.5 ]) + 0.5 * RandomKey(1L).Normal([| 20 |])

let potential w = 2.0 * sum (square (dot x w - y)) + 0.5 * sum (square w) // noise 0.5, prior N(0, 1)

let force = grad potential

let leapfrog (h: float) (q: Tensor, p: Tensor) =
    let p = p - h / 2.0 * force q
    let q = q + h * p
    q, p - h / 2.0 * force q

let move q (key: RandomKey) =
    let keys = key.Split()
    let p = keys[0].Normal([| 2 |])
    let endQ, endP = Loop.For(0, 4, (fun _ s -> leapfrog 0.05 s), (q, p))
    let change = potential endQ - potential q + 0.5 * sum (square endP - square p)

    let accepted = log (keys[1].Uniform()) .< -change

    let next = where accepted endQ q
    next, next

let chain (key: RandomKey) =
    let _, draws = scan move (zeros [ 2 ]) (key.SplitBatch 400)
    draws.[50..]

let sample = jit (fun (key: RandomKey) -> vmap chain (key.SplitBatch 50))

let draws = sample (RandomKey 42L) // [50, 350, 2]
let mean = meanOver [ 0; 1 ] draws
let centred = reshape [ -1; 2 ] (draws - mean)
let spread = meanOver [ 0 ] (square (meanOver [ 1 ] draws - mean)) // of the chains' means
printfn "mean %O, standard error %O" mean (sqrt (spread / 49.0))
printfn "covariance %O" (dot (transpose centred) centred / float centred.Shape[0])
printfn "the same key again changes them by %O" ((abs (sample (RandomKey 42L) - draws)).Max())
