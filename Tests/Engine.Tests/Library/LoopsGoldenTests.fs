/// Loops, branches, scans, fixed points and integrators against golden values: values, forward, reverse and second derivatives, eager and compiled,
/// in float64 and float32.
module Pipeline.Tests.LoopsGoldenTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp
open Pipeline.Engine.Tests

type private Program = Golden.Case -> Tensor list -> Tensor list

let private whole name case =
    match Golden.argument name case with
    | ValueSome value -> value.GetInt32()
    | ValueNone -> failwith $"{case.Id} has no {name}."

let private real name case =
    match Golden.argument name case with
    | ValueSome value -> value.GetDouble()
    | ValueNone -> failwith $"{case.Id} has no {name}."

let private isReverse case =
    match Golden.argument "reverse" case with
    | ValueSome value -> value.GetBoolean()
    | ValueNone -> false

let private less (a: Tensor) (b: Tensor) = Tensor.op_LessThan (a, b)
let private more (a: Tensor) (b: Tensor) = Tensor.op_GreaterThan (a, b)
let private zero (a: Tensor) = 0.0 * stopGradient a
let private counts n = vector [ 0 .. n - 1 ]

/// The tolerance of loops that run until they converge.
let private fine (a: Tensor) = if a.DType = DType.Float32 then 1e-6 else 1e-14

let private rungeKutta (h: float) (f: Tensor -> Tensor) (y: Tensor) =
    let k1 = f y
    let k2 = f (y + h * k1 / 2.0)
    let k3 = f (y + h * k2 / 2.0)
    let k4 = f (y + h * k3)
    y + h * (k1 + 2.0 * k2 + 2.0 * k3 + k4) / 6.0

/// All states after so many steps.
let private states steps next (start: Tensor) = scan (fun y (_: Tensor) -> let y = next y in y, y) start (counts steps)

let private recurrent (a: Tensor list) =
    match a with
    | [ w; u; b; h; x ] ->
        let next h x =
            let h = tanh (dot w h + dot u x + b)
            h, h

        scan next h x
    | _ -> failwith "Five arrays."

/// The Kalman filter: mean and covariance of (level, slope), and the log likelihood so far.
let private kalman (theta: Tensor) (y: Tensor) =
    let noise = exp theta
    let f = reshape [ 2; 2 ] (vector [ 1.0; 1.0; 0.0; 1.0 ]) |> asType theta.DType
    let eye = reshape [ 2; 2 ] (vector [ 1.0; 0.0; 0.0; 1.0 ]) |> asType theta.DType

    let next (mean: Tensor, p: Tensor, total: Tensor) (y: Tensor) =
        let mean = dot f mean
        let p = dot (dot f p) (transpose f) + eye * reshape [ 2; 1 ] noise.[0..1]
        let s = p.[0, 0] + noise[2]
        let e = y - mean[0]
        let gain = p.[*, 0] / s
        let mean = mean + gain * e
        let p = p - reshape [ 2; 1 ] gain * p.[0..0, *]
        (mean, p, total - 0.5 * (log (2.0 * Math.PI * s) + e * e / s)), ()

    let (_, _, total), () = scan next (zero theta.[0..1], 10.0 * eye, zero theta[0]) y
    total

let private smoothing (a: Tensor) (y: Tensor) =
    let w = 1.0 / (1.0 + exp (-a))

    let next (s: Tensor, loss: Tensor) (y: Tensor) = (w * y + (1.0 - w) * s, loss + square (y - s)), ()

    let (_, loss), () = scan next (y[0] + 0.0 * w, zero a) y.[1..]
    loss / 2.0

let private untilSettled (step: Tensor -> Tensor) (start: Tensor) =
    let goes (y: Tensor, before: Tensor) = more (abs (y - before)) (fine y * abs y)

    whileLoop goes (fun (y, _) -> step y, y) (step start, start) |> fst

let private horner (x: Tensor) (c: Tensor) = scan (fun y c -> y * x + c, ()) (zero x) c |> fst

let private affine (a1: Tensor, b1: Tensor) (a2: Tensor, b2: Tensor) = a2 * a1, a2 * b1 + b2

let private one (f: Tensor list -> Tensor) : Program = fun _ a -> [ f a ]

let private along (combine: Tensor -> Tensor -> Tensor) : Program = fun case a -> [ associativeScanAlong 0 (isReverse case) combine a[0] ]

let private fixedTanh (a: Tensor list) =
    Implicit.FixedPoint<Tensor, struct (Tensor * Tensor)>(
        Func<_, _, _>(fun z (struct (w: Tensor, b)) -> tanh (dot w z + b)),
        zero a[1],
        struct (a[0], a[1]),
        fine a[0]
    )

