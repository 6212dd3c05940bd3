/// Loops whose number of steps depends on the data, differentiated in every mode: against the same loop written out.
module Pipeline.Tests.WhileTests

open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Tests.FirstDerivatives

/// While x < limit: x <- x + a sin(x) + 1.5 a, carried with a running product and a counter.
let private loop bound limit (x: Tensor) (a: Tensor) =
    let results =
        Control.whileLoop
            bound
            [| x; Primitive.fillLike x 1.0; Primitive.fill DType.Int32 [||] 0.0 |]
            (fun c -> Tensor.op_LessThan (c[0], limit))
            (fun c -> [|
                c[0] + a * Tensor.Sin c[0] + 1.5 * a
                c[1] * (1.0 + 0.01 * c[0] * a)
                c[2] + Primitive.fill DType.Int32 [||] 1.0
            |])

    results[0] * results[1]

let private writtenOut (limit: float) (x: Tensor) (a: Tensor) =
    let mutable x = x
    let mutable p = Primitive.fillLike x 1.0

    while Tensor.op_True (Tensor.op_LessThan (x, Tensor.Number limit)) do
        let next = x + a * Tensor.Sin x + 1.5 * a
        p <- p * (1.0 + 0.01 * x * a)
        x <- next

    x * p

let private staged (f: Tensor -> Tensor) (x: Tensor) = (Control.call CallKind.Compiled "Compiled" [| x |] (fun a -> [| f a[0] |]))[0]

[<Theory>]
[<InlineData(0)>]
[<InlineData(60)>]
let ``every nest of modes through a loop equals the loop written out`` (bound: int) =
    let limit = Primitive.fill DType.Float64 [||] 7.0

    let known (a: Tensor) = writtenOut 7.0 (0.3 * a * a) (Tensor.Exp(-a))

    let looped (a: Tensor) = loop bound limit (0.3 * a * a) (Tensor.Exp(-a))

    let at = number 1.4

    // Beside each level of the loop: the same level of the written loop, which cannot be staged.
    let levels = [ forward, forward; reverse, reverse; id, staged ]

    for first, firstLooped in levels do
        for second, secondLooped in levels do
            close (float (second (first known) at)) (secondLooped (firstLooped looped) at)

    let third = [ reverse; reverse; reverse ]

    let nest f = List.fold (fun f level -> level f) f third

    Assert.Equal(float (nest known at), float (nest looped at), 1e-9)

[<Fact>]
let ``a long loop is rewound through its slots`` () =
    // x <- 0.999 x + 0.001 a, n times: d/da of the result is 1 - 0.999^n.
    let n = 3000

    let f (a: Tensor) =
        let results =
            Control.whileLoop
                0
                [| 0.0 * a; Primitive.fill DType.Int32 [||] 0.0 |]
                (fun c -> Tensor.op_LessThan (c[1], Primitive.fill DType.Int32 [||] (float n)))
                (fun c -> [| 0.999 * c[0] + 0.001 * a; c[1] + Primitive.fill DType.Int32 [||] 1.0 |])

        results[0]

    let slope = 1.0 - System.Math.Pow(0.999, float n)
    Assert.Equal(slope, float (reverse f (number 2.0)), 1e-12)
    Assert.Equal(slope, float (reverse (staged f) (number 2.0)), 1e-12)

/// The saved states of a loop taken back are never the state of another: else each reverse level would multiply the memory by the slots.
[<Fact>]
let ``every nest of three modes in one program saves a loop's states once`` () =
    let limit = Primitive.fill DType.Float64 [||] 7.0

    let looped (a: Tensor) = loop 0 limit (0.3 * a * a) (Tensor.Exp(-a))

    let known (a: Tensor) = writtenOut 7.0 (0.3 * a * a) (Tensor.Exp(-a))

    let at = number 1.4

    for pattern in 0..7 do
        let nest f = List.fold (fun f bit -> if (pattern >>> bit) &&& 1 = 0 then forward f else reverse f) f [ 0; 1; 2 ]

        let expected = float (nest known at)
        let before = System.GC.GetAllocatedBytesForCurrentThread()
        let actual = float (staged (nest looped) at)
        Tolerance.assertNear 1e-10 expected actual
        let allocated = System.GC.GetAllocatedBytesForCurrentThread() - before
        Assert.True(allocated < 60_000_000L, $"{allocated} bytes")

