/// The transformations that give arrays of derivatives, their linear maps, and DiffSharp's words for them, against closed forms and each other.
module Pipeline.Tests.DerivativeTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private close (expected: float) (actual: Tensor) = Tolerance.assertNear 1e-11 expected (actual.ToDouble())

let private same (expected: Tensor) (actual: Tensor) =
    Assert.Equal<int list>(List.ofSeq expected.Shape, List.ofSeq actual.Shape)

    Array.iter2 (fun (e: float) a -> Tolerance.assertNear 1e-11 e a) (expected.ToArray<float>()) (actual.ToArray<float>())

let private message<'E when 'E :> exn> (action: unit -> obj) = Assert.Throws<'E>(fun () -> action () |> ignore).Message

/// A field with every kind of operation that has its own linear part: a scan, a product, elementwise functions.
let private field (x: Tensor) =
    let total, partial = scan (fun (c: Tensor) (a: Tensor) -> c * 0.5 + sin a * c, c * a) (scalar 1.0) x

    exp (-x * x) + partial * total + dot (matrix [ [ 0.5; 1.0; -1.0 ]; [ 2.0; 0.1; 0.3 ]; [ -0.7; 0.2; 1.1 ] ]) x

let private potential (x: Tensor) = sum (Tensor.Tanh x * field x) + square x.[0] * x.[1]

let private at = vector [ 0.3; -0.8; 1.2 ]
let private along = vector [ 1.5; 0.25; -0.5 ]

[<Fact>]
let ``the linear map is the change, without another evaluation`` () =
    let mutable runs = 0

    let counted x =
        runs <- runs + 1
        field x

    let value, map = linearize counted at
    same (field at) value
    same (jacobianv field at along) (map along)
    same (2.0 * jacobianv field at along) (map (along * 2.0))
    Assert.Equal(1, runs)
    // The map is a function like any other: batched, compiled, differentiated, and captured by an outer derivative.
    same (transpose (jacobian field at)) (vmap map (matrix [ [ 1.0; 0.0; 0.0 ]; [ 0.0; 1.0; 0.0 ]; [ 0.0; 0.0; 1.0 ] ]))
    same (map along) (jit map along)
    same (jacobian field at) (jacobian map along)
    Assert.Equal(1, runs)

    let slope (t: Tensor) =
        let _, map = linearize field (at * t)
        sum (map along)

    let direct (t: Tensor) = sum (jacobianv field (at * t) along)
    close (float (diff direct (scalar 0.7))) (diff slope (scalar 0.7))
    close (float (grad direct (scalar 0.7))) (jit (grad slope) (scalar 0.7))

[<Fact>]
let ``linear maps of trees carry whole numbers along`` () =
    let f (p: {| W: Tensor; N: Tensor |}) = p.W * p.W * p.N, p.N

    let (value, n), map = linearize f {| W = scalar 3.0; N = scalar 2L |}

    close 18.0 value
    Assert.Equal(DType.Int64, n.DType)

    let change, none = map {| W = scalar 0.5; N = scalar 2L |}

    close 6.0 change
    close 0.0 none

