/// F#'s comparisons of tensors, branches by them, and how values print.
module Pipeline.Engine.Tests.ComparisonTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private bools (expected: bool list) (found: Tensor) =
    Assert.Equal(DType.Bool, found.DType)
    Assert.Equal<bool list>(expected, List.ofArray (found.ToArray<bool>()))

let private x = vector [ 1.0; 2.0; nan ]

[<Fact>]
let ``Six comparisons of tensors entry by entry`` () =
    let y = vector [ 2.0; 2.0; 2.0 ]
    bools [ false; true; false ] (x .= y)
    bools [ true; false; true ] (x .<> y)
    bools [ true; false; false ] (x .< y)
    bools [ true; true; false ] (x .<= y)
    bools [ false; false; false ] (x .> y)
    bools [ false; true; false ] (x .>= y)
    Assert.Equal<int list>([ 2; 3 ], List.ofSeq (ones [ 2; 1 ] .< vector [ 1; 2; 3 ]).Shape)

[<Fact>]
let ``Six comparisons with a number of any kind on either side`` () =
    bools [ false; true; false ] (x .= 2.0)
    bools [ true; false; true ] (2.0f .<> x)
    bools [ true; false; false ] (x .< 2)
    bools [ false; true; false ] (2L .<= x)
    bools [ true; true; false ] (x .> 0uy)
    bools [ true; true; false ] (2UL .>= x)
    bools [ false; false; false ] (0s .> x)
    bools [ true; false; true ] (vector [ true; false; true ] .= true)
    // In its own type: 16777217 is no float32, and no number is rounded to meet it.
    bools [ false; true ] (vector [ 16777216; 16777217 ] .= 16777217)

[<Fact>]
let ``What stands beside a literal is a tensor, without an annotation`` () =
    let positive y = y .> 0.0
    let clipped y = minimum (maximum y 0.0) 1.0
    bools [ true; true; false ] (positive x)
    Assert.Equal(1.0, (clipped (scalar 3.0)).ToDouble())
    Assert.Equal(2.0, (List.reduce maximum [ scalar 1.0; scalar 2.0 ]).ToDouble())
    Assert.Equal<float list>([ 1.0; 3.0 ], [ 1.0; 3.0 ] |> List.map (scalar >> maximum 1.0 >> float))

    Assert.Equal<float list>([ 5.0 ], [ scalar -1.0; scalar 5.0 ] |> List.filter (fun y -> isTrue (y .> 0.0)) |> List.map float)

[<Fact>]
let ``Bools combine by the operators of bits`` () =
    let y = vector [ 1.0; 2.0; 3.0 ]
    bools [ false; true; false ] ((y .> 1.0) &&& (y .< 3.0))
    bools [ true; false; true ] ((y .= 1.0) ||| (y .= 3.0))
    bools [ true; false; true ] (~~~(y .= 2.0))
    bools [ false; true; true ] ((y .> 1.0) ^^^ (y .> 5.0))

[<Fact>]
let ``isTrue decides branches, of differentiated functions too`` () =
    let f (x: Tensor) = if isTrue (x .> 0.0) then x * x else -x

    let slope = grad f
    Assert.Equal(6.0, (slope (scalar 3.0)).ToDouble())
    Assert.Equal(-1.0, (slope (scalar -3.0)).ToDouble())
    Assert.Equal(2.0, (grad slope (scalar 3.0)).ToDouble())
    Assert.Equal(2.0, (diffn 2 f (scalar 3.0)).ToDouble())
    Assert.Equal(2.0, 2.0 * (taylor 2 f (scalar 3.0)).Coefficients[2].ToDouble())

    let rec newton (x: Tensor) = if isTrue (abs (x * x - 2.0) .< 1e-12) then x else newton (x - (x * x - 2.0) / (2.0 * x))

    Assert.Equal(sqrt 2.0, (newton (scalar 1.0)).ToDouble(), 12)
    Assert.True(isTrue (scalar 1))
    Assert.False(isTrue (scalar 0.0))
    Assert.True(isTrue (vector [ true ]))

[<Fact>]
let ``isTrue refuses by name what has no single value`` () =
    let message (error: exn) = error.Message
    let ofMany = Assert.Throws<ShapeException>(fun () -> isTrue (x .> 0.0) |> ignore)
    Assert.StartsWith("isTrue: a tensor of shape [3] is not one truth value.", message ofMany)

    Assert.Throws<ShapeException>(fun () -> isTrue (vector ([]: bool list)) |> ignore) |> ignore

    let choose (x: Tensor) = if isTrue (x .> 0.0) then x else -x

    let compiled = Assert.Throws<TracedValueException>(fun () -> jit choose (scalar 1.0) |> ignore)

    Assert.StartsWith("isTrue: ", message compiled)
    let batched = Assert.Throws<TracedValueException>(fun () -> vmap choose x |> ignore)
    Assert.StartsWith("isTrue: ", message batched)
    Assert.Throws<ArgumentNullException>(fun () -> isTrue null |> ignore) |> ignore

    let read =
        Assert.Throws<TracedValueException>(fun () -> grad (fun (x: Tensor) -> x * float x) (scalar 3.0) |> ignore)

    Assert.Contains("if isTrue (x .> 0.0)", message read)

type private Line = { W: Tensor; B: Tensor option }

[<Fact>]
let ``A tensor prints as its numbers, in values that hold it too`` () =
    Assert.Equal("[1, 2, NaN]", sprintf "%A" x)
    Assert.Equal("[1, 2, NaN]", sprintf "%O" x)

    Assert.Equal(
        "2.5 (grad)",
        (let mutable seen = "" in

         grad
             (fun (x: Tensor) ->
                 seen <- sprintf "%A" x
                 x)
             (scalar 2.5)
         |> ignore

         seen)
    )

    // Whether a space stands before the last brace is up to FSharp.Core.
    Assert.Equal(
        "{ W = [1, 2, NaN]\n  B = Some 3}",
        (sprintf "%A" { W = x; B = Some(scalar 3.0) }).ReplaceLineEndings("\n").Replace(" }", "}")
    )

    Assert.Equal("""map [("a", 1); ("b", 2)]""", sprintf "%A" (Map [ "a", scalar 1; "b", scalar 2 ]))

[<Fact>]
let ``Literals of float32 take part in arithmetic`` () =
    let y = vector [ 1.0f; 2.0f ]

    let same (expected: float32 list) (found: Tensor) =
        Assert.Equal(DType.Float32, found.DType)
        Assert.Equal<float32 list>(expected, List.ofArray (found.ToArray<float32>()))

    same [ 2.0f; 4.0f ] (y * 2.0f)
    same [ 2.0f; 4.0f ] (2.0f * y)
    same [ 1.5f; 2.5f ] (y + 0.5f)
    same [ -0.5f; -1.5f ] (0.5f - y)
    same [ 0.5f; 1.0f ] (y / 2.0f)
    same [ 0.0f; 1.0f ] (1.0f % y)
    Assert.Equal(DType.Float64, (x * 0.5f).DType)
