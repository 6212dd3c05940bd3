/// The cost of derivatives in operations: a gradient at most 5 times its function, a Hessian-vector product at most 10 times.
module Pipeline.Engine.Tests.OperationCountTests

open Pipeline
open Pipeline.FSharp
open Xunit

let private numbers seed (shape: int list) = RandomKey(int64 seed).Normal(List.toArray shape)

let private functions: Map<string, (Tensor -> Tensor) * Tensor> =
    let x = numbers 1 [ 200; 10 ]
    let y = sum (numbers 2 [ 200; 10 ]) + numbers 3 [ 200 ]
    let wide, narrow = numbers 4 [ 10; 32 ], numbers 5 [ 32 ]
    let inputs = numbers 6 [ 50; 8 ]

    Map [
        "rosenbrock",
        ((fun p ->
            let a, b = p.[0..18], p.[1..19]
            sum (100.0 * square (b - a * a) + square (1.0 - a))),
         numbers 7 [ 20 ])
        "logistic loss", ((fun w -> mean (log (1.0 + exp (dot x w)) - y * dot x w)), numbers 8 [ 10 ])
        "network", ((fun w -> mean (square (dot (tanh (dot x (wide * reshape [ 10; 1 ] w))) narrow - y))), numbers 9 [ 10 ])
        "gaussian likelihood", ((fun p -> sum (log p[1] + square ((y - p[0]) / p[1]) / 2.0)), vector [ 0.5; 1.5 ])
        "powers and quotients", ((fun p -> sum (exp (sin p) / (1.0 + p * p) + Tensor.Pow(p, 5))), numbers 10 [ 20 ])
        "gated recurrence",
        ((fun w ->
            let step (h: Tensor) (u: Tensor) =
                let gate = 1.0 / (1.0 + exp (-(w * u + h)))
                let next = gate * h + (1.0 - gate) * tanh (w * h - u)
                next, next

            let last, all = scan step (zeros [ 8 ]) inputs
            sum (square last) + sum all),
         numbers 11 [ 8 ])
        "norms and sums", ((fun p -> norm p + logSumExp p + sum (sqrt (1.0 + p * p))), numbers 12 [ 20 ])
    ]

let names = TheoryData<string>(functions.Keys)

[<Theory; MemberData(nameof names)>]
let ``a gradient costs at most 5 times its function, a Hessian-vector product at most 10 times`` (name: string) =
    let f, x = functions[name]
    let v = numbers 13 (List.ofSeq x.Shape)
    let cost g = OperationCount.ofFunction g x

    let gradient, product = cost (grad f) / cost f, cost (fun x -> hessianv f x v) / cost f

    Assert.True(gradient <= 5.0, $"{name}: the gradient costs {gradient} times the function")
    Assert.True(product <= 10.0, $"{name}: the Hessian-vector product costs {product} times the function")
    Assert.True(gradient > 0.5 && product > 0.5, $"{name}: {gradient}, {product}: nothing was counted")
