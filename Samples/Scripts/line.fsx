// A line fitted from an F# script. Build first: dotnet build -c Release Api.CSharp; then: dotnet fsi Samples/Scripts/line.fsx
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

type Line = { Weights: Tensor; Bias: Tensor }

// Data from a random key: y = 3 - 11 x1 + 12 x2 + noise.
let keys = RandomKey(2L).Split 2
let x = keys[0].Normal<float32> [| 1000; 2 |]
let y = dot x (vector [ -11.0f; 12.0f ]) + 3.0 + keys[1].Normal<float32> [| 1000 |]

// The loss is an ordinary function of a record; its gradient is such a record.
let loss (line: Line) (x, y) = mean (square (dot x line.Weights + line.Bias - y))

let start = { Weights = vector [ 0.0f; 0.0f ]; Bias = scalar 0.0f }

printfn "gradient at the start: %O %O" (grad (fun line -> loss line (x, y)) start).Weights (grad (fun line -> loss line (x, y)) start).Bias

// By hand: a compiled step, repeated.
let step =
    jit (fun line ->
        let slope = grad (fun line -> loss line (x, y)) line

        { Weights = line.Weights - 0.1 * slope.Weights; Bias = line.Bias - 0.1 * slope.Bias })

let byHand = Seq.init 100 id |> Seq.fold (fun line _ -> step line) start
printfn "by hand:      %O %O" byHand.Weights byHand.Bias

// The same with the training types: one compiled loop.
let fitted =
    Optimizer
        .GradientDescent(0.1)
        .Minimize(fun (line: Line) (data: Tensor * Tensor) -> loss line data)
        .From(start)
        .FullBatch((x, y))
        .UntilConverged(1e-5)
        .Fit()

printfn "%O after %d steps: %O %O" fitted.Status fitted.Steps fitted.Parameters.Weights fitted.Parameters.Bias
