/// Every operation at every dtype: at once, recorded and compiled it gives the same bits, or is refused by the same exception and message.
module Pipeline.Engine.Tests.DTypeLawTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.EmitChecked
open Xunit

[<RequireQualifiedAccess>]
type private Outcome =
    | Bits of (DType * int list * uint64 list) list
    | Refused of exn: string * message: string

/// Not a number is one number.
let private bits (array: NDArray) =
    let isNaN x = DType.isFloat array.DType && Double.IsNaN(LaneEvaluate.toFloat array.DType x)
    array.DType, List.ofArray array.Shape, [ for x in toBits array -> if isNaN x then UInt64.MaxValue else x ]

let private outcome (run: unit -> NDArray[]) =
    try
        Outcome.Bits [ for array in run () -> bits array ]
    with e ->
        Outcome.Refused(e.GetType().Name, e.Message)

let private dtypes = DType.table |> Array.map _.DType

let private tensor dtype shape (numbers: float list) =
    NDArray.ofData DType.Float64 shape (Array.ofList numbers) |> KernelsMap.convert dtype |> Tensor

let private first dtype = tensor dtype [| 4 |] [ 0.0; 1.0; 3.0; 2.0 ]
let private second dtype = tensor dtype [| 4 |] [ 1.0; 0.0; 1.0; 3.0 ]
let private matrix dtype = tensor dtype [| 2; 2 |] [ 3.0; 1.0; 1.0; 2.0 ]

let private relations = [ Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual ]

let private reductions = [ Reduction.Sum; Reduction.Product; Reduction.Maximum; Reduction.Minimum; Reduction.ArgMax; Reduction.ArgMin ]

let private structure dtype = [
    let a, b, m = first dtype, second dtype, matrix dtype
    let places = tensor DType.Int32 [| 2 |] [ 1.0; 0.0 ]

    Op.Quotient, [| a; b; b |]
    Op.Select, [| first DType.Bool; a; b |]
    Op.Select, [| a; a; b |]
    Op.StopGradient, [| a |]

    for into in dtypes do
        Op.Convert into, [| a |]
        Op.Reinterpret into, [| a |]

    for reduction in reductions do
        Op.Reduce(reduction, [| 0 |]), [| m |]

    for kind in [ Softmax.Shares; Softmax.LogShares; Softmax.LogSum ] do
        Op.Softmax(kind, [| 1 |]), [| m |]

    Op.Norm [| 1 |], [| m |]
    Op.Mean [| 1 |], [| m |]
    Op.CumulativeSum(0, false), [| m |]
    Op.Dot { Batch = 0; ContractLeft = [| 1 |]; ContractRight = [| 0 |] }, [| m; m |]
    Op.Pad([| 1 |], [| 0 |], [| 1 |]), [| a |]
    Op.Concatenate 0, [| a; b |]
    Op.Gather 0, [| a; places |]
    Op.Gather 0, [| a; b |]
    Op.Scatter 0, [| m; m; places |]
    Op.Update 0, [| a; tensor dtype [||] [ 1.0 ]; tensor DType.Int32 [||] [ 2.0 ] |]
    Op.Places("Take", 0, 4), [| a |]
    Op.RandomBits(dtype, [| 2 |], KeyLayout.Partitionable), [| tensor DType.UInt32 [| 2 |] [ 1.0; 2.0 ] |]
    Op.Routine Sort.routine, [| a |]
    Op.Routine Cholesky.routine, [| m |]
    Op.Routine LU.routine, [| m |]
    Op.Routine QR.routine, [| m |]
]

let private recorded op (operands: Tensor[]) = Record.closed "Compiled" (operands |> Array.map _.Type) (Primitive.apply op)

/// What differs from what is done at once.
let private differences op (operands: Tensor[]) = [
    let arrays = operands |> Array.map _.Array
    let atOnce = outcome (fun () -> Primitive.apply op operands |> Array.map _.Array)
    let compiled options = outcome (fun () -> (Compile.fresh options (recorded op operands)).Run arrays)

    for way, found in
        [
            "recorded", outcome (fun () -> Evaluate.graph (recorded op operands) arrays)
            "machine code", compiled (Emit.machineCode 128)
            "blocks", compiled (Emit.blocks 128)
        ] do
        if found <> atOnce then
            let types = operands |> Array.map (fun a -> string a.Type) |> String.concat ", "
            $"{Typing.name op} of {types}: {way} {found}, but at once {atOnce}"
]

