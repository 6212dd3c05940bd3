/// Random programs under random nests of transformations against reference values.
module Pipeline.Engine.Tests.NestsGoldenTests

open System
open Pipeline.Engine.Tests.NestPrograms
open Xunit

let private mismatches staged =
    [
        for nest, value, gradient in golden.Value do
            let bound =
                1e-9 * Array.fold (fun largest (g: float) -> max largest (abs g)) 1.0 gradient

            try
                let actualValue, actual = NestEngine.run staged nest

                let off =
                    Array.map2
                        (fun (a: float) b -> abs (a - b))
                        (Array.append [| value |] gradient)
                        (Array.append [| actualValue |] actual)

                if not (off |> Array.forall (fun d -> d <= bound)) then
                    $"nest {nest.Id}: off by {Array.max off:R} where {bound:R} is allowed: %A{Array.toList nest.Levels}"
            with problem ->
                $"nest {nest.Id}: {problem}"
    ]

let private report failures =
    Assert.True(List.isEmpty failures, $"{failures.Length} failed\n" + String.Join("\n", failures))

[<Fact>]
let ``golden nests, eager`` () = report (mismatches false)

[<Fact>]
let ``golden nests, staged as one program`` () = report (mismatches true)
