// The transformations as F# users meet them: trees of F# values, closures in results, loops that capture tracers.
module Pipeline.Tests.TransformTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

type Layer = { Weight: Tensor; Bias: Tensor; Name: string }

let close (expected: float) (actual: Tensor) = Tolerance.assertNear 1e-11 expected (actual.ToDouble())

let closeAll (expected: float list) (actual: Tensor) =
    Assert.Equal<float list>(expected, actual.ToArray<float>() |> List.ofArray |> List.map (fun x -> Math.Round(x, 10)))

let number (x: float) = scalar x

[<Fact>]
let ``gradients of F# records, tuples, lists and anonymous records keep their shape`` () =
    let layer = { Weight = vector [ 1.0; 2.0 ]; Bias = number 3.0; Name = "first" }

    let g = grad (fun l -> sum (square l.Weight) * l.Bias) layer
    closeAll [ 6.0; 12.0 ] g.Weight
    close 5.0 g.Bias
    Assert.Equal("first", g.Name)
    let a, b = grad (fun (a: Tensor, b: Tensor) -> a * a * b) (number 3.0, number 5.0)
    close 30.0 a
    close 9.0 b

    let list = grad (fun (xs: Tensor list) -> xs |> List.reduce (*)) [ number 2.0; number 3.0; number 4.0 ]

    Assert.Equal<float list>([ 12.0; 8.0; 6.0 ], list |> List.map float)

    let r =
        grad (fun (p: {| U: Tensor; V: Tensor[]; K: int |}) -> p.U * p.V[1] * float p.K) {|
            U = number 2.0
            V = [| number 1.0; number 7.0 |]
            K = 3
        |}

    close 21.0 r.U
    Assert.Equal<float list>([ 0.0; 6.0 ], [ for v in r.V -> float v ])
    let o = grad (fun (x: Tensor option) -> x.Value * x.Value) (Some(number 4.0))
    close 8.0 o.Value

[<Fact>]
let ``the amazing bug`` () =
    let s (c: Tensor) (g: Tensor -> Tensor) (a: Tensor) = g (a + c)
    let h: (Tensor -> Tensor) -> Tensor -> Tensor = diff s (number 3.0)
    close 2980.9579870417283 (h exp (number 5.0))
    close 59874.14171519782 (h (h exp) (number 5.0))

[<Fact>]
let ``loops lift captured tracers of every level`` () =
    // The sum of w^k for k = 1 .. 5, times x: captured by a scan body, under every mix of modes.
    let power (w: Tensor) (x: Tensor) =
        let total, _ =
            scan
                (fun (sum: Tensor, p: Tensor) (i: Tensor) -> (sum + p * w * x, p * w), i)
                (number 0.0, number 1.0)
                (vector [ 1.0; 2.0; 3.0; 4.0; 5.0 ])

        fst total

    let plain (w: Tensor) (x: Tensor) = x * (w + w * w + Tensor.Pow(w, 3) + Tensor.Pow(w, 4) + Tensor.Pow(w, 5))

    let at = number 0.7

    for outer in [ grad; diff; jit >> grad; grad >> jit ] do
        for inner in [ grad; diff; jit >> diff ] do
            let nested f = outer (fun w -> inner (fun x -> f w x * f x w) (w * 2.0)) at

            close (float (nested plain)) (nested power)

    let xs = vector [ 0.1; 0.2; 0.3 ]

    closeAll
        [ for x in [ 0.1; 0.2; 0.3 ] -> Math.Round(float (grad (fun w -> plain w (number x)) at), 10) ]
        (vmap (fun x -> grad (fun w -> power w x) at) xs)

