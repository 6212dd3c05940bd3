// What fusion promises, counted: training steps in one pass over the data, loops without copies.
module Pipeline.Engine.Tests.FusionTests

open System
open Pipeline
open Pipeline.Engine
open Xunit

let private tensor shape = Typing.tensor DType.Float32 shape

/// mean((X w + b - y)^2)
let private loss (x: Tensor) (y: Tensor) (w: Tensor) (b: Tensor) =
    let residual = ProductOperations.dot x w + b - y
    ReductionOperations.mean null false (residual * residual)

let private literal (value: float) = Tensor(NDArray.scalar DType.Float32 value, Literal = true)

let private norm (a: Tensor) = Tensor.Sqrt(ReductionOperations.sum null false (a * a))

/// One step of gradient descent: new w, new b, the loss, and whether both have moved less than 1e-5.
let private step (x: Tensor) (y: Tensor) (w: Tensor) (b: Tensor) : Tensor[] =
    let value, pull = Linearize.pullback "Gradient" (fun a -> [| loss x y a[0] a[1] |]) [| w; b |]

    let gradients = pull [| Primitive.fillLike value[0] 1.0 |]
    let w' = w - literal 0.01 * gradients[0]
    let b' = b - literal 0.01 * gradients[1]

    let near a a' = Tensor.op_LessThan (norm (a' - a), literal 1e-5)

    [| w'; b'; value[0]; near w w'; near b b' |]

let private rows = 1000

let internal stepGraph =
    lazy
        Record.closed "Step" [| tensor [| rows; 2 |]; tensor [| rows; 1 |]; tensor [| 2; 1 |]; tensor [| 1 |] |] (fun a ->
            step a[0] a[1] a[2] a[3])

/// Runs steps until both have converged: X, y, w, b and a loss to start with, to w, b, the loss and whether each has converged.
let internal trainingGraph =
    lazy
        (let data = [| tensor [| rows; 2 |]; tensor [| rows; 1 |] |]
         let flag = Typing.tensor DType.Bool [||]
         let carries = [| tensor [| 2; 1 |]; tensor [| 1 |]; tensor [||]; flag; flag |]
         let types = Array.append data carries

         let condition =
             Record.closed "While" types (fun a ->

                 let converged = (Primitive.apply (Op.Zip Zip.And) [| a[5]; a[6] |])[0]
                 [| Primitive.compare Relation.Equal converged (Primitive.fillLike a[5] 0.0) |])

         let body = Record.closed "While" types (fun a -> step a[0] a[1] a[2] a[3])

         Record.closed "Training" types (fun a -> Primitive.apply (Op.Loop(Loop.conditional 10000 2 condition body)) a))

/// The nests that run in every step; those of branches are apart.
let rec private nests (statements: Statement[]) : Nest[] =
    statements
    |> Array.collect (fun statement ->
        match statement with
        | Statement.Nest nest -> [| nest |]
        | Statement.Repeat(_, _, body) -> nests body
        | Statement.RepeatWhile(test, _, _, body) -> Array.append (nests test) (nests body)
        | _ -> [||])

let private branches (statements: Statement[]) : Statement[][] =
    statements
    |> Array.pick (function
        | Statement.Choose(_, branches) -> Some branches
        | _ -> None)

[<Fact>]
let ``a training step of 1000 rows is one nest with four sums, two without loops, and a branch for a mean past the range`` () =
    let body = (Compile.lower stepGraph.Value).Body
    let found = nests body
    Assert.Equal(3, found.Length)
    let pass = found[0]
    Assert.Equal<int[]>([| rows |], pass.Axes |> Array.map _.Extent)
    Assert.Equal(4, pass.Reductions.Length)
    Assert.Empty pass.Stores

    for nest in found[1..] do
        Assert.Empty nest.Axes
        Assert.Empty nest.Reductions

    // Adds scaled numbers up, or passes on the mean that is there.
    let choices = branches body
    let again = nests choices[0]
    let passes = nests choices[1]
    Assert.Equal<int>([ 1; 0 ], again |> Array.map _.Reductions.Length)
    Assert.Empty (Assert.Single passes).Axes

