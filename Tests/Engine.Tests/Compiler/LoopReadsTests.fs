/// The cost of indexing in loops: n reads of an n-vector cost n in reverse and in second derivatives, eager and compiled, by counts and not by times.
module Pipeline.Engine.Tests.LoopReadsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private read (x: Tensor) (i: Tensor) : Tensor = take 0 i x
let private whole (n: int) : Tensor = scalar n

/// A product over the entries that a loop reads, one a step.
let private next (x: Tensor) i (product: Tensor) : Tensor = product + 0.01 * product * sin (read x i)

/// The same where places lie behind the last entry.
let private nextClamped (x: Tensor) i (product: Tensor) : Tensor = product + 0.01 * product * sin (takeClamped 0 i x)

let private one: Tensor = scalar 1.0

let private times (start: int) (count: int) body = Loop.For(start, count, Func<_, _, _> body, one)

let private counted (x: Tensor) limit loop =
    let less (i: Tensor, _) = Tensor.op_LessThan (i, limit)
    let step (i: Tensor, product) = i + 1, next x i product
    snd (loop less step (whole 0, one))

let private numbers n = vector (Array.init n id)

let private programs: Map<string, int -> Tensor -> Tensor> =
    let saved n x =
        let slots = Checkpoint.Slots(n, 3)

        scanCheckpointed slots (fun product i -> next x i product, product) one (numbers n) |> fst

    let lanes = vector [ 1.0; -0.5; 2.0 ]
    let shifts = vector [ 0; 1; 2 ]

    Map [
        "for", (fun n x -> times 0 n (next x))
        "scan", (fun n x -> fst (scan (fun product i -> next x i product, product) one (numbers n)))
        "while", (fun n x -> counted x (whole n) whileLoop)
        "bounded while", (fun n x -> counted x (whole n) (whileBounded n))
        "checkpointed scan", saved
        "checkpointed body", (fun n x -> times 0 n (fun i p -> checkpoint (fun (x, i, p) -> next x i p) (x, i, p)))
        "compiled body",
        (fun n x ->
            let step = jit (fun (x, i, p) -> next x i p)
            times 0 n (fun i p -> step (x, i, p)))
        "one place", (fun n x -> times 0 n (fun _ p -> p + 0.01 * p * sin x[3]))
        "two slices", (fun n x -> times 0 n (fun _ p -> p + 0.01 * p * (sum x.[2..4] - sum x.[3..5])))
        "branches",
        (fun n x ->
            let other (_, _, p: Tensor) = 1.001 * p
            let read (x, i, p) = next x i p
            times 0 n (fun i p -> cond (Tensor.op_LessThan (i, whole (n / 2))) read other (x, i, p)))
        "carried along",
        (fun n x ->
            let step i (struct (x, p)) = struct (x, next x i p)
            let struct (_, p) = Loop.For(0, n, Func<_, _, _> step, struct (sin x, one))
            p)
        "loop in a loop", (fun n x -> times 0 (n / 4) (fun i p -> Loop.For(0, 4, Func<_, _, _>(fun j p -> next x (4 * i + j) p), p)))
        "while in a loop",
        (fun n x ->
            times 0 (n / 4) (fun i p ->
                let less (j: Tensor, _) = Tensor.op_LessThan (j, whole 4)
                whileLoop less (fun (j, p) -> j + 1, next x (4 * i + j) p) (whole 0, p) |> snd))
        "checkpointed scan in a loop",
        (fun n x -> times 0 (n / 4) (fun i p -> scanCheckpointed 2 (fun p j -> next x (4 * i + j) p, p) p (numbers 4) |> fst))
        "rows",
        (fun n x ->
            let rows = reshape [ n; 1 ] x + vector [ 0.1; 0.2; 0.3 ]
            times 0 n (fun i p -> p + 0.01 * p * sum (sin (read rows i))))
        "columns",
        (fun n x ->
            let columns = reshape [ 1; n ] x * reshape [ 2; 1 ] (vector [ 1.0; 2.0 ])
            times 0 n (fun i p -> p + 0.01 * p * sum (sin (take 1 i columns))))
        "vectorized over the vector", (fun n x -> sum (vmap (fun (s: Tensor) -> times 0 n (next (s * x))) lanes))
        "vectorized over the places", (fun n x -> sum (vmap (fun s -> times 0 n (fun i p -> nextClamped x (i + s) p)) shifts))
        "vectorized over both",
        (fun n x ->
            let lane (s: Tensor, shift) = times 0 n (fun i p -> nextClamped (s * x) (i + shift) p)

            sum (vmap lane (lanes, shifts)))
        "lanes that end apart", (fun n x -> sum (vmap (fun limit -> counted x limit whileLoop) (vector [ n; n - 10; n / 2 ])))
    ]

let names = TheoryData<string>(programs.Keys)

let private entries n : Tensor = vector (Array.init n (fun i -> sin (float (7 * i))))

let private derivatives: Map<string, (Tensor -> Tensor) -> Tensor -> Tensor> =
    Map [ "gradient", grad; "Hessian-vector product", (fun f x -> hessianv f x (cos x)) ]

/// Elements that the compiled program writes.
let private written (f: Tensor -> Tensor) n =
    let x = entries n

    let program, captured = Record.stage "count" [| x.Type |] (fun inputs -> [| f inputs[0] |])

    let inputs = Array.append [| x |] captured |> Array.map _.Array
    let struct (_, writes) = LoopInterpreter.runCounting (Compile.lower program) inputs
    float writes

/// Bytes that the eager program allocates.
let private allocated (f: Tensor -> Tensor) n =
    let x = entries n
    f x |> ignore
    let before = GC.GetAllocatedBytesForCurrentThread()
    f x |> ignore
    float (GC.GetAllocatedBytesForCurrentThread() - before)

[<Theory; MemberData(nameof names)>]
let ``n reads of an n-vector cost n`` (name: string) =
    let check what cost n =
        for derivative in derivatives.Keys do
            let at n = cost (derivatives[derivative](programs[name] n)) n

            let ratio = at (4 * n) / at n
            // Four times the work, and what does not grow; a vector in every step would make it sixteen.
            Assert.True(ratio > 3.0 && ratio < 4.5, $"{name}, {derivative}, {what}: {ratio} times for four times the entries")

    check "elements written by compiled code" written 100
    check "bytes allocated by eager code" allocated 1000

[<Theory; MemberData(nameof names)>]
let ``and are right`` (name: string) =
    let n = 24
    let f = programs[name] n
    let x = entries n

    // Forward mode adds up nothing.
    let slope =
        stack 0 [ for i in 0 .. n - 1 -> jvp f x (vector (Array.init n (fun k -> if k = i then 1.0 else 0.0))) |> snd ]

    let curvature = jvp (grad f) x (cos x) |> snd

    let near (expected: Tensor) (actual: Tensor) =
        Array.iter2 (fun (e: float) a -> Assert.Equal(e, a, 1e-12)) (expected.ToArray<float>()) (actual.ToArray<float>())

    for transform in [ id; jit ] do
        near slope (transform (grad f) x)
        near curvature (transform (fun x -> hessianv f x (cos x)) x)
        near curvature (transform (grad (fun x -> sum (grad f x * stopGradient (cos x)))) x)
