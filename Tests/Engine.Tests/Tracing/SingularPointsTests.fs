/// Derivatives where functions are singular: every path of modes to order 4, batched, staged and in series, gives one answer, and the stated one.
module Pipeline.Engine.Tests.SingularPointsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.NestEngine
open Xunit

type private Function = Tensor -> Tensor

let private forward (f: Function) : Function = fun x -> derivative f x (Primitive.fillLike x 1.0)

let private reverse (f: Function) : Function = gradient f

let private staged (f: Function) : Function = fun x -> (call CallKind.Compiled (fun a -> [| f a[0] |]) [| x |])[0]

let private checkpoint (f: Function) : Function = fun x -> (call CallKind.Checkpoint (fun a -> [| f a[0] |]) [| x |])[0]

/// In a batch with a regular point on either side.
let private batched (f: Function) : Function =
    fun x ->
        let points = Primitive.stack 0 [| x - 0.75; x; x + 0.75 |]
        let values, hidden = Batch.map 3 (fun a -> [| f a[0] |]) [| points |] [| true |]

        if hidden[0] then Primitive.entry 0 1 values[0] else values[0]

/// All 2^k ways to take k derivatives; the first is forward mode alone.
let rec private paths k (f: Function) : (string * Function) list =
    if k = 0 then
        [ "", f ]
    else
        [
            for name, below in paths (k - 1) f do
                "f" + name, forward below
                "r" + name, reverse below
        ]

let private same (a: float) (b: float) = Tolerance.near 1e-11 b a

let private zero = Tensor.Number 0.0
let private positive (x: Tensor) = Tensor.op_GreaterThan (x, zero)
let private pair (a: Tensor) (b: Tensor) = Primitive.stack 0 [| a; b |]

let private largest (a: Tensor) = ReductionOperations.reduce "Max" Reduction.Maximum null false a

let private product (a: Tensor) = ReductionOperations.reduce "Product" Reduction.Product null false a

let private map row (x: Tensor) = Tensor.Map(row, x)

