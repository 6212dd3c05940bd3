#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// The gradient through a whole training run with respect to its learning rate, and descent on it.
let x = RandomKey(0L).Normal([| 100; 3 |])
let y = dot x (vector [ 1.0; -2; 3 ])
let loss w = mean (square (dot x w - y))

let afterTraining (rate: Tensor) = log (loss (Loop.For(0, 20, (fun _ w -> w - rate * grad loss w), zeros [ 3 ])))

let slope = jit (valueAndGrad afterTraining)
let mutable rate = scalar 0.05

for _ in 1..5 do
    let value, gradient = slope rate
    printfn "rate %.6f: log loss %.6f, its slope %.4f" (float rate) (float value) (float gradient)
    rate <- rate - 0.0005 * gradient
