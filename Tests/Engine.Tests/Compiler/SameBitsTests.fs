/// One program, one answer: compiled at every vector width a program gives the bits that it gives at once.
module Pipeline.Engine.Tests.SameBitsTests

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.EmitChecked
open Xunit

/// Not a number is one number.
let private bits (array: NDArray) =
    let bits = toBits array

    if DType.isFloat array.DType then
        bits |> Array.map (fun x -> if Double.IsNaN(LaneEvaluate.toFloat array.DType x) then UInt64.MaxValue else x)
    else
        bits

/// The outputs, way by way, whose bits are others.
let private differencesOf (ways: EmitOptions list) (graph: Graph) (inputs: NDArray[]) = [
    let expected = Evaluate.graph graph inputs |> Array.map bits

    for options in ways do
        let program = Compile.fresh options graph

        // Instructions change over between the runs.
        for run in 1..3 do
            let actual = program.Run inputs |> Array.map bits

            for k in 0 .. expected.Length - 1 do
                if expected[k] <> actual[k] then
                    let dtype = graph.Types[graph.Outputs[k]].DType
                    let at, (e, a) = Array.zip expected[k] actual[k] |> Array.indexed |> Array.find (fun (_, (e, a)) -> e <> a)
                    yield $"{name options}, run {run}, output {k}, element {at}: {text dtype a} for {text dtype e}"
]

let private differences (widths: int list) =
    differencesOf (List.collect (fun width -> [ Emit.machineCode width; Emit.blocks (max 128 width) ]) widths)

let private random = Random 3

/// Numbers of many magnitudes, some of them zeros of either sign.
let private numbers (random: Random) (t: TensorType) =
    let data =
        Array.init (Shape.size t.Shape) (fun _ ->
            match random.Next 60 with
            | 0 -> -0.0
            | 1 -> 0.0
            | _ -> (random.NextDouble() - 0.4) * Math.ScaleB(1.0, random.Next(-10, 10)))

    Kernels.apply (Op.Convert t.DType) [| NDArray.ofData DType.Float64 t.Shape data |] |> Array.head

let private tensor dtype shape : TensorType = { DType = dtype; Shape = shape }

/// Of a program over inputs of these shapes, at both float dtypes.
let private holds (widths: int list) (description: string) (shapes: int[] list) (program: GraphBuilder -> int list) =
    for dtype in [ DType.Float32; DType.Float64 ] do
        let types = [| for shape in shapes -> tensor dtype shape |]
        let b = GraphBuilder types
        let graph = b.Graph(Array.ofList (program b))

        match differences widths graph (Array.map (numbers random) types) with
        | [] -> ()
        | found -> Assert.Fail $"{description} at {dtype}: {found.Head}\n{Graphs.print graph}"

let private narrow = [ List.last widths ]

let private kinds = [ Reduction.Sum; Reduction.Product ]

[<Fact>]
let ``sums, products and means over any axes have the order of the operation`` () =
    for shape in SumOrderTests.shapes do
        if Shape.size shape < 60_000 then
            holds narrow "sums" [ shape ] (fun b -> [
                for axes in SumOrderTests.someAxes shape do
                    for kind in kinds do
                        b.Add(Op.Reduce(kind, axes), 0)

                    if Shape.count axes shape > 0 then b.Add(Op.Mean axes, 0)
            ])

[<Fact>]
let ``the order is the same at every vector width`` () =
    for shape in
        [
            [| 65 |]
            [| 2049 |]
            [| 4097 |]
            [| 12_289 |]
            [| 5; 4097 |]
            [| 130; 33 |]
            [| 129; 10 |]
            [| 300; 40 |]
            [| 70; 3; 66 |]
            [| 3; 70; 40 |]
            [| 66; 5; 17 |]
            [| 9; 2100; 5 |]
        ] do
        holds widths "sums" [ shape ] (fun b -> [
            for axes in SumOrderTests.someAxes shape do
                b.Add(Op.Reduce(Reduction.Sum, axes), 0)
        ])

