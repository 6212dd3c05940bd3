/// Derivatives of functions of vectors where they are singular: along fixed directions, by every path of modes, eager, compiled and batched, and in series.
module Pipeline.Engine.Tests.SingularVectorsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.NestEngine
open Xunit

type private Function = Tensor -> Tensor

/// The derivative along a direction: forward, or the product with the gradient.
let private along isForward (direction: float[]) (f: Function) : Function =
    fun x ->
        let v = vector direction

        if isForward then derivative f x v else sum (Primitive.scale (gradient f x) v)

let private compiled (f: Function) : Function = fun x -> (call CallKind.Compiled (fun a -> [| f a[0] |]) [| x |])[0]

/// Beside a regular point.
let private batched (f: Function) : Function =
    fun x ->
        let regular = vector [| for i in 1 .. x.Dims[0] -> 0.3 + 0.41 * float (i * i) |]

        let values, hidden = Batch.map 2 (fun a -> [| f a[0] |]) [| Primitive.stack 0 [| regular; x |] |] [| true |]

        if hidden[0] then Primitive.entry 0 1 values[0] else values[0]

let private reduce reduction (x: Tensor) = ReductionOperations.reduce "test" reduction null false x

let private broadcastSum (x: Tensor) =
    let column = Primitive.reshape [| 3; 1 |] (Primitive.sliceAxis 0 0 3 x)
    let row = Primitive.reshape [| 1; 4 |] (Primitive.sliceAxis 0 3 7 x)
    sum (column + row)

/// Function, point, and the gradient there.
let private cases: (string * Function * float list * float list) list = [
    "max", reduce Reduction.Maximum, [ 2.0; 2.0; 1.0 ], [ 0.5; 0.5; 0.0 ]
    "min", reduce Reduction.Minimum, [ 2.0; 1.0; 1.0 ], [ 0.0; 0.5; 0.5 ]
    "norm", NormOperations.norm null false, [ 0.0; 0.0; 0.0 ], [ 0.0; 0.0; 0.0 ]
    "logsumexp", ReductionOperations.logSumExp null false, [ 1000.0; 1000.0 ], [ 0.5; 0.5 ]
    "variance without NaN",
    ReductionOperations.nanVariance "test" null false 0,
    [ nan; 1.0; 2.0; 3.0; 4.0 ],
    [ 0.0; -0.75; -0.25; 0.25; 0.75 ]
    "sum without NaN", ReductionOperations.nanSum null false, [ nan; 1.0; 2.0 ], [ 0.0; 1.0; 1.0 ]
    "product, one zero", reduce Reduction.Product, [ 0.0; 3.0; 4.0 ], [ 12.0; 0.0; 0.0 ]
    "product, two zeros", reduce Reduction.Product, [ 0.0; 0.0; 4.0 ], [ 0.0; 0.0; 0.0 ]
    "xlogy", (fun x -> Operations.xLogY x[0] x[1]), [ 0.0; 3.0 ], [ Math.Log 3.0; 0.0 ]
    "power", (fun x -> Tensor.Pow(x[0], x[1])), [ 4.0; 0.0 ], [ 0.0; Math.Log 4.0 ]
    "determinant, one rank missing",
    (fun x -> Determinants.determinant (Primitive.reshape [| 3; 3 |] x)),
    [ 1.0; 2.0; 3.0; 2.0; 4.0; 6.0; 0.0; 1.0; 1.0 ],
    [ -2.0; -2.0; 2.0; 1.0; 1.0; -1.0; 0.0; 0.0; 0.0 ]
    "determinant, two ranks missing",
    (fun x -> Determinants.determinant (Primitive.reshape [| 3; 3 |] x)),
    [ 1.0; 2.0; 3.0; 2.0; 4.0; 6.0; -1.0; -2.0; -3.0 ],
    [ 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0; 0.0 ]
    "determinant of zeros",
    (fun x -> Determinants.determinant (Primitive.reshape [| 2; 2 |] x)),
    [ 0.0; 0.0; 0.0; 0.0 ],
    [ 0.0; 0.0; 0.0; 0.0 ]
    "a constant", (fun _ -> number 3.0), [ 1.0; 2.0 ], [ 0.0; 0.0 ]
    "sum of a column and a row", broadcastSum, [ 1.0 .. 7.0 ], [ 4.0; 4.0; 4.0; 3.0; 3.0; 3.0; 3.0 ]
]

let names () : TheoryData<string> =
    let data = TheoryData<string>()

    for name, _, _, _ in cases do
        data.Add name

    data

let private same (a: float) (b: float) = Tolerance.near 1e-11 b a

[<Theory; MemberData(nameof names)>]
let ``law 2: every path of modes along fixed directions gives the one answer`` (name: string) =
    let _, f, point, slope = cases |> List.find (fun (other, _, _, _) -> other = name)
    let x = vector (List.toArray point)
    let size = point.Length

    let directions = [|
        [| for i in 0 .. size - 1 -> if i = 0 then 1.0 else 0.0 |]
        [| for i in 0 .. size - 1 -> 0.5 - 0.75 * float i |]
        [| for i in 0 .. size - 1 -> float (1 + i * i) |]
        [| for i in 0 .. size - 1 -> if i = 1 then 1.0 else 0.0 |]
    |]

    let failures = ResizeArray()

    let expect what (expected: float) (actual: Tensor) =
        if not (same (float actual) expected) then
            failures.Add $"{what}: {float actual:R} instead of {expected:R}"

    List.iteri (fun i expected -> expect $"gradient {i}" expected (gradient f x).[i]) slope
    let mutable coefficient = 1.0

    for order in 1..4 do
        let path modes (wrap: Function -> Function) =
            let mutable g = wrap f

            for level in 0 .. order - 1 do
                g <- wrap (along ((modes >>> level) &&& 1 = 0) directions[level] g)

            g x

        let reference = float (path 0 id)

        for modes in 0 .. (1 <<< order) - 1 do
            for what, wrap in [ "eager", id; "compiled", compiled; "batched", batched ] do
                if order < 4 || what = "eager" then
                    expect $"order {order} by {modes}, {what}" reference (path modes wrap)

    // The series along one direction.
    let curve: Tensor[] = [| x; vector directions[1]; null; null; null |]

    for order in 0..4 do
        let mutable g = f

        for _ in 1..order do
            g <- along true directions[1] g

        coefficient <- if order < 2 then 1.0 else coefficient * float order

        for what, wrap in [ "eager", id; "compiled", compiled; "batched", batched ] do
            let series = (Series.expand 4 (fun a -> [| wrap f a[0] |]) [| curve |])[0]
            let actual = series[order]

            expect $"coefficient {order}, {what}" (float (g x) / coefficient) (if isNull actual then number 0.0 else actual)

    Assert.True(failures.Count = 0, String.Join("\n", failures))
