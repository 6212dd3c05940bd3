/// Which transformation processes an operation: values hidden in bodies and closures, tensors that outlive their transformation, threads, long loops.
module Pipeline.Engine.Tests.DispatchTests

open System
open System.Threading.Tasks
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.NestEngine
open Pipeline.Engine.Tests.NestPrograms
open Xunit

type private Function = Tensor -> Tensor

let private zero = Tensor.Number 0.0

let private levels: (string * (Function -> Function)) list = [
    "forward", (fun f x -> derivative f x (Primitive.fillLike x 1.0))
    "reverse", gradient
    "taylor", (fun f x -> level f (Level.Taylor(2, [| 1.0 |])) x)
    "vmap", (fun f x -> level f (Level.VMap [| [| 0.0 |]; [| 0.25 |] |]) x)
    "jit", (fun f -> level f Level.Jit)
    "checkpoint", (fun f -> level f Level.Checkpoint)
    "scan", (fun f -> level f (Level.Scan([| 1.0 |], 0.1, 2)))
    "none", id
]

let private transformations: (string * (Function -> unit)) list =
    let run (over: Function -> Function) f = over f (vector [| 1.0 |]) |> ignore

    [
        "Derivative", run (fun f x -> derivative f x (vector [| 1.0 |]))
        "Gradient", run gradient
        "Taylor", run (fun f -> level f (Level.Taylor(1, [| 1.0 |])))
        "Vectorized", run (fun f -> level f (Level.VMap [| [| 0.5 |] |]))
        "Compiled", run (fun f -> level f Level.Jit)
        "Scan", run (fun f -> level f (Level.Scan([| 1.0 |], 0.1, 2)))
        "While", run (fun f -> level f (Level.While([| 1.0 |], 0.1, 2)))
        // What a branch makes is the branch's; its operand is what it was.
        "Cond", run (fun f -> level (level (fun x -> f (x * 1.0)) Level.Cond) Level.Jit)
        "Compiled", run (fun f -> level (level f Level.Cond) Level.Jit)
        "Checkpoint", run (fun f -> level f Level.Checkpoint)
        "CustomRule", run (fun f -> gradient (customForward f (fun x dx -> f x, sum dx)))
        "CustomRule", run (fun f -> gradient (customReverse f (fun x -> f x, x) (fun x u -> x * u)))
        "Implicit.FixedPoint", run (fun f x -> fixedPoint (fun z x -> 0.1 * f z + x) x x)
        "Taylor.Solution", run (fun f x -> (taylorSolution 2 (fun x -> f x * x) x).Coefficients[1])
    ]

let mutable private kept: Tensor = null

/// Each way to smuggle a tensor out, and to use it later.
let private leaks: (string * (Tensor -> unit -> Tensor)) list = [
    "closure", (fun x -> fun () -> x + 1.0)
    "delegate", (fun x -> let f = Func<Tensor>(fun () -> Tensor.Sin x) in f.Invoke)
    "static",
    (fun x ->
        kept <- x
        fun () -> number 2.0 * kept)
    "sequence", (fun x -> let s = seq { Tensor.Exp x } in fun () -> Seq.head s)
    "task",
    (fun x ->
        let start = TaskCompletionSource()

        let task =
            task {
                do! start.Task
                return x * x
            }

        fun () ->
            start.SetResult()
            task.GetAwaiter().GetResult())
    "number", (fun x -> fun () -> number (float x))
    "inside another", (fun x -> fun () -> gradient (fun y -> x * y) (number 1.0))
    "inside a batch", (fun x -> fun () -> level (fun y -> x * sum y) (Level.VMap [| [| 0.5 |] |]) (vector [| 1.0 |]))
    "captured by a body", (fun x -> fun () -> (call CallKind.Compiled (fun a -> [| a[0] * x |]) [| number 1.0 |])[0])
]

[<Fact>]
let ``law 5: a tensor that outlives its transformation is refused at its first use, by name`` () =
    for transformation, run in transformations do
        for leak, smuggle in leaks do
            let mutable later = fun () -> number 0.0

            run (fun x ->
                later <- smuggle x
                sum (x * x))

            match Xunit.Record.Exception(fun () -> later () |> ignore) with
            | :? EndedTransformationException as refused ->
                Assert.True(refused.Message.Contains transformation, $"{leak} out of {transformation}: {refused.Message}")
            | other -> failwith $"{leak} out of {transformation}: {other}"

[<Fact>]
let ``law 4: gradients have the same bits under a hundred schedules of Parallel.For`` () =
    /// Parts that read one vector, made in an order or by threads; inside each a nested derivative.
    let f (order: (int -> unit) -> unit) (x: Tensor) =
        let parts: Tensor[] = Array.zeroCreate 64

        order (fun i ->
            let y = Tensor.Sin(x * (0.1 * float i)) * Tensor.Exp x
            parts[i] <- sum y + derivative (fun t -> sum (t * y * t)) (number 0.3) (number 1.0))

        Array.reduce (+) parts

    let ordered body =
        for i in 0..63 do
            body i

    let threaded width body = Parallel.For(0, 64, ParallelOptions(MaxDegreeOfParallelism = width), Action<int> body) |> ignore

    let bits (g: Tensor) = g.ToArray<float>() |> Array.map BitConverter.DoubleToInt64Bits

    let x = vector [| 0.37; -0.8; 1.1 |]

    let second f = gradient (fun x -> derivative f x (vector [| 1.0; 0.5; -1.0 |])) x

    let expected, expectedSecond = bits (gradient (f ordered) x), bits (second (f ordered))

    for schedule in 1..100 do
        let order = threaded (1 + schedule % 8)
        Assert.Equal<int64[]>(expected, bits (gradient (f order) x))
        Assert.Equal<int64[]>(expectedSecond, bits (second (f order)))

