/// Control flow, run plainly.
module Pipeline.Engine.Tests.EvaluateTests

open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

/// A program from its operations in order: each with its inputs, variables numbered in order of definition.
let private program (inputs: TensorType list) (equations: (Op * int list) list) (outputs: int list) =
    let types = ResizeArray inputs

    let equations = [|
        for op, operands in equations do
            let results = Typing.infer op [| for v in operands -> types[v] |]
            let first = types.Count
            types.AddRange results

            { Op = op; Inputs = Array.ofList operands; Outputs = [| first .. types.Count - 1 |] }
    |]

    let graph = { InputCount = inputs.Length; Equations = equations; Outputs = Array.ofList outputs; Types = types.ToArray() }

    Graphs.check graph
    graph

let private number = Typing.tensor DType.Float64 [||]
let private add = Op.Zip Zip.Add
let private multiply = Op.Zip Zip.Multiply
let private scalar (x: NDArray) = Golden.numbers x |> Array.exactlyOne

/// s <- a s + x, giving out 2 x and the new s.
let private recurrence length reverse =
    let body = program [ number; number; number ] [ multiply, [ 0; 1 ]; add, [ 3; 2 ]; add, [ 2; 2 ] ] [ 4; 5; 4 ]

    Op.Loop { Loop.counted length 1 1 body with Reverse = reverse }

[<Fact>]
let ``Scan carries, slices and stacks`` () =
    let x = ofFloat64 [| 3 |] [| 1.0; 2.0; 3.0 |]

    let run reverse =
        applyAll (recurrence 3 reverse) [| NDArray.scalar64 10.0; NDArray.scalar64 5.0; x |]
        |> Array.map Golden.numbers

    Assert.Equal<float[][]>([| [| 5123.0 |]; [| 2.0; 4.0; 6.0 |]; [| 51.0; 512.0; 5123.0 |] |], run false)
    Assert.Equal<float[][]>([| [| 5321.0 |]; [| 2.0; 4.0; 6.0 |]; [| 5321.0; 532.0; 53.0 |] |], run true)

[<Fact>]
let ``Scan of no steps gives the start and empty stacks`` () =
    let results =
        applyAll (recurrence 0 false) [| NDArray.scalar64 10.0; NDArray.scalar64 5.0; ofFloat64 [| 0 |] [||] |]

    Assert.Equal(5.0, scalar results[0])
    Assert.Equal<int[]>([| 0 |], results[1].Shape)

[<Fact>]
let ``Scan slices strided stacks`` () =
    let x = ofFloat64 [| 2; 3 |] [| 1.0; 10.0; 2.0; 20.0; 3.0; 30.0 |]
    let columns = apply (Op.Transpose [| 1; 0 |]) [| x |]
    let pair = Typing.tensor DType.Float64 [| 2 |]
    let body = program [ pair; pair ] [ add, [ 0; 1 ] ] [ 2; 2 ]

    let sum = Op.Loop(Loop.counted 3 0 1 body)

    let results = applyAll sum [| ofFloat64 [| 2 |] [| 0.0; 0.0 |]; columns |]
    Assert.Equal<float[]>([| 13.0; 53.0 |], Golden.numbers results[0])
    Assert.Equal<float[]>([| 1.0; 20.0; 11.0; 23.0; 13.0; 53.0 |], Golden.numbers results[1])

/// While n > 0: (n, y) <- (n - 1, a y).
let private countdown bound =
    let zero = Op.Constant(NDArray.scalar64 0.0)
    let one = Op.Constant(NDArray.scalar64 1.0)

    Op.Loop(
        Loop.conditional
            bound
            1
            (program [ number; number; number ] [ zero, []; Op.Compare Relation.Less, [ 3; 1 ] ] [ 4 ])
            (program [ number; number; number ] [ one, []; Op.Zip Zip.Subtract, [ 1; 3 ]; multiply, [ 0; 2 ] ] [ 4; 5 ])
    )

[<Fact>]
let ``While runs until its condition fails`` () =
    let run bound n =
        applyAll (countdown bound) [| NDArray.scalar64 3.0; NDArray.scalar64 n; NDArray.scalar64 2.0 |]
        |> Array.map scalar

    Assert.Equal<float[]>([| 0.0; 2.0 * 81.0 |], run 0 4.0)
    Assert.Equal<float[]>([| 0.0; 2.0 * 81.0 |], run 4 4.0)
    Assert.Equal<float[]>([| 0.0; 2.0 |], run 1 0.0)
    let error = Assert.Throws<LoopException>(fun () -> run 3 4.0 |> ignore)
    Assert.Contains("bound of 3 steps", string error)

[<Fact>]
let ``Switch runs the branch of the clamped index`` () =
    let double = program [ number ] [ add, [ 0; 0 ] ] [ 1 ]
    let square = program [ number ] [ multiply, [ 0; 0 ] ] [ 1 ]
    let same = program [ number ] [] [ 0 ]

    let run (index: int) = scalar (apply (Op.Switch [| double; square; same |]) [| ofInt32 [||] [| index |]; NDArray.scalar64 5.0 |])

    Assert.Equal<float list>([ 10.0; 10.0; 25.0; 5.0; 5.0 ], List.map run [ -3; 0; 1; 2; 7 ])

[<Fact>]
let ``Call runs a program within a program`` () =
    let square = program [ number ] [ multiply, [ 0; 0 ] ] [ 1 ]

    let outer = program [ number ] [ Op.Call(CallKind.Compiled, square), [ 0 ]; add, [ 0; 1 ] ] [ 2; 0 ]

    Assert.Equal<float[]>([| 30.0; 5.0 |], Evaluate.graph outer [| NDArray.scalar64 5.0 |] |> Array.map scalar)