[<Fact>]
let ``law 7: lanes that finish early keep their state and their gradient`` () =
    let limit = Primitive.fill DType.Float64 [||] 7.0

    let f (a: Tensor) = loop 0 limit (0.3 * a * a) (Tensor.Exp(-a))

    let points = [| 0.9; 1.4; 5.0; 2.2 |]
    let xs = Tensor(NDArray.ofData DType.Float64 [| 4 |] points)

    for level in [ id; reverse; forward; forward >> reverse ] do
        let values, _ = Batch.map 4 (fun a -> [| level f a[0] |]) [| xs |] [| true |]
        let lanes = values[0].ToArray<float>()

        points |> Array.iteri (fun i p -> Assert.Equal(float (level f (number p)), lanes[i], 1e-10))

    // A gradient taken through the vectorized loop.
    let summed (x: Tensor) =
        let values, _ = Batch.map 4 (fun a -> [| f (a[0] * x) |]) [| xs |] [| true |]
        ReductionOperations.sum null false values[0]

    let oneByOne (x: Tensor) = points |> Array.map (fun p -> f (p * x)) |> Array.reduce (+)

    close (float (reverse oneByOne (number 1.1))) (reverse summed (number 1.1))
    close (float (forward (reverse oneByOne) (number 1.1))) (forward (reverse summed) (number 1.1))

/// A lane runs only what its own branch, or its own unfinished loop, runs: a factorisation that would fail, a loop that would not end, are not met.
[<Fact>]
let ``lanes never run what they did not choose`` () =
    let doubled (x: Tensor) = whileLoop (fun (c: Tensor) -> Tensor.op_LessThan (c, number 100.0)) (fun c -> c * x) x

    let root (x: Tensor) =
        let m = ShapeOperations.reshape [| 1; 1 |] x
        ReductionOperations.sum null false (ProductOperations.cholesky m)

    let positive (x: Tensor) = Tensor.op_GreaterThan (x, number 1.0)

    let programs: (Tensor -> Tensor) list = [
        // Without end for x at most 1, and the factor of a negative number.
        fun x -> cond (positive x) doubled (fun x -> x * x) x
        fun x -> cond (positive x) root (fun x -> x * x) x
        // The last state of a lane has no factor: it ends there.
        fun x -> whileLoop (fun (c: Tensor) -> Tensor.op_GreaterThan (c, number 0.0)) (fun c -> root c * 2.0 - 2.5) x
    ]

    for points in [ [| 2.0; -3.0; 0.5; 7.0 |]; [| -1.0; 0.25 |]; [| 3.0; 4.0 |] ] do
        let xs = Tensor(NDArray.ofData DType.Float64 [| points.Length |] points)

        for f in programs do
            for level in [ id; diff; grad; diff << grad ] do
                let expected = points |> Array.map (fun x -> float (level f (number x)))

                for mapped in [ vmap (level f); jit (vmap (level f)) ] do
                    Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-10 e a) expected ((mapped xs).ToArray<float>())

                // Reverse mode through the batch.
                let total x = ReductionOperations.sum null false (vmap (level f) x)

                let one (x: float) = float (grad (level f) (number x))

                Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-9 e a) (points |> Array.map one) ((grad total xs).ToArray<float>())

[<Fact>]
let ``law 7: a lane that would diverge after it has finished stays harmless`` () =
    // While x > 1: x <- sqrt(x - 1) a. Run on, a finished lane takes the root of a negative number: NaN, in value and slope.
    let loop bound (a: Tensor) (x: Tensor) =
        (Control.whileLoop bound [| x |] (fun c -> Tensor.op_GreaterThan (c[0], Primitive.fillLike c[0] 1.0)) (fun c -> [|
            Tensor.Sqrt(c[0] - 1.0) * a
        |]))[0]

    let points = [| 0.5; 1.5; 3.0; 20.0 |]
    let xs = Tensor(NDArray.ofData DType.Float64 [| 4 |] points)

    for bound in [ 0; 6 ] do
        let f (x: Tensor) = loop bound (0.9 + 0.001 * x) x

        for level in [ id; forward; reverse; forward >> reverse; reverse >> staged ] do
            let values, _ = Batch.map 4 (fun a -> [| level f a[0] |]) [| xs |] [| true |]

            Array.iter2
                (fun (p: float) (lane: float) ->
                    let alone = float (level f (number p))
                    Assert.True(System.Double.IsFinite lane)
                    Tolerance.assertNear 1e-12 alone lane)
                points
                (values[0].ToArray<float>())

[<Fact>]
let ``a bound that is too low is an error`` () =
    let limit = Primitive.fill DType.Float64 [||] 7.0
    Assert.Throws<LoopException>(fun () -> reverse (fun a -> loop 3 limit a a) (number 0.2) |> ignore)
