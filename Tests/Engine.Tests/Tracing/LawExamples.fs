/// An application of every operation, of each kind of it, for the laws to run over.
module internal Pipeline.Engine.Tests.LawExamples

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Laws

/// Distinct numbers between -1 and 1.
let real (shape: int[]) seed =
    let random = Random(seed: int)

    Tensor(NDArray.ofData DType.Float64 shape (Array.init (Shape.size shape) (fun _ -> Math.Round(2.0 * random.NextDouble() - 1.0, 3))))

let private integers (shape: int[]) (values: int[]) = Tensor(NDArray.ofData DType.Int32 shape (Array.copy values))

let three (point: int -> Tensor[]) = Array.init 3 point

/// Operands of the given shapes at three random points.
let private randomly (shapes: int[] list) =
    three (fun lane -> shapes |> List.mapi (fun i shape -> real shape (100 * lane + i)) |> List.toArray)

let private on op shapes = application op (randomly shapes)
let private called name (a: Application) = { a with Name = name }
let private within tolerance (a: Application) = { a with Tolerance = tolerance }
let private named name (a: Application) = { a with Name = $"{a.Name} {name}" }

/// A row of the table, or one from elsewhere, at its own points.
let ofRow (row: Row) =
    let points =
        three (fun lane ->
            let data = row.Points |> Array.map (fun x -> x + 0.013 * float lane)
            [| Tensor(NDArray.ofData DType.Float64 [| data.Length |] data) |])

    application (Op.Map row) points |> called row.Text |> within (if row.Text = "erf_inv" then 1e-4 else 1e-6)

let private maps = FunctionTable.rows |> Array.map ofRow |> Array.toList

/// A function of two arguments, or an arithmetic operation, at its own points.
let ofZip (zip: Zip) =
    let row = Zips.row zip

    let points =
        three (fun lane ->
            let column value = row.Points |> Array.map value
            let tensor (data: float[]) = Tensor(NDArray.ofData DType.Float64 [| data.Length |] data)

            [|
                tensor (column (fun (struct (x, _)) -> x + 0.013 * float lane))
                tensor (column (fun (struct (_, z)) -> z + 0.017 * float lane))
            |])

    application (Op.Zip zip) points

let private takes dtype (zip: Zip) =
    try
        Typing.infer (Op.Zip zip) (Array.create 2 (Typing.tensor dtype [||])) |> ignore
        true
    with :? DTypeException ->
        false

let private zips = [
    for zip in FunctionTable.arithmetic do
        if takes DType.Float64 zip then ofZip zip

        if takes DType.Int32 zip then
            application
                (Op.Zip zip)
                (three (fun lane -> [| integers [| 3 |] [| 17; 40 + lane; 5 |]; integers [| 3 |] [| 3; 2; 1 + lane |] |]))
            |> named "of integers"
    for f in FunctionTable.binaryFunctions do
        ofZip f.Zip |> within 1e-6
    application Op.Quotient (randomly [ [| 4 |]; [| 4 |]; [| 4 |] ] |> Array.map (fun p -> [| p[0]; p[1]; 1.5 + p[2] |]))
]

let private indices lane = integers [| 2; 2 |] [| lane; 3; 1; 9 - 5 * lane |]

