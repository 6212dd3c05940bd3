#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Core.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.Engine.dll"
#r "../../Api.CSharp/bin/Release/net10.0/Pipeline.dll"

open Pipeline
open Pipeline.FSharp

// A double pendulum from its Lagrangian alone: d/dt dL/dv = dL/dq is (d2L/dv2) a = dL/dq - (d2L/dv dq) v.
let places (q: Tensor) = concatenate 0 [ (sin q).CumulativeSum(); -(cos q).CumulativeSum() ] // x1, x2, y1, y2

let lagrangian (q: Tensor) (v: Tensor) =
    let place, speed = jvp places q v
    0.5 * sum (square speed) - 9.81 * sum place[2..]

let momentum q v = grad (lagrangian q) v

let acceleration (q: Tensor) (v: Tensor) =
    let mass = jacobian (momentum q) v
    let _, drift = jvp (fun q -> momentum q v) q v
    solve mass (grad (fun q -> lagrangian q v) q - drift)

// Runge and Kutta's step of the state (angles, speeds), 2000 times as one compiled loop.
let slope (s: Tensor) = concatenate 0 [ s.[2..]; acceleration s.[..1] s.[2..] ]

let step (h: float) (s: Tensor) =
    let a = slope s
    let b = slope (s + h / 2.0 * a)
    let c = slope (s + h / 2.0 * b)
    s + h / 6.0 * (a + 2.0 * b + 2.0 * c + slope (s + h * c))

let swing = jit (fun (s: Tensor) -> Loop.For(0, 2000, (fun _ s -> step 0.001 s), s))

let energy (s: Tensor) = dot s.[2..] (momentum s.[..1] s.[2..]) - lagrangian s.[..1] s.[2..]

let start = vector [ 2.0; 1.5; 0.0; 0.5 ]
let final = swing start
printfn "after 2 s angles %.9f, %.9f" (float final.[0]) (float final.[1])
printfn "energy %.9f, at the end %.9f" (float (energy start)) (float (energy final))
