// How many vectors of a nest are computed side by side.
namespace Pipeline.Engine

open System
open Pipeline

[<Struct>]
type internal NestShape = {
    /// Vectors in one iteration along the vector axis.
    Span: int
    /// Vectors that take each operation together, before the next operation.
    Breadth: int
    /// There is no machine code for it, or it would be too much: it runs as instructions on blocks.
    OnBlocks: bool
}

[<RequireQualifiedAccess>]
module internal NestShape =
    /// The most values of the innermost level that are alive at once.
    let private pressure (plan: NestPlan) =
        let depth = plan.Axes.Length
        let last = Array.create plan.Values.Length -1

        for v in plan.Values do
            for a in v.Arguments do
                last[a] <- max last[a] v.Id

        // Two factors wait for each other.
        for r in plan.Reductions do
            let terms = NestPlan.terms r

            for term in terms do
                last[term] <- max last[term] (Array.max terms)

        let mutable alive = 0
        let mutable most = 0
        let counts (v: Value) = v.Varies && v.Level = depth

        for v in plan.Values do
            if counts v then
                alive <- alive + 1
                most <- max most alive

            for k in 0 .. v.Arguments.Length - 1 do
                let a = v.Arguments[k]

                // Once, if it is an argument twice.
                if last[a] = v.Id && Array.IndexOf(v.Arguments, a) = k && counts plan.Values[a] then
                    alive <- alive - 1

            if counts v && last[v.Id] < 0 then alive <- alive - 1

        most

    /// The uniform values that the innermost level keeps in vectors.
    let private uniforms (plan: NestPlan) =
        let isKept (v: Value) =
            not v.Varies
            && (match v.Origin with
                | Origin.Op(LaneOp.Constant _)
                | Origin.Op(LaneOp.Bits _) -> false
                | _ -> true)

        let kept = Array.zeroCreate<bool> plan.Values.Length

        for v in plan.Values do
            if v.Varies then
                for a in v.Arguments do
                    kept[a] <- isKept plan.Values[a]

        kept |> Array.sumBy (fun isKept -> if isKept then 1 else 0)

    /// About how many bytes of IL a nest takes with so many vectors at once: the main loop and its rest.
    let codeOf (plan: NestPlan) span =
        let perVector = plan.Values.Length * 20 + plan.Stores.Length * 20 + plan.Reductions.Length * 40

        perVector * span * (if plan.VectorAxis >= 0 then 2 else 1)

    /// Functions of the table, over many elements, are as fast precompiled as written out; and much of that takes the JIT long.
    let private isMostlyFunctions (plan: NestPlan) =
        let points = plan.Axes |> Array.fold (fun n axis -> n * int64 axis.Extent) 1L

        plan.Values.Length >= CostModel.largeNest
        && plan.Instructions * CostModel.functionOperations <= plan.Values.Length
        && points >= int64 (CostModel.blockElements / 2)

    let choose (plan: NestPlan) (width: int) =
        if
            plan.Reductions |> Array.exists (fun r -> r.Blocks.Kind = BlockKind.Within)
            || isMostlyFunctions plan
            || plan.Turned >= 0
        then
            { Span = 1; Breadth = 1; OnBlocks = true }
        elif plan.VectorAxis < 0 then
            { Span = 1; Breadth = 1; OnBlocks = false }
        else
            let extent = max 1 plan.Axes[plan.VectorAxis].Extent
            let across = plan.Reductions |> Array.filter (fun r -> r.Level <= plan.VectorAxis)

            if plan.Lanes = 1 then
                let span = if extent <= CostModel.unrolled then extent else 1

                let isLaneLocal r = NestPlan.isIndex r
                { Span = span; Breadth = span; OnBlocks = span < extent && not (Array.forall isLaneLocal across) }
            else
                let vectors = (extent + plan.Lanes - 1) / plan.Lanes

                let accumulators = across |> Array.sumBy (fun r -> min vectors (NestPlan.accumulators plan r))

                let registers = if width = 512 then 32 else 16
                let each = pressure plan
                let kept = accumulators + uniforms plan

                // Vectors that do not fit in registers cost more than side by side execution gains:
                // the stack is not aligned to them.
                let breadth =
                    [ 4; 2 ] |> List.tryFind (fun breadth -> breadth * each + kept <= registers) |> Option.defaultValue 1

                let span = if across.Length > 0 then across |> Array.map (NestPlan.accumulators plan) |> Array.max else breadth

                // Where vectors are narrow or the nest is long, all virtual lanes at once are too much code.
                let lanesFillVectors = across |> Array.forall (fun r -> plan.Lanes * DType.bytes plan.Values[r.Value].DType >= 16)

                let fits span = codeOf plan (min span vectors) <= CostModel.nestCode

                let tooMuch = lanesFillVectors && not (fits span)
                let mutable breadth = breadth

                while breadth > 1 && not (fits breadth) do
                    breadth <- breadth / 2

                let span = if tooMuch then breadth else span

                { Span = min span vectors; Breadth = min breadth vectors; OnBlocks = tooMuch && span < vectors }