let private structure = [
    { application Op.StopGradient (randomly [ [| 3 |] ]) with Differentiable = false }
    application (Op.Require("Choice", Requirement.Weights 1)) (randomly [ [| 2; 3 |] ] |> Array.map (fun p -> [| p[0] * p[0] + 0.5 |]))
    for relation in [ Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual ] do
        on (Op.Compare relation) [ [| 4 |]; [| 4 |] ]
    application
        Op.Select
        (three (fun lane ->
            let condition = NDArray.ofData DType.Bool [| 3 |] [| lane = 0; lane <> 1; lane = 2 |]

            [| Tensor condition; real [| 3 |] (7 + lane); real [| 3 |] (17 + lane) |]))
    on (Op.Convert DType.Float32) [ [| 3 |] ] |> within 2e-3
    application (Op.Convert DType.Float64) (three (fun lane -> [| integers [| 2 |] [| lane; 5 |] |]))
    {
        application (Op.Convert DType.Int32) (three (fun lane -> [| 9.0 * real [| 2 |] lane |])) with
            Differentiable = false
    }
    on (Op.Reinterpret DType.UInt64) [ [| 3 |] ]
    for reduction in [ Reduction.Sum; Reduction.Product; Reduction.Maximum; Reduction.Minimum ] do
        on (Op.Reduce(reduction, [| 1 |])) [ [| 2; 3 |] ]
        on (Op.Reduce(reduction, [| 0; 2 |])) [ [| 2; 3; 2 |] ] |> named "over two axes"
    on (Op.Reduce(Reduction.ArgMax, [| 1 |])) [ [| 2; 3 |] ]
    on (Op.Reduce(Reduction.ArgMin, [| 0 |])) [ [| 2; 3 |] ]
    application
        (Op.Reduce(Reduction.Product, [| 0 |]))
        (three (fun lane -> [| Tensor(NDArray.ofData DType.Float64 [| 3; 2 |] [| 0.5; 0.0; float lane; 2.0; -0.7; 0.0 |]) |]))
    |> named "with zeros"
    on (Op.Mean [| 1 |]) [ [| 2; 3 |] ]
    on (Op.Mean [| 0; 2 |]) [ [| 2; 3; 2 |] ] |> named "over two axes"
    on (Op.Norm [| 1 |]) [ [| 2; 3 |] ]
    on (Op.Norm [| 0; 2 |]) [ [| 2; 3; 2 |] ] |> named "over two axes"
    for kind, name in [ Softmax.Shares, "softmax"; Softmax.LogShares, "logsoftmax"; Softmax.LogSum, "logsumexp" ] do
        on (Op.Softmax(kind, [| 1 |])) [ [| 2; 3 |] ] |> named name
        on (Op.Softmax(kind, [| 0; 2 |])) [ [| 2; 3; 2 |] ] |> named $"{name} over two axes"
    on (Op.CumulativeSum(1, false)) [ [| 2; 3 |] ]
    on (Op.CumulativeSum(0, true)) [ [| 2; 3 |] ]
    on (Op.Broadcast([| 2; 3; 2 |], [| 1 |])) [ [| 3 |] ]
    on (Op.Reshape [| 3; 2 |]) [ [| 2; 3 |] ]
    on (Op.Transpose [| 2; 0; 1 |]) [ [| 2; 3; 2 |] ]
    on (Op.Slice([| 1; 0 |], [| 2; 6 |], [| 1; 2 |])) [ [| 2; 6 |] ]
    on (Op.Slice([| 1 |], [| 5 |], [| 3 |])) [ [| 6 |] ]
    on (Op.Pad([| 1; 0 |], [| 0; 2 |], [| 2; 0 |])) [ [| 2; 3 |] ]
    on (Op.Concatenate 1) [ [| 2; 1 |]; [| 2; 3 |]; [| 2; 2 |] ]
    for axis in 0..2 do
        application (Op.Gather axis) (three (fun lane -> [| real [| 5; 5; 5 |] lane; indices lane |]))
        let shape = Array.insertManyAt axis [ 2; 2 ] [| 5; 5 |]

        application (Op.Scatter axis) (three (fun lane -> [| real [| 5; 5; 5 |] lane; real shape (7 + lane); indices lane |]))
    for axis in 0..1 do
        application
            (Op.Update axis)
            (three (fun lane -> [| real [| 3; 3 |] lane; real [| 3 |] (7 + lane); integers [||] [| 3 * lane - 1 |] |]))
    application (Op.Gather 0) (three (fun lane -> [| real [| 3 |] lane; Primitive.convert DType.Int64 (integers [||] [| lane - 1 |]) |]))
    |> named "of a scalar"
    application (Op.Places("Take", 0, 3)) (three (fun lane -> [| integers [| 4 |] [| -1; lane; 0; -3 |] |]))
    on (Op.Routine Sort.routine) [ [| 4 |] ]
    on (Op.Routine Sort.routine) [ [| 2; 3 |] ] |> named "of rows"
    application (Op.Routine Sort.routine) (three (fun lane -> [| integers [| 4 |] [| 3; lane; 1; 3 |] |]))
    |> named "of integers"
    application
        (Op.RandomBits(DType.UInt32, [| 3 |], KeyLayout.Original))
        (three (fun lane -> [| Tensor(NDArray.ofData DType.UInt32 [| 2 |] [| 17u; uint32 lane |]) |]))
    {
        on (Op.Iota(DType.Float64, [| 2; 3 |], 1)) [ [| 2; 3 |] ] with
            Apply =
                fun dtype x ->
                    let columns = Primitive.iota dtype [| 2; 3 |] 1
                    [| x[0] * columns + Tensor.Atan2(x[0], columns - x[0]) |]
    }
    {
        on (Op.Constant(NDArray.scalar64 2.5)) [ [| 2 |] ] with
            Apply =
                fun dtype x ->
                    let pair = Primitive.convert dtype (Tensor(NDArray.ofData DType.Float64 [| 2 |] [| 0.5; -2.0 |], Literal = true))

                    [| x[0] * pair + Tensor.Atan2(x[0], pair) |]
    }
]

