#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Statistics.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// Standard errors, tests and intervals from the curvature of the loss; certified figures to the last digits.
let x = matrix [ [ 1.0; 2 ]; [ 2; 1 ]; [ 3; 5 ]; [ 4; 3 ]; [ 5; 6 ]; [ 6; 4 ] ]
let y = vector [ 3.1; 3.9; 8.2; 7.0; 11.1; 10.2 ]
printfn "%O" (Inference.LeastSquares(x, y, [| "dose"; "weight" |], "response"))

// The same errors from the Hessian of the loss: sigma^2 times twice its inverse.
let loss b = sum (square (dot x (take 0 (vector [ 1; 2 ]) b) + entry 0 b - y))

printfn "%O" (hessian loss (vector [ 0.0; 0; 0 ]))