[<Fact>]
let ``float32 sums of more than 65,536 numbers are those of float64, rounded once`` () =
    for shape, axes in [ [| 65_536 |], [| 0 |]; [| 65_537 |], [| 0 |]; [| 65_600; 2 |], [| 0 |]; [| 300; 5; 300 |], [| 0; 2 |] ] do
        holds narrow "sums" [ shape ] (fun b -> [ b.Add(Op.Reduce(Reduction.Sum, axes), 0); b.Add(Op.Mean axes, 0) ])

/// A tensor of the shape whose elements lie in memory in another order, or not at all.
let private views (b: GraphBuilder) (shape: int[]) : (string * int[] * (int -> int)) list =
    let rank = shape.Length
    let reversed = Array.init rank (fun i -> rank - 1 - i)
    let lead = shape[.. rank - 2]

    [
        "transposed", Array.rev shape, (fun v -> b.Add(Op.Transpose reversed, v))
        "sliced",
        shape |> Array.map (fun extent -> 2 * extent + 1),
        (fun v -> b.Add(Op.Slice(Array.replicate rank 1, shape |> Array.map (fun extent -> 2 * extent + 1), Array.replicate rank 2), v))
        "repeated along the last axis", lead, (fun v -> b.Add(Op.Broadcast(shape, [| 0 .. rank - 2 |]), v))
        "repeated along the others", shape[rank - 1 ..], (fun v -> b.Add(Op.Broadcast(shape, [| rank - 1 |]), v))
        "merged", [| Shape.size shape |], (fun v -> b.Add(Op.Reshape shape, v))
    ]

