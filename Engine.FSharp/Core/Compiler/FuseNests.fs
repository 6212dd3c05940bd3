// What a nest computes, and its loops: their order, the axes that are walked as one, the axis that runs along vector lanes.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// Stores, or reductions, that fill (a part of) a variable's memory, over an iteration space of axes of more than one entry.
[<NoComparison; NoEquality>]
type internal Task = {
    Variable: int
    Extents: int[]
    Needs: struct (int * Index)[]
    /// One lane for each target.
    Combine: NestSources -> Lane[] -> Lane[]
    /// Where the lanes go in the variable, seen in this shape.
    Targets: Index[]
    Shape: int[]
    Reduction: Reduction voption
    /// Of a reduction: the axes of the space that it sums over, and the order in which it does, if that makes a difference.
    Reduced: bool[]
    Order: SumOrder voption
}

[<RequireQualifiedAccess>]
module internal Nests =
    let private accessOf (source: Source) =
        match source with
        | Source.Load access
        | Source.LoadAt(access, _, _, _) -> ValueSome access
        | Source.Counter _ -> ValueNone

    let private withoutVariable variable (access: Access) = {
        access with
            Terms = access.Terms |> Array.filter (fun struct (v, _) -> v <> variable)
    }

    /// The axes of a space that make up the rows of an order.
    let private rowAxes (extents: int[]) (reduced: bool[]) (order: SumOrder) =
        let isInRow = Array.zeroCreate<bool> extents.Length
        let mutable entries = 1L

        for k in extents.Length - 1 .. -1 .. 0 do
            if reduced[k] && entries < int64 order.Row then
                isInRow[k] <- true
                entries <- entries * int64 extents[k]

        isInRow

    /// The nest over axes first, first + 1, .. of the given extents.
    let build (first: int) (extents: int[]) (sources: Source[]) (stores: Store[]) (reductions: NestReduction[]) : Nest =
        let mutable sources = sources
        let mutable stores = stores
        let mutable reductions = reductions

        let depth k =
            let mutable n = 0

            for r in reductions do
                if r.Reduced[k] then n <- n + 1

            n

        // Reduced axes behind the others, those of fewer reductions first; within that in the order of the space.
        let order = ResizeArray(Array.init extents.Length id |> Array.sortBy (fun k -> struct (depth k, k)))

        let sizes = Array.copy extents

        let accesses () =
            Seq.concat [
                sources
                |> Seq.choose (fun s ->
                    match accessOf s with
                    | ValueSome a -> Some a
                    | ValueNone -> None)
                stores |> Seq.map (fun s -> s.Target)
                reductions |> Seq.map (fun r -> r.Target)
            ]

        let rows =
            reductions
            |> Array.map (fun r ->
                match r.Order with
                | ValueSome order -> rowAxes extents r.Reduced order
                | ValueNone -> Array.zeroCreate extents.Length)

        let isCounted variable =
            sources
            |> Array.exists (function
                | Source.Counter(v, _, _) -> v = variable
                | _ -> false)

        let sameReductions a b =
            Array.forall2
                (fun (r: NestReduction) (isInRow: bool[]) ->
                    r.Reduced[a] = r.Reduced[b]
                    && isInRow[a] = isInRow[b]
                    && not (r.Reduced[a] && (r.Kind = Reduction.ArgMax || r.Kind = Reduction.ArgMin)))
                reductions
                rows

        let mutable position = order.Count - 2

        while position >= 0 do
            let outer, inner = order[position], order[position + 1]
            let outerVariable, innerVariable = first + outer, first + inner

            if
                sameReductions outer inner
                && not (isCounted outerVariable)
                && not (isCounted innerVariable)
                && accesses ()
                   |> Seq.forall (fun a -> VectorAxis.stride a outerVariable = VectorAxis.stride a innerVariable * sizes[inner])
            then
                let drop = withoutVariable outerVariable

                sources <-
                    sources
                    |> Array.map (fun source ->
                        match source with
                        | Source.Load access -> Source.Load(drop access)
                        | Source.LoadAt(access, index, count, step) -> Source.LoadAt(drop access, index, count, step)
                        | Source.Counter _ -> source)

                stores <- stores |> Array.map (fun store -> { store with Store.Target = drop store.Target })

                reductions <- reductions |> Array.map (fun r -> { r with NestReduction.Target = drop r.Target })
                sizes[inner] <- sizes[inner] * sizes[outer]
                order.RemoveAt position

            position <- min (position - 1) (order.Count - 2)

        // The vector axis; among axes of one depth it becomes the innermost.
        let along vector =
            let order = ResizeArray<int>(order)

            if vector >= 0 then
                let level = depth vector
                order.Remove vector |> ignore
                let mutable at = 0

                while at < order.Count && depth order[at] <= level do
                    at <- at + 1

                order.Insert(at, vector)

            order

        let axesOf (order: ResizeArray<int>) = order |> Seq.map (fun k -> { Variable = first + k; Extent = sizes[k] }) |> Array.ofSeq

        /// How many sums the loops would not make in their order.
        let disordered (order: ResizeArray<int>) vector =
            let axes = axesOf order
            let mutable count = 0

            for r in reductions do
                match r.Order with
                | ValueNone -> ()
                | ValueSome sumOrder ->
                    let reduced = order |> Seq.filter (fun k -> r.Reduced[k]) |> Array.ofSeq
                    let level = axes.Length - reduced.Length

                    if reduced <> Array.sort reduced || (SumBlocks.ofReduction axes (order.IndexOf vector) level sumOrder).IsNone then
                        count <- count + 1

            count

        /// Of the widest kind of vector, for the widest number.
        let lanes =
            let bytes =
                Seq.append (stores |> Seq.map _.Value.DType) (reductions |> Seq.map _.Value.DType) |> Seq.map DType.bytes

            if Seq.isEmpty bytes then 1 else CostModel.vectorBytes / Seq.max bytes

        let operations = VectorAxis.operations (Seq.append (stores |> Seq.map _.Value) (reductions |> Seq.map _.Value))

        let vector =
            if order.Count = 0 then
                -1
            else
                let struct (_, _, _, best) =
                    order
                    |> Seq.mapi (fun i k ->
                        // A reduction's target does not move along its own axes.
                        let moved =
                            Array.append
                                (stores |> Array.map (fun s -> s.Target))
                                (reductions |> Array.filter (fun r -> not r.Reduced[k]) |> Array.map (fun r -> r.Target))

                        let along' = reductions |> Array.map (fun r -> struct (r, r.Reduced[k]))
                        struct (disordered (along k) k, VectorAxis.cost (first + k) sizes[k] lanes operations sources moved along', -i, k))
                    |> Seq.min

                best

        let order = along vector

        {
            Axes = axesOf order
            VectorAxis = order.IndexOf vector
            Sources = sources
            Stores = stores
            Reductions =
                reductions
                |> Array.map (fun r -> {
                    LoopReduction.Kind = r.Kind
                    Value = r.Value
                    Axes = order |> Seq.filter (fun k -> r.Reduced[k]) |> Seq.length
                    Target = r.Target
                    Order = r.Order
                })
        }

    /// Of a nest that copies elements of 4 or 8 bytes across, the position of the axis along which they lie side by side where they come from; those
    /// of the vector axis do where they go. -1 of others.
    let turned (nest: Nest) : int =
        match nest.Sources, nest.Stores, nest.Reductions with
        | [| Source.Load access |], [| { Value = { Op = LaneOp.Argument _; DType = dtype } } as store |], [||] when
            nest.VectorAxis >= 0 && DType.bytes dtype >= 4
            ->
            let isSideBySide access k = VectorAxis.stride access nest.Axes[k].Variable = 1

            let isLong k =
                nest.Axes[k].Extent >= CostModel.turnedLines
                && nest.Axes[k].Extent <= CostModel.turnedElements / CostModel.turnedLines

            let isAcross k = k <> nest.VectorAxis && isSideBySide access k && isLong k

            if isSideBySide store.Target nest.VectorAxis && isLong nest.VectorAxis then
                Seq.tryFind isAcross (seq { 0 .. nest.Axes.Length - 1 }) |> Option.defaultValue -1
            else
                -1
        | _ -> -1

    /// Whether two reductions can share a nest: each set of reduced axes contains the other or is contained in it; sums of floats are made over the
    /// inner axes, all in one order.
    let canShare (a: Task) (b: Task) =
        let contains (a: bool[]) (b: bool[]) = Array.forall2 (fun x y -> x || not y) a b

        match a.Order, b.Order with
        | ValueNone, ValueNone -> contains a.Reduced b.Reduced || contains b.Reduced a.Reduced
        | ValueSome x, ValueSome y -> x = y && a.Reduced = b.Reduced
        | ValueSome _, ValueNone -> contains b.Reduced a.Reduced
        | ValueNone, ValueSome _ -> contains a.Reduced b.Reduced