[<Fact>]
let ``a linear function is transposed, another is refused`` () =
    let a = matrix [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ]; [ 5.0; 6.0 ] ]

    let f (x: Tensor, y: Tensor) =
        let total, _ = scan (fun (c: Tensor) (z: Tensor) -> c * 0.5 + z, ()) (scalar 0.0) x
        dot a x + y * total, sum x

    // Linear in both only where y is no variable.
    let linear (x: Tensor) = f (x, scalar 3.0)
    let back = linearTranspose linear (vector [ 0.0; 0.0 ])
    let u = vector [ 1.0; -2.0; 0.5 ], scalar 4.0
    let x = vector [ 0.4; 0.9 ]
    let product = sum (fst u * fst (linear x)) + snd u * snd (linear x)
    close (float product) (dot (back u) x)
    // A transpose transposed is the function.
    let again = linearTranspose back u
    same (fst (linear x)) (fst (again x))

    let refused f = message<DifferentiationException>(fun () -> linearTranspose f (vector [ 1.0; 2.0 ]) |> box)

    Assert.Contains("not linear", refused (fun x -> x * x))
    Assert.Contains("not linear", refused (fun x -> x + 1.0))
    // An infinite projection agrees with nothing but itself.
    Assert.Contains("not linear", refused (fun x -> x + infinity))
    Assert.Contains("not linear", refused abs)
    Assert.Contains("not linear", refused (fun x -> Tensor.Sign x))
    Assert.Contains("not linear", refused (fun x -> 1e-20 * x * x))
    // Linear, but for what rounding leaves of 0.
    linearTranspose (fun (x: Tensor) -> 0.1 * x + 0.2 * x - 0.3 * x) (scalar 1.0) (scalar 1.0) |> ignore

    Assert.Contains("Pullback", refused exp)
    // Inside a derivative, and of functions that capture its variables.
    let outer (t: Tensor) = linearTranspose (fun (x: Tensor) -> x * t) (scalar 1.0) (scalar 2.0) * t

    close 12.0 (grad outer (scalar 3.0))
    close 12.0 (jit (grad outer) (scalar 3.0))
    same (vector [ 12.0; 16.0 ]) (vmap (grad outer) (vector [ 3.0; 4.0 ]))

[<Fact>]
let ``Jacobians evaluate the function once, whatever their size`` () =
    for n in [ 3; 1500 ] do
        let mutable runs = 0

        let counted (x: Tensor) =
            runs <- runs + 1
            x * x * x

        let x = vector (Array.init n (fun i -> 0.01 * float i))
        let byForward = Jacobian.Forward(Func<_, _> counted).Invoke x
        Assert.Equal(1, runs)
        let byReverse = Jacobian.Reverse(Func<_, _> counted).Invoke x
        Assert.Equal(2, runs)
        Assert.Equal<int list>([ n; n ], List.ofSeq byForward.Shape)
        let diagonal = sum byForward
        close (Seq.sum (seq { for i in 0 .. n - 1 -> 3.0 * (0.01 * float i) ** 2.0 })) diagonal
        same byForward byReverse
        close (float diagonal) (divergence counted x)
        Assert.Equal(3, runs)

    let mutable runs = 0

    let counted x =
        runs <- runs + 1
        potential x

    let value, gradient, h = gradhessian' counted at
    Assert.Equal(1, runs)
    close (float (potential at)) value
    same (grad potential at) gradient
    same (jacobian (grad potential) at) h
    hessian' counted at |> ignore
    Assert.Equal(2, runs)

