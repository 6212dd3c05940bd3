/// Which transformation processes an operation: values hidden in bodies and closures, tensors that outlive their transformation, threads, long loops.
module Pipeline.Engine.Tests.DispatchTests

open System
open System.Threading.Tasks
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.NestEngine
open Pipeline.Engine.Tests.NestPrograms
open Xunit

type private Function = Tensor -> Tensor

let private zero = Tensor.Number 0.0

/// A scalar function with a body that uses w: by the capture of a closure, or as an explicit operand.
let private bodies: (string * (Tensor -> Tensor -> Tensor) * (Tensor -> Tensor -> Tensor)) list =
    let step (w: Tensor) (c: Tensor) = Tensor.Sin(w * c) + w
    let counter = Tensor(NDArray.scalar DType.Int32 0.0)

    let isBelow3 (c: Tensor) =
        Tensor.op_LessThan (c, Primitive.fillLike c 3.0)

    let next (c: Tensor) = c + Primitive.fillLike c 1.0

    let index (c: Tensor) =
        Primitive.convert DType.Int32 (Tensor.op_GreaterThan (sum c, zero))

    let second (a: Tensor[]) = a[1]

    [
        "scan",
        (fun w c -> (scan 3 false (fun a -> [| step w a[0] |]) [| c |] [||])[0]),
        (fun w c -> (scan 3 false (fun a -> [| a[0]; step a[0] a[1] |]) [| w; c |] [||]) |> second)
        "while",
        (fun w c ->
            whileLoop 5 (fun a -> isBelow3 a[0]) (fun a -> [| next a[0]; step w a[1] |]) [| counter; c |]
            |> second),
        (fun w c ->
            (whileLoop 5 (fun a -> isBelow3 a[0]) (fun a -> [| next a[0]; step a[2] a[1]; a[2] |]) [| counter; c; w |])
            |> second)
        "cond",
        (fun w c -> (switch (index c) [| (fun a -> [| a[0] * w |]); (fun a -> [| step w a[0] |]) |] [| c |])[0]),
        (fun w c ->
            (switch (index c) [| (fun a -> [| a[0] * a[1] |]); (fun a -> [| step a[1] a[0] |]) |] [| c; w |])[0])
        "jit",
        (fun w c -> (call CallKind.Compiled (fun a -> [| step w a[0] |]) [| c |])[0]),
        (fun w c -> (call CallKind.Compiled (fun a -> [| step a[1] a[0] |]) [| c; w |])[0])
        "checkpoint",
        (fun w c -> (call CallKind.Checkpoint (fun a -> [| step w a[0] |]) [| c |])[0]),
        (fun w c -> (call CallKind.Checkpoint (fun a -> [| step a[1] a[0] |]) [| c; w |])[0])
        "vmap",
        (fun w c -> level (fun d -> sum (step w d)) (Level.VMap [| [| 0.0 |]; [| 0.5 |] |]) c),
        (fun w c -> step w c + step w (c + 0.5))
    ]

let private levels: (string * (Function -> Function)) list =
    [
        "forward", (fun f x -> derivative f x (Primitive.fillLike x 1.0))
        "reverse", gradient
        "taylor", (fun f x -> level f (Level.Taylor(2, [| 1.0 |])) x)
        "vmap", (fun f x -> level f (Level.VMap [| [| 0.0 |]; [| 0.25 |] |]) x)
        "jit", (fun f -> level f Level.Jit)
        "checkpoint", (fun f -> level f Level.Checkpoint)
        "scan", (fun f -> level f (Level.Scan([| 1.0 |], 0.1, 2)))
        "none", id
    ]

[<Fact>]
let ``a captured tensor is the same as an explicit operand, at every pair of levels`` () =
    let x = vector [| 0.8 |]

    for name, captured, explicit in bodies do
        for outer, over in levels do
            for inner, under in levels do
                for middle, through in [ "none", id; "reverse", gradient ] do
                    // w belongs to the outer level, c to the inner one.
                    let nest (body: Tensor -> Tensor -> Tensor) =
                        over (through (fun w -> under (fun c -> body w c) (0.7 * w))) x

                    let expected, actual = float (nest explicit), float (nest captured)

                    Assert.True(
                        abs (actual - expected) <= 1e-12 * max 1.0 (abs expected),
                        $"{name}, {inner} in {middle} in {outer}: {actual:R} captured, {expected:R} explicit"
                    )

let private transformations: (string * (Function -> unit)) list =
    let run (over: Function -> Function) f = over f (vector [| 1.0 |]) |> ignore

    [
        "Derivative", run (fun f x -> derivative f x (vector [| 1.0 |]))
        "Gradient", run gradient
        "Taylor", run (fun f -> level f (Level.Taylor(1, [| 1.0 |])))
        "Vectorized", run (fun f -> level f (Level.VMap [| [| 0.5 |] |]))
        "Compiled", run (fun f -> level f Level.Jit)
        "Scan", run (fun f -> level f (Level.Scan([| 1.0 |], 0.1, 2)))
    ]

