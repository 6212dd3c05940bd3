#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// The gradient of each example's loss, as one batched program: parameters shared, examples along axis 0.
let x = matrix [ [ 1.0; 2 ]; [ 3; 4 ]; [ 5; 6 ] ]
let y = vector [ 1.0; 2; 3 ]
let loss (x, y) w = square (dot x w - y)
let w = vector [ 0.5; -0.25 ]
let each = vmap (fun example -> grad (loss example) w) (x, y)
printfn "gradients %O" each
printfn "norms %O" (sqrt (sumOver [ 1 ] (square each)))
printfn "their mean %O" (meanOver [ 0 ] each)