/// Function, point, and its first derivatives as far as they are stated.
let private cases: (string * Function * float * float list) list =
    let infinite = Double.PositiveInfinity
    let power (b: float) (x: Tensor) = Tensor.Pow(x, number b)

    [
        "abs", Tensor.Abs, 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "relu", (fun x -> ShapeOperations.where (positive x) x zero), 0.0, [ 0.0; 0.0 ]
        "max(x, 0)", (fun x -> Operations.maximum x zero), 0.0, [ 0.5; 0.0 ]
        "min(x, 0)", (fun x -> Operations.minimum x zero), 0.0, [ 0.5; 0.0 ]
        "max(x, x)", (fun x -> Operations.maximum x x), 0.3, [ 1.0; 0.0 ]
        "max [x, 2x] at a tie", (fun x -> largest (pair x (2.0 * x))), 0.0, [ 1.5; 0.0 ]
        "sqrt", Tensor.Sqrt, 0.0, [ infinite ]
        "sqrt(x x)", (fun x -> Tensor.Sqrt(x * x)), 0.0, [ 0.0 ]
        "(sqrt x)^2", (fun x -> Tensor.Sqrt x * Tensor.Sqrt x), 0.0, [ 0.0 ]
        "norm", (fun x -> NormOperations.norm null false (pair x (2.0 * x))), 0.0, [ 0.0 ]
        "x^0, an integer", (fun x -> Tensor.Pow(x, 0)), 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "x^0", power 0.0, 0.0, [ 0.0 ]
        "x^1", power 1.0, 0.0, [ 1.0 ]
        "x^2", power 2.0, 0.0, [ 0.0; 2.0 ]
        "x^2, an integer", (fun x -> Tensor.Pow(x, 2)), 0.0, [ 0.0; 2.0; 0.0; 0.0 ]
        "x^3, an integer", (fun x -> Tensor.Pow(x, 3)), 0.0, [ 0.0; 0.0; 6.0; 0.0 ]
        "x^2.5", power 2.5, 0.0, [ 0.0; 0.0 ]
        "0^x", (fun x -> Tensor.Pow(0.0 * x, x)), 2.0, [ 0.0; 0.0 ]
        "where(x > 0, log x, 0)", (fun x -> ShapeOperations.where (positive x) (Tensor.Log x) zero), 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "where(x > 0, x log x, 0)", (fun x -> ShapeOperations.where (positive x) (x * Tensor.Log x) zero), 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "where(x > 0, 1 / x, 0)", (fun x -> ShapeOperations.where (positive x) (1.0 / x) zero), 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "where(x > 0, sqrt x, x)", (fun x -> ShapeOperations.where (positive x) (Tensor.Sqrt x) x), 0.0, [ 1.0; 0.0; 0.0; 0.0 ]
        "where(x > 0, x^1.5, 0)", (fun x -> ShapeOperations.where (positive x) (power 1.5 x) zero), -1.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "where(x > 0, atan2(x, x), 0)", (fun x -> ShapeOperations.where (positive x) (Tensor.Atan2(x, x)) zero), 0.0, [ 0.0; 0.0 ]
        "logsumexp [x, x]", (fun x -> ReductionOperations.logSumExp null false (pair x x)), 1000.0, [ 1.0; 0.0; 0.0; 0.0 ]
        "logsumexp [x, -x]", (fun x -> ReductionOperations.logSumExp null false (pair x -x)), 0.0, [ 0.0; 1.0; 0.0; -2.0 ]
        "logaddexp(x, -x)", (fun x -> Operations.logAddExp x -x), 1000.0, [ 1.0; 0.0; 0.0; 0.0 ]
        "softplus at infinity", map Elementwise.softplus, infinite, [ 1.0; 0.0; 0.0; 0.0 ]
        "softplus", map Elementwise.softplus, 1e-8, [ 0.5 + 0.25e-8; 0.25; -0.125e-8; -0.125 ]
        "logistic far left", map Elementwise.logistic, -745.0, []
        "logistic far right", map Elementwise.logistic, 745.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "tanh far right", Tensor.Tanh, 400.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "x abs x", (fun x -> x * Tensor.Abs x), -2.0, [ 4.0; -2.0; 0.0; 0.0 ]
        "x abs x at 0", (fun x -> x * Tensor.Abs x), 0.0, [ 0.0; 0.0 ]
        "log", Tensor.Log, 0.0, [ infinite ]
        "1 / x", (fun x -> 1.0 / x), 0.0, []
        "x^-1.5", power -1.5, 0.0, []
        "atan2(x, 0)", (fun x -> Tensor.Atan2(x, zero)), 0.0, []
        "product [x, x, 2]", (fun x -> product (Primitive.stack 0 [| x; x; 2.0 + 0.0 * x |])), 0.0, [ 0.0; 4.0; 0.0; 0.0 ]
        "product [x, 0, 3]", (fun x -> product (Primitive.stack 0 [| x; 0.0 * x; 3.0 + 0.0 * x |])), 0.0, [ 0.0; 0.0 ]
        "asinh", map Elementwise.asinh, 1e200, [ 1e-200 ]
        "lgamma at a pole", map SpecialFunctions.lgamma, 0.0, []
        "sign", Tensor.Sign, 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "sinc", map (SpecialFunctions.sinc 0), 0.0, [ 0.0; -Math.PI * Math.PI / 3.0; 0.0; Math.PI * Math.PI * Math.PI * Math.PI / 5.0 ]
        "sinc at infinity", map (SpecialFunctions.sinc 0), infinite, [ 0.0; 0.0; 0.0; 0.0 ]
        "sinc(x x)", (fun x -> map (SpecialFunctions.sinc 0) (x * x)), 0.0, [ 0.0; 0.0; 0.0; -4.0 * Math.PI * Math.PI ]
        "sinc near 0", map (SpecialFunctions.sinc 0), 1e-9, [ -Math.PI * Math.PI / 3.0 * 1e-9; -Math.PI * Math.PI / 3.0 ]
        "erfc far right", map SpecialFunctions.erfc, 40.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "I_0", map (SpecialFunctions.besselI 0), 0.0, [ 0.0; 0.5; 0.0; 0.375 ]
        "I_1", map (SpecialFunctions.besselI 1), 0.0, [ 0.5; 0.0; 0.375; 0.0 ]
        "x log 0", (fun x -> Operations.xLogY x zero), 0.0, [ -infinite ]
        "x log 3", (fun x -> Operations.xLogY x (number 3.0)), 0.0, [ Math.Log 3.0; 0.0; 0.0; 0.0 ]
        "0 log x", (fun x -> Operations.xLogY zero x), 0.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "x log x", (fun x -> Operations.xLogY x x), 0.0, [ -infinite ]
        "0 log(1 + x)", (fun x -> Operations.xLog1PY zero x), -1.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "x log(1 + 2)", (fun x -> Operations.xLog1PY x (number 2.0)), 0.0, [ Math.Log 3.0; 0.0; 0.0; 0.0 ]
        "variance [x, x]", (fun x -> ReductionOperations.variance "" null false 0 (pair x x)), 1.0, [ 0.0; 0.0; 0.0; 0.0 ]
        "deviation [x, x]", (fun x -> Tensor.Sqrt(ReductionOperations.variance "" null false 0 (pair x x))), 1.0, [ 0.0; 0.0 ]
        "variance [x, -x, NaN]",
        (fun x -> ReductionOperations.nanVariance "" null false 0 (Primitive.stack 0 [| x; -x; Tensor.Log(-1.0 - x * x) |])),
        0.0,
        [ 0.0; 2.0; 0.0; 0.0 ]
        "sum [NaN, x]", (fun x -> ReductionOperations.nanSum null false (pair (Tensor.Log(-1.0 - x * x)) x)), 2.0, [ 1.0; 0.0 ]
        "mean of NaN alone", (fun x -> ReductionOperations.nanMean null false (Tensor.Log(-1.0 - x * x))), 1.0, []
    ]

