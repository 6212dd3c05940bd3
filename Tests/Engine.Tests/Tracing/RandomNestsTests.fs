/// Random nests against their definitions: a few hundred in every run; PIPELINE_NESTS asks for another number of them, PIPELINE_SEED for another first one.
/// Of the first ten thousand two come to fewer than 9 digits, where a machine that rounds leaves something of large terms whose sum is nothing: 1577
/// differentiates atan2(x, x), which is a constant, four times at -0.007, by terms as large as 1 / x^4; 5526 softplus(log x), which is
/// log(1 + x), three times at 5e-6, by terms as large as 1 / x^2.
module Pipeline.Engine.Tests.RandomNestsTests

open System
open Xunit

[<Fact>]
let ``random nests agree with their definitions`` () =
    let asked = Environment.GetEnvironmentVariable "PIPELINE_NESTS"
    let count = if isNull asked then 300 else int asked

    // The other seeds follow.
    let seed =
        match Environment.GetEnvironmentVariable "PIPELINE_SEED" with
        | null -> 0
        | first -> int first

    let report = NestVerdicts.run 100.0 seed count

    let seeds = String.Join(", ", report.Cancelling)

    let digits =
        $"{report.Cancelling.Length} of them to fewer than 9 digits, where terms cancel"
        + (if report.Cancelling.IsEmpty then "" else $": {seeds}")

    let reasons =
        let withSeeds (reason: string, seeds: int list) =
            let listed = String.Join(", ", seeds)
            $"{seeds.Length} for {reason}: {listed}"

        match report.WithoutReference |> List.map withSeeds with
        | [] -> ""
        | reasons -> " (" + String.Join("; ", reasons) + ")"

    let without = report.WithoutReference |> List.sumBy (snd >> List.length)

    let summary =
        $"{count} random nests from seed {seed}: {report.Judged} judged ({digits}; {report.Close} where rounding decides a choice; {report.Singular} at infinities or what is no number), {without} without a reference{reasons}, {report.Failures.Length} wrong"

    if not (isNull asked) then Console.WriteLine summary

    Assert.True(report.Failures.IsEmpty, summary + "\n" + String.Join("\n\n", report.Failures))
    Assert.True(without <= count / 1000, summary)
    Assert.True(report.Cancelling.Length <= 1 + count / 200, summary)