[<Fact>]
let ``while loops and conditions under every transformation`` () =
    // x^(2^k) until it passes 1000.
    let grow x = whileBounded 50 (fun (y: Tensor) -> Tensor.op_LessThan (y, number 1000.0)) (fun y -> y * y) x

    close (Math.Pow(1.5, 32.0)) (grow (number 1.5))
    close (32.0 * Math.Pow(1.5, 31.0)) (grad grow (number 1.5))
    close (32.0 * Math.Pow(1.5, 31.0)) (jit (grad grow) (number 1.5))
    close (32.0 * Math.Pow(1.5, 31.0)) (diff (jit grow) (number 1.5))
    let both = vmap grow (vector [ 1.5; 10.0; 2.0 ])
    closeAll [ Math.Round(Math.Pow(1.5, 32.0), 10); 10000.0; 65536.0 ] both

    let branch (x: Tensor) = cond (Tensor.op_LessThan (x, number 0.0)) (fun (x: Tensor) -> -x) (fun x -> x * x) x

    closeAll [ 3.0; 4.0 ] (vmap branch (vector [ -3.0; 2.0 ]))
    closeAll [ -1.0; 4.0 ] (vmap (grad branch) (vector [ -3.0; 2.0 ]))
    closeAll [ -1.0; 4.0 ] (jit (vmap (grad branch)) (vector [ -3.0; 2.0 ]))
    close -1.0 (grad (jit branch) (number -3.0))

[<Fact>]
let ``a predicate that is known runs its one branch only`` () =
    let mutable runs = 0

    let counted (x: Tensor) =
        runs <- runs + 1
        x * x

    close 9.0 (cond (number 1.0) counted (fun _ -> failwith "not taken") (number 3.0))
    close 6.0 (grad (fun x -> cond (number 1.0) counted (fun _ -> failwith "not taken") x) (number 3.0))
    Assert.Equal(2, runs)

[<Fact>]
let ``each body is staged once`` () =
    let mutable runs = 0

    let body (c: Tensor) (x: Tensor) =
        runs <- runs + 1
        c * x, c

    grad (fun x -> fst (scan body x (vector [ 1.0; 2.0; 3.0 ]))) (number 2.0) |> close 6.0

    Assert.Equal(1, runs)

    let f =
        jit (fun (x: Tensor) ->
            runs <- runs + 1
            x * 2.0)

    for i in 1..5 do
        close (2.0 * float i) (f (number (float i)))

    Assert.Equal(2, runs)
    f (vector [ 1.0 ]) |> ignore
    Assert.Equal(3, runs)

[<Fact>]
let ``a weakly typed carry takes the dtype of the body`` () =
    let xs = vector [ 1.0f; 2.0f ]

    let total, _ = scan (fun (c: Tensor) (x: Tensor) -> c + x, ()) (Tensor.op_Implicit 0.0) xs

    Assert.Equal(DType.Float32, total.DType)
    close 3.0 total

[<Fact>]
let ``Jacobians, Hessians and the vector calculus of three dimensions`` () =
    let a = matrix [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ]; [ 5.0; 6.0 ] ]
    let f (x: Tensor) = dot a x
    let x = vector [ 0.5; -1.0 ]
    closeAll [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ] (jacobian f x)
    closeAll [ 1.0; 2.0; 3.0; 4.0; 5.0; 6.0 ] (Jacobian.Reverse(Func<_, _> f).Invoke x)
    let g (x: Tensor) = entry 0 x * entry 0 x * entry 1 x
    closeAll [ -2.0; 1.0; 1.0; 0.0 ] (hessian g x)
    close -2.0 (laplacian g x)
    closeAll [ -2.0; 1.0 ] (hessianv g x (vector [ 1.0; 0.0 ]))

    let field (p: Tensor) = stack 0 [ entry 1 p * entry 2 p; entry 0 p * entry 0 p; entry 2 p ]

    let p = vector [ 1.0; 2.0; 3.0 ]
    closeAll [ 0.0; 2.0; -1.0 ] (curl field p)
    close 1.0 (divergence field p)
    closeAll [ 0.0; 0.0; 7.0 ] (jacobianTv field p (vector [ 0.0; 0.0; 7.0 ]))

[<Fact>]
let ``derivatives of high order cost one expansion`` () =
    close 1.0 (diffn 12 exp (number 0.0))
    close -527.87109375 (diffn 8 sqrt (number 1.0))
    let series = taylor 6 (fun x -> 1.0 / (1.0 - x)) (number 0.0)
    Assert.Equal<float list>([ 1.0; 1.0; 1.0; 1.0; 1.0; 1.0; 1.0 ], [ for c in series.Coefficients -> float c ])
    close 1.96875 (series.PartialSums(number 0.5)[5])
    close 1.984375 (series.Evaluate(number 0.5))

