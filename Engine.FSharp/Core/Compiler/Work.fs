// About how much work a statement is, so that long loops look at cancellation now and then and short ones never.
namespace Pipeline.Engine

/// In operations on elements, each about a nanosecond or less.
[<RequireQualifiedAccess>]
module internal Work =
    let private extents (axes: Axis[]) = axes |> Array.fold (fun n axis -> n * float axis.Extent) 1.0

    let rec ofStatement (s: Statement) : float =
        match s with
        | Statement.Nest nest -> extents nest.Axes * float (nest.Sources.Length + nest.Stores.Length + nest.Reductions.Length)
        | Statement.Accumulate a -> extents a.Axes * float (a.Sources.Length + 1)
        | Statement.Product p -> float p.Batch * float p.M * float p.N * float p.K
        | Statement.Repeat(_, count, body) -> float count * ofBody body
        | Statement.RepeatWhile(test, _, _, body) -> CostModel.watchedIteration + ofBody test + ofBody body
        | Statement.Choose(_, branches) -> 1.0 + (branches |> Array.fold (fun most branch -> max most (ofBody branch)) 0.0)
        | Statement.Swap _ -> 1.0
        | Statement.Kernel(Op.Places _, [| struct (_, indices) |], _) -> float (Shape.size indices.Shape)
        | Statement.Kernel _ -> CostModel.watchedIteration

    and ofBody (body: Statement[]) : float = body |> Array.sumBy ofStatement

    /// After how many iterations of so much work a loop looks; 0 for never.
    let between (iteration: float) (iterations: int64) : int64 =
        if iteration * float iterations < CostModel.unwatchedLoop then 0L
        elif iteration >= CostModel.watchedIteration then 1L
        else int64 (CostModel.unwatchedLoop / 8.0 / max iteration 0.01) |> max 1L

    /// About how many nanoseconds it takes to make machine code for nests of so many values.
    let ofCode (values: int) : float = CostModel.codeBase + CostModel.codeValue * float values

    /// About how many nanoseconds loops of a known number of turns take on blocks.
    let rec ofLoops (body: Statement[]) : float =
        body
        |> Array.sumBy (fun s ->
            match s with
            | Statement.Repeat(_, count, body) -> float count * (ofBody body + CostModel.blockStep * float body.Length)
            | Statement.RepeatWhile(test, _, _, body) -> ofLoops test + ofLoops body
            | Statement.Nest _
            | Statement.Accumulate _
            | Statement.Product _
            | Statement.Choose _
            | Statement.Swap _
            | Statement.Kernel _ -> 0.0)
