// What rewriting simplifies, and what it must leave.
module Pipeline.Engine.Tests.RewriteTests

open System
open Pipeline
open Pipeline.Engine
open Xunit

let private vector: TensorType = { DType = DType.Float64; Shape = [| 20 |] }

/// The operations left of a program that is built from one vector.
let private operations (build: GraphBuilder -> int) : string[] =
    let b = GraphBuilder [| vector |]
    let rewritten = Rewrite.graph (b.Graph [| build b |])
    Graphs.check rewritten
    rewritten.Equations |> Array.map (fun equation -> Typing.name equation.Op)

let private map row (b: GraphBuilder) (v: int) = b.Add(Op.Map row, v)
let private zip zip (b: GraphBuilder) (v: int) (w: int) = b.Add(Op.Zip zip, v, w)

let private number (b: GraphBuilder) value = b.Number(DType.Float64, value, [| 20 |])

let private vanishing: (string * (GraphBuilder -> int)) list = [
    "x * 1", (fun b -> zip Zip.Multiply b 0 (number b 1.0))
    "1 * x", (fun b -> zip Zip.Multiply b (number b 1.0) 0)
    "x / 1", (fun b -> zip Zip.Divide b 0 (number b 1.0))
    "x + -0", (fun b -> zip Zip.Add b 0 (number b -0.0))
    "x - 0", (fun b -> zip Zip.Subtract b 0 (number b 0.0))
    "- - x", (fun b -> map Elementwise.negate b (map Elementwise.negate b 0))
    "max x x", (fun b -> zip Zip.Maximum b 0 0)
    "stop x", (fun b -> b.Add(Op.StopGradient, 0))
    "where true x y", (fun b -> b.Add(Op.Select, b.Number(DType.Bool, 1.0, [| 20 |]), 0, map Elementwise.exp b 0))
    "where c x x", (fun b -> b.Add(Op.Select, b.Add(Op.Compare Relation.Less, 0, number b 0.5), 0, 0))
    "transpose (transpose x)",
    (fun b ->
        let m = b.Add(Op.Reshape [| 4; 5 |], 0)
        let t = b.Add(Op.Transpose [| 1; 0 |], b.Add(Op.Transpose [| 1; 0 |], m))
        b.Add(Op.Reshape [| 20 |], t))
    "slice (broadcast x)",
    (fun b ->
        let m = b.Add(Op.Broadcast([| 3; 20 |], [| 1 |]), 0)
        b.Add(Op.Reshape [| 20 |], b.Add(Op.Slice([| 1; 0 |], [| 2; 20 |], [| 1; 1 |]), m)))
    "slice (pad x)", (fun b -> b.Add(Op.Slice([| 2 |], [| 22 |], [| 1 |]), b.Add(Op.Pad([| 2 |], [| 1 |], [| 0 |]), 0)))
    "slice (spread x)", (fun b -> b.Add(Op.Slice([| 1 |], [| 40 |], [| 2 |]), b.Add(Op.Pad([| 1 |], [| 1 |], [| 1 |]), 0)))
    "max over repeats", (fun b -> b.Add(Op.Reduce(Reduction.Maximum, [| 0 |]), b.Add(Op.Broadcast([| 3; 20 |], [| 1 |]), 0)))
]

[<Fact>]
let ``what changes nothing vanishes`` () =
    for what, build in vanishing do
        Assert.True((operations build).Length = 0, $"{what}: {String.Join(' ', operations build)}")

let private kept: (string * (GraphBuilder -> int)) list = [
    "x + 0 (of -0 it is 0)", (fun b -> zip Zip.Add b 0 (number b 0.0))
    "x * 0 (of infinity it is NaN)", (fun b -> zip Zip.Multiply b 0 (number b 0.0))
    "x / x", (fun b -> zip Zip.Divide b 0 0)
    "x - x", (fun b -> zip Zip.Subtract b 0 0)
    "scale x y", (fun b -> zip Zip.Scale b 0 (map Elementwise.exp b 0))
    "0.3 * (2 * x) (where 2 * x overflows)",
    (fun b ->
        let twice = zip Zip.Multiply b (number b 2.0) 0
        zip Zip.Subtract b (zip Zip.Multiply b (number b 0.3) twice) (zip Zip.Multiply b 0 (number b 0.6)))
    "sqrt x * sqrt x", (fun b -> let r = map Elementwise.sqrt b 0 in zip Zip.Multiply b r r)
]

[<Fact>]
let ``what changes some float stays`` () =
    for what, build in kept do
        Assert.True((operations build).Length > 0, what)

[<Fact>]
let ``scaling by a number is one operation, by zero it is zero`` () =
    Assert.Equal<string[]>([| "Constant"; "Broadcast"; "ScaleFinite" |], operations (fun b -> zip Zip.Scale b 0 (number b 3.0)))

    Assert.Equal<string[]>([| "Constant"; "Broadcast"; "Add" |], operations (fun b -> zip Zip.Scale b 0 (number b 1.0)))

    Assert.Equal<string[]>([| "Constant"; "Broadcast"; "Subtract" |], operations (fun b -> zip Zip.Scale b (number b -1.0) 0))

    Assert.Equal<string[]>([| "Constant"; "Broadcast" |], operations (fun b -> zip Zip.Scale b 0 (number b 0.0)))

