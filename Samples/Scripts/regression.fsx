#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// A line through noisy points by full-batch gradient descent: the whole run is one compiled loop.
type Line = { W: Tensor; B: Tensor }
let keys = RandomKey(2L).Split 2
let x = keys[0].Normal<float32> [| 1000; 2 |]
let y = dot x (vector [ -11.0f; 12.0f ]) + 3.0 + keys[1].Normal<float32> [| 1000 |]

let fit =
    Optimizer
        .GradientDescent(0.01)
        .Minimize(fun (line: Line) (x, y) -> mean (square (dot x line.W + line.B - y)))
        .From({ W = vector [ 0.0f; 0.0f ]; B = scalar 0.0f })
        .FullBatch((x, y))
        .UntilConverged(1e-5)
        .Fit()

printfn "%O after %d steps: W %O, b %O" fit.Status fit.Steps fit.Parameters.W fit.Parameters.B
