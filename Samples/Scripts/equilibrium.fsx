#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// A deep-equilibrium layer: z = tanh(W z + U x + b), a network of infinitely many layers with the same weights.
type Net = { W: Tensor; U: Tensor; B: Tensor; Out: Tensor }

let zero = zeros [ 4 ]

let apply z (net, x) = tanh (dot net.W z + dot net.U x + net.B)

let equilibrium net x = fixedPoint apply zero (net, x)

let unrolled net x = Loop.For(0, 200, (fun _ z -> apply z (net, x)), zero)

// Exclusive or, learned through the equilibrium.
let data = matrix [ [ -1.0; -1 ]; [ -1; 1 ]; [ 1; -1 ]; [ 1; 1 ] ], vector [ -1.0; 1; 1; -1 ]

let loss layer net (x, y) = mean (square (dot (vmap (layer net) x) net.Out - y))

let keys = RandomKey(1L).Split(3)

let draw key (shape: int[]) = 0.4 * keys[key].Normal(shape)

let start = { W = draw 0 [| 4; 4 |]; U = draw 1 [| 4; 2 |]; B = zero; Out = draw 2 [| 4 |] }

let fit = Optimizer.GradientDescent(0.1).Minimize(loss equilibrium).From(start).FullBatch(data).AtMost(60).Fit()

let before, after = loss equilibrium start data, loss equilibrium fit.Parameters data

printfn "loss %.6f, after %d steps %.6f" (float before) fit.Steps (float after)

// The gradient is that of two hundred layers written out, at the cost of one linear system.
for layer in [ equilibrium; unrolled ] do
    printfn "slope in W[0, 1] %.12f" (float (grad (fun net -> loss layer net data) start).W.[0, 1])
