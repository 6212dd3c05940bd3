/// Every kind of F# value that may hold parameters, taken apart and rebuilt by a gradient.
module Pipeline.Engine.Tests.FSharpTreeTests

open Xunit
open Pipeline
open Pipeline.FSharp

type Line = { W: Tensor; B: Tensor }
type private Hidden = { Slope: Tensor; Name: string }

type Part =
    | Dense of weights: Tensor * bias: Tensor
    | Scale of Tensor
    | Count of int
    | Nothing

type Single = Single of Tensor

type private Concealed =
    private
    | Near of Tensor
    | Far of Tensor

[<Struct>]
type Pair =
    | Both of left: Tensor * right: Tensor
    | Neither

type Chain =
    | End
    | Link of Tensor * Chain

type Layer(w: Tensor, size: int) =
    member _.W = w
    member _.Size = size
    member val Rate = 1.0 with get, set

[<CLIMutable>]
type Settable = { Given: Tensor; Times: int }

exception private Unexpected

let private number (x: Tensor) = x.ToDouble()
let private n (x: float) : Tensor = scalar x

[<Fact>]
let ``Records, private ones, anonymous ones and those with setters`` () =
    let g = grad (fun p -> p.W * p.W * p.B) { W = n 3.0; B = n 5.0 }
    Assert.Equal((30.0, 9.0), (number g.W, number g.B))
    let g = grad (fun p -> p.Slope * p.Slope) { Slope = n 3.0; Name = "x" }
    Assert.Equal((6.0, "x"), (number g.Slope, g.Name))

    let g = grad (fun (p: {| U: Tensor; V: Tensor |}) -> p.U * p.V) {| U = n 2.0; V = n 3.0 |}

    Assert.Equal((3.0, 2.0), (number g.U, number g.V))

    let g = grad (fun (p: struct {| U: Tensor; K: int |}) -> p.U * float p.K) (struct {| U = n 2.0; K = 4 |})

    Assert.Equal((4.0, 4), (number g.U, g.K))
    let g = grad (fun p -> p.Given * float p.Times) { Given = n 2.0; Times = 7 }
    Assert.Equal((7.0, 7), (number g.Given, g.Times))
    let g = grad (fun (p: Tensor ref) -> p.Value * p.Value) (ref (n 4.0))
    Assert.Equal(8.0, number g.Value)

[<Fact>]
let ``Every case of a union`` () =
    let f part =
        match part with
        | Dense(w, b) -> w * w * b
        | Scale s -> 3.0 * s
        | Count c -> n (float c)
        | Nothing -> n 1.0

    match grad f (Dense(n 2.0, n 5.0)) with
    | Dense(w, b) -> Assert.Equal((20.0, 4.0), (number w, number b))
    | _ -> raise Unexpected

    match grad (List.map f >> List.reduce (*)) [ Dense(n 1.0, n 2.0); Scale(n 4.0); Count 2; Nothing ] with
    | [ Dense(w, b); Scale s; Count 2; Nothing ] -> Assert.Equal((96.0, 24.0, 12.0), (number w, number b, number s))
    | _ -> raise Unexpected

    let (Single g) = grad (fun (Single x) -> x * x) (Single(n 3.0))
    Assert.Equal(6.0, number g)

    match
        grad
            (fun x ->
                match x with
                | Near a -> a * a
                | Far a -> a)
            (Near(n 3.0))
    with
    | Near a -> Assert.Equal(6.0, number a)
    | Far _ -> raise Unexpected

    match
        grad
            (fun x ->
                match x with
                | Both(a, b) -> a * b
                | Neither -> n 0.0)
            (Both(n 3.0, n 4.0))
    with
    | Both(a, b) -> Assert.Equal((4.0, 3.0), (number a, number b))
    | Neither -> raise Unexpected

let mutable private staged = 0

[<Fact>]
let ``The case is part of the structure`` () =
    staged <- 0

    let f =
        jit (fun (x: Choice<Tensor, Tensor>) ->
            staged <- staged + 1

            match x with
            | Choice1Of2 a -> a * a
            | Choice2Of2 a -> -a)

    Assert.Equal(9.0, number (f (Choice1Of2(n 3.0))))
    Assert.Equal(-3.0, number (f (Choice2Of2(n 3.0))))
    Assert.Equal(16.0, number (f (Choice1Of2(n 4.0))))
    Assert.Equal(2, staged)