[<Fact>]
let ``a product reads a transposed factor where it lies, unless its sums would change their order`` () =
    let product columns =
        let b = GraphBuilder [| { vector with Shape = [| 1000; columns |] }; { vector with Shape = [| 1000 |] } |]
        let axes = { Batch = 0; ContractLeft = [| 1 |]; ContractRight = [| 0 |] }
        let rewritten = Rewrite.graph (b.Graph [| b.Add(Op.Dot axes, b.Add(Op.Transpose [| 1; 0 |], 0), 1) |])
        Graphs.check rewritten
        rewritten.Equations |> Array.map _.Op

    Assert.Equal<Op[]>([| Op.Dot { Batch = 0; ContractLeft = [| 0 |]; ContractRight = [| 0 |] } |], product 20)
    // Along the last axis of a factor many results have lanes each, too; across it one lane.
    Assert.Equal(2, (product 50).Length)

[<Fact>]
let ``what is true beside something is that thing`` () =
    let left =
        operations (fun b ->
            let p = b.Add(Op.Compare Relation.Less, 0, number b 0.5)
            zip Zip.Or b (zip Zip.And b p (b.Number(DType.Bool, 1.0, [| 20 |]))) (b.Number(DType.Bool, 0.0, [| 20 |])))

    Assert.Equal<string[]>([| "Constant"; "Broadcast"; "Less" |], left)

[<Fact>]
let ``equal expressions are one, but a checkpoint computes its own`` () =
    let twice kind =
        operations (fun b ->
            let body = GraphBuilder [| vector |]
            let graph = body.Graph [| map Elementwise.exp body 0 |]
            zip Zip.Add b (map Elementwise.exp b 0) (b.Add(Op.Call(kind, graph), 0)))

    Assert.Equal<string[]>([| "exp"; "Add" |], twice CallKind.Compiled)
    Assert.Equal<string[]>([| "exp"; "exp"; "Add" |], twice CallKind.Checkpoint)

[<Fact>]
let ``a loop computes once what every step computes alike, and carries only what changes`` () =
    let body = GraphBuilder [| vector; vector; vector |]
    // constants: c; carries: a, b; a + exp c, b
    let graph = body.Graph [| zip Zip.Add body 1 (map Elementwise.exp body 0); 2 |]
    let b = GraphBuilder [| vector |]

    let scan = Loop.counted 5 1 2 graph

    let results = b.AddAll(Op.Loop scan, 0, 0, 0)
    let rewritten = Rewrite.graph (b.Graph results)
    Graphs.check rewritten
    Assert.Equal<string[]>([| "exp"; "Scan" |], rewritten.Equations |> Array.map (fun e -> Typing.name e.Op))
    Assert.Equal(0, rewritten.Outputs[1])

    match rewritten.Equations[1].Op with
    | Op.Loop scan ->
        Assert.Equal<string[]>([| "Add" |], scan.Body.Equations |> Array.map (fun e -> Typing.name e.Op))
        Assert.Equal(1, scan.Carries)
    | _ -> Assert.Fail "No loop is left."

[<Fact>]
let ``a stacked operand that repeats one entry is a constant of the loop, and what is made of it is made once`` () =
    let body = GraphBuilder [| vector; vector |]
    // carry: a; stacked: b; a + exp b
    let graph = body.Graph [| zip Zip.Add body 0 (map Elementwise.exp body 1) |]
    let b = GraphBuilder [| vector |]

    let scan = Loop.counted 5 0 1 graph

    let repeated = b.Add(Op.Broadcast([| 5; 20 |], [| 1 |]), 0)
    let rewritten = Rewrite.graph (b.Graph(b.AddAll(Op.Loop scan, 0, repeated)))
    Graphs.check rewritten
    Assert.Equal<string[]>([| "exp"; "Scan" |], rewritten.Equations |> Array.map (fun e -> Typing.name e.Op))

    match rewritten.Equations[1].Op with
    | Op.Loop scan ->
        Assert.Equal(1, scan.Constants)
        Assert.Equal(scan.Constants + scan.Carries, scan.Body.InputCount)
    | _ -> Assert.Fail "No loop is left."

[<Fact>]
let ``carries and stacked results that nothing needs are not computed`` () =
    let body = GraphBuilder [| vector; vector |]
    // a, b to a + a, exp b and stacked sin b
    let graph = body.Graph [| zip Zip.Add body 0 0; map Elementwise.exp body 1; map Elementwise.sin body 1 |]

    let b = GraphBuilder [| vector |]

    let scan = Loop.counted 5 0 2 graph

    let results = b.AddAll(Op.Loop scan, 0, 0)
    let rewritten = Rewrite.graph (b.Graph [| results[0] |])
    Graphs.check rewritten

    match rewritten.Equations[0].Op with
    | Op.Loop scan -> Assert.Equal<string[]>([| "Add" |], scan.Body.Equations |> Array.map (fun e -> Typing.name e.Op))
    | _ -> Assert.Fail "No loop is left."