let private programs: Map<string, Program> =
    Map [
        "loop.scan_rnn", (fun _ a -> let last, all = recurrent a in [ last; all ])
        "loop.scan_rnn_loss", one (fun a -> 0.5 * sum (square (snd (recurrent a))))
        "loop.scan_linear",
        (fun case a ->
            let next y (a, b) =
                let y = a * y + b
                y, y

            if isReverse case then
                let next y (struct (a, b)) =
                    let y = a * y + b
                    struct (y, y)

                let struct (_, all) =
                    Loop.ScanBackwards<Tensor, struct (Tensor * Tensor), Tensor>(Func<_, _, _> next, a[2], struct (a[0], a[1]))

                [ all ]
            else
                [ scan next a[2] (a[0], a[1]) |> snd ])
        "loop.scan_logistic",
        (fun case a ->
            let last, all = states (whole "steps" case) (fun x -> a[0] * x * (1.0 - x)) a[1]
            [ last; all ])
        "loop.scan_van_der_pol",
        (fun case a ->
            let f (y: Tensor) = stack 0 [ y[1]; a[0] * (1.0 - y[0] * y[0]) * y[1] - y[0] ]

            [ states (whole "steps" case) (rungeKutta (real "h" case) f) a[1] |> snd ])
        "loop.scan_lorenz",
        (fun case a ->
            let p = a[0]

            let f (y: Tensor) = stack 0 [ p[0] * (y[1] - y[0]); y[0] * (p[1] - y[2]) - y[1]; y[0] * y[1] - p[2] * y[2] ]

            [ states (whole "steps" case) (rungeKutta (real "h" case) f) a[1] |> snd ])
        "loop.scan_kalman", one (fun a -> kalman a[0] a[1])
        "loop.scan_smoothing", one (fun a -> smoothing a[0] a[1])
        "loop.while_cbrt", one (fun a -> untilSettled (fun y -> y - (y * y * y - a[0]) / (3.0 * y * y)) (1.0 + zero a[0]))
        "loop.while_sqrt", one (fun a -> untilSettled (fun y -> (y + a[0] / y) / 2.0) (1.0 + zero a[0]))
        "loop.while_agm",
        one (fun a ->
            let goes (x: Tensor, y: Tensor) = more (abs (x - y)) (fine x * abs x)
            whileLoop goes (fun (x, y) -> (x + y) / 2.0, sqrt (x * y)) (a[0], a[1]) |> fst)
        "loop.while_grow", one (fun a -> whileLoop (fun x -> less x (10.0 + zero x)) (fun x -> a[1] * x) a[0])
        "loop.while_fall",
        (fun _ a ->
            let y, v = whileLoop (fun (y, _) -> more y (zero y)) (fun (y, v) -> y + v / 8.0, v - 1.25) (a[0], a[1])

            [ y; v ])
        "loop.while_gcd",
        one (fun a ->
            let zero = a[1] - a[1]

            whileLoop (fun (_, b) -> more b zero) (fun (a, b) -> b, Tensor.op_Modulus (a, b)) (a[0], a[1]) |> fst)
        "loop.while_collatz",
        one (fun a ->
            let one, two = asType DType.Int64 (scalar 1L), asType DType.Int64 (scalar 2L)

            let next (n: Tensor, steps: Tensor) =
                let isEven = less (Tensor.op_Modulus (n, two)) one
                where isEven (asType DType.Int64 (n / two)) (3 * n + 1), steps + one

            whileLoop (fun (n, _) -> more n one) next (a[0], one - one) |> snd)
        "loop.fori_horner", one (fun a -> horner a[0] a[1])
        "loop.fori_exp",
        (fun case a ->
            let next k (term: Tensor, total: Tensor) =
                let term = term * a[0] / asType term.DType (k + scalar 1)
                term, total + term

            let one = 1.0 + zero a[0]
            [ forLoop 0 (whole "terms" case - 1) next (one, one) |> snd ])
        "loop.fori_power",
        (fun case a ->
            let v =
                forLoop
                    0
                    (whole "steps" case)
                    (fun _ v ->
                        let v = dot a[0] v
                        v / norm v)
                    a[1]

            [ dot v (dot a[0] v) ])
        "loop.cond", one (fun a -> cond (more (sum a[0]) (zero (sum a[0]))) (fun x -> x * sin x) (fun (x: Tensor) -> exp x - x[0]) a[0])
        "loop.cond_sqrt", one (fun a -> cond (more a[0] (zero a[0])) sqrt (fun x -> -x * x) a[0])
        "loop.switch",
        (fun case a ->
            // The number as a tensor of the input's trace, so that the choice is made at run time.
            let number = asType DType.Int32 (float (whole "index" case) + zero (sum a[0]))

            [ switch number [ sin; (fun (x: Tensor) -> x * x * x[0]); exp; (fun x -> x * sum x) ] a[0] ])
        "loop.cond_in_scan",
        one (fun a ->
            forLoop 0 10 (fun _ x -> cond (more x (1.0 + zero x)) (fun x -> x / 2.0 + sin x) (fun x -> 3.0 * x + x * x / 8.0) x) a[0])
        "loop.associative_sum", along (+)
        "loop.associative_product", along (*)
        "loop.associative_affine",
        (fun case a ->
            let x, y = associativeScanAlong 0 (isReverse case) affine (a[0], a[1])
            [ x; y ])
        "loop.associative_matrix", along (fun a b -> dot b a)
        "loop.fixed_cos",
        one (fun a -> Implicit.FixedPoint(Func<_, _, _>(fun x (t: Tensor) -> cos (t * x)), 0.5 + zero a[0], a[0], fine a[0]))
        "loop.fixed_tanh", one fixedTanh
        "loop.fixed_tanh_loss", one (fun a -> 0.5 * sum (square (fixedTanh a)))
        "loop.root_quintic",
        one (fun a -> root (fun (x: Tensor) (p: Tensor, q: Tensor) -> x * x * x * x * x + p * x - q) (1.0 + zero a[0]) (a[0], a[1]))
        "loop.root_system",
        one (fun a ->
            let residual (v: Tensor) (p: Tensor) = stack 0 [ v[0] * v[0] + v[1] * v[1] - p[0]; v[0] * v[1] - p[1] ]

            root residual (vector [ 2.1; 0.4 ] + zero a[0]) a[0])
        "loop.ode_pendulum",
        (fun case a ->
            let p = a[0]

            let f (y: Tensor) = stack 0 [ y[1]; -p[0] * sin y[0] - p[1] * y[1] ]

            [ states (whole "steps" case) (rungeKutta (real "h" case) f) a[1] |> fst ])
        "loop.ode_volterra_loss",
        (fun case a ->
            let p = a[0]

            let f (y: Tensor) = stack 0 [ p[0] * y[0] - p[1] * y[0] * y[1]; p[2] * y[0] * y[1] - p[3] * y[1] ]

            let last = states (whole "steps" case) (rungeKutta (real "h" case) f) a[1] |> fst
            [ 0.5 * sum (square (last - a[2])) ])
    ]