let private linearAlgebra =
    let axes batch left right = Op.Dot { Batch = batch; ContractLeft = left; ContractRight = right }

    [
        on (axes 0 [| 0 |] [| 0 |]) [ [| 3 |]; [| 3 |] ] |> named "of vectors"
        on (axes 0 [| 1 |] [| 0 |]) [ [| 2; 3 |]; [| 3 |] ] |> named "of matrix and vector"
        on (axes 0 [| 0 |] [| 1 |]) [ [| 3; 2 |]; [| 4; 3 |] ] |> named "of matrices"
        on (axes 0 [||] [||]) [ [| 2 |]; [| 3 |] ] |> named "without a contraction"
        on (axes 1 [| 2 |] [| 1 |]) [ [| 2; 3; 4 |]; [| 2; 4; 2 |] ] |> named "of batches"
        on (axes 1 [| 3; 1 |] [| 1; 3 |]) [ [| 2; 3; 2; 4 |]; [| 2; 4; 2; 3 |] ] |> named "over crossed axes"
        let positive (shape: int[]) seed =
            let n = shape[shape.Length - 1]
            let a = real shape seed
            let eye = Array.init (n * n) (fun i -> if i % (n + 1) = 0 then 3.0 else 0.0)
            a + Tensor(NDArray.ofData DType.Float64 [| n; n |] eye)

        application (Op.Routine Cholesky.routine) (three (fun lane -> [| positive [| 3; 3 |] lane |])) |> within 1e-6

        application (Op.Routine Cholesky.routine) (three (fun lane -> [| positive [| 2; 2; 2 |] lane |]))
        |> within 1e-6
        |> named "of a batch"

        for options in 0..7 do
            let op =
                TriangularSolve.routine { Lower = options &&& 1 = 0; Transpose = options &&& 2 = 0; UnitDiagonal = options &&& 4 = 0 }

            application (Op.Routine op) (three (fun lane -> [| positive [| 3; 3 |] lane; real [| 3; 2 |] (20 + lane) |]))
            |> named $"{options}"

        let elimination = Op.Routine LU.routine

        { application elimination (three (fun lane -> [| positive [| 3; 3 |] lane |])) with Differentiable = false }

        {
            application elimination (three (fun lane -> [| positive [| 2; 2; 2 |] lane |])) with
                Differentiable = false
        }
        |> named "of a batch"

        for shape in [ [| 1; 1 |]; [| 4; 2 |]; [| 2; 4 |]; [| 2; 3; 2 |] ] do
            on (Op.Routine QR.routine) [ shape ] |> within 1e-6 |> named $"of {Shape.text shape}"

        application (Op.Routine QR.routine) (three (fun lane -> [| positive [| 3; 3 |] lane |])) |> within 1e-6

        // By the matrix's own factors.
        let solving transpose points =
            let op = Op.Routine(Solve.routine transpose)

            {
                application op points with
                    Apply = fun _ x -> Primitive.apply op (Array.concat [ x[..0]; LU.apply x[0]; x[1..] ])
            }

        for transpose in [ false; true ] do
            solving transpose (three (fun lane -> [| positive [| 3; 3 |] lane; real [| 3; 2 |] (20 + lane) |]))
            |> named $"transposed: {transpose}"

        solving false (three (fun lane -> [| positive [| 2; 2; 2 |] lane; real [| 2; 2; 1 |] (20 + lane) |]))
        |> named "of a batch"

        application
            (Op.Routine(TriangularSolve.routine { Lower = true; Transpose = false; UnitDiagonal = false }))
            (three (fun lane -> [| positive [| 2; 2; 2 |] lane; real [| 2; 2; 1 |] (20 + lane) |]))
        |> named "of a batch"
    ]

/// An operation whose programs are made for a dtype.
let private withBodies (op: DType -> Op) points =
    let double, single = op DType.Float64, lazy op DType.Float32

    {
        application double points with
            Apply = fun dtype -> Primitive.apply (if dtype = DType.Float64 then double else single.Value)
    }