let names () : TheoryData<string> =
    let data = TheoryData<string>()

    for name, _, _, _ in cases do
        data.Add name

    data

let private find name = cases |> List.find (fun (other, _, _, _) -> other = name)

[<Theory; MemberData(nameof names)>]
let ``law 2: every path of modes gives the one answer`` (name: string) =
    let _, f, at, stated = find name
    let x = number at
    let failures = ResizeArray()

    for k in 1..4 do
        let reference = float (snd (List.head (paths k f)) x)

        if k <= stated.Length && not (same reference stated[k - 1]) then
            failures.Add $"order {k}: {reference:R} instead of {stated[k - 1]:R}"

        for path, derivative in paths k f do
            let variants = [
                "eager", derivative
                "staged", staged derivative
                "batched", batched derivative
                "staged batched", staged (batched derivative)
                if k <= 3 then "checkpoint", checkpoint derivative
            ]

            for variant, g in variants do
                let actual = float (g x)

                if not (same actual reference) then
                    failures.Add $"order {k} by {path}, {variant}: {actual:R}, by forward mode {reference:R}"

        for what, g in [ "staged", staged f; "checkpoint", checkpoint f; "batched", batched f ] do
            for path, derivative in paths k g do
                let actual = float (derivative x)

                if not (same actual reference) then
                    failures.Add $"order {k} by {path} of the {what} function: {actual:R}, by forward mode {reference:R}"

    Assert.True(failures.Count = 0, String.Join("\n", failures))

