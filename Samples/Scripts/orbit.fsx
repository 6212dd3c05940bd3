#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// A comet's orbit by Taylor series: each step takes 20 orders of the solution and goes as far as the last two allow.
let order = 20

let gravity (s: Tensor) = // of (place, velocity)
    concatenate 0 [ s.[2..]; -s.[..1] / norm s.[..1] ** 3 ]

let step (final: Tensor) (state, time) =
    let solution = taylorSolution order gravity state
    let size k = (abs solution.Coefficients[k]).Max()
    let last = stack 0 [ size (order - 1); size order ]

    let reach = ((1e-16 / last) ** (1.0 / vector [ float order - 1.0; float order ])).Min()

    let h = minimum reach (final - time)
    solution.Evaluate h, time + h

let flow =
    jit (fun (start, final) -> whileLoop (fun (_, time) -> time .< final) (step final) (start, 0.0 * final))

// Eccentricity 0.9, from the perihelion, for ten years of 2 pi and 1 more.
let place, velocity =
    let state, _ = flow (vector [ 0.1; 0.0; 0.0; sqrt 19.0 ], scalar (20.0 * System.Math.PI + 1.0))

    state.[..1], state.[2..]

let energy = sum (square velocity) / 2.0 - 1.0 / norm place
printfn "place %.11f, %.11f" (float place.[0]) (float place.[1])
printfn "energy %.13f" (float energy)