let private holds (operations: (Op * Tensor[]) seq) =
    let found = operations |> Seq.collect (fun (op, operands) -> differences op operands) |> Seq.toArray
    Assert.True((found.Length = 0), String.Join("\n", found))

[<Fact>]
let ``law at every dtype: functions of one argument`` () =
    holds [
        for row in FunctionTable.rows do
            for dtype in dtypes do
                Op.Map row, [| first dtype |]
    ]

[<Fact>]
let ``law at every dtype: functions of two arguments, of all pairs of dtypes`` () =
    holds [
        for op in Seq.append (FunctionTable.zips |> Seq.map Op.Zip) (relations |> Seq.map Op.Compare) do
            for left in dtypes do
                for right in dtypes do
                    op, [| first left; second right |]
    ]

[<Fact>]
let ``law at every dtype: structure`` () = holds (Seq.collect structure dtypes)

/// What users write, by dtypes that promotion has made equal.
let private functions: (string * (Tensor -> Tensor -> Tensor)) list = [
    "+", (+)
    "-", (-)
    "*", (*)
    "/", (/)
    "%", (%)
    "negative", (fun x _ -> -x)
    "abs", (fun x _ -> abs x)
    "sign", (fun x _ -> Tensor.Sign x)
    "square", (fun x _ -> square x)
    "power 3", (fun x _ -> Tensor.Pow(x, 3))
    "power -1", (fun x _ -> Tensor.Pow(x, -1))
    "power", (fun x z -> Tensor.Pow(x, z))
    "floorDivide", floorDivide
    "maximum", maximum
    "minimum", minimum
    "exp", (fun x _ -> exp x)
    "and", (&&&)
    "or", (|||)
    "xor", (^^^)
    "less", (.<)
    "sum", (fun x _ -> sum x)
    "product", (fun x _ -> product x)
    "cumulative sum", (fun x _ -> cumulativeSum x)
    "mean", (fun x _ -> mean x)
    "norm", (fun x _ -> norm x)
    "dot", dot
    "sort", (fun x _ -> sort x)
]

[<Fact>]
let ``law at every dtype: functions as users call them, whether their results are needed or not`` () =
    let found = [
        for name, f in functions do
            for dtype in dtypes do
                let x, z = first dtype, second dtype
                let given (f: Tensor -> Tensor) = outcome (fun () -> [| (f x).Array |])
                let atOnce = given (fun x -> f x z)
                let compiled = given (jit (fun x -> f x z))

                let unneeded =
                    given (
                        jit (fun x ->
                            f x z |> ignore
                            x)
                    )

                if compiled <> atOnce then $"{name} of {dtype}: compiled {compiled}, but at once {atOnce}"

                match atOnce with
                | Outcome.Refused _ when unneeded <> atOnce -> $"{name} of {dtype}: {unneeded} where it is not needed, but at once {atOnce}"
                | Outcome.Bits _ when unneeded <> given id -> $"{name} of {dtype}: {unneeded} where it is not needed"
                | _ -> ()
    ]

    Assert.True(found.IsEmpty, String.Join("\n", found))

[<Fact>]
let ``what has no meaning for bool says so by name, with the remedy`` () =
    let x = first DType.Bool

    for operation, f in
        [
            "Subtract", (fun (x: Tensor) -> x - x)
            "Remainder", (fun x -> x % x)
            "Negate", (fun x -> -x)
            "Abs", (fun x -> abs x)
            "Sign", (fun x -> Tensor.Sign x)
            "Pow", (fun x -> Tensor.Pow(x, 3))
            "Square", square
            "FloorDivide", (fun x -> floorDivide x x)
        ] do
        for way in [ id; jit ] do
            let e = Assert.Throws<DTypeException>(fun () -> way f x |> ignore)
            Assert.Equal($"{operation}: does not take bool. Convert the tensor first (AsType).", e.Message)