/// Second derivatives in a case: along two directions, or a Hessian times a direction.
let private seconds (case: Golden.Case) key (given: string list) (result: string) =
    match case.Element.TryGetProperty(key: string) with
    | true, list -> [
        for d in list.EnumerateArray() -> given |> List.map (fun name -> Golden.references name d), Golden.references result d
      ]
    | _ -> []

let private compared (case: Golden.Case) (expected: Golden.Reference[]) (actual: Tensor list) =
    match Golden.compare case (Array.map ValueSome expected) [| for a in actual -> a.Array |] with
    | Ok n -> n
    | Error message -> failwith message

let private tensors (case: Golden.Case) (references: Golden.Reference seq) =
    let isNarrow = case.Inputs[0].DType = DType.Float32

    [
        for r in references ->
            let a = Tensor r.Value

            if isNarrow && r.DType = DType.Float64 then asType DType.Float32 a else a
    ]

let private check (program: Program) (transform: (Tensor list -> Tensor list) -> Tensor list -> Tensor list) (case: Golden.Case) =
    let f = transform (program case)
    let inputs = tensors case (Seq.ofArray case.Inputs)
    let some (d: Golden.Reference voption[]) = d |> Array.map _.Value

    let values = compared case case.Outputs (f inputs)

    let forwards =
        case.Forward
        |> Array.sumBy (fun d -> compared case (some d.Result) (snd (jvp f inputs (tensors case (some d.Given)))))

    let backwards =
        case.Reverse
        |> Array.sumBy (fun d -> compared case (some d.Result) (snd (vjp f inputs) (tensors case (some d.Given))))

    let along v x = snd (jvp f x (tensors case v))

    let mixed =
        seconds case "second" [ "tangent1"; "tangent2" ] "out"
        |> List.sumBy (fun (given, result) ->
            let v, w = given[0], tensors case given[1]
            compared case result (snd (jvp (along v) inputs w)))

    let products =
        seconds case "hvp" [ "tangent" ] "out"
        |> List.sumBy (fun (given, result) ->
            let v = tensors case given[0]
            let value x = List.exactlyOne (f x)

            let backward x = snd (vjp value x) (1.0 + zero (List.exactlyOne (f x)))

            // Forward over reverse, reverse over forward.
            compared case result (snd (jvp backward inputs v))
            + compared case result (grad (fun x -> snd (jvp value x v)) inputs))

    values + forwards + backwards + mixed + products

let private cases = Golden.read "loops.json"
let ids = TheoryData<string>(cases |> Array.map _.Id)

[<Theory; MemberData(nameof ids)>]
let ``loops meet the golden values`` (id: string) =
    let case = cases |> Array.find (fun c -> c.Id = id)
    let program = programs[case.Operation]

    let report = GoldenReport.Report $"loops.json, {id}"

    for case in Golden.inBothPrecisions case do
        for name, transform in [ "eager", (fun f -> f); "compiled", jit ] do
            report.Add(case.Operation, $"{name}, {case.Inputs[0].DType}", Ok(check program transform case))

    report.Finish [ case.Operation ]
