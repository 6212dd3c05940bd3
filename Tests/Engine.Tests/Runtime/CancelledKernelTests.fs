/// Every kernel whose time grows with its operands looks at cancellation while it works, and not only before.
module Pipeline.Engine.Tests.CancelledKernelTests

open System
open System.Threading
open Pipeline
open Pipeline.Engine
open Xunit

[<NoComparison; NoEquality>]
type private Kernel = {
    Name: string
    Operands: unit -> NDArray[]
    Run: NDArray[] -> unit
    /// Routines look at every step, however short; the others only after a block of elements.
    IsRoutine: bool
}

let private filled (shape: int list) (f: int -> float) =
    let shape = Array.ofList shape
    NDArray.ofData DType.Float64 shape (Array.init (Shape.size shape) f)

let private floats shape = filled shape float

/// Symmetric and positive definite.
let private matrices batch n = filled [ batch; n; n ] (fun i -> if i / n % n = i % n then 4.0 else 1.0 / float n)

/// Kernels on operands of about so many elements: a long vector, or what has as many in other shapes.
let private kernels (n: int) : Kernel list =
    let kernel isRoutine name run operands = { Name = name; Operands = operands; Run = run >> ignore; IsRoutine = isRoutine }

    let run name op operands = kernel false name (Kernels.apply op) operands
    let routine name (routine: Routine) operands = kernel true name routine.Run operands
    let one op name (operand: unit -> NDArray) = run name op (fun () -> [| operand () |])
    let two op name (operand: unit -> NDArray) = run name op (fun () -> [| operand (); operand () |])
    let x () = floats [ n ]
    let rows () = floats [ n / 4; 4 ]
    let singles () = KernelsMap.convert DType.Float32 (x ())
    let whole dtype () = KernelsMap.convert dtype (x ())
    let of32 (data: int[]) = NDArray.ofData DType.Int32 [| data.Length |] data
    let dot left right = Op.Dot { Batch = 0; ContractLeft = [| left |]; ContractRight = [| right |] }
    let side = max 2 (int (sqrt (float n / 4.0)))
    let order = max 2 (int (sqrt (float n / 100.0)))

    [
        one (Op.Map Elementwise.exp) "a function that is called" x
        one (Op.Map Elementwise.negate) "a function in vectors" x
        one (Op.Map Elementwise.sign) "a function of whole numbers" (whole DType.Int64)
        two (Op.Zip Zip.Add) "a sum of two" x
        two (Op.Zip PowerFunction.power.Zip) "a power" x
        two (Op.Zip Zip.Divide) "a quotient of whole numbers" (whole DType.Int32)
        two (Op.Compare Relation.Less) "a comparison" x
        run "a quotient of three" Op.Quotient (fun () -> [| x (); x (); x () |])
        run "a selection" Op.Select (fun () -> [| NDArray.ofData DType.Bool [| n |] (Array.create n true); x (); x () |])
        one (Op.Convert DType.Float32) "a conversion" x
        one (Op.Reinterpret DType.UInt64) "other bits" x
        for reduction in [ Reduction.Sum; Reduction.Product; Reduction.Maximum; Reduction.ArgMin ] do
            one (Op.Reduce(reduction, [| 0 |])) $"{reduction} of a vector" x
            one (Op.Reduce(reduction, [| 1 |])) $"{reduction} of rows" rows
            one (Op.Reduce(reduction, [| 0 |])) $"{reduction} of columns" rows
            one (Op.Reduce(reduction, [| 0 |])) $"{reduction} of whole numbers" (whole DType.Int32)
            one (Op.Reduce(reduction, [| 0 |])) $"{reduction} of float32" singles
        one (Op.Norm [| 0 |]) "a norm" x
        one (Op.Mean [| 0 |]) "a mean" x
        one (Op.Mean [| 1 |]) "means of rows" rows
        one (Op.CumulativeSum(0, false)) "running sums" x
        one (Op.CumulativeSum(1, true)) "running sums of rows" rows
        one (Op.CumulativeSum(0, false)) "running sums of whole numbers" (whole DType.Int32)
        one (Op.Pad([| 1 |], [| 1 |], [| 1 |])) "padding" x
        two (Op.Concatenate 0) "joining" x
        run "gathering" (Op.Gather 0) (fun () -> [| x (); of32 (Array.init n id) |])
        run "gathering long rows" (Op.Gather 0) (fun () -> [| floats [ 2; n ]; of32 [| 0; 1 |] |])
        run "scattering" (Op.Scatter 0) (fun () -> [| x (); x (); of32 (Array.init n id) |])
        run "replacing an entry" (Op.Update 0) (fun () -> [|
            x ()
            NDArray.ofData DType.Float64 [||] [| 1.0 |]
            NDArray.ofData DType.Int32 [||] [| 1 |]
        |])
        one (Op.Places("Take", 0, n)) "places" (whole DType.Int32)
        run "counting" (Op.Iota(DType.Float64, [| n |], 0)) (fun () -> [||])
        run "counting along rows" (Op.Iota(DType.Float64, [| n / 4; 4 |], 1)) (fun () -> [||])
        two (dot 0 0) "an inner product" x
        two (dot 1 0) "a product of matrices" (fun () -> floats [ side; side ])
        run "a product with a narrow matrix" (dot 1 0) (fun () -> [| rows (); floats [ 4; 2 ] |])
        two (dot 0 0) "a product over a long axis" rows
        for layout in [ KeyLayout.Original; KeyLayout.Partitionable ] do
            for dtype in [ DType.UInt8; DType.UInt16; DType.UInt32; DType.UInt64 ] do
                run $"random bits of {dtype}, {layout}" (Op.RandomBits(dtype, [| n |], layout)) (fun () -> [|
                    NDArray.ofData DType.UInt32 [| 2 |] [| 1u; 2u |]
                |])
        one (Op.Require("Choice", Requirement.Weights 1)) "a requirement of weights" x
        one (Op.Require("Uniform", Requirement.Interval)) "a requirement of pairs" (fun () -> floats [ n / 2; 2 ])
        kernel false "a copy of a transposed matrix" (Array.map (KernelsViews.transpose [| 1; 0 |] >> KernelsViews.contiguous)) (fun () -> [|
            rows ()
        |])
        kernel
            false
            "a copy of small transposed matrices"
            (Array.map (KernelsViews.transpose [| 0; 2; 1 |] >> KernelsViews.contiguous))
            (fun () -> [| floats [ n / 4; 2; 2 ] |])
        kernel false "a copy of a repeated number" (Array.map (KernelsViews.broadcast [| n |] [||] >> KernelsViews.contiguous)) (fun () -> [|
            filled [] (fun _ -> 1.0)
        |])
        kernel false "reading" (Array.map (Reading.toArray<float> "ToArray")) (fun () -> [| x () |])
        kernel false "reading as another type" (Array.map (Reading.toArray<float32> "ToArray")) (fun () -> [| x () |])
        routine "sorting" Sort.routine (fun () -> [| x () |])
        routine "sorting rows" Sort.routine (fun () -> [| rows () |])
        for batch, size in [ 1, order; n / 4, 2 ] do
            let right = fun () -> filled [ batch; size; 1 ] (fun _ -> 1.0)
            let triangular = TriangularSolve.routine { Lower = true; Transpose = false; UnitDiagonal = false }

            for routine', name in [ LU.routine, "LU"; Cholesky.routine, "Cholesky"; QR.routine, "QR" ] do
                routine $"{name} of {batch}" routine' (fun () -> [| matrices batch size |])

            for transpose in [ false; true ] do
                routine $"systems, {transpose}, {batch}" (Solve.routine transpose) (fun () ->
                    let a = matrices batch size
                    Array.concat [ [| a |]; LU.routine.Run [| a |]; [| right () |] ])

            routine $"triangular systems of {batch}" triangular (fun () -> [| matrices batch size; right () |])
    ]

let private size = 600_000

/// The names of the small ones and of the large ones alike.
let private places = kernels size |> List.map _.Name |> List.indexed

let Places: TheoryData<int, string> =
    let data = TheoryData<int, string>()

    for place, name in places do
        data.Add(place, name)

    data

let private isCancelled (kernel: Kernel) =
    let operands = kernel.Operands()
    use source = new CancellationTokenSource()
    use _ = CancellationScope.Begin source.Token
    source.Cancel()

    try
        kernel.Run operands
        false
    with :? OperationCanceledException ->
        true

[<Theory; MemberData(nameof Places)>]
let ``a kernel looks at cancellation while it works`` (place: int, name: string) =
    Assert.True(kernels size |> List.item place |> isCancelled, $"{name} ran to its end")
    let small = List.item place (kernels 40)
    small.Run(small.Operands())

    if not small.IsRoutine then Assert.False(isCancelled small, $"{name} looks before it works")
