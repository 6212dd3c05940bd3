/// Random nests judged: the engine's answer beside the definition's.
module internal Pipeline.Engine.Tests.NestVerdicts

open System
open System.Threading
open System.Threading.Tasks
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.NestPrograms

[<RequireQualifiedAccess; NoComparison>]
type Verdict =
    | Agrees
    /// There is no trustworthy reference: too close to a branch's edge, infinite, or too large.
    | NoReference
    | Differs of string

let private largest (xs: float[]) =
    Array.fold (fun l x -> max l (abs x)) 1.0 xs

let judge staged (nest: Nest) : Verdict =
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
    with
    | Ambiguous -> Verdict.NoReference
    // A sort wraps what its comparison throws.
    | :? InvalidOperationException as wrapped when
        (match wrapped.InnerException with
         | Ambiguous -> true
         | _ -> false)
        ->
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

[<NoComparison>]
type Report =
    {
        Judged: int
        WithoutReference: int
        /// Of each nest that differs, shrunk.
        Failures: string list
    }

/// The nests of the seeds first .. first + count - 1; every other one is staged as one program.
let run (mostCost: float) (first: int) (count: int) : Report =
    let mutable judged = 0
    let mutable without = 0
    let failures = Collections.Concurrent.ConcurrentDictionary<int, string>()

    Parallel.For(
        first,
        first + count,
        fun seed ->
            let nest = RandomNests.generate mostCost seed
            let staged = seed % 2 = 1

            match judge staged nest with
            | Verdict.Agrees -> Interlocked.Increment &judged |> ignore
            | Verdict.NoReference -> Interlocked.Increment &without |> ignore
            | Verdict.Differs message ->
                let least, message =
                    if failures.Count < 20 then
                        shrink staged nest message
                    else
                        nest, message

                failures[seed] <- $"seed {seed}, staged: {staged}\n%A{least}\n{message}"
    )
    |> ignore

    {
        Judged = judged + failures.Count
        WithoutReference = without
        Failures =
            [
                for KeyValue(_, text) in Seq.sortBy (fun (KeyValue(seed, _)) -> seed) failures -> text
            ]
    }
