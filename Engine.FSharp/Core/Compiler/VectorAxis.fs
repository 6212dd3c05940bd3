// What it costs to run an axis of a nest along vector lanes.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// A reduction of a nest in the making.
[<NoComparison; ReferenceEquality>]
type internal NestReduction = { Kind: Reduction; Order: SumOrder voption; Value: Lane; Reduced: bool[]; Target: Access }

[<RequireQualifiedAccess>]
module internal VectorAxis =
    /// How far an access moves with a variable.
    let stride (access: Access) variable =
        let mutable found = 0

        for struct (v, s) in access.Terms do
            if v = variable then found <- s

        found

    /// About how many operations lanes are made of, each once.
    let operations (roots: Lane seq) =
        let seen = HashSet<Lane>(HashIdentity.Reference)
        let stack = Stack<Lane> roots
        let mutable count = 0

        while stack.Count > 0 do
            let lane = stack.Pop()

            if seen.Add lane then
                match lane.Op with
                | LaneOp.Argument _
                | LaneOp.Constant _
                | LaneOp.Bits _ -> ()
                | LaneOp.Function _ -> count <- count + CostModel.scalarCall
                | _ -> count <- count + 1

                for argument in lane.Arguments do
                    stack.Push argument

        float count

    /// About how many cycles a full vector along an axis takes: what it reads and stores, by how far apart its numbers lie; reductions whose lanes it
    /// has to combine behind the axis, or whose lanes wait in memory, since they lie across it; beside its operations; and all that for the lanes of
    /// short axes that are empty.
    let cost variable (extent: int) lanes operations (sources: Source[]) (stores: Access[]) (reductions: struct (NestReduction * bool)[]) =
        let mutable cycles: float = operations
        let vectors = (extent + lanes - 1) / lanes

        for source in sources do
            match source with
            | Source.Load access ->
                match abs (stride access variable) with
                | 0 -> ()
                | 1 -> cycles <- cycles + 1.0
                | step -> cycles <- cycles + min CostModel.stridedLoad (CostModel.permutedLoad * float step)
            | Source.LoadAt _
            | Source.Counter _ -> ()

        for access in stores do
            match stride access variable with
            | 1 -> cycles <- cycles + 1.0
            | _ -> cycles <- cycles + CostModel.stridedStore

        for struct (reduction, isAlong) in reductions do
            if isAlong then
                let combined =
                    match reduction.Kind with
                    | Reduction.ArgMax
                    | Reduction.ArgMin -> CostModel.combinedPlace
                    | Reduction.Sum
                    | Reduction.Product
                    | Reduction.Maximum
                    | Reduction.Minimum -> CostModel.combinedLanes

                cycles <- cycles + combined / float vectors
            else
                match reduction.Order with
                | ValueSome order when order.Lanes > 1 -> cycles <- cycles + CostModel.lanesInMemory
                | _ -> ()

        cycles * float (vectors * lanes) / float extent + (if extent < lanes then CostModel.partOfVector else 0.0)
