/// Random nests judged: the engine's answer beside the definition's.
module internal Pipeline.Engine.Tests.NestVerdicts

open System
open System.Threading
open System.Threading.Tasks
open Pipeline
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.NestPrograms

[<RequireQualifiedAccess; NoComparison>]
type Verdict =
    | Agrees
    /// Apart from the reference by what rounding alone does to the engine's answer here: its terms cancel.
    | Cancels
    /// There is no trustworthy reference, and why.
    | NoReference of reason: string
    | Differs of string

/// The largest of the finite magnitudes, or 1.
let private largest (xs: float[]) = xs |> Array.filter Double.IsFinite |> Array.fold (fun l x -> max l (abs x)) 1.0

let private numbers (value: float, gradient: float[]) = Array.append [| value |] gradient

/// The answer by the definition where close choices come out as the script says.
[<NoComparison>]
type private Reference = { Expected: float[]; Script: int list; MetNoNumber: bool }

/// With all the choices that were made.
let private reference (nest: Nest) script =
    let result, choices = CloseChoices.Under(script, false, (fun () -> NestOracle.run nest))
    { Expected = numbers result; Script = script; MetNoNumber = choices.MetNoNumber }, choices.Made

/// How many outcomes of close choices are looked at.
let private mostOutcomes = 1000

/// The references for the outcomes of the close choices, as they seem first.
let private references (nest: Nest) : Reference seq =
    let rec from scripts =
        seq {
            match scripts with
            | [] -> ()
            | script :: others ->
                let reference, made = reference nest script

                // Choices behind the script came out as they seem; here each of them is made otherwise.
                let otherwise = [
                    for i in List.length script .. made.Length - 1 do
                        for choice in [ -1; 0; 1 ] do
                            if choice <> made[i] then List.truncate i made @ [ choice ]
                ]

                reference
                yield! from (otherwise @ others)
        }

    Seq.cache (from [ [] ])

/// Where the reference is no number, or infinite, nothing is rounded: no number must be none, and an infinity the same.
let private isOfKind (expected: float) (actual: float) =
    if Double.IsNaN expected then not (Double.IsFinite actual)
    elif Double.IsInfinity expected then actual = expected
    else Double.IsFinite actual

/// Apart by how much, where both are numbers.
let private apart (actual: float[]) (expected: float[]) =
    Array.map2 (fun a e -> if Double.IsFinite e && Double.IsFinite a then a - e else 0.0) actual expected

/// How far the engine's errors lie apart when the point moves, all entries by one factor (ties stay ties): by a few units in the last place, and by
/// so much that what the largest terms leave of the others moves to other digits. A mistake is there at all of these points alike.
let private rounding staged (nest: Nest) script (error: float[]) : float[] =
    [|
        for step in [ 2.0 ** -52.0; 2.0 ** -24.0 ] do
            for units in [ -4.0; -3.0; -2.0; -1.0; 1.0; 2.0; 3.0; 4.0 ] -> 1.0 + units * step
    |]
    |> Array.map (fun factor ->
        let moved = { nest with X = Array.map (fun x -> x * factor) nest.X }
        let reference, _ = reference moved script
        let errors = apart (numbers (NestEngine.run staged moved)) reference.Expected
        Array.map2 (fun a b -> abs (a - b)) error errors)
    |> Array.fold (Array.map2 max) (Array.zeroCreate error.Length)

/// The engine's answer beside one of the references.
let private compare staged (nest: Nest) (actual: float[]) (reference: Reference) : Verdict =
    let expected = reference.Expected
    let error = apart actual expected
    let off = Array.map abs error
    let within share = Array.forall (fun d -> d <= share * largest expected) off
    let differs () = Verdict.Differs $"expected %A{expected}, computed %A{actual}"

    /// No number where one path at least meets none.
    let isOfKindOnSomePath () =
        reference.MetNoNumber
        && (let absorbing, _ = CloseChoices.Under(reference.Script, true, (fun () -> NestOracle.run nest))

            Array.forall2
                (fun (e, absorbed) a -> isOfKind e a || (Double.IsNaN a && not (Double.IsFinite absorbed)))
                (Array.zip expected (numbers absorbing))
                actual)

    if not (Array.forall2 isOfKind expected actual || isOfKindOnSomePath ()) then
        differs ()
    elif within 1e-9 then
        Verdict.Agrees
    elif
        // Rounding that is larger still would hide a mistake.
        within 1e-4
        && Array.forall2 (fun d noise -> d <= 1e-9 * largest expected + 4.0 * noise) off (rounding staged nest reference.Script error)
    then
        Verdict.Cancels
    else
        differs ()

