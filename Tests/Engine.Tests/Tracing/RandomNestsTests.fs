/// Random nests against their definitions: a few hundred in every run; PIPELINE_NESTS asks for another number of them, PIPELINE_SEED for another first one.
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

    let summary =
        $"{count} random nests from seed {seed}: {report.Judged} judged ({report.Cancelling} of them to fewer than 9 digits, where terms cancel), {report.WithoutReference} without a reference, {report.Failures.Length} wrong"

    if not (isNull asked) then Console.WriteLine summary

    Assert.True(report.Failures.IsEmpty, summary + "\n" + String.Join("\n\n", report.Failures))
    Assert.True(report.Judged >= count * 8 / 10, summary)
    Assert.True(report.Cancelling <= 1 + count / 200, summary)
