/// The examples of docs/adding-an-operation.md, each one file, by the laws that every operation of the engine is held to: forward mode against
/// difference quotients, reverse mode as its transpose, Taylor coefficients, batches, staging and compiling, each also of the derivatives.
module Pipeline.Engine.Tests.ExampleTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Kernels
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.Laws
open Xunit

let private compiled op (operands: Tensor[]) = NestEngine.call CallKind.Compiled (Primitive.apply op) operands

[<Struct>]
type private Half =
    interface IFunction with
        member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L = 'L.Multiply('L.Number 0.5, x)

[<Fact>]
let ``a function of one argument`` () = check (LawExamples.ofRow GudermannianFunction.gudermannian)

[<Fact>]
let ``a function that is linear`` () =
    let points = [| -1.5; -0.2; 0.6; 2.0 |]
    check (LawExamples.ofRow (Row("half", 0.0, Meaning<Half>(Half()), lazy Expr.Number 0.5, points, linear = true)))

[<Fact>]
let ``a family that is closed under differentiation`` () =
    // x e^(n x), whose derivatives are e^(n x) + n x e^(n x).
    let rec family (n: int) : Row =
        let scaled = Expr.Zip(Zip.Multiply, Expr.Number(float n), Expr.X)
        let derivative () = Expr.Zip(Zip.Add, Expr.Map(Elementwise.exp, scaled), Expr.Zip(Zip.Multiply, Expr.Number(float n), Expr.Y))
        Elementwise.called "growth" (float n) (fun x -> x * Math.Exp(float n * x)) derivative [| -1.5; -0.2; 0.6; 1.0 |]

    for n in [ -2; 1; 3 ] do
        check (LawExamples.ofRow (family n))

    Assert.NotEqual(family 1, family 3)

[<Fact>]
let ``a function of two arguments`` () =
    let f = HypotenuseFunction.hypotenuse
    check (LawExamples.ofZip f.Zip)

    for x, z, expected in
        [
            3.0, 4.0, 5.0
            -5.0, 12.0, 13.0
            0.0, -0.0, 0.0
            3e200, -4e200, 5e200
            3e-200, 4e-200, 5e-200
            -infinity, 1.0, infinity
            infinity, -infinity, infinity
            nan, 1.0, nan
        ] do
        let tensors = [| Tensor(NDArray.scalar64 x); Tensor(NDArray.scalar64 z) |]

        for result in [ Primitive.apply (Op.Zip f.Zip) tensors; compiled (Op.Zip f.Zip) tensors ] do
            close $"{f} of {x} and {z}" 1e-15 [| Tensor(NDArray.scalar64 expected) |] result

let private inverse = Op.Routine Inverse.routine

/// Numbers from -1 to 1, and 3 more on the diagonal.
let private matrix (shape: int[]) seed =
    let n = Array.last shape
    let eye = Array.init (n * n) (fun i -> if i % (n + 1) = 0 then 3.0 else 0.0)
    LawExamples.real shape seed + Tensor(NDArray.ofData DType.Float64 [| n; n |] eye)

[<Fact>]
let ``a routine`` () =
    for shape in [ [| 3; 3 |]; [| 2; 2; 2 |] ] do
        check { application inverse (LawExamples.three (fun lane -> [| matrix shape lane |])) with Tolerance = 1e-6 }

    let a = matrix [| 2; 5; 5 |] 7
    let product = Matrices.product a (Primitive.apply1 inverse a)
    let eye = Array.init 50 (fun i -> if i % 25 % 6 = 0 then 1.0 else 0.0)
    close "A X" 1e-14 [| Tensor(NDArray.ofData DType.Float64 [| 2; 5; 5 |] eye) |] [| product |]

    close
        "of no rows"
        0.0
        [| Tensor(NDArray.ofData DType.Float64 [| 0; 0 |] Array.empty<float>) |]
        (Primitive.apply inverse [| matrix [| 0; 0 |] 0 |])

[<Fact>]
let ``a routine that fails says so, eager and compiled`` () =
    let singular = Tensor(NDArray.ofData DType.Float64 [| 2; 2 |] [| 1.0; 2.0; 2.0; 4.0 |])

    for run in [ Primitive.apply inverse; compiled inverse ] do
        let e = Assert.Throws<LinearAlgebraException>(Action(fun () -> run [| singular |] |> ignore))
        Assert.StartsWith("Inverse: the matrix is singular (column 1", e.Message)

[<Fact>]
let ``a change that is not linear in the tangents operation by operation is refused by reverse mode`` () =
    let infer (operands: TensorType[]) = operands
    let change (_: Tensor[]) (_: Tensor[]) (tangents: Tensor[]) = [| sqrt (tangents[0] * tangents[0]) |]

    let itself =
        Routine("Itself", null, infer, id, RoutineRule.Change(Rules.change "Itself" infer change)) |> Op.Routine

    let e =
        Assert.Throws<InvalidOperationException>(fun () ->
            NestEngine.gradient (Primitive.apply1 itself) (Tensor(NDArray.scalar64 2.0)) |> ignore)

    Assert.Contains("is not linear in its operands", e.Message)