[<Fact>]
let ``views and fused neighbours before and behind change no bit`` () =
    for shape in [ [| 40; 63 |]; [| 65; 33 |]; [| 129; 5 |]; [| 3; 4097 |]; [| 5; 33; 7 |]; [| 9; 2; 300 |]; [| 70; 64 |] ] do
        let names = views (GraphBuilder [||]) shape |> List.map (fun (name, _, _) -> name)

        for number in 0 .. names.Length - 1 do
            let _, source, _ = (views (GraphBuilder [||]) shape)[number]

            for isBehind in [ false; true ] do
                holds narrow names[number] [ source; shape ] (fun b ->
                    let _, _, view = (views b shape)[number]
                    let x = view 0
                    let difference = b.Add(Op.Zip Zip.Subtract, x, 1)
                    let square = b.Add(Op.Map Elementwise.square', difference)

                    [
                        for axes in SumOrderTests.someAxes shape do
                            let sum (v: int) =
                                let sum = b.Add(Op.Reduce(Reduction.Sum, axes), v)
                                if isBehind then b.Add(Op.Map Elementwise.tanh, sum) else sum

                            yield! [ sum x; sum square ]
                            if isBehind then b.Add(Op.Map Elementwise.exp, difference)
                    ])

[<Fact>]
let ``products of matrices have the order of the operation, whatever their layout`` () =
    for struct (batch, m, k, n) in
        [
            struct (0, 9, 33, 7)
            struct (0, 17, 65, 33)
            struct (0, 5, 4097, 9)
            struct (0, 64, 64, 64)
            struct (0, 40, 2, 1)
            struct (0, 16, 2, 1)
            struct (0, 3, 3, 3)
            struct (0, 1, 8, 1)
            struct (0, 5, 8, 5)
            struct (0, 2, 9, 3)
            struct (0, 100, 4, 3)
            struct (0, 4, 1000, 5)
            struct (0, 1, 4097, 1)
            struct (0, 1, 12_289, 2)
            struct (0, 50, 70, 1)
            struct (0, 1, 70, 50)
            struct (0, 33, 4097, 1)
            struct (0, 8, 31, 4)
            struct (0, 3, 0, 2)
            struct (3, 4, 5, 6)
            struct (4, 1, 40, 9)
            struct (40, 1, 40, 1)
            struct (5, 3, 17, 2)
        ] do
        for turns in 0..3 do
            let lead = if batch = 0 then [||] else [| batch |]
            let turned, other = turns &&& 1 = 1, turns &&& 2 = 2
            let first = lead.Length

            let axes = {
                Batch = first
                ContractLeft = [| if turned then first else first + 1 |]
                ContractRight = [| if other then first + 1 else first |]
            }

            holds
                (if m = 50 then widths else narrow)
                "products"
                [
                    Array.append lead (if turned then [| k; m |] else [| m; k |])
                    Array.append lead (if other then [| n; k |] else [| k; n |])
                ]
                (fun b -> [
                    b.Add(Op.Dot axes, 0, 1)
                    b.Add(Op.Map Elementwise.tanh, b.Add(Op.Dot axes, b.Add(Op.Map Elementwise.square', 0), 1))
                ])

[<Fact>]
let ``products over several axes have the order of the operation`` () =
    for left, right, axes in
        [
            [| 5; 7; 9 |], [| 7; 9; 4 |], { Batch = 0; ContractLeft = [| 1; 2 |]; ContractRight = [| 0; 1 |] }
            [| 5; 7; 9 |], [| 9; 7; 4 |], { Batch = 0; ContractLeft = [| 1; 2 |]; ContractRight = [| 1; 0 |] }
            [| 7; 40; 9 |], [| 9; 7 |], { Batch = 0; ContractLeft = [| 2; 0 |]; ContractRight = [| 0; 1 |] }
            [| 70; 66 |], [| 66; 70 |], { Batch = 0; ContractLeft = [| 0; 1 |]; ContractRight = [| 1; 0 |] }
        ] do
        holds narrow "products" [ left; right ] (fun b -> [ b.Add(Op.Dot axes, 0, 1) ])

[<Fact>]
let ``running sums, scatters and gradients of gathers add in the order of their entries`` () =
    for shape in [ [| 3 |]; [| 40 |]; [| 64 |]; [| 65 |]; [| 5; 300 |]; [| 70; 3 |] ] do
        holds narrow "running sums" [ shape ] (fun b -> [
            for axis in 0 .. shape.Length - 1 do
                for reverse in [ false; true ] do
                    b.Add(Op.CumulativeSum(axis, reverse), 0)
        ])

    for rows in [ 1; 7; 200 ] do
        let places = NDArray.ofData DType.Int32 [| rows |] (Array.init rows (fun i -> i * i % 5))

        holds narrow "scatters" [ [| 6; 3 |]; [| rows; 3 |]; [| 3; 6 |]; [| 3; rows |] ] (fun b ->
            let index = b.Add(Op.Constant places)

            [
                b.Add(Op.Scatter 0, 0, 1, index)
                b.Add(Op.Scatter 0, 0, b.Add(Op.Map Elementwise.square', 1), index)
                b.Add(Op.Scatter 1, 2, 3, index)
            ])

[<Fact>]
let ``sums and places of numbers beside wider ones, which fill half of the narrowest register, are the same at every vector width`` () =
    for shape in [ [| 65; 8 |]; [| 100; 5 |]; [| 9; 64 |]; [| 3; 130 |]; [| 130; 3 |] ] do
        for axis in 0..1 do
            for kind in [ Reduction.Sum; Reduction.Product; Reduction.Maximum; Reduction.ArgMax; Reduction.ArgMin ] do
                let b = GraphBuilder [| tensor DType.Float32 shape |]
                let wide = b.Add(Op.Map Elementwise.square', b.Add(Op.Convert DType.Float64, 0))
                let graph = b.Graph [| wide; b.Add(Op.Reduce(kind, [| axis |]), 0) |]

                let input = Array.init (Shape.size shape) (fun i -> cos (float i / 400.0)) |> NDArray.ofData DType.Float64 shape

                let inputs = Kernels.apply (Op.Convert DType.Float32) [| input |]
                Assert.Empty(differences widths graph inputs)

[<Fact>]
let ``what a loop and others read has the gradient that it has recorded`` () =
    let total (x: Tensor) = forLoop 0 3 (fun _ c -> tanh (c * x)) x + 0.3 * sin x |> sum
    let gradient (x: Tensor) = grad total x
    let t = tensor DType.Float32 [| 5; 33 |]
    let x = numbers random t
    let graph = Record.closed "Gradient" [| t |] (fun a -> [| gradient a[0] |])
    let recorded = Evaluate.graph graph [| x |]
    Assert.True((bits recorded[0] = bits (gradient (Tensor x)).Array))

/// Zeros, infinities and NaN among the numbers, of either sign.
let private singular = [ 0.0; -0.0; 1.0; -1.0; 3.0; -0.7; 1e-45; -5e-324; 1e200; infinity; -infinity; nan ]

[<Fact>]
let ``changes scaled by known numbers have zeros of the sign that they have at once`` () =
    let shape = [| 5; 33 |]

    for known in singular do
        holds widths $"scaled by {known}" [ shape; shape ] (fun b ->
            let number value = b.Number((b.Type 0).DType, value, shape)
            let c = number known
            let zip zip x y = b.Add(Op.Zip zip, x, y)
            let negative = b.Add(Op.Map Elementwise.negate, 0)
            let isPositive = b.Add(Op.Compare Relation.Less, number 0.0, 0)

            let among =
                singular
                |> List.map number
                |> List.reduce (fun x y -> b.Add(Op.Select, b.Add(Op.Compare Relation.Less, 1, y), x, y))

            let chosen = b.Add(Op.Select, isPositive, c, number 0.0)
            // Finite, but no constant.
            let step = b.Add(Op.Convert (b.Type 0).DType, isPositive)

            let scaled = [
                zip Zip.Scale 0 c
                zip Zip.Scale c 0
                zip Zip.Scale among c
                zip Zip.Scale negative (b.Add(Op.Map Elementwise.negate, c))
                zip Zip.Scale 0 chosen
                zip Zip.Scale step (number -0.7)
                zip Zip.Scale step (zip Zip.Subtract (number 1.0) step)
                b.Add(Op.Quotient, 0, c, number 3.0)
                b.Add(Op.Quotient, 0, number -3.0, c)
                b.Add(Op.Quotient, c, 0, 1)
                b.Add(Op.Quotient, negative, c, 1)
                b.Add(Op.Quotient, negative, 1, number -3.0)
                b.Add(Op.Quotient, 1, negative, c)
                b.Add(Op.Quotient, negative, b.Add(Op.Map Elementwise.negate, 1), c)
                b.Add(Op.Quotient, 0, 1, c)
                b.Add(Op.Quotient, 0, among, 1)
                b.Add(Op.Quotient, among, c, number -3.0)
            ]

            [
                yield! scaled
                // Into neighbours: sums, differences and quotients that keep the sign of a zero.
                for v in scaled do
                    zip Zip.Divide (number 1.0) v
                    zip Zip.Multiply v negative
                    b.Add(Op.Reduce(Reduction.Sum, [| 1 |]), v)
            ])

/// Half of the random programs' arrays are of small dyadic numbers, whose sums are exact in any order; these are not.
let private uneven (random: Random) (generator: RandomGraphs) (t: TensorType) =
    if DType.isFloat t.DType then numbers random t else generator.Array t

[<Fact>]
let ``1,000 small random programs have equal bits at once, on blocks and as machine code, each instruction changing over at its own turn``
    ()
    =
    let failures = ResizeArray<string>()

    for seed in 1..1000 do
        let dtype = if seed % 2 = 0 then DType.Float32 else DType.Float64
        let random = Random(70_000 + seed)
        let generator = RandomGraphs(random, dtype)
        let graph = generator.Graph(3 + seed % 3)
        let inputs = Graphs.inputs graph |> Array.map (uneven random generator)

        // One width of vectors after the other, of which the least has no blocks.
        let width = widths[seed % widths.Length]
        let turns = Random seed

        let ways = [
            Emit.machineCode width
            Emit.blocks (max 128 width)
            Emit.changesOver (max 128 width) (fun _ -> turns.Next 3)
            Emit.tiers (max 128 width) (CodeByChance turns)
        ]

        match differencesOf ways graph inputs with
        | [] -> ()
        | found -> failures.Add $"seed {seed}: {found.Head}\n{Graphs.print graph}"

    Assert.True((failures.Count = 0), $"{1000 - failures.Count} of 1,000 programs have equal bits.\n" + String.Join("\n", failures))