[<Theory; MemberData(nameof names)>]
let ``law 2: series give it too`` (name: string) =
    let _, f, at, _ = find name
    let x = number at
    let curve: Tensor[] = [| x; number 1.0; null; null; null |]

    let coefficients (f: Function) =
        let series = (Series.expand 4 (fun a -> [| f a[0] |]) [| curve |])[0]
        series |> Array.map (fun c -> float (Primitive.orZeros x.Type c))

    let coefficient (f: Function) k : Function =
        fun x ->
            let curve: Tensor[] = [| x; Primitive.fillLike x 1.0; null; null; null |]
            Primitive.orZeros x.Type (Series.expand 4 (fun a -> [| f a[0] |]) [| curve |]).[0].[k]

    let failures = ResizeArray()
    let mutable factorial = 1.0

    for k in 0..4 do
        let reference = float (snd (List.head (paths k f)) x) / factorial
        factorial <- factorial * float (k + 1)

        let compare variant (actual: float) =
            if not (same actual reference) then
                failures.Add $"coefficient {k}, {variant}: {actual:R}, by forward mode {reference:R}"

        for variant, g in [ "eager", f; "staged", staged f; "batched", batched f ] do
            compare variant (coefficients g).[k]

        // The series as a compiled program of the point, and as a batch of points.
        for variant, wrap in [ "compiled", staged; "of each lane", batched ] do
            compare variant (float (wrap (coefficient f k) x))

    // The series of a derivative, by either mode, is that of the function, one order on.
    for mode, derivative in [ "forward", forward f; "reverse", reverse f ] do
        let mutable factorial = 1.0

        for k in 0..2 do
            let reference = float (snd (List.head (paths (k + 1) f)) x) / factorial
            factorial <- factorial * float (k + 1)
            let actual = (coefficients derivative)[k]

            if not (same actual reference) then
                failures.Add $"coefficient {k} of the derivative by {mode} mode: {actual:R}, not {reference:R}"

    Assert.True(failures.Count = 0, String.Join("\n", failures))

type private Binary = Tensor[] -> Tensor

/// The derivative by one of two scalar arguments.
let private partial isForward i (f: Binary) : Binary =
    fun x ->
        let along (t: Tensor) = f (Array.updateAt i t x)
        if isForward then forward along x[i] else reverse along x[i]

let private partials: (string * Binary * (float * float) list) list =
    let edges = [ 0.0, 0.0; 0.0, 1.0; 0.0, 2.0; 0.0, 0.5; 0.0, -1.0; 4.0, 0.0; 1.0, 1.0; 2.0, 2.0 ]

    [
        "power", (fun x -> Tensor.Pow(x[0], x[1])), edges
        "divide", (fun x -> x[0] / x[1]), (1.0, 0.0) :: edges
        "multiply", (fun x -> x[0] * x[1]), (0.0, infinity) :: edges
        "maximum", (fun x -> Operations.maximum x[0] x[1]), edges
        "minimum", (fun x -> Operations.minimum x[0] x[1]), edges
        "atan2", (fun x -> Tensor.Atan2(x[0], x[1])), (0.0, -2.0) :: edges
        "logaddexp", (fun x -> Operations.logAddExp x[0] x[1]), (-infinity, 0.0) :: (-infinity, -infinity) :: edges
        "hypot", (fun x -> NormOperations.norm null false (pair x[0] x[1])), edges
        "x log y", (fun x -> x[0] * Tensor.Log x[1]), (0.0, 0.0) :: edges
        "xlogy", (fun x -> Operations.xLogY x[0] x[1]), (0.0, 3.0) :: edges
        "xlog1py", (fun x -> Operations.xLog1PY x[0] x[1]), (0.0, -2.0) :: (2.0, 0.0) :: edges
        "where(x > y, x / y, 0)", (fun x -> ShapeOperations.where (Tensor.op_GreaterThan (x[0], x[1])) (x[0] / x[1]) zero), edges
    ]

[<Fact>]
let ``law 2: partial derivatives by every path of modes agree at singular points`` () =
    let failures = ResizeArray()

    for name, f, points in partials do
        for x, y in points do
            // Beyond, infinities of both signs meet at (0, 1/2), where reverse mode adds their coefficients first and forward mode does not.
            let last = if name = "power" && y = 0.5 then 2 else 3

            for order in 1..last do
                for variables in 0 .. (1 <<< order) - 1 do
                    let along modes (wrap: Binary -> Binary) =
                        let mutable g = wrap f

                        for level in 0 .. order - 1 do
                            g <- wrap (partial ((modes >>> level) &&& 1 = 0) ((variables >>> level) &&& 1) g)

                        float (g [| number x; number y |])

                    let reference = along 0 id

                    let compiled (g: Binary) (a: Tensor[]) = (call CallKind.Compiled (fun a -> [| g a |]) a)[0]

                    // In a batch with regular points.
                    let everyLane (g: Binary) (a: Tensor[]) =
                        let points = a |> Array.map (fun x -> Primitive.stack 0 [| x + 0.75; x |])
                        let values, hidden = Batch.map 2 (fun a -> [| g a |]) points [| true; true |]

                        if hidden[0] then Primitive.entry 0 1 values[0] else values[0]

                    for modes in 0 .. (1 <<< order) - 1 do
                        for wrap in (if order < 3 then [ id; compiled; everyLane ] else [ id; compiled ]) do
                            let actual = along modes wrap

                            if not (same actual reference) then
                                failures.Add
                                    $"{name} at ({x}, {y}) by variables {variables}, modes {modes}: {actual:R}, forward {reference:R}"

    Assert.True(failures.Count = 0, String.Join("\n", failures))

