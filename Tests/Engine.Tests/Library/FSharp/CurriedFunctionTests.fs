/// Curried functions of several arguments under the transformations of F#: those that keep a function's type take them, the others refuse them by name.
[<Xunit.Collection "CountedPrograms">]
module Pipeline.Engine.Tests.CurriedFunctionTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

let private number (x: Tensor) = x.ToDouble()
let private numbers (x: Tensor) = List.ofArray (x.ToArray<float>())

type private Line = { W: Tensor; B: Tensor }

[<Fact>]
let ``A compiled curried function of two arguments is the function, however its arguments come`` () =
    let f (x: Tensor) (y: Tensor) = sin x * y + x / y
    let compiled = jit f
    let a, b = vector [ 0.5; 1.0; 2.0 ], vector [ 2.0; 3.0; 4.0 ]
    Assert.True(Tree.allClose 1e-15 0.0 (compiled a b) (f a b))
    let partly = compiled a
    Assert.True(Tree.allClose 1e-15 0.0 (partly b) (f a b))
    Assert.True(Tree.allClose 1e-15 0.0 (partly a) (f a a))
    Assert.True(Tree.allClose 1e-15 0.0 (a |> compiled b) (f b a))
    let programs = Compile.count ()
    Assert.True(Tree.allClose 1e-15 0.0 (compiled (3.0 * b) (a - 7.0)) (f (3.0 * b) (a - 7.0)))
    Assert.Equal(programs, Compile.count ())

[<Fact>]
let ``A compiled curried function of three and of four arguments, of trees and of plain numbers`` () =
    let f (line: Line) (x: Tensor) (power: int) = pow (line.W * x + line.B) power, line.B

    let compiled = jit f
    let line = { W = scalar 2.0; B = scalar -1.0 }
    Assert.Equal((9.0, -1.0), compiled line (scalar 2.0) 2 |> fun (y, b) -> number y, number b)
    Assert.Equal((27.0, -1.0), compiled line (scalar 2.0) 3 |> fun (y, b) -> number y, number b)

    let four = jit (fun (a: Tensor) (b: Tensor) (c: Tensor) (d: Tensor) -> a - b * c ** d)

    Assert.Equal(1.0 - 2.0 * 81.0, number (four (scalar 1.0) (scalar 2.0) (scalar 3.0) (scalar 4.0)))

[<Fact>]
let ``A compiled curried function sees what it captures as it is at each call`` () =
    let mutable rate = 1.0
    let rates = [| 2.0 |]

    let f (x: Tensor) =
        let scaled = rate * x
        fun (y: Tensor) -> scaled + rates[0] * y

    let compiled = jit f
    Assert.Equal(7.0, number (compiled (scalar 1.0) (scalar 3.0)))
    rate <- 10.0
    Assert.Equal(16.0, number (compiled (scalar 1.0) (scalar 3.0)))
    rates[0] <- -1.0
    Assert.Equal(7.0, number (compiled (scalar 1.0) (scalar 3.0)))

[<Fact>]
let ``The gradient of a compiled curried function, and compiled gradients of curried functions`` () =
    let f (x: Tensor) (y: Tensor) = sum (x ** 3 * y)
    let x, y = vector [ 1.0; 2.0 ], vector [ 5.0; 7.0 ]
    Assert.Equal<float list>([ 15.0; 84.0 ], numbers (grad (fun x -> jit f x y) x))
    Assert.Equal<float list>([ 1.0; 8.0 ], numbers (grad (jit f x) y))
    let both = jit (fun x y -> grad (fun x -> f x y) x, grad (f x) y)
    let byX, byY = both x y
    Assert.Equal<float list>([ 15.0; 84.0 ], numbers byX)
    Assert.Equal<float list>([ 1.0; 8.0 ], numbers byY)
    Assert.Equal(12.0, number (diff2 (fun x -> jit f x (scalar 1.0)) (scalar 2.0)))