let mutable private kept: Tensor = null

/// Each way to smuggle a tensor out, and to use it later.
let private leaks: (string * (Tensor -> unit -> Tensor)) list =
    [
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
        "inside a batch",
        (fun x -> fun () -> level (fun y -> x * sum y) (Level.VMap [| [| 0.5 |] |]) (vector [| 1.0 |]))
        "captured by a body",
        (fun x -> fun () -> (call CallKind.Compiled (fun a -> [| a[0] * x |]) [| number 1.0 |])[0])
    ]

[<Fact>]
let ``a tensor that outlives its transformation is refused at its first use, by name`` () =
    for transformation, run in transformations do
        for leak, smuggle in leaks do
            let mutable later = fun () -> number 0.0

            run (fun x ->
                later <- smuggle x
                sum (x * x))

            let refused =
                Assert.Throws<EndedTransformationException>(fun () -> later () |> ignore)

            let isNamed = refused.Message.Contains transformation
            Assert.True(isNamed, $"{leak} out of {transformation}: {refused.Message}")

[<Fact>]
let ``threads inside a differentiated function change no bits`` () =
    let f (isParallel: bool) (x: Tensor) =
        let parts: Tensor[] = Array.zeroCreate 64

        let part i =
            parts[i] <- Tensor.Sin(x * (0.1 * float i)) * Tensor.Exp x

        if isParallel then
            Parallel.For(0, 64, part) |> ignore
        else
            for i in 0..63 do
                part i

        Array.reduce (+) parts

    let bits (g: Tensor) = BitConverter.DoubleToInt64Bits(float g)
    let x = number 0.37

    let second f =
        gradient (fun x -> derivative f x (number 1.0)) x

    let expected, expectedSecond = bits (gradient (f false) x), bits (second (f false))

    for _ in 1..100 do
        Assert.Equal(expected, bits (gradient (f true) x))

    for _ in 1..10 do
        Assert.Equal(expectedSecond, bits (second (f true)))

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
let ``a body is run once by each transformation, and not at all by those that find it staged`` () =
    let mutable count = 0

    let counted (a: Tensor[]) =
        count <- count + 1
        [| Tensor.Sin a[0] * a[0] |]

    let kinds: (string * (Tensor -> Tensor)) list =
        [
            "scan", (fun x -> (scan 4 false counted [| x |] [||])[0])
            "jit", (fun x -> (call CallKind.Compiled counted [| x |])[0])
            "checkpoint", (fun x -> (call CallKind.Checkpoint counted [| x |])[0])
            "while",
            (fun x ->
                whileLoop 5 (fun a -> Tensor.op_GreaterThan (sum a[0], Tensor.Number 0.3)) counted [| x |]
                |> Array.head)
            "cond", (fun x -> (switch (Tensor(NDArray.scalar DType.Int32 0.0)) [| counted |] [| x |])[0])
        ]

    for name, f in kinds do
        for level, over in levels do
            count <- 0
            over (fun x -> sum (f x)) (vector [| 0.8 |]) |> ignore
            Assert.True((count = 1), $"{name} under {level}: {count} runs")

        count <- 0

        gradient (fun x -> derivative (gradient f) x (vector [| 1.0 |])) (vector [| 0.8 |])
        |> ignore

        Assert.True((count = 1), $"{name} under three derivatives: {count} runs")

[<Fact>]
let ``random trees of control flow under derivatives are the loops that they mean`` () =
    for seed in 0..29 do
        let random = Random seed

        let constants =
            Array.init 64 (fun _ -> Math.Round(1.2 * random.NextDouble() - 0.6, 3))

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
                        let index =
                            Primitive.convert DType.Int32 (Tensor.op_GreaterThan (x, Tensor.Number b))

                        (switch index [| (fun c -> [| left c[0] |]); (fun c -> [| right c[0] * w |]) |] [| x |])[0]
                    elif float x > b then
                        right x * w
                    else
                        left x
                | _ ->
                    if staged then
                        (call
                            (if b > 0.0 then CallKind.Compiled else CallKind.Checkpoint)
                            (fun c -> [| left c[0] * right c[0] |])
                            [| x |])[0]
                    else
                        left x * right x

        let program staged (x: Tensor) =
            let mutable i = 0

            let next () =
                i <- i + 1
                constants[i - 1]

            tree 3 staged next (Tensor.Cos x) x

        let d f x = derivative f x (number 1.0)

        let nests: (string * (Function -> Function)) list =
            [
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
                Assert.True(
                    abs (value - expected) <= 1e-11 * max 1.0 (abs expected),
                    $"tree {seed}, {name}: {value:R} instead of {expected:R}"
                )