let private loops =
    let counter = Typing.tensor DType.Int32 [||]

    let scanSaving slots length reverse constants carries (types: DType -> TensorType[]) body dtype =
        Op.Loop {
            Loop.counted length constants carries (Record.closed "Scan" (types dtype) body) with
                Reverse = reverse
                Slots = slots
        }

    let scan length = scanSaving 0 length

    let pairs count dtype = Array.create count (Typing.tensor dtype [| 2 |])

    let step (a: Tensor[]) =
        let w, c, s = a[0], a[1], a[2]
        let next = Tensor.Tanh(c * w) + s
        [| next; next * s; Tensor.Sin w |]

    let stepping length reverse = withBodies (scan length reverse 1 1 (pairs 3) step) (randomly [ [| 2 |]; [| 2 |]; [| length; 2 |] ])

    let rewinding slots length reverse =
        withBodies (scanSaving slots length reverse 1 1 (pairs 3) step) (randomly [ [| 2 |]; [| 2 |]; [| length; 2 |] ])

    // i, a, b, c: the constant reaches a only after two steps.
    let chain =
        scan 4 false 1 3 (fun dtype -> let t = Typing.tensor dtype [||] in [| t; counter; t; t |]) (fun a ->
            let w, i, a, b = a[0], a[1], a[2], a[3]

            [| i + Primitive.fillLike i 1.0; b; w * b + 0.5; a * a; Primitive.convert w.DType i * b |])

    let loop bound (types: DType -> TensorType[]) (condition: Tensor[] -> Tensor) body dtype =
        Op.Loop(
            Loop.conditional
                bound
                1
                (Record.closed "While" (types dtype) (fun a -> [| condition a |]))
                (Record.closed "While" (types dtype) body)
        )

    // w; i, c: c = sin(w c) and i = i + 1 while i < 3.
    let counting bound =
        loop
            bound
            (fun dtype -> let t = Typing.tensor dtype [||] in [| t; counter; t |])
            (fun a -> Tensor.op_LessThan (a[1], Primitive.fillLike a[1] 3.0))
            (fun a -> [| a[1] + Primitive.fillLike a[1] 1.0; Tensor.Sin(a[0] * a[2]) |])

    // w; c, t: c = c + w^2 + 1/4 and t = t sin c while c < 2: the number of steps depends on the numbers.
    let untilLarge bound =
        loop
            bound
            (fun dtype -> Array.create 3 (Typing.tensor dtype [||]))
            (fun a -> Tensor.op_LessThan (a[1], Primitive.fillLike a[1] 2.0))
            (fun a ->
                let c = a[1] + a[0] * a[0] + 0.25
                [| c; a[2] * Tensor.Sin c |])

    // A loop taken back, for a cotangent of all that it carries, with sums for its constants.
    let takenBack (loop: DType -> Op) dtype =
        match loop dtype with
        | Op.Loop loop ->
            let types = Loop.parts loop (Graphs.inputs loop.Body)

            let back =
                Record.body "While" { types with Cotangents = types.Carries; Sums = types.Constants } (fun inputs ->
                    let known = { inputs with Cotangents = [||]; Sums = [||] }

                    let _, pull = Linearize.pullback "Gradient" (Primitive.evaluateGraph loop.Body) (Parts.join known)

                    let pulled = Loop.parts loop (pull inputs.Cotangents)
                    Array.concat [ pulled.Inputs; pulled.Carries; Array.map2 Primitive.add inputs.Sums pulled.Constants ])

            let rewinding = { Loop = loop; Back = back; Sums = loop.Constants }
            Op.Call(CallKind.Rewound rewinding, Rewind.program rewinding)
        | op -> invalidOp $"{op} is no loop."

    // w; c = c + w sin c + 0.4 while c < 2.
    let rising =
        loop
            0
            (fun dtype -> Array.create 2 (Typing.tensor dtype [||]))
            (fun a -> Tensor.op_LessThan (a[1], Primitive.fillLike a[1] 2.0))
            (fun a -> [| a[1] + a[0] * Tensor.Sin a[1] + 0.4 |])

    // c = tanh(c + s) for three slices s, with one slot.
    let settling =
        scanSaving 1 3 false 0 1 (fun dtype -> Array.create 2 (Typing.tensor dtype [||])) (fun a -> [| Tensor.Tanh(a[0] + a[1]) |])

    let switch dtype =
        [|
            (fun (a: Tensor[]) -> [| Tensor.Sin a[0] * a[1]; a[1] |])
            (fun a -> [| a[0] * a[0]; Tensor.Exp a[0] |])
            (fun a -> [| a[1] * a[1] * a[0]; Primitive.fillLike a[0] 0.25 |])
        |]
        |> Array.map (Record.closed "Cond" (pairs 2 dtype))
        |> Op.Switch

    let body dtype = Record.closed "Compiled" (pairs 2 dtype) (fun a -> [| Tensor.Sin a[0] * a[1]; Tensor.Exp a[1]; a[0] |])

    let forwardOfBody dtype =
        Record.closed "Compiled" (pairs 4 dtype) (fun a -> [|
            Tensor.Sin a[0] * a[1]
            Tensor.Exp a[1]
            a[0]
            a[2] * Tensor.Cos a[0] * a[1] + Tensor.Sin a[0] * a[3]
            a[3] * Tensor.Exp a[1]
            a[2]
        |])

    let bodyWithResiduals dtype =
        Record.closed "Compiled" (pairs 2 dtype) (fun a -> [|
            Tensor.Sin a[0] * a[1]
            Tensor.Exp a[1]
            a[0]
            Tensor.Sin a[0]
            Tensor.Cos a[0] * a[1]
            Tensor.Exp a[1]
        |])

    let backwardOfBody dtype = Record.closed "Compiled" (pairs 6 dtype) (fun a -> [| a[3] * a[1] + a[5]; a[3] * a[0] + a[4] * a[2] |])

    // (k, x) -> sin(k) x, and its transpose, which adds to what x had received.
    let times dtype = Record.closed "Linear" (pairs 2 dtype) (fun a -> [| Tensor.Sin a[0] * a[1] |])

    let ontoTimes dtype = Record.closed "Linear" (pairs 3 dtype) (fun a -> [| a[2] + Tensor.Sin a[0] * a[1] |])

    // (k, start) -> the x with log x = sin k, and that equation on (k, x).
    let solution dtype = Record.closed "Implicit" (pairs 2 dtype) (fun a -> [| Tensor.Exp(Tensor.Sin a[0]) |])

    let equation dtype = Record.closed "Implicit" (pairs 2 dtype) (fun a -> [| Tensor.Log a[1] - Tensor.Sin a[0] |])

    let number x = Tensor(NDArray.scalar64 x)

    let counted start lane = [| real [||] (3 + lane); integers [||] [| start lane |]; real [||] (13 + lane) |]

    let two = randomly [ [| 2 |]; [| 2 |] ]

    let calling kind body = withBodies (fun dtype -> Op.Call(kind dtype, body dtype)) two

    [
        stepping 3 false
        stepping 3 true |> named "backwards"
        stepping 0 false |> named "of no steps"
        rewinding 2 4 false |> named "with two slots"
        rewinding 1 3 true |> named "backwards with one slot"
        withBodies chain (three (fun lane -> [| real [||] lane; integers [||] [| lane |]; real [||] (5 + lane); real [||] (9 + lane) |]))
        |> named "of a chain"
        withBodies (counting 5) (three (counted id)) |> named "bounded"
        withBodies (counting 0) (three (counted id)) |> named "without bound"
        withBodies
            (untilLarge 12)
            (three (fun lane -> [| number (0.3 + 0.15 * float lane); number (0.02 * float lane); real [||] (13 + lane) |]))
        |> named "of varying length"
        withBodies
            (untilLarge 0)
            (three (fun lane -> [| number (0.3 + 0.15 * float lane); number (0.02 * float lane); real [||] (13 + lane) |]))
        |> named "of varying length, without bound"
        withBodies
            (takenBack rising)
            (three (fun lane -> [|
                number (0.3 + 0.15 * float lane)
                number (0.02 * float (lane + 1))
                real [||] (17 + lane)
                real [||] (23 + lane)
            |]))
        |> named "of a loop taken back"
        withBodies (takenBack settling) (randomly [ [||]; [| 3 |]; [||] ]) |> named "of a scan taken back"
        withBodies switch (three (fun lane -> [| integers [||] [| 2 * lane - 1 |]; real [| 2 |] lane; real [| 2 |] (9 + lane) |]))
        calling (fun _ -> CallKind.Compiled) body |> named "compiled"
        calling (fun _ -> CallKind.Checkpoint) body |> named "checkpoint"
        calling (fun dtype -> CallKind.Linear(1, ontoTimes dtype)) times |> named "linear"
        calling (fun dtype -> CallKind.Implicit(equation dtype, 0)) solution |> named "implicit"
        calling (fun dtype -> CallKind.CustomForward(forwardOfBody dtype)) body |> named "with a forward rule"
        calling (fun dtype -> CallKind.CustomReverse(bodyWithResiduals dtype, backwardOfBody dtype)) body
        |> named "with a reverse rule"
    ]

let all = [ maps; zips; structure; linearAlgebra; loops ] |> List.concat
