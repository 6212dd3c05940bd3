/// Loops between limits that are tensors: known, differentiated, vectorized, staged and compiled, in every mode, and their errors.
module Pipeline.Tests.CountedLoopTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private close (expected: Tensor) (actual: Tensor) =
    Assert.Equal<int>(Seq.toArray expected.Shape, Seq.toArray actual.Shape)

    Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-10 e a) (expected.ToArray<float>()) (actual.ToArray<float>())

/// p <- p + sin(x p) / (i + 3.5), for i from start up to limit.
let private body (x: Tensor) (i: Tensor) (p: Tensor) : Tensor = p + sin (x * p) / (3.5 + i)

let private between (start: Tensor) (limit: Tensor) (x: Tensor) = forLoopBetween start limit (body x) (0.5 * x)

let private writtenOut start limit (x: Tensor) =
    let mutable p = 0.5 * x

    for i in start .. limit - 1 do
        p <- body x (scalar (float i)) p

    p

let private directional f (x: Tensor) = snd (jvp f x (scalar 1.0))

let private modes = [
    (fun f -> f)
    grad
    directional
    (fun f -> grad (directional f))
    (fun f -> directional (grad f))
    (fun f -> grad (grad f))
    diffn 3
]

[<Theory>]
[<InlineData(0, 7)>]
[<InlineData(3, 9)>]
[<InlineData(-2, 1)>]
[<InlineData(4, 4)>]
[<InlineData(5, 2)>]
let ``every mode of a loop between tensors is that of the loop written out`` (start: int) (limit: int) =
    let x = scalar 0.7

    for mode in modes do
        let expected = mode (writtenOut start limit) x
        close expected (mode (between (scalar start) (scalar limit)) x)
        close expected (mode (fun x -> forLoop start limit (body x) (0.5 * x)) x)
        // The limits are known to the caller alone.
        close expected (jit (fun (a, b, x) -> mode (between a b) x) (scalar start, scalar limit, x))
        close expected (mode (fun x -> jit (fun (a, b, x) -> between a b x) (scalar start, scalar limit, x)) x)

        close
            expected
            (mode (fun x -> jit (fun (b: Tensor, x) -> between (scalar (int64 start)) (asType DType.Int64 b) x) (scalar limit, x)) x)

[<Fact>]
let ``each lane takes its own number of steps`` () =
    let limits, xs = [ 0; 5; 2; 9 ], [ 0.3; 0.9; -0.4; 1.1 ]

    for mode in modes do
        let expected = List.map2 (fun limit x -> mode (writtenOut 1 limit) (scalar x)) limits xs |> stack 0

        let lane (limit: Tensor, x) = mode (between (scalar 1) limit) x
        close expected (vmap lane (vector limits, vector xs))
        close expected (jit (vmap lane) (vector limits, vector xs))

    let total (xs: Tensor) = sum (vmap (fun (limit, x) -> between (scalar 1) limit x) (vector limits, xs))

    close (List.map2 (fun limit x -> grad (writtenOut 1 limit) (scalar x)) limits xs |> stack 0) (grad total (vector xs))

[<Fact>]
let ``a bound saves the steps, and is an error when passed`` () =
    let bounded (limit: Tensor) (x: Tensor) = Loop.For(scalar 0, limit, Func<_, _, _>(fun i p -> body x i p), 0.5 * x, 10)

    for mode in modes do
        let expected = mode (writtenOut 0 7) (scalar 0.7)
        close expected (mode (bounded (scalar 7)) (scalar 0.7))
        close expected (jit (fun (limit, x) -> mode (bounded limit) x) (scalar 7, scalar 0.7))

    let tooMany f =
        let e = Assert.Throws<LoopException>(fun () -> f () |> ignore)
        Assert.Contains("10", e.Message)

    tooMany (fun () -> bounded (scalar 11) (scalar 0.7))
    tooMany (fun () -> jit (fun (limit, x) -> bounded limit x) (scalar 11, scalar 0.7))

[<Fact>]
let ``errors name the loop`` () =
    let named (kind: Type) f =
        let e = Assert.Throws(kind, Action(fun () -> f () |> ignore))
        Assert.StartsWith("For: ", e.Message)

    let grows _ (p: Tensor) = stack 0 [ p; p ]
    let x = scalar 1.0
    named typeof<LoopException> (fun () -> forLoop 0 3 grows x)
    named typeof<LoopException> (fun () -> jit (fun n -> forLoopBetween (scalar 0) n grows x) (scalar 3))
    named typeof<LoopException> (fun () -> forLoopBetween (scalar 0) (vector [ 1; 2 ]) (body x) x)
    named typeof<LoopException> (fun () -> forLoop Int32.MinValue Int32.MaxValue (body x) x)
    named typeof<DTypeException> (fun () -> forLoopBetween (scalar 0) (scalar 2.0) (body x) x)

    named typeof<LoopException> (fun () -> forLoop 0 3 (fun _ (p: Tensor) -> asType DType.Float32 p) (scalar 1.0 + vector [ 1.0 ]))