/// Strides of an axis in what a nest loads.
let private strides (nest: Nest) (axis: Axis) =
    nest.Sources
    |> Array.choose (function
        | Source.Load access ->
            access.Terms
            |> Array.tryPick (fun (struct (variable, stride)) -> if variable = axis.Variable then Some stride else None)
        | _ -> None)

[<Fact>]
let ``a training loop reads columns, and writes its carries in place without a copy`` () =
    let program = Compile.lower trainingGraph.Value

    let test, body =
        program.Body
        |> Array.pick (function
            | Statement.RepeatWhile(test, _, _, body) -> Some(test, body)
            | _ -> None)

    Assert.Single test |> ignore
    Assert.Equal(4, body.Length)
    let pass = (nests body)[0]
    Assert.Equal(4, pass.Reductions.Length)
    Assert.Equal<int[]>([| 1; 1; 1 |], strides pass pass.Axes[0])
    let update = (nests body)[2]
    Assert.Empty update.Axes

    for store in update.Stores do
        match program.Buffers[store.Target.Buffer].Kind with
        | BufferKind.Output _ -> ()
        | kind -> Assert.Fail $"A carry is stored in {kind}."

[<Fact>]
let ``a training loop gives what the evaluator gives`` () =
    let random = RandomGraphs(Random 3, DType.Float32)
    let inputs = Graphs.inputs trainingGraph.Value |> Array.map random.Array
    inputs[5] <- NDArray.scalar DType.Bool 0.0
    inputs[6] <- NDArray.scalar DType.Bool 0.0
    Agreement.checkCompiled "training" 1e-4 Emit.defaults.Width trainingGraph.Value inputs

/// The vector axis of the first nest of a program on one tensor: the axis of the tensor along which vectors run.
let private alongVectors (shape: int[]) (f: Tensor -> Tensor) =
    let graph = Record.closed "Vectors" [| tensor shape |] (fun a -> [| f a[0] |])
    let nest = (nests (Compile.lower graph).Body)[0]
    let variable = nest.Axes[nest.VectorAxis].Variable

    let stride =
        nest.Sources
        |> Array.pick (function
            | Source.Load { Terms = terms } -> Array.tryPick (fun (struct (v, stride)) -> if v = variable then Some stride else None) terms
            | _ -> None)

    Array.IndexOf(Shape.strides shape, stride)

[<Fact>]
let ``vectors run along the cheapest axis`` () =
    let over kind axis (x: Tensor) = (Primitive.apply (Op.Reduce(kind, [| axis |])) [| x |])[0]

    let spread axis extent (v: Tensor) = (Primitive.apply (Op.Broadcast([| v.Shape[0]; extent |], [| axis |])) [| v |])[0]

    // Columns side by side, though fewer than a vector has lanes; of two columns rows.
    Assert.Equal(1, alongVectors [| 1000; 10 |] (over Reduction.Maximum 0))
    Assert.Equal(1, alongVectors [| 1000; 10 |] (over Reduction.Sum 0))
    Assert.Equal(0, alongVectors [| 1000; 2 |] (over Reduction.Sum 0))
    // Each lane its own row where the lanes of a row would have to be searched for the place of its extreme.
    Assert.Equal(0, alongVectors [| 1000; 10 |] (over Reduction.ArgMax 1))
    Assert.Equal(1, alongVectors [| 10; 1000 |] (over Reduction.ArgMax 1 >> Primitive.convert DType.Float32))
    Assert.Equal(1, alongVectors [| 10; 1000 |] (over Reduction.Maximum 1))
    // Whole vectors where there is much to compute.
    let exponentials (x: Tensor) = Tensor.Exp(x - spread 0 (x.Shape[1]) (over Reduction.Maximum 1 x))
    Assert.Equal(0, alongVectors [| 1000; 3 |] exponentials)
