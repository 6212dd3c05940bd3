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
    /// Apart from the reference by what rounding alone does to the engine's answer here: its terms cancel.
    | Cancels
    /// There is no trustworthy reference: too close to a branch's edge, infinite, or too large.
    | NoReference
    | Differs of string

let private largest (xs: float[]) = Array.fold (fun l x -> max l (abs x)) 1.0 xs

/// What a sort's comparison throws comes wrapped.
let private isAmbiguous (error: exn) =
    match error with
    | Ambiguous -> true
    | :? InvalidOperationException as wrapped ->
        match wrapped.InnerException with
        | Ambiguous -> true
        | _ -> false
    | _ -> false

/// How far the engine's errors lie apart when the point moves, all entries by one factor (ties stay ties): by a few units in the last place, and by
/// so much that what the largest terms leave of the others moves to other digits. A mistake is there at all of these points alike.
let private rounding staged (nest: Nest) (error: float[]) : float[] =
    [|
        for step in [ 2.0 ** -52.0; 2.0 ** -24.0 ] do
            for units in [ -4.0; -3.0; -2.0; -1.0; 1.0; 2.0; 3.0; 4.0 ] -> 1.0 + units * step
    |]
    |> Array.choose (fun factor ->
        let moved = { nest with X = Array.map (fun x -> x * factor) nest.X }

        let expected =
            try
                Some(NestOracle.run moved)
            with problem when isAmbiguous problem ->
                None

        expected
        |> Option.map (fun (value, gradient) ->
            let actualValue, actualGradient = NestEngine.run staged moved
            let errors = Array.map2 (-) (Array.append [| actualValue |] actualGradient) (Array.append [| value |] gradient)
            Array.map2 (fun a b -> abs (a - b)) error errors))
    |> Array.fold (Array.map2 max) (Array.zeroCreate error.Length)

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
                let error = Array.map2 (-) actual expected
                let off = Array.map abs error

                let within share = Array.forall (fun d -> d <= share * largest expected) off

                if within 1e-9 then
                    Verdict.Agrees
                elif
                    // Rounding that is larger still would hide a mistake.
                    within 1e-4
                    && Array.forall2 (fun d noise -> d <= 1e-9 * largest expected + 4.0 * noise) off (rounding staged nest error)
                then
                    Verdict.Cancels
                else
                    Verdict.Differs $"expected %A{expected}, computed %A{actual}"
            with problem ->
                Verdict.Differs(string problem)
    with problem when isAmbiguous problem ->
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
type Report = {
    Judged: int
    /// Of these, as near as rounding lets the engine come, but no nearer than 9 digits.
    Cancelling: int
    WithoutReference: int
    /// Of each nest that differs, shrunk.
    Failures: string list
}

/// The nests of the seeds first .. first + count - 1; every other one is staged as one program.
let run (mostCost: float) (first: int) (count: int) : Report =
    let mutable judged = 0
    let mutable cancelling = 0
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
            | Verdict.Cancels -> Interlocked.Increment &cancelling |> ignore
            | Verdict.NoReference -> Interlocked.Increment &without |> ignore
            | Verdict.Differs message ->
                let least, message = if failures.Count < 20 then shrink staged nest message else nest, message

                failures[seed] <- $"seed {seed}, staged: {staged}\n%A{least}\n{message}"
    )
    |> ignore

    {
        Judged = judged + cancelling + failures.Count
        Cancelling = cancelling
        WithoutReference = without
        Failures = [ for KeyValue(_, text) in Seq.sortBy (fun (KeyValue(seed, _)) -> seed) failures -> text ]
    }
