/// Scans whose reverse mode keeps a few states: values, the number of steps that run again, and memory.
module Pipeline.Engine.Tests.CheckpointedScanTests

open System
open Pipeline
open Pipeline.FSharp
open Pipeline.Engine
open Xunit

/// A nonlinear step that reads its input and leaves a result.
let private step (a: Tensor) (y: Tensor) (u: Tensor) =
    let next = y + 0.1 * Tensor.Sin(a * y) + u
    next, u * next

let private inputs steps =
    let random = Random 5

    scalar 0.7, vector [ 0.3; -0.8 ], tensor [ steps; 2 ] (Array.init (2 * steps) (fun _ -> random.NextDouble() - 0.5))

/// A scalar of the last state and of all results.
let private loss
    (scanning: (Tensor -> Tensor -> Tensor * Tensor) -> Tensor -> Tensor -> Tensor * Tensor)
    (a: Tensor, y: Tensor, us: Tensor)
    =
    let last, outputs = scanning (step a) y us
    sum (last * last) + sum (Tensor.Sin outputs)

let private flat (a: Tensor, y: Tensor, us: Tensor) = [ a; y; us ] |> List.toArray |> Array.collect _.ToArray<float>()

let private near (expected: float[]) (actual: float[]) =
    Assert.Equal(expected.Length, actual.Length)

    for i in 0 .. expected.Length - 1 do
        Tolerance.assertNear 1e-11 expected[i] actual[i]

[<Theory>]
[<InlineData(0, 3)>]
[<InlineData(1, 1)>]
[<InlineData(2, 1)>]
[<InlineData(7, 1)>]
[<InlineData(23, 2)>]
[<InlineData(60, 5)>]
[<InlineData(20, 40)>]
let ``gradients are those of the plain scan`` (steps: int, slots: int) =
    let x = inputs steps
    let plain = flat (grad (loss scan) x)
    let checkpointed = grad (loss (scanCheckpointed slots))
    near plain (flat (checkpointed x))
    near plain (flat (jit checkpointed x))

