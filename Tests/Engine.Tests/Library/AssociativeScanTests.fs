/// Associative scans against plain ones and closed forms, in every mode and under every transformation, and their errors.
module Pipeline.Tests.AssociativeScanTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp
open Pipeline.Engine

let private close (expected: Tensor) (actual: Tensor) =
    Assert.Equal<int>(Seq.toArray expected.Shape, Seq.toArray actual.Shape)

    Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-11 e a) (expected.ToArray<float>()) (actual.ToArray<float>())

let private numbers seed (shape: int list) = RandomKey(int64 seed).Normal(List.toArray shape)

let private product (a: Tensor) (b: Tensor) = dot b a
let private affine (a1: Tensor, b1: Tensor) (a2: Tensor, b2: Tensor) = a2 * a1, a2 * b1 + b2

/// x_i = a_i x_{i-1} + b_i from 0, one after the other.
let private recurrence (a: Tensor, b: Tensor) =
    let next x (a, b) =
        let x = a * x + b
        x, x

    scan next (0.0 * b.[0]) (a, b) |> snd

let private fast (a: Tensor, b: Tensor) = snd (associativeScan affine (a, b))

[<Theory>]
[<InlineData(1)>]
[<InlineData(2)>]
[<InlineData(3)>]
[<InlineData(4)>]
[<InlineData(7)>]
[<InlineData(8)>]
[<InlineData(13)>]
[<InlineData(32)>]
let ``running results are those of a scan, from either end`` (n: int) =
    let matrices = numbers n [ n; 2; 2 ]

    let expected (all: Tensor list) = List.scan product (List.head all) (List.tail all)

    let entries = [ for i in 0 .. n - 1 -> entry i matrices ]
    close (stack 0 (expected entries)) (associativeScan product matrices)
    close (stack 0 (List.rev (expected (List.rev entries)))) (associativeScanAlong 0 true product matrices)
    close (stack 1 (expected entries)) (associativeScanAlong 1 false product (stack 1 entries))
    close (stack 2 (expected entries)) (associativeScanAlong -1 false product (stack 2 entries))
    close (stack 0 (expected entries)) (jit (associativeScan product) matrices)

    let pair = 0.5 * numbers 1 [ n ], numbers 2 [ n ]
    close (recurrence pair) (fast pair)
    close (recurrence pair) (jit fast pair)

[<Fact>]
let ``derivatives of every kind and order are those of the scan`` () =
    let n = 6
    let a, b = 0.5 * numbers 3 [ n ], numbers 4 [ n ]
    let weights = numbers 5 [ n ]
    let loss f (a, b) = sum (weights * sin (f (a, b)))

    let check (mode: ((Tensor * Tensor -> Tensor) -> Tensor * Tensor -> Tensor)) =
        for transform in [ id; jit ] do
            close (mode (loss recurrence) (a, b)) (transform (mode (loss fast)) (a, b))

    let direction = numbers 6 [ n ], numbers 7 [ n ]
    let along f x = snd (jvp f x direction)

    let first f x = let a, _ = grad f x in sum (a * weights)

    check id
    check along
    check first
    check (along >> first)
    check (first >> along)
    check (first >> first)
    check (first >> along >> first)
    check (fun f (a, b) -> diffn 3 (fun t -> f (a + t * fst direction, b + t * snd direction)) (scalar 0.0))
    (checkDerivatives 2 (loss fast) (a, b)).ThrowIfWrong() |> ignore

[<Fact>]
let ``lanes are scanned one by one, with what is captured`` () =
    let lanes, rates = numbers 8 [ 3; 5 ], vector [ 0.5; 1.5; -1.0 ]
    // max-plus: captures a batched rate.
    let along (x: Tensor, rate: Tensor) = associativeScan (fun a b -> rate * a * b) x

    let expected = [ for i in 0..2 -> along (entry i lanes, entry i rates) ] |> stack 0
    close expected (vmap along (lanes, rates))
    close expected (jit (vmap along) (lanes, rates))

    let slope rate = sum (associativeScan (fun a b -> rate * a * b) (entry 0 lanes))

    (checkDerivatives 3 slope (scalar 0.7)).ThrowIfWrong() |> ignore

[<Fact>]
let ``no element, one element, other dtypes, and the larger so far`` () =
    close (zeros [ 0; 2 ]) (associativeScan (fun a b -> a * b) (zeros [ 0; 2 ]))
    close (vector [ 3.5 ]) (associativeScan (fun a b -> a * b) (vector [ 3.5 ]))
    let largest = associativeScan maximum (vector [ 1; 5; 2; 7; 3 ])
    Assert.Equal<int[]>([| 1; 5; 5; 7; 7 |], largest.ToArray<int>())

[<Fact>]
let ``the operation is traced once, and the rounds are logarithmically many`` () =
    let mutable traced = 0

    let combine (a: Tensor) (b: Tensor) =
        traced <- traced + 1
        a * b

    associativeScan combine (numbers 9 [ 1000 ]) |> ignore
    Assert.Equal(1, traced)

    let operations n =
        let graph, _ =
            Record.stage "count" [| Typing.tensor DType.Float64 [| n |] |] (fun a -> [| associativeScan (*) a[0] |])

        graph.Equations |> Array.filter (fun e -> e.Op = Op.Zip Zip.Multiply) |> Array.length

    Assert.Equal(19, operations 1024)
    Assert.Equal(39, operations (1024 * 1024))

[<Fact>]
let ``mistakes are named`` () =
    let named (kind: Type) (text: string) f =
        let e = Assert.Throws(kind, Action(fun () -> f () |> ignore))
        Assert.StartsWith("AssociativeScan: ", e.Message)
        Assert.Contains(text, e.Message)

    let times (a: Tensor) (b: Tensor) = a * b
    named typeof<LoopException> "[3, 4]" (fun () -> associativeScan affine (numbers 1 [ 3 ], numbers 2 [ 4 ]))
    named typeof<ShapeException> "axis 1" (fun () -> associativeScanAlong 1 false times (numbers 1 [ 3 ]))
    named typeof<ShapeException> "axis 0" (fun () -> associativeScan times (scalar 1.0))
    named typeof<LoopException> "float64[2]" (fun () -> associativeScan (fun a b -> stack 0 [ a; b ]) (numbers 1 [ 3 ]))
    named typeof<LoopException> "no tensor" (fun () -> associativeScan (fun a _ -> a) "text")
