/// What a reader of golden cases compared, and what it left out and why: said in the test's output, and never empty unnoticed.
module internal Pipeline.Engine.Tests.GoldenReport

open System
open System.Collections.Generic
open Xunit

[<Sealed>]
type Report(file: string) =
    let compared = SortedDictionary<string, int>(StringComparer.Ordinal)
    let left = SortedDictionary<string, int>(StringComparer.Ordinal)
    let wrong = List<string>()
    let mutable runs = 0

    let add (counts: SortedDictionary<string, int>) name n = counts[name] <- n + (if counts.ContainsKey name then counts[name] else 0)

    /// What a comparison of a case gave: how many values of the operation agree, or what is wrong.
    member _.Add(operation: string, what: string, result: Result<int, string>) =
        runs <- runs + 1

        match result with
        | Ok n -> add compared operation n
        | Error message -> wrong.Add $"{what}: {message}"

    /// A call that must be refused.
    member report.Refuses(case: Golden.Case, what: string, call: unit -> unit) =
        let result =
            try
                call ()
                Error $"{case.Id} must throw."
            with
            | :? Pipeline.PipelineException
            | :? ArgumentException -> Ok 1

        report.Add(case.Operation, what, result)

    member _.LeftOut(what: string, reason: string) = add left $"{what} ({reason})" 1

    /// Each operation that is required was compared in at least one value, and nothing was wrong.
    member _.Finish(required: string seq) =
        let total = Seq.sum compared.Values

        let text = [
            $"{file}: {total} values of {compared.Count} operations compared in {runs} runs"
            for pair in left do
                $"{file}: left out, {pair.Value} times: {pair.Key}"
        ]

        for line in text do
            TestContext.Current.TestOutputHelper.WriteLine line

        Assert.True(wrong.Count = 0, $"{wrong.Count} failed\n" + String.Join("\n", wrong))

        for operation in required do
            Assert.True(compared.ContainsKey operation && compared[operation] > 0, $"{file}: nothing of {operation} was compared.")

/// Each case of a file whose operation has a program, in both precisions; the others are left out as planned.
let forEach (file: string) (programs: Map<string, 'P>) (run: Report -> 'P -> Golden.Case -> unit) =
    let report = Report file

    for case in Golden.read file do
        match programs.TryFind case.Operation with
        | Some program -> run report program case
        | None -> report.LeftOut(case.Operation, "the operation is planned")

    report.Finish programs.Keys