[<NoComparison>]
type Judgement = {
    Verdict: Verdict
    /// Rounding decides a choice.
    IsClose: bool
    /// The reference is not finite throughout.
    IsSingular: bool
}

let judge staged (nest: Nest) : Judgement =
    let references = references nest
    let seeming = (Seq.head references).Expected

    let verdict =
        try
            let actual = numbers (NestEngine.run staged nest)
            // As it seems, or else as any of the others; with all digits under one before fewer under another.
            let verdicts = references |> Seq.truncate mostOutcomes |> Seq.map (compare staged nest actual) |> Seq.cache

            match Seq.append (verdicts |> Seq.filter _.IsAgrees) (verdicts |> Seq.filter _.IsCancels) |> Seq.tryHead with
            | Some verdict -> verdict
            | None when Seq.length (Seq.truncate (mostOutcomes + 1) references) > mostOutcomes ->
                Verdict.NoReference $"more than {mostOutcomes} outcomes of choices that rounding decides"
            | None -> Seq.head verdicts
        with
        // Of a search for what is no number.
        | :? LoopException when Double.IsNaN seeming[0] -> Verdict.Agrees
        | problem -> Verdict.Differs(string problem)

    {
        Verdict = verdict
        IsClose = Seq.length (Seq.truncate 2 references) > 1
        IsSingular = not (Array.forall Double.IsFinite seeming)
    }

/// The smallest nest that still differs.
let rec private shrink staged nest message =
    let failing =
        RandomNests.smaller nest
        |> Seq.tryPick (fun smaller ->
            match (judge staged smaller).Verdict with
            | Verdict.Differs message -> Some(smaller, message)
            | _ -> None)

    match failing with
    | Some(smaller, message) -> shrink staged smaller message
    | None -> nest, message

[<NoComparison>]
type Report = {
    Judged: int
    /// Of these, as near as rounding lets the engine come, but no nearer than 9 digits: their seeds.
    Cancelling: int list
    /// Of these, where rounding decides a choice: every outcome was right.
    Close: int
    /// Of these, where an entry of the reference is infinite or no number.
    Singular: int
    /// The seeds of those that were not judged, by reason.
    WithoutReference: (string * int list) list
    /// Of each nest that differs, shrunk.
    Failures: string list
}

/// The nests of the seeds first .. first + count - 1; every other one is staged as one program.
let run (mostCost: float) (first: int) (count: int) : Report =
    let judgements = Array.zeroCreate count
    let mutable failed = 0

    Parallel.For(
        0,
        count,
        fun i ->
            let seed = first + i
            let nest = RandomNests.generate mostCost seed
            let staged = seed % 2 = 1
            let judgement = judge staged nest

            judgements[i] <-
                match judgement.Verdict with
                | Verdict.Differs message ->
                    let least, message = if Interlocked.Increment &failed <= 20 then shrink staged nest message else nest, message

                    { judgement with Verdict = Verdict.Differs $"seed {seed}, staged: {staged}\n%A{least}\n{message}" }
                | _ -> judgement
    )
    |> ignore

    let judged = judgements |> Array.filter (fun judgement -> not judgement.Verdict.IsNoReference)
    let number condition = judged |> Array.filter condition |> Array.length

    {
        Judged = judged.Length
        Cancelling = [
            for i in 0 .. count - 1 do
                if judgements[i].Verdict.IsCancels then first + i
        ]
        Close = number _.IsClose
        Singular = number _.IsSingular
        WithoutReference =
            judgements
            |> Seq.indexed
            |> Seq.choose (fun (i, judgement) ->
                match judgement.Verdict with
                | Verdict.NoReference reason -> Some(reason, first + i)
                | _ -> None)
            |> Seq.groupBy fst
            |> Seq.map (fun (reason, seeds) -> reason, seeds |> Seq.map snd |> List.ofSeq)
            |> List.ofSeq
        Failures = [
            for judgement in judgements do
                match judgement.Verdict with
                | Verdict.Differs message -> message
                | _ -> ()
        ]
    }