[<Fact>]
let ``second derivatives of x^y at (4, 0)`` () =
    let power: Binary = fun x -> Tensor.Pow(x[0], x[1])
    let expected = [ 0, 0, 0.0; 0, 1, 0.25; 1, 0, 0.25; 1, 1, 1.9218120556728056 ]

    for i, j, value in expected do
        for inner in [ true; false ] do
            for outer in [ true; false ] do
                let actual = partial outer j (partial inner i power) [| number 4.0; number 0.0 |]
                Assert.Equal(value, float actual, 1e-14)

[<Fact>]
let ``gradients at ties, zeros and large numbers`` () =
    let expect (expected: float list) f (x: float list) =
        Assert.Equal<float[]>(List.toArray expected, (gradient f (vector (List.toArray x))).ToArray<float>())

    expect [ 0.5; 0.5; 0.0 ] largest [ 2.0; 2.0; 1.0 ]
    expect [ 0.0; 0.5; 0.5 ] (fun x -> -(largest -x)) [ 3.0; -1.0; -1.0 ]
    expect [ 0.0; 0.0; 0.0 ] (NormOperations.norm null false) [ 0.0; 0.0; 0.0 ]
    expect [ 0.5; 0.5 ] (ReductionOperations.logSumExp null false) [ 1000.0; 1000.0 ]
    expect [ 0.5; 0.5 ] (ReductionOperations.logSumExp null false) [ -1000.0; -1000.0 ]
    expect [ 0.0; 0.0 ] (fun _ -> number 3.0) [ 1.0; 2.0 ]
    expect [ 12.0; 0.0; 0.0 ] product [ 0.0; 3.0; 4.0 ]
    expect [ 0.0; 0.0; 0.0 ] product [ 0.0; 0.0; 4.0 ]

    expect [ 0.0; -0.75; -0.25; 0.25; 0.75 ] (ReductionOperations.nanVariance "" null false 0) [ nan; 1.0; 2.0; 3.0; 4.0 ]

    expect [ 0.0; 1.0; 1.0 ] (ReductionOperations.nanSum null false) [ nan; 1.0; 2.0 ]
    expect [ 0.0; 0.5; 0.5 ] (ReductionOperations.nanMean null false) [ nan; 1.0; 2.0 ]
    expect [ float (log (number 3.0)); 0.0 ] (fun x -> Operations.xLogY x[0] x[1]) [ 0.0; 3.0 ]
    expect [ float (Primitive.map Elementwise.log1p (number 2.0)); 0.0 ] (fun x -> Operations.xLog1PY x[0] x[1]) [ 0.0; 2.0 ]

[<Fact>]
let ``the gradient of a broadcast sum counts the repetitions`` () =
    let x = Primitive.reshape [| 3; 1 |] (vector [| 1.0; 2.0; 3.0 |])
    let y = Primitive.reshape [| 1; 4 |] (vector [| 1.0; 2.0; 3.0; 4.0 |])
    let byX, byY = gradient (fun x -> sum (x + y)) x, gradient (fun y -> sum (x + y)) y
    Assert.Equal<int[]>([| 3; 1 |], byX.Dims)
    Assert.Equal<float[]>(Array.create 3 4.0, byX.ToArray<float>())
    Assert.Equal<int[]>([| 1; 4 |], byY.Dims)
    Assert.Equal<float[]>(Array.create 4 3.0, byY.ToArray<float>())
