/// A custom rule that wraps a known function cannot be told from it in any nest; one that does not is what the derivative becomes.
module Pipeline.Tests.CustomRuleTests

open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.Tests.FirstDerivatives

let private scalar = Typing.tensor DType.Float64 [||]
let private plain (a: Tensor) (b: Tensor) = Tensor.Sin(a * b) + a * a * b
let private graphOf types f = Record.closed "Custom" types f
let private body = graphOf [| scalar; scalar |] (fun x -> [| plain x[0] x[1] |])

// d plain = (b cos(ab) + 2ab) da + (a cos(ab) + a^2) db.
let private reverseRule =
    CallKind.CustomReverse(
        graphOf [| scalar; scalar |] (fun x -> [| plain x[0] x[1]; x[0]; x[1]; Tensor.Cos(x[0] * x[1]) |]),
        graphOf [| scalar; scalar; scalar; scalar |] (fun r ->
            let a, b, c, ct = r[0], r[1], r[2], r[3]
            [| ct * (b * c + 2.0 * a * b); ct * (a * c + a * a) |])
    )

let private forwardRule =
    CallKind.CustomForward(
        graphOf [| scalar; scalar; scalar; scalar |] (fun x ->
            let a, b, da, db = x[0], x[1], x[2], x[3]
            let c = Tensor.Cos(a * b)
            [| plain a b; (b * c + 2.0 * a * b) * da + (a * c + a * a) * db |])
    )

let private call kind (a: Tensor) (b: Tensor) = (Primitive.apply (Op.Call(kind, body)) [| a; b |])[0]

let private lanes (f: Tensor -> Tensor) (x: Tensor) =
    let xs = Tensor(NDArray.ofData DType.Float64 [| 3 |] [| 0.2; -0.7; 1.1 |])
    let values, hidden = Batch.map 3 (fun a -> [| f (a[0] * x) |]) [| xs |] [| true |]
    Assert.True hidden[0]
    ReductionOperations.sum null false (Tensor.Tanh values[0])

let private staged (f: Tensor -> Tensor) (x: Tensor) =
    let graph, captured = Record.stage "Compiled" [| x.Type |] (fun a -> [| f a[0] |])
    (Primitive.apply (Op.Call(CallKind.Compiled, graph)) (Array.append [| x |] captured))[0]

let private taylor (f: Tensor -> Tensor) (x: Tensor) =
    let series = (Series.expand 3 (fun a -> [| f a[0] |]) [| [| x; Primitive.fillLike x 1.0; null; null |] |])[0]

    series[1] + series[2] + series[3]

[<Fact>]
let ``a rule that wraps a known function is indistinguishable from it`` () =
    let levels = [ forward; reverse; lanes; staged; taylor ]

    for kind in [ reverseRule; forwardRule ] do
        let known (x: Tensor) = plain x (Tensor.Exp(-x))
        let custom (x: Tensor) = call kind x (Tensor.Exp(-x))

        for first in levels do
            for second in levels do
                for third in levels do
                    let nest f = third (second (first f))
                    close (float (nest known (number 0.6))) (nest custom (number 0.6))

[<Fact>]
let ``a rule that says otherwise is believed`` () =
    // The straight-through estimator: the sign forwards, the identity backwards.
    let sign = graphOf [| scalar |] (fun x -> [| Tensor.Sign x[0] |])

    let kind =
        CallKind.CustomReverse(graphOf [| scalar |] (fun x -> [| Tensor.Sign x[0] |]), graphOf [| scalar |] (fun ct -> [| ct[0] |]))

    let f (x: Tensor) = 3.0 * (Primitive.apply (Op.Call(kind, sign)) [| x |])[0]

    close 3.0 (f (number 0.4))
    close 3.0 (reverse f (number 0.4))
    close 3.0 (forward f (number 0.4))
    close 3.0 (reverse (staged f) (number 0.4))
    close 3.0 (forward (staged f) (number 0.4))