[<Fact>]
let ``a gradient through a million eager steps does not overflow the stack`` () =
    let steps = 1_000_000

    let f (x: Tensor) =
        let factor = number 1.000001
        let mutable y = x

        for _ in 1..steps do
            y <- y * factor

        y

    let g = float (gradient f (number 1.0))
    Assert.Equal(Math.Pow(1.000001, float steps), g, 1e-9)

[<Fact>]
let ``law 3: a body is run once by each transformation, and not at all by those that find it staged`` () =
    let mutable count = 0

    let counted (a: Tensor[]) =
        count <- count + 1
        [| Tensor.Sin a[0] * a[0] |]

    let kinds: (string * (Tensor -> Tensor)) list = [
        "scan", (fun x -> (scan 4 false counted [| x |] [||])[0])
        "jit", (fun x -> (call CallKind.Compiled counted [| x |])[0])
        "checkpoint", (fun x -> (call CallKind.Checkpoint counted [| x |])[0])
        "while", (fun x -> whileLoop 5 (fun a -> Tensor.op_GreaterThan (sum a[0], Tensor.Number 0.3)) counted [| x |] |> Array.head)
        "cond", (fun x -> (switch (Tensor(NDArray.scalar DType.Int32 0.0)) [| counted |] [| x |])[0])
    ]

    for name, f in kinds do
        for level, over in levels do
            count <- 0
            over (fun x -> sum (f x)) (vector [| 0.8 |]) |> ignore
            Assert.True((count = 1), $"{name} under {level}: {count} runs")

        count <- 0

        gradient (fun x -> derivative (gradient f) x (vector [| 1.0 |])) (vector [| 0.8 |]) |> ignore

        Assert.True((count = 1), $"{name} under three derivatives: {count} runs")

[<Fact>]
let ``random trees of control flow under derivatives are the loops that they mean`` () =
    for seed in 0..29 do
        let random = Random seed

        let constants = Array.init 64 (fun _ -> Math.Round(1.2 * random.NextDouble() - 0.6, 3))

        /// The tree as operations with bodies, and as plain control flow on the same numbers.
        let rec tree depth (staged: bool) (next: unit -> float) (w: Tensor) (x: Tensor) : Tensor =
            let a = next ()

            if depth = 0 then
                Tensor.Sin(x + a * w)
            else
                // The same choices for both: they come from the constants.
                let kind = abs (int (1000.0 * a)) % 4
                let steps = 1 + abs (int (1000.0 * a)) % 3
                let b = next ()
                let values = [| for _ in 1..24 -> next () |]

                let replay skip =
                    let mutable i = skip

                    fun () ->
                        i <- i + 1
                        values[(i - 1) % values.Length]

                let left x = tree (depth - 1) staged (replay 0) w x
                let right x = tree (depth - 1) staged (replay 7) w x

                match kind with
                | 0 ->
                    if staged then
                        (scan steps false (fun c -> [| left c[0] + b * w |]) [| x |] [||])[0]
                    else
                        Seq.fold (fun c _ -> left c + b * w) x (seq { 1..steps })
                | 1 ->
                    if staged then
                        let count = Tensor(NDArray.scalar DType.Int32 0.0)

                        let results =
                            whileLoop
                                4
                                (fun c -> Tensor.op_LessThan (c[0], Primitive.fillLike c[0] (float steps)))
                                (fun c -> [| c[0] + Primitive.fillLike c[0] 1.0; left c[1] * Tensor.Cos w |])
                                [| count; x |]

                        results[1]
                    else
                        Seq.fold (fun c _ -> left c * Tensor.Cos w) x (seq { 1..steps })
                | 2 ->
                    if staged then
                        let index = Primitive.convert DType.Int32 (Tensor.op_GreaterThan (x, Tensor.Number b))

                        (switch index [| (fun c -> [| left c[0] |]); (fun c -> [| right c[0] * w |]) |] [| x |])[0]
                    elif Tensor.op_True (Tensor.op_GreaterThan (x, Tensor.Number b)) then
                        right x * w
                    else
                        left x
                | _ ->
                    if staged then
                        (call (if b > 0.0 then CallKind.Compiled else CallKind.Checkpoint) (fun c -> [| left c[0] * right c[0] |]) [| x |])[0]
                    else
                        left x * right x

        let program staged (x: Tensor) =
            let mutable i = 0

            let next () =
                i <- i + 1
                constants[i - 1]

            tree 3 staged next (Tensor.Cos x) x

        let d f x = derivative f x (number 1.0)

        let nests: (string * (Function -> Function)) list = [
            "value", id
            "reverse", gradient
            "reverse over reverse", (fun f -> gradient (gradient f))
            "forward over reverse", (fun f -> d (gradient f))
            "reverse over forward", (fun f -> gradient (d f))
            "three", (fun f -> gradient (d (gradient f)))
        ]

        let x = number 0.43

        for name, over in nests do
            let expected = float (over (program false) x)
            let actual = float (over (program true) x)
            let compiled = float (level (over (program true)) Level.Jit x)

            for value in [ actual; compiled ] do
                Assert.True(Tolerance.near 1e-11 expected value, $"tree {seed}, {name}: {value:R} instead of {expected:R}")