[<Fact>]
let ``A curried function over the leading axes of its arguments`` () =
    let x, y = matrix [ [ 1.0; 2.0 ]; [ 3.0; 4.0 ] ], matrix [ [ 5.0; 6.0 ]; [ 7.0; 8.0 ] ]

    let products = vmap (fun (a: Tensor) (b: Tensor) -> dot a b)
    Assert.Equal<float list>([ 17.0; 53.0 ], numbers (products x y))

    let three = vmap (fun (a: Tensor) (b: Tensor) (c: Tensor) -> dot a b + c) x y (vector [ 100.0; 200.0 ])

    Assert.Equal<float list>([ 117.0; 253.0 ], numbers three)
    let batched = jit (vmap (fun (a: Tensor) (b: Tensor) -> dot a b))
    Assert.Equal<float list>([ 17.0; 53.0 ], numbers (batched x y))

    Assert.Throws<ShapeException>(fun () -> products x (ones [ 3; 2 ]) |> ignore) |> ignore

[<Fact>]
let ``Checkpoints and checks of curried functions`` () =
    let f (x: Tensor) (y: Tensor) = log x * y
    let x, y = scalar 2.0, scalar 3.0
    Assert.Equal(3.0 * log 2.0, number (checkpoint f x y), 1e-15)
    Assert.Equal(1.5, number (grad (fun x -> checkpoint f x y) x))
    Assert.Equal(3.0 * log 2.0, number (checkNumbers f x y), 1e-15)

    Assert.Throws<NonFiniteException>(fun () -> checkNumbers f (scalar -1.0) y |> ignore) |> ignore

    Assert.Equal(3.0 * log 2.0, number (checkCompiled f x y), 1e-15)

/// A static that a method hides from compiled functions.
type private Ticks() =
    static let mutable count = 0.0

    static member Next() =
        count <- count + 1.0
        count

[<Fact>]
let ``checkCompiled names what a compiled function does not see, of one argument and of two`` () =
    let one = checkCompiled (fun (x: Tensor) -> x * Ticks.Next())
    let two = checkCompiled (fun (x: Tensor) (y: Tensor) -> x * y * Ticks.Next())
    one (scalar 1.0) |> ignore
    two (scalar 1.0) (scalar 2.0) |> ignore

    Assert.Throws<StaleProgramException>(fun () -> one (scalar 1.0) |> ignore) |> ignore

    Assert.Throws<StaleProgramException>(fun () -> two (scalar 1.0) (scalar 2.0) |> ignore) |> ignore

/// Each transformation of functions of one argument, given a function of two.
let private refused: (string * (unit -> unit)) list =
    let f (x: Tensor) (y: Tensor) = x * y
    let x = scalar 2.0

    [
        "vmapAxes", (fun () -> vmapAxes [ Some 0 ] [ Some 0 ] f (ones [ 2 ]) |> ignore)
        "stage", (fun () -> stage f x |> ignore)
        "jvp", (fun () -> jvp f x x |> ignore)
        "vjp", (fun () -> vjp f x |> ignore)
        "linearize", (fun () -> linearize f x |> ignore)
        "linearTranspose", (fun () -> linearTranspose f x |> ignore)
        "customForward", (fun () -> customForward f (fun x dx -> f x, f dx) |> ignore)
        "customReverse", (fun () -> customReverse f (fun x -> f x, x) (fun x _ -> x) |> ignore)
        "checkDerivatives", (fun () -> checkDerivatives 1 f x |> ignore)
        "checkAnnihilations", (fun () -> checkAnnihilations f x |> ignore)
    ]

[<Fact>]
let ``Transformations of functions of one argument refuse a curried function by name, with the remedy`` () =
    for name, apply in refused do
        let said = Assert.Throws<ArgumentException>(fun () -> apply ())
        Assert.Equal("f", said.ParamName)
        Assert.StartsWith($"{name}: the function is curried", said.Message)
        Assert.Contains($"{name} (fun (x, y) -> f x y)", said.Message)

