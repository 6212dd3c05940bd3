#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// Derivatives of any order, of functions of numbers and of records of tensors.
let f (x: Tensor) = x * x * sin x
printfn "f'(2) = %O" (grad f (scalar 2.0))
printfn "f''(2) = %O" (grad (grad f) (scalar 2.0))

type Layer = { Weights: Tensor; Bias: Tensor }
let x = matrix [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ]
let y = vector [ 1.0; 0.0 ]

let loss layer = mean (square (tanh (dot x layer.Weights + layer.Bias) - y))

let slope = grad loss { Weights = vector [ 0.1; -0.2 ]; Bias = scalar 0.3 }

printfn "weights %O, bias %O" slope.Weights slope.Bias
