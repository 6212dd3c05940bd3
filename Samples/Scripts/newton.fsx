#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// Newton's method by nested derivatives: the minimum of f is where its slope has a root.
let newton f (x: Tensor) : Tensor = x - f x / diff f x

let f (x: Tensor) = square (square x) / 4.0 - exp x + 3.0 * cos x

let step = jit (newton (diff f))
let mutable x = scalar 2.5

for _ in 1..6 do
    x <- step x
    printfn "%O" x

printfn "slope %.0e, curvature %O" (abs (float (diff f x))) (diffn 2 f x)
