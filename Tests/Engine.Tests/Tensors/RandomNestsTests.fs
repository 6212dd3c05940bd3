/// Random nests of transformations against their definitions. PIPELINE_NESTS asks for more of them than the few hundred of every run.
module Pipeline.Engine.Tests.RandomNestsTests

open System
open Pipeline.Engine.Tests.NestPrograms
open Xunit

[<RequireQualifiedAccess; NoComparison>]
type private Verdict =
    | Agrees
    /// There is no trustworthy reference: too close to a branch's edge, or too large.
    | NoReference
    | Differs of string

let private largest (xs: float[]) =
    Array.fold (fun l x -> max l (abs x)) 1.0 xs

let private judge staged (nest: Nest) =
    try
        let value, gradient = NestOracle.run nest
        let expected = Array.append [| value |] gradient

        if not (Array.forall (fun x -> abs x < 1e4) expected) then
            Verdict.NoReference
        else
            try
                let actualValue, actualGradient = NestEngine.run staged nest
                let actual = Array.append [| actualValue |] actualGradient
                let off = Array.map2 (fun a b -> abs (a - b)) expected actual

                if Array.forall (fun d -> d <= 1e-9 * largest expected) off then
                    Verdict.Agrees
                else
                    Verdict.Differs $"expected %A{expected}, computed %A{actual}"
            with problem ->
                Verdict.Differs(string problem)
    with NestOracle.Ambiguous ->
        Verdict.NoReference

/// The smallest nest that still differs.
let rec private shrink staged nest message =
    let failing =
        RandomNests.smaller nest
        |> Seq.tryPick (fun smaller ->
            match judge staged smaller with
            | Verdict.Differs message -> Some(smaller, message)
            | _ -> None)

    match failing with
    | Some(smaller, message) -> shrink staged smaller message
    | None -> nest, message

[<Fact>]
let ``random nests agree with their definitions`` () =
    let count =
        match Environment.GetEnvironmentVariable "PIPELINE_NESTS" with
        | null -> 200
        | text -> int text

    let failures = ResizeArray()
    let mutable judged = 0

    for seed in 0 .. count - 1 do
        let nest = RandomNests.generate (if count > 200 then 1000.0 else 300.0) seed
        let staged = seed % 2 = 1

        match judge staged nest with
        | Verdict.Agrees -> judged <- judged + 1
        | Verdict.NoReference -> ()
        | Verdict.Differs message ->
            if failures.Count < 10 then
                let least, message = shrink staged nest message
                failures.Add $"%A{least}\nstaged: {staged}\n{message}"
            else
                failures.Add $"seed {seed}"

    Assert.True(failures.Count = 0, $"{failures.Count} differ\n" + String.Join("\n\n", failures))
    Assert.True(judged > count * 8 / 10, $"Only {judged} of {count} nests have a reference.")
