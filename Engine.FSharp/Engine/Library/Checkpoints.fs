// Less memory for more time in reverse mode: functions that run again, and scans that keep a few states.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Checkpoints =
    /// The same function; under reverse mode it keeps its arguments only.
    let rerun (f: 'T -> 'R) (argument: 'T) : 'R =
        let struct (leaves, structure) = Tree.flatten argument
        let staged = Staging.tree "Checkpoint" f structure (leaves |> Array.map Staging.leafType)
        let results = Primitive.apply (Op.Call(CallKind.Checkpoint, staged.Graph)) (Array.append leaves staged.Captured)
        Staging.restoreWeak staged.Weak results
        Tree.rebuild<'R> staged.Result results

    /// The least s with C(s + runs, s) at least the number of steps.
    let slots (steps: int) (runs: int) : int =
        Limits.NotNegative(steps, nameof steps)
        Limits.Positive(runs, nameof runs)

        /// C(slots + runs, runs), a product of fractions.
        let reach (slots: int) =
            let mutable product = 1.0

            for k in 1..runs do
                product <- product * float (slots + k) / float k

            product

        let mutable low, high = 1, max 1 steps

        while low < high do
            let middle = low + (high - low) / 2

            if Math.Round(reach middle) >= float steps then high <- middle else low <- middle + 1

        low

    /// Slots for so many steps: as many as were given, or enough that no step runs more than three times again where that is 0.
    let private kept (given: int) (steps: int) = if given = 0 then slots steps 3 else given

    /// A scan that keeps at most so many states for reverse mode; 0 for enough that no step runs more than three times again.
    let scanOver (slots: int) (body: 'C -> 'X -> struct ('C * 'Y)) (initial: 'C) (inputs: 'X) : struct ('C * 'Y) =
        Loops.scan "Scan" body initial inputs ValueNone false (kept slots)

    /// The same of a number of steps.
    let scanTimes (slots: int) (length: int) (body: 'C -> struct ('C * 'Y)) (initial: 'C) : struct ('C * 'Y) =
        Limits.NotNegative(length, nameof length)
        Loops.scan "Scan" (fun c () -> body c) initial () (ValueSome length) false (kept slots)
