/// Programs that differ in nothing but numbers share machine code, in which those numbers are operands.
[<Xunit.Collection "CountedPrograms">]
module Pipeline.Engine.Tests.OperandNumbersTests

open System
open System.Threading.Tasks
open Xunit
open Pipeline
open Pipeline.FSharp
open Pipeline.Engine

/// Nothing else runs beside tests that count programs.
[<CollectionDefinition("CountedPrograms", DisableParallelization = true)>]
type CountedPrograms() = class end

/// How many programs the action compiles.
let private compiledBy (action: unit -> unit) =
    let before = Compile.count ()
    action ()
    Compile.count () - before

[<Fact>]
let ``equal programs are compiled once`` () =
    let graph value =
        let b = GraphBuilder [| { DType = DType.Float64; Shape = [| 3 |] } |]

        b.Graph [| b.Add(Op.Zip Zip.Multiply, 0, b.Number(DType.Float64, value, [| 3 |])) |]

    let first = Compile.graph (graph 2.5)
    let count = Compile.count ()
    Assert.Same(first.Program, (Compile.graph (graph 2.5)).Program)
    Assert.Equal(count, Compile.count ())
    Assert.NotSame(first.Program, (Compile.graph (graph 3.5)).Program)

[<Theory>]
[<InlineData(6)>]
[<InlineData(20)>]
let ``random programs whose constants are operands give what the evaluator gives`` operations =
    let mutable lifted = 0

    for seed in 1..60 do
        let random = RandomGraphs(Random(5000 + 100 * operations + seed), DType.Float64)
        let graph = random.Graph operations
        let numbers = Constants.ofGraph graph

        if numbers.Length > 0 then
            lifted <- lifted + 1
            let program = Constants.lift (Array.init numbers.Length id) graph
            Graphs.check program
            Graphs.check (Rewrite.graph program)
            let inputs = Graphs.inputs graph |> Array.map random.Array
            let expected = Evaluate.graph graph inputs
            let actual = (Compile.fresh Emit.defaults program).Run(Array.append numbers inputs)

            for k in 0 .. expected.Length - 1 do
                Agreement.check $"seed {seed}, output {k}" (Agreement.tolerance DType.Float64) expected[k] actual[k]

    Assert.True(lifted >= 10, $"only {lifted} programs with constants")

let private x = vector [ 0.5; -1.5; 2.0 ]

/// Functions of a number and a tensor, with constants in the text, in bodies of every kind and in what transformations make.
let private programs: (string * (float -> Tensor -> Tensor)) list = [
    "plain", (fun r x -> x - r * sin x)
    "twice", (fun r x -> (x * r + (1.0 - r)) * r)
    "float32", (fun r x -> asType DType.Float32 x * r)
    "loop", (fun r x -> Loop.For(0, 5, (fun (_: Tensor) (x: Tensor) -> x - r * cos x), x))
    "nested loops",
    (fun r x -> Loop.For(0, 3, (fun (_: Tensor) (x: Tensor) -> Loop.For(0, 2, (fun (_: Tensor) (x: Tensor) -> x * r + 0.25), x) - r), x))
    "scan",
    (fun r x ->
        let last, all = scan (fun (c: Tensor) (d: Tensor) -> c * r + d, c - r) (scalar 1.0) x

        last + all)
    "while",
    (fun r x ->
        snd (
            whileLoop
                (fun (i: Tensor, _) -> Tensor.op_LessThan (i, scalar (3.0 + r)))
                (fun (i: Tensor, x: Tensor) -> i + 1.0, x * r + 1.0)
                (scalar 0.0, x)
        ))
    "cond", (fun r x -> cond (Tensor.op_GreaterThan (sum x, scalar r)) (fun (x: Tensor) -> x * r) (fun x -> x / r) x)
    "checkpoint", (fun r x -> checkpoint (fun (x: Tensor) -> sin (x * r)) x * r)
    "gradient", (fun r x -> grad (fun x -> sum (exp (r * x) + r)) x)
    "gradient of a loop", (fun r x -> grad (fun x -> sum (Loop.For(0, 4, (fun (_: Tensor) (x: Tensor) -> sin (x * r)), x))) x)
    "second derivative", (fun r x -> grad (fun x -> sum (grad (fun x -> sum (exp (r * x))) x)) x)
    "vectorized", (fun r x -> vmap (fun x -> x * r + sin x) x)
    "power", (fun r x -> (abs x) ** scalar r)
    "stack of numbers", (fun r x -> x * stack 0 [ scalar r; scalar 1.0; scalar (2.0 * r) ])
]

let names = TheoryData<string>(programs |> List.map (fun (name, _) -> name))

[<Theory; MemberData(nameof names)>]
let ``a number that changes compiles a second program and no third`` (name: string) =
    let f = programs |> List.find (fun (other, _) -> other = name) |> snd
    let compiled = jit (fun (r: float, x: Tensor) -> f r x)

    let agrees r = Agreement.check $"{name} at {r}" 1e-6 ((f r x).Array) ((compiled (r, x)).Array)

    let first =
        compiledBy (fun () ->
            agrees 0.3
            agrees 0.31)

    Assert.True(first <= 2, $"{first} programs for two numbers")

    let later =
        compiledBy (fun () ->
            for i in 2..12 do
                agrees (0.3 + 0.013 * float i)

            agrees 0.3)

    Assert.Equal(0, later)

[<Fact>]
let ``functions made in a loop share programs, from several threads too`` () =
    let made i =
        let rate = 0.1 + 0.001 * float i
        let f = jit (fun (x: Tensor) -> x - rate * cos x * 1.375)
        let expected = (x - rate * cos x * 1.375).ToArray<float>()
        Assert.Equal<float[]>(expected, (f x).ToArray<float>())

    let programs = compiledBy (fun () -> Parallel.For(0, 200, made) |> ignore)
    Assert.True(programs <= 2, $"{programs} programs")

[<Fact>]
let ``numbers that change one after another end in one program for all of them`` () =
    let f = jit (fun (a: float[], x: Tensor) -> ((x * a[0] + a[1]) * a[2] + a[3]) * a[4] + a[5])

    let programs =
        compiledBy (fun () ->
            for i in 0..40 do
                let a = Array.init 6 (fun k -> 1.5 + float k)
                a[i % 6] <- 10.25 + float i
                let expected = ((x * a[0] + a[1]) * a[2] + a[3]) * a[4] + a[5]
                Assert.Equal<float[]>(expected.ToArray<float>(), (f (a, x)).ToArray<float>()))

    Assert.True(programs <= 5, $"{programs} programs")

[<Theory>]
[<InlineData(128)>]
[<InlineData(256)>]
[<InlineData(512)>]
let ``a comparison of two numbers is the same in every lane`` width =
    for n in [ 1; 8; 15; 16; 17; 27; 64; 129 ] do
        let b = GraphBuilder [| Typing.tensor DType.Float64 [||]; Typing.tensor DType.Float32 [| n |] |]

        let wide = b.Add(Op.Broadcast([| n |], [||]), 0)
        let isSame = b.Add(Op.Compare Relation.Equal, wide, wide)
        let chosen = b.Add(Op.Select, isSame, 1, b.Number(DType.Float32, -1.0, [| n |]))
        let graph = b.Graph [| isSame; chosen |]

        let inputs = [| NDArray.scalar64 2.0; NDArray.ofData DType.Float32 [| n |] (Array.init n float32) |]

        Agreement.checkCompiled $"{n} lanes of {width} bits" 0.0 width graph inputs
