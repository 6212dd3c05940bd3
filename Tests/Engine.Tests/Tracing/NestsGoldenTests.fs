/// Random programs under random nests of transformations against reference values.
module Pipeline.Engine.Tests.NestsGoldenTests

open Pipeline.Engine.Tests.NestPrograms
open Xunit

let private check staged =
    let report = GoldenReport.Report "nests.json"

    for nest, value, gradient in golden.Value do
        let expected = Array.append [| value |] gradient

        let bound =
            1e-9
            * (gradient |> Array.filter System.Double.IsFinite |> Array.fold (fun largest g -> max largest (abs g)) 1.0)

        let result =
            try
                let actualValue, actual = NestEngine.run staged nest

                let computed = Array.append [| actualValue |] actual

                if Array.forall2 (Tolerance.within bound) expected computed then
                    Ok expected.Length
                else
                    let off = Array.map2 (fun (a: float) b -> abs (a - b)) expected computed
                    Error $"off by {Array.max off:R} where {bound:R} is allowed: %A{Array.toList nest.Levels}"
            with problem ->
                Error $"{problem}"

        report.Add("nests", $"nest {nest.Id}", result)

    report.Finish [ "nests" ]

[<Fact>]
let ``golden nests, eager`` () = check false

[<Fact>]
let ``golden nests, staged as one program`` () = check true