[<Fact>]
let ``Jacobians of any rank and of trees`` () =
    let f (x: Tensor) = dot x (transpose x)
    let x = matrix [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]
    let j = jacobian f x
    Assert.Equal<int list>([ 2; 2; 2; 3 ], List.ofSeq j.Shape)
    // d (x x')_ij / d x_kl = [i = k] x_jl + [j = k] x_il.
    let entry (i: int) (j': int) (k: int) (l: int) = (if i = k then float x.[j', l] else 0.0) + (if j' = k then float x.[i, l] else 0.0)

    for i in 0..1 do
        for j' in 0..1 do
            for k in 0..1 do
                for l in 0..2 do
                    close (entry i j' k l) j.[i, j', k, l]

    same j (Jacobian.Reverse(Func<_, _> f).Invoke x)
    same (Pipeline.Engine.ShapeOperations.transpose [| 2; 3; 0; 1 |] j) (jacobianT f x)

    let g (p: {| A: Tensor; B: Tensor; N: Tensor |}) = p.A * p.B * p.N

    let tree = {| A = vector [ 1.0; 2.0 ]; B = scalar 3.0; N = scalar 2L |}

    for mode in [ Jacobian.ForwardWithValue(Func<_, _> g); Jacobian.ReverseWithValue(Func<_, _> g) ] do
        let struct (value, j) = mode.Invoke tree
        same (vector [ 6.0; 12.0 ]) value
        same (matrix [ [ 6.0; 0.0 ]; [ 0.0; 6.0 ] ]) j.A
        same (vector [ 2.0; 4.0 ]) j.B
        Assert.Equal(DType.Int64, j.N.DType)

    let value, j = jacobian' g tree
    same (vector [ 6.0; 12.0 ]) value
    same (matrix [ [ 6.0; 0.0 ]; [ 0.0; 6.0 ] ]) j.A
    same (vector [ 2.0; 4.0 ]) j.B
    Assert.True(Pipeline.FSharp.Tree.sameBits j (jacobian g tree))
    Assert.True(Pipeline.FSharp.Tree.sameBits (jacobian g tree) (Jacobian.Of(Func<_, _> g).Invoke tree))

    let h (a: Tensor, b: Tensor) = a * sum b
    let a, b = jacobianT h (vector [ 1.0; 2.0 ], vector [ 1.0; 2.0; 3.0 ])
    same (matrix [ [ 6.0; 0.0 ]; [ 0.0; 6.0 ] ]) a
    same (matrix [ [ 1.0; 2.0 ]; [ 1.0; 2.0 ]; [ 1.0; 2.0 ] ]) b
    let point, along = (vector [ 1.0; 2.0 ], scalar 3.0), (vector [ 1.0; 0.0 ], scalar 1.0)
    same (vector [ 4.0; 2.0 ]) (jacobianv h point along)
    same (scalar 3.0) (snd (jacobianTv h point (vector [ 1.0; 1.0 ])))

    // No entries: nothing to take turns with.
    let empty = tensor [ 0 ] ([]: float list)
    Assert.Equal<int list>([ 0; 0 ], List.ofSeq (jacobian (fun x -> x * 2.0) empty).Shape)
    close 0.0 (laplacian sum empty)

[<Fact>]
let ``Laplacian, divergence and curl are those of the matrices, in every nest`` () =
    let trace (m: Tensor) = Seq.sum (seq { for i in 0..2 -> float m.[i, i] })

    close (trace (hessian potential at)) (laplacian potential at)
    close (trace (jacobian field at)) (divergence field at)
    let value, l = laplacian' potential at
    close (float (potential at)) value
    close (float (laplacian potential at)) l
    let j = jacobian field at
    let c, d = curldivergence field at

    same (vector [ float (j.[2, 1] - j.[1, 2]); float (j.[0, 2] - j.[2, 0]); float (j.[1, 0] - j.[0, 1]) ]) c

    close (trace j) d
    // The curl of a gradient and the divergence of a curl are zero: third derivatives through the same functions.
    Assert.All((curl (grad potential) at).ToArray<float>(), fun c -> Assert.Equal(0.0, c, 1e-10))
    Assert.Equal(0.0, float (divergence (curl field) at), 1e-10)
    close (float (laplacian potential at)) (divergence (grad potential) at)
    close (float (laplacian potential at)) (jit (laplacian potential) at)
    let rows = stack 0 [ at; along ]
    same (stack 0 [ laplacian potential at; laplacian potential along ]) (vmap (laplacian potential) rows)

    same (jacobianTv (fun x -> stack 0 [ divergence (grad potential) x ]) at (vector [ 1.0 ])) (grad (laplacian potential) at)
    // A matrix field: the sum over all its entries.
    close 12.0 (laplacian (fun x -> sum (square x)) (zeros [ 2; 3 ]))
    close 2500.0 (laplacian (fun x -> sum (square x) * 0.5) (zeros [ 2500 ]))
    Assert.Contains("[3]", message<ShapeException>(fun () -> divergence (fun x -> sum x) at |> box))
    Assert.Contains("[2]", message<ShapeException>(fun () -> curl id (vector [ 1.0; 2.0 ]) |> box))
    Assert.Contains("scalar", message<DifferentiationException>(fun () -> laplacian id at |> box))
    Assert.Contains("int64", message<DifferentiationException>(fun () -> jacobian (asType DType.Int64) at |> box))
    // An off-diagonal infinity is no part of a divergence.
    let singular (x: Tensor) = stack 0 [ sqrt x.[1] + x.[0]; x.[1] * 3.0 ]

    close 4.0 (divergence singular (vector [ 1.0; 0.0 ]))

[<Fact>]
let ``DiffSharp's words give what they say`` () =
    let f (x: Tensor) = exp x * sin x
    let x = scalar 0.4
    let e, s, c = exp 0.4, sin 0.4, cos 0.4
    let value, d1, d2, d3 = e * s, e * (s + c), 2.0 * e * c, 2.0 * e * (c - s)
    close d1 (diff f x)
    close d3 (diffn 3 f x)
    close d2 (diff2 f x)

    let both expected (v: Tensor, d: Tensor) =
        close value v
        close expected d

    both d1 (diff' f x)
    both d2 (diff2' f x)
    both d3 (diffn' 3 f x)
    both value (diffn' 0 f x)
    let v, a, b = diff2'' f x
    close value v
    close d1 a
    close d2 b
    Assert.Contains("[2]", message<DifferentiationException>(fun () -> diff' exp (vector [ 1.0; 2.0 ]) |> box))
    let g, h = grad potential at, hessian potential at
    let p = potential at
    let slope = dot g along
    let product = dot h along

    let first expected (value: Tensor, rest: Tensor) =
        same p value
        same expected rest

    first g (grad' potential at)
    first slope (gradv' potential at along)
    same slope (gradv potential at along)
    first h (hessian' potential at)
    first product (hessianv' potential at along)
    same product (hessianv potential at along)
    let g', h' = gradhessian potential at
    same g g'
    same h h'
    let s', hv = gradhessianv potential at along
    same slope s'
    same product hv
    let v, s', hv = gradhessianv' potential at along
    same p v
    same slope s'
    same product hv
    let j = jacobian field at
    let value = field at

    let pair expected (v: Tensor, rest: Tensor) =
        same value v
        same expected rest

    pair j (jacobian' field at)
    pair (transpose j) (jacobianT' field at)
    pair (dot j along) (jacobianv' field at along)
    pair (dot along j) (jacobianTv' field at along)
    same (dot along j) (jacobianTv field at along)
    let v, back = jacobianTv'' field at
    pair (dot along j) (v, back along)
    pair (divergence field at) (divergence' field at)
    pair (curl field at) (curl' field at)
    let v, c, d = curldivergence' field at
    pair (curl field at) (v, c)
    same (divergence field at) d

[<Fact>]
let ``slices as F# writes them`` () =
    let z = tensor [ 2; 3; 4 ] [ for i in 0..23 -> float i ]
    let m = matrix [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]
    let v = vector [ 10.0; 11.0; 12.0; 13.0 ]
    same (vector [ 11.0; 12.0 ]) v.[1..2]
    same (vector [ 12.0; 13.0 ]) v.[2..]
    same (vector [ 10.0; 11.0 ]) v.[..1]
    close 13.0 v.[-1]
    same v v.[*]
    Assert.Equal(0, v.[2..1].Size)
    same (vector [ 2.0; 5.0 ]) m.[*, 1]
    same (vector [ 4.0; 5.0; 6.0 ]) m.[1, *]
    same (matrix [ [ 2.0; 3.0 ] ]) m.[0..0, 1..]
    same (vector [ 5.0; 6.0 ]) m.[1, 1..]
    same (matrix [ [ 4.0; 5.0; 6.0 ] ]) m.[1..]
    same (vector [ 6.0; 18.0 ]) z.[*, 1, 2]
    same (matrix [ [ 4.0; 5.0 ]; [ 16.0; 17.0 ] ]) z.[*, 1, ..1]
    same (tensor [ 2; 1; 4 ] [ 4.0; 5.0; 6.0; 7.0; 16.0; 17.0; 18.0; 19.0 ]) z.[0..1, 1..1]
    let w = reshape [ 2; 3; 2; 2 ] z
    close 17.0 w.[1, 1, 0, 1]
    same (vector [ 13.0; 17.0; 21.0 ]) w.[1, *, 0, 1]
    Assert.Equal<int list>([ 1; 2; 2; 1 ], List.ofSeq w.[1.., ..1, *, 1..1].Shape)
    // Slices are operations like any other.
    same (vector [ 0.0; 22.0; 24.0; 0.0 ]) (grad (fun (x: Tensor) -> sum (square x.[1..2])) v)
    same (vector [ 11.0; 12.0 ]) (jit (fun (x: Tensor) -> x.[1..2]) v)
    Assert.Contains("1 to 4", message<ShapeException>(fun () -> v.[1..4] |> box))
    Assert.Contains("[4]", message<ShapeException>(fun () -> v.[0, *] |> box))
    Assert.Contains("entry 7", message<ShapeException>(fun () -> m.[7, *] |> box))
    Assert.Contains("axis 0", message<ShapeException>(fun () -> v.[-3 .. 2] |> box))

[<Fact>]
let ``axes of vectorized functions, one for each tensor`` () =
    let a = matrix [ [ 1.0; 2.0; 3.0 ]; [ 4.0; 5.0; 6.0 ] ]
    let b = vector [ 10.0; 20.0; 30.0 ]

    let f (p: Tensor, q: Tensor, r: Tensor) = dot p (vector [ 1.0; -1.0 ]) * q, p + r, r * 2.0

    let x, y, z = vmapAxes [ Some -1; Some 0; None ] [ Some 0; Some -1; None ] f (a, b, vector [ 0.5; 0.25 ])

    same (vector [ -30.0; -60.0; -90.0 ]) x
    same (matrix [ [ 1.5; 2.5; 3.5 ]; [ 4.25; 5.25; 6.25 ] ]) y
    same (vector [ 1.0; 0.5 ]) z

    let run axes outputs = fun () -> vmapAxes axes outputs f (a, b, b) |> box

    Assert.Contains("2 axes", message<ShapeException>(run [ Some 0; None ] [ Some 0; Some 0; Some 0 ]))
    Assert.Contains("no axis 2", message<ShapeException>(run [ Some 2; None; None ] [ Some 0; Some 0; Some 0 ]))
    Assert.Contains("no axis -3", message<ShapeException>(run [ Some -3; None; None ] [ Some 0; Some 0; Some 0 ]))
    Assert.Contains("equal", message<ShapeException>(run [ Some 0; Some 0; None ] [ Some 0; Some 0; Some 0 ]))

    let g (p: Tensor, q: Tensor) = p * q, q

    Assert.Contains("differs", message<ShapeException>(fun () -> vmapAxes [ Some 0; None ] [ None; None ] g (b, b) |> box))

    Assert.Contains("result of 2", message<ShapeException>(fun () -> vmapAxes [ Some 0; None ] [ Some 0 ] g (b, b) |> box))

    Assert.Contains("no axis 2", message<ShapeException>(fun () -> vmapAxes [ Some 0; Some 0 ] [ Some 2; None ] g (b, b) |> box))

    Assert.Contains("scalar", message<ShapeException>(fun () -> vmapAxes [ Some 0; Some 0 ] [ Some 0; None ] g (b, scalar 1.0) |> box))

    Assert.Contains("at least one", message<ShapeException>(fun () -> vmapAxes [ None; None ] [ None; None ] g (b, b) |> box))