[<Fact>]
let ``second derivatives are those of the plain scan, in every order of the modes`` () =
    let _, y, us = inputs 6
    let of' scanning (a: Tensor) = loss scanning (a, y, us)
    let a = scalar 0.7
    let expected = float (diff (diff (of' scan)) a)
    let rewound = of' (scanCheckpointed 2)
    let levels: ((Tensor -> Tensor) -> Tensor -> Tensor) list = [ grad; diff ]

    for outer in levels do
        for inner in levels do
            Assert.Equal(expected, float (outer (inner rewound) a), 1e-10)

    Assert.Equal(expected, float (jit (diff (grad rewound)) a), 1e-10)
    let points = vector [ 0.2; 0.7; 1.1 ]
    let lanes = vmap (grad rewound) points

    for i in 0..2 do
        Assert.Equal(float (grad (of' scan) (entry i points)), float (entry i lanes), 1e-10)

[<Fact>]
let ``a scan backwards is rewound forwards`` () =
    let a, y, us = inputs 9

    let last (scanning: Func<Tensor, Tensor, struct (Tensor * Tensor)> -> struct (Tensor * Tensor)) (a: Tensor) =
        let struct (last, outputs) =
            scanning (
                Func<_, _, _>(fun y u ->
                    let next, out = step a y u
                    struct (next, out))
            )

        sum last + sum (Tensor.Sin outputs)

    let plain = last (fun body -> Loop.ScanBackwards<Tensor, Tensor, Tensor>(body, y, us))

    let saving = last (fun body -> Loops.scan "Scan" (fun c x -> body.Invoke(c, x)) y us ValueNone true (fun _ -> 2))

    Assert.Equal(float (grad plain a), float (grad saving a), 1e-11)

[<Fact>]
let ``the default number of slots is the least that runs no step four times`` () =
    for steps, slots in [ 0, 1; 1, 1; 4, 1; 5, 2; 1000, 17; 100_000, 83; 1_000_000, 180 ] do
        Assert.Equal(slots, Checkpoint.Slots(steps, 3))

    // C(s + r, s) steps, exactly.
    Assert.Equal(10, Checkpoint.Slots(184756, 10))
    Assert.Equal(11, Checkpoint.Slots(184757, 10))
    Assert.Equal(4, Checkpoint.Slots(5, 1))

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> Checkpoint.Slots(10, 0) |> ignore) |> ignore

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> Checkpoint.Slots(-1, 3) |> ignore) |> ignore

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> scanCheckpointed 0 (step (scalar 1.0)) (zeros [ 2 ]) (zeros [ 3; 2 ]) |> ignore)
    |> ignore

let private workspace (f: 'T -> 'R) (x: 'T) =
    let struct (leaves, structure) = Tree.flatten x

    let staged = Staging.tree "Compiled" f structure (leaves |> Array.map Staging.leafType)

    // Without tiles of rows, which make the memory of either small.
    let lowered = Compile.tiled Int64.MaxValue Int64.MaxValue staged.Graph

    let bytes (t: TensorType) = Shape.size t.Shape * DType.bytes t.DType

    lowered.WorkspaceBytes + Array.sumBy bytes lowered.OutputTypes

[<Fact>]
let ``law 6: peak bytes of a checkpointed scan after compilation do not grow with its steps`` () =
    let peak steps scanning =
        let last (a: Tensor) =
            let struct (last, _) = scanning steps (fun (y: Tensor) -> y + 0.01 * Tensor.Sin(a * y))

            sum (last * last)

        workspace (grad last) (scalar 0.7)

    let y = vector [ 0.1; 0.2; 0.3; 0.4 ]

    let saving slots steps f = Checkpoint.Scan<Tensor, unit>(Func<_, _>(fun y -> struct (f y, ())), y, (steps: int), (slots: int))

    let plain steps f = Loop.Scan<Tensor, unit>(Func<_, _>(fun y -> struct (f y, ())), y, (steps: int))

    let small, large = peak 1_000 (saving 50), peak 100_000 (saving 50)
    Assert.Equal(small, large)
    // 51 states of 32 bytes, their numbers, and what one step needs.
    Assert.InRange(large, 51 * 32, 8_192)
    Assert.True(peak 100_000 plain > 100_000 * 32)

[<Fact>]
let ``law 6: peak bytes of three nested gradients of a checkpointed scan do not multiply by its slots`` () =
    let peak slots steps =
        let last (a: Tensor) =
            let struct (last, _) =
                Checkpoint.Scan<Tensor, unit>(
                    Func<_, _>(fun y -> struct (y + 0.01 * Tensor.Sin(a * y), ())),
                    vector [ 0.1; 0.2 ],
                    (steps: int),
                    (slots: int)
                )

            sum (last * last)

        workspace (grad (grad (grad last))) (scalar 0.7)

    Assert.Equal(peak 50 1_000, peak 50 100_000)
    let few, many = peak 10 1_000, peak 50 1_000
    Assert.InRange(many, few + 1, 5 * few)

[<Fact>]
let ``law 6: common subexpressions do not merge what a checkpoint computes again`` () =
    let block (x: Tensor) = Seq.fold (fun x k -> Tensor.Sin(x + 0.1 * float k)) x (seq { 1..6 })

    let chain block (x: Tensor) = sum (Seq.fold (fun x _ -> block x) x (seq { 1..8 }))

    let x = Tensor(NDArray.ofData DType.Float64 [| 4096 |] (Array.init 4096 (fun i -> float i / 4096.0)))

    let plain = workspace (grad (chain block)) x
    let saved = workspace (grad (chain (checkpoint block))) x
    Assert.True(2 * saved <= plain, $"{saved} bytes with checkpoints, {plain} without")
    near ((grad (chain block) x).ToArray<float>()) ((jit (grad (chain (checkpoint block))) x).ToArray<float>())