[<Fact>]
let ``Options, results, maps and lists`` () =
    Assert.Equal(Some 6.0, grad (fun x -> let (y: Tensor) = Option.get x in y * y) (Some(n 3.0)) |> Option.map number)

    Assert.Equal(ValueSome 6.0, grad (fun x -> let (y: Tensor) = ValueOption.get x in y * y) (ValueSome(n 3.0)) |> ValueOption.map number)

    let squared (x: Result<Tensor, string>) =
        match x with
        | Ok y -> y * y
        | Error _ -> n 0.0

    Assert.Equal(Ok 6.0, grad squared (Ok(n 3.0)) |> Result.map number)

    Assert.Equal(Error "none", grad (fun (x, y: Tensor) -> squared x + y) (Error "none", n 1.0) |> fst |> Result.map number)

    let map = Map [ "b", n 3.0; "a", n 2.0 ]
    let g = grad (fun (p: Map<string, Tensor>) -> p["a"] * p["a"] * p["b"]) map
    Assert.Equal<Map<string, float>>(Map [ "a", 12.0; "b", 4.0 ], Map.map (fun _ -> number) g)

    let g =
        grad (fun p -> Map.find 2 p |> List.map (fun (x: Tensor) -> x * x) |> List.reduce (+)) (Map [ 2, [ n 1.0; n 5.0 ] ])

    Assert.Equal<float list>([ 2.0; 10.0 ], List.map number g[2])

[<Fact>]
let ``Classes: constructors, and what setters add`` () =
    let layer = Layer(n 3.0, 4, Rate = 0.5)
    let g = grad (fun (p: Layer) -> p.W * p.W * float p.Size * p.Rate) layer
    Assert.Equal((12.0, 4, 0.5), (number g.W, g.Size, g.Rate))

[<Fact>]
let ``Chains of unions ten thousand deep`` () =
    let mutable chain = End

    for i in 1..10_000 do
        chain <- Link(n (float i), chain)

    let sum (chain: Chain) =
        let mutable total = n 0.0
        let mutable rest = chain

        while not rest.IsEnd do
            match rest with
            | Link(x, next) ->
                total <- total + x * x
                rest <- next
            | End -> ()

        total

    let mutable g = grad sum chain
    let mutable expected = 20_000.0

    while not g.IsEnd do
        match g with
        | Link(x, next) ->
            Assert.Equal(expected, number x)
            expected <- expected - 2.0
            g <- next
        | End -> ()

    Assert.Equal(0.0, expected)

[<Fact>]
let ``Tree functions map, join, take apart and compare`` () =
    let model = [ Dense(n 2.0, n 5.0); Count 3; Scale(n 7.0) ], Map [ "k", Some(n 1.0) ]
    let squared = FSharp.Tree.map (fun x -> x * x) model
    let flat = FSharp.Tree.flatten squared
    Assert.Equal<float list>([ 4.0; 25.0; 49.0; 1.0 ], flat.Leaves |> Seq.map number |> List.ofSeq)
    Assert.Equal(4, flat.Names |> Seq.distinct |> Seq.length)
    Assert.True(FSharp.Tree.sameBits squared (flat.Rebuild flat.Leaves))

    Assert.True(FSharp.Tree.allClose 1e-12 0.0 (FSharp.Tree.map2 (fun x y -> y / x) model squared |> FSharp.Tree.map id) model)

    Assert.False(FSharp.Tree.allClose 1e-12 0.0 squared model)
    Assert.Equal(None, FSharp.Tree.map (fun x -> x) (None: Tensor option) |> Option.map number)

    let wrong = Assert.Throws<TreeException>(fun () -> FSharp.Tree.map2 (+) (Scale(n 1.0)) Nothing |> ignore)

    Assert.Contains("map2: the second tree has another structure", wrong.Message)

    let slope =
        grad (fun (p: Line) ->
            let q = FSharp.Tree.map (fun x -> x * x) p
            q.W * q.B)

    let at = { W = n 2.0; B = n 3.0 }
    Assert.True(FSharp.Tree.sameBits { W = n 36.0; B = n 24.0 } (slope at))
    Assert.True(FSharp.Tree.sameBits (slope at) (jit slope at))