[<Fact>]
let ``checkpoints change no number`` () =
    let f (x: Tensor) = Tensor.Sin(x * x) * x
    let x = number 0.8
    let expected = float (grad (grad f) x)
    close expected (grad (grad (checkpoint f)) x)
    close expected (diff (grad (checkpoint f)) x)
    close expected (grad (diff (jit (checkpoint f))) x)

[<Fact>]
let ``mistakes are named`` () =
    let message (action: unit -> unit) = Assert.ThrowsAny<PipelineException>(action).Message

    let nonScalar = message (fun () -> grad (fun (x: Tensor) -> x * x) (vector [ 1.0; 2.0 ]) |> ignore)

    Assert.Contains("[2]", nonScalar)
    Assert.Contains("Sum", nonScalar)
    Assert.Contains("int64", message (fun () -> grad (fun (x: Tensor) -> x) (scalar 3L) |> ignore))
    Assert.Contains("[2]", message (fun () -> diff (fun (x: Tensor) -> x) (vector [ 1.0; 2.0 ]) |> ignore))

    let changing () = scan (fun (c: Tensor) (x: Tensor) -> stack 0 [ c; x ], ()) (number 0.0) (vector [ 1.0 ]) |> ignore

    Assert.Contains("[2]", message changing)

    Assert.Contains("sizes", message (fun () -> vmap (fun (a: Tensor, b: Tensor) -> a) (vector [ 1.0 ], vector [ 1.0; 2.0 ]) |> ignore))

[<Fact>]
let ``a tracer that leaks is found`` () =
    let mutable kept: Tensor = null

    grad
        (fun x ->
            kept <- x
            x * x)
        (number 1.0)
    |> ignore

    Assert.Throws<EndedTransformationException>(fun () -> kept * 2.0 |> ignore) |> ignore

let private nothing (_: Tensor) : Tensor = null

[<Fact>]
let ``a function that returns null where a tensor is expected is refused by every transformation`` () =
    let x = vector [ 1.0; 2.0 ]

    for name, transformed in
        [
            "Compiled", (fun () -> jit nothing x)
            "Compiled", (fun () -> checkCompiled nothing x)
            "Checkpoint", (fun () -> checkpoint nothing x)
            "Vectorized", (fun () -> vmap nothing x)
            "CheckNumbers", (fun () -> checkNumbers nothing x)
            "jvp", (fun () -> snd (jvp nothing x x))
            "vjp", (fun () -> fst (vjp nothing x))
            "linearize", (fun () -> fst (linearize nothing x))
            "grad", (fun () -> grad nothing x)
            "jacobian", (fun () -> jacobian nothing x)
            "jacobianT", (fun () -> jacobianT nothing x)
            "hessian", (fun () -> hessian nothing x)
            "laplacian", (fun () -> laplacian nothing x)
            "Derivative", (fun () -> diff nothing (number 1.0))
            "Taylor", (fun () -> diff2 nothing (number 1.0))
            "Taylor.Solution", (fun () -> (taylorSolution 2 nothing (number 1.0)).Coefficients[1])
            "Cond", (fun () -> cond (number 1.0 .> 0.0) nothing id x)
            "Cond", (fun () -> jit (fun (x: Tensor) -> cond (x[0] .> 0.0) nothing id x) x)
        ] do
        let e = Record.Exception(Action(transformed >> ignore))
        Assert.True(e :? PipelineException, $"{name}: {e}")
        Assert.StartsWith($"{name}: the function returned null; return a ", e.Message)

[<Fact>]
let ``what returns nothing, no function or no value is not refused`` () =
    let x = number 3.0
    jit (fun (_: Tensor) -> ()) x
    Assert.Equal(None, jit (fun (_: Tensor) -> (None: float option)) x)

[<Fact>]
let ``an order below 0 is refused by the parameter's name`` () =
    let x = number 1.0
    Assert.Equal("m", Assert.Throws<ArgumentOutOfRangeException>(fun () -> polygamma -1 x |> ignore).ParamName)
    Assert.Equal("n", Assert.Throws<ArgumentOutOfRangeException>(fun () -> besselI -1 x |> ignore).ParamName)
