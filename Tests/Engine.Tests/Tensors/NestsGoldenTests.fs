/// Random programs under random nests of transformations against reference values.
module Pipeline.Engine.Tests.NestsGoldenTests

open Pipeline.Engine.Tests.NestPrograms
open Xunit

let private check staged =
    let report = GoldenReport.Report "nests.json"

    for nest, value, gradient in golden.Value do
        // An infinite reference would allow everything.
        Assert.True(
            gradient |> Array.forall System.Double.IsFinite && System.Double.IsFinite value,
            $"nest {nest.Id} has no finite reference"
        )

        let bound =
            1e-9 * Array.fold (fun largest (g: float) -> max largest (abs g)) 1.0 gradient

        let result =
            try
                let actualValue, actual = NestEngine.run staged nest

                let off =
                    Array.map2
                        (fun (a: float) b -> abs (a - b))
                        (Array.append [| value |] gradient)
                        (Array.append [| actualValue |] actual)

                if off |> Array.forall (fun d -> d <= bound) then
                    Ok off.Length
                else
                    Error $"off by {Array.max off:R} where {bound:R} is allowed: %A{Array.toList nest.Levels}"
            with problem ->
                Error $"{problem}"

        report.Add("nests", $"nest {nest.Id}", result)

    report.Finish [ "nests" ]

[<Fact>]
let ``golden nests, eager`` () = check false

[<Fact>]
let ``golden nests, staged as one program`` () = check true
