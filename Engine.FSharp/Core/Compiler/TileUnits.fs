// Statements as loops over the same rows: which memory each touches in a row, and whether rows are apart.
namespace Pipeline.Engine

open Pipeline

/// Memory that a statement touches row by row: row r is the elements from Low to High, and r times Stride behind that.
[<NoComparison>]
type internal RowAccess = {
    Access: Access
    IsWritten: bool
    /// 0 for what is the same in every row.
    Stride: int
    Low: int
    High: int
    /// (step, extent) of the axes within a row.
    Steps: struct (int * int)[]
    /// Of what an index says: anywhere in its buffer.
    IsIndexed: bool
    /// Of all rows.
    Elements: int64
    /// What the loops around it add.
    Around: struct (int * int)[]
}

/// A nest, the position of the axis that is walked as rows, and what it reads, stores and reduces to, in that order.
[<NoComparison; ReferenceEquality>]
type internal TileUnit = { Nest: Nest; Axis: int; Accesses: RowAccess[] }

[<RequireQualifiedAccess>]
module internal TileUnits =
    /// An access where the axes (variable, extent, whether of rows) are walked; each row has so many entries of its axis.
    let private rowAccess (axes: struct (int * int * bool)[]) inRow isWritten (access: Access) : RowAccess =
        let mutable low, high = access.Offset, access.Offset
        let mutable elements = 1L
        let mutable stride = 0
        let steps = ResizeArray()

        let around =
            access.Terms
            |> Array.filter (fun (struct (v, _)) -> not (Array.exists (fun (struct (w, _, _)) -> v = w) axes))

        for struct (variable, extent, isRows) in axes do
            let step = VectorAxis.stride access variable

            if step <> 0 then
                elements <- elements * int64 extent
                let own = if isRows then inRow else extent
                let reach = step * (own - 1)
                low <- low + min 0 reach
                high <- high + max 0 reach
                if isRows then stride <- step * inRow
                if own > 1 then steps.Add(struct (step, own))

        {
            Access = access
            IsWritten = isWritten
            Stride = stride
            Low = low
            High = high
            Steps = steps.ToArray()
            IsIndexed = false
            Elements = elements
            Around = Array.sort around
        }

    /// The nest that a statement is, if a few rows of it are not much slower than all.
    let private nests (s: Statement) : Nest seq =
        match s with
        | Statement.Nest nest when Nests.turned nest < 0 -> [ nest ]
        | Statement.Nest _
        | Statement.Product _
        | Statement.Accumulate _
        | Statement.Repeat _
        | Statement.RepeatWhile _
        | Statement.Choose _
        | Statement.Swap _
        | Statement.Kernel _ -> []

    /// How many axes, the first ones, no reduction of a nest is over.
    let private kept (nest: Nest) = nest.Axes.Length - (nest.Reductions |> Array.fold (fun most r -> max most r.Axes) 0)

    let private ofNest rows (nest: Nest) : TileUnit seq =
        let isCounted variable =
            nest.Sources
            |> Array.exists (fun source ->
                match source with
                | Source.Counter(v, _, _) -> v = variable
                | Source.Load _
                | Source.LoadAt _ -> false)

        seq {
            for position in 0 .. kept nest - 1 do
                let axis = nest.Axes[position]

                if axis.Extent % rows = 0 && not (isCounted axis.Variable) then
                    let axes = nest.Axes |> Array.mapi (fun k a -> struct (a.Variable, a.Extent, k = position))
                    let place = rowAccess axes (axis.Extent / rows)

                    let accesses = [|
                        for source in nest.Sources do
                            match source with
                            | Source.Load access -> place false access
                            | Source.LoadAt(access, _, _, _) -> { place false access with IsIndexed = true }
                            | Source.Counter _ -> ()

                        for store in nest.Stores do
                            place true store.Target

                        for reduction in nest.Reductions do
                            place true reduction.Target
                    |]

                    { Nest = nest; Axis = position; Accesses = accesses }
        }

    /// The ways to walk a statement in so many rows.
    let ofStatement rows (s: Statement) : TileUnit seq = nests s |> Seq.collect (ofNest rows)

    /// How many rows a statement may have, beside the divisors of them.
    let rows (s: Statement) : int seq = nests s |> Seq.collect (fun nest -> Seq.take (kept nest) nest.Axes) |> Seq.map _.Extent

    /// Whether a row of these accesses of one buffer lies between its neighbours.
    let private followEachOther (accesses: RowAccess[]) =
        let low = accesses |> Array.map _.Low |> Array.min
        let high = accesses |> Array.map _.High |> Array.max
        high - low < abs accesses[0].Stride

    /// Whether rows of these accesses of one buffer are side by side within blocks of all rows: element e belongs to row (e mod block) / stride.
    let areSideBySide rows (accesses: RowAccess[]) =
        let stride = accesses[0].Stride
        let block = stride * rows

        /// From the start of its block on; rows begin at multiples of the stride.
        let reach (a: RowAccess) =
            let mutable reach = a.Access.Offset % block

            for struct (step, extent) in a.Steps do
                if step % block <> 0 then reach <- if step < 0 then stride else reach + step * (extent - 1)

            reach

        stride > 0 && accesses |> Array.forall (fun a -> a.Around.Length = 0 && reach a < stride)

    /// Whether no row touches what another row writes in a buffer, by these accesses of it.
    let areApart rows (accesses: RowAccess[]) =
        let first = accesses[0]

        first.Stride <> 0
        && accesses
           |> Array.forall (fun a ->
               not a.IsIndexed
               && a.Stride = first.Stride
               && (a.Around.Length = 0 && first.Around.Length = 0 || a.Around = first.Around))
        && (followEachOther accesses || areSideBySide rows accesses)
