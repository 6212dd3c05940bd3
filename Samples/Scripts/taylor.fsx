#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// A Taylor series of any order in one pass, of any program, loops included.
let root = taylor 5 sqrt (scalar 49.0)
printfn "sqrt(50) = %O, from %d terms" (root.Evaluate(scalar 50.0)) root.Coefficients.Count

// A continued fraction of ten levels about 1: 1 + x / (1 + x / (1 + ...)).
let fraction (x: Tensor) = forLoop 0 10 (fun _ rest -> 1.0 + x / rest) x

let series = taylor 3 fraction (scalar 1.0)
printfn "%s" (series.Coefficients |> Seq.map string |> String.concat ", ")
printfn "30th derivative of exp(sin x) at 0: %O" (diffn 30 (sin >> exp) (scalar 0.0))
