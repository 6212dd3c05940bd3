#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// Minibatch descent: every epoch draws its batches from a random key, inside the compiled loop.
let keys = RandomKey(2L).Split 3
let x = keys[0].Normal<float32> [| 1000; 2 |]
let y = dot x (vector [ -11.0f; 12.0f ]) + 3.0 + keys[1].Normal<float32> [| 1000 |]

let epochs =
    Optimizer
        .GradientDescent(0.01)
        .Minimize(fun (w, b) (x, y) -> mean (square (dot x w + b - y)))
        .From((vector [ 0.0f; 0.0f ], scalar 0.0f))
        .Minibatch((x, y), 16, 63, keys[2])

// A lazy sequence of states, one an epoch.
for state in Seq.take 3 epochs do
    let w, b = state.Parameters
    printfn "loss %O, W %O, b %O" state.Loss w b