[<Fact>]
let ``The remedy works: the arguments as a tuple`` () =
    let f (x: Tensor) (y: Tensor) = x * y
    let value, (dx, dy) = valueAndGrad (fun (x, y) -> f x y) (scalar 2.0, scalar 5.0)
    Assert.Equal((10.0, 5.0, 2.0), (number value, number dx, number dy))

    let _, change = jvp (fun (x, y) -> f x y) (scalar 2.0, scalar 5.0) (scalar 1.0, scalar 0.0)

    Assert.Equal(5.0, number change)

[<Fact>]
let ``scanBackwards, forLoopBounded and the primed Hessian product`` () =
    let last, running = scanBackwards (fun (c: Tensor) x -> c + x, c + x) (scalar 0.0) (vector [ 1.0; 2.0; 3.0 ])

    Assert.Equal(6.0, number last)
    Assert.Equal<float list>([ 6.0; 5.0; 3.0 ], numbers running)

    let power n = grad (fun (x: Tensor) -> forLoopBounded 4 0 (scalar n) (fun _ y -> y * x) (scalar 1.0)) (scalar 2.0)

    Assert.Equal(32.0, number (power 4))

    Assert.Throws<LoopException>(fun () -> power 5 |> ignore) |> ignore

    let factorial = jit (fun (n: Tensor) -> forLoopBetween 1 (n + 1) (fun i y -> i * y) (scalar 1))
    Assert.Equal(120.0, number (factorial (scalar 5)))

    let value, gradient, product =
        hessianv'' (fun (x: Tensor) -> sum (x ** 3)) (vector [ 1.0; 2.0 ]) (vector [ 1.0; -1.0 ])

    Assert.Equal(9.0, number value)
    Assert.Equal<float list>([ 3.0; 12.0 ], numbers gradient)
    Assert.Equal<float list>([ 6.0; -12.0 ], numbers product)

[<Fact>]
let ``scanTimes runs a number of steps without inputs, and so does its checkpointed form`` () =
    let halved (x: Tensor) = 0.5 * x, x

    for run in [ scanTimes 4 halved; scanTimesCheckpointed 2 4 halved ] do
        let last, passed = run (scalar 8.0)
        Assert.Equal(0.5, number last)
        Assert.Equal<float list>([ 8.0; 4.0; 2.0; 1.0 ], numbers passed)
        Assert.Equal(0.0625 + 1.875, number (grad (fun x -> let last, passed = run x in last + sum passed) (scalar 8.0)))

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> scanTimes -1 halved (scalar 8.0) |> ignore) |> ignore

    Assert.Throws<ArgumentOutOfRangeException>(fun () -> scanTimesCheckpointed 0 4 halved (scalar 8.0) |> ignore)
    |> ignore

[<Fact>]
let ``List.sum, List.average, Seq.sumBy and pown are of tensors too, in their own type and differentiated`` () =
    let rows = [ vector [ 1.0; 2.0 ]; vector [ 3.0; 6.0 ] ]
    Assert.Equal<float list>([ 4.0; 8.0 ], numbers (List.sum rows))
    Assert.Equal<float list>([ 2.0; 4.0 ], numbers (List.average rows))
    Assert.Equal(DType.Float32, (List.sum [ scalar 1.0f; scalar 2.0f ]).DType)
    Assert.Equal(DType.Float32, (List.average [ scalar 1.0f; scalar 2.0f ]).DType)
    Assert.Equal(DType.Int64, (List.sum [ scalar 1L; scalar 2L ]).DType)
    Assert.Equal(1.5, number (List.average [ scalar 1L; scalar 2L ]))
    Assert.Equal(12.0, number (grad (fun x -> Seq.sumBy (fun k -> float k * x * x) [ 1; 2 ]) (scalar 2.0)))
    Assert.Equal((8.0, 12.0), (number (pown (scalar 2.0) 3), number (grad (fun x -> pown x 3) (scalar 2.0))))
