// Neighbouring nests over the same rows run one after the other on a tile of rows that stays in the cache: Repeat over tiles. What only they
// use is as large as a tile.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<Sealed>]
type internal Tile(buffers: Buffer[], body: Statement[], tileBytes: int64, leastBytes: int64) =
    let runs = TileRuns(buffers, tileBytes, leastBytes)

    /// How often each buffer is accessed in the program.
    let uses =
        let uses = Array.zeroCreate<int> buffers.Length

        for s in body do
            Statements.accesses (fun access _ -> uses[access.Buffer] <- uses[access.Buffer] + 1) s

        uses

    let byBuffer (units: TileUnit seq) =
        units
        |> Seq.collect _.Accesses
        |> Seq.groupBy _.Access.Buffer
        |> Seq.map (fun (b, all) -> struct (b, Array.ofSeq all))
        |> Array.ofSeq

    /// A buffer that the program uses in this run alone, every element of which is written before any is read.
    let isLocal (run: TiledRun) buffer (all: RowAccess[]) =
        let isWorkspace =
            match buffers[buffer].Kind with
            | BufferKind.Workspace _ -> true
            | BufferKind.Input _
            | BufferKind.Output _
            | BufferKind.Data _ -> false

        let firstTouch = run.Units |> Array.find (fun u -> u.Accesses |> Array.exists (fun a -> a.Access.Buffer = buffer))
        let own = firstTouch.Accesses |> Array.filter (fun a -> a.Access.Buffer = buffer)
        let isInBlocks = TileUnits.areSideBySide run.Rows all

        isWorkspace
        && uses[buffer] = all.Length
        && own |> Array.forall _.IsWritten
        && own |> Array.exists (fun a -> a.Elements = int64 buffers[buffer].Size)
        && all[0].Stride > 0
        && (int64 all[0].Stride * int64 run.Rows = int64 buffers[buffer].Size || isInBlocks)

    /// An access in a tile: of rows from a fixed one on, or of the tile that a variable counts.
    let within (locals: Dictionary<int, int>) rows tile (from: int) (counter: int voption) (a: RowAccess) (inner: Access) : Access =
        match locals.TryGetValue inner.Buffer with
        | true, block when block > 0 ->
            // Rows side by side, in smaller blocks.
            let shrink step = if step % block = 0 then step / block * (block / rows * tile) else step

            {
                inner with
                    Offset = inner.Offset / block * (block / rows * tile) + inner.Offset % block
                    Terms = inner.Terms |> Array.map (fun (struct (v, step)) -> struct (v, shrink step))
            }
        | true, _ -> inner
        | _ when a.Stride = 0 -> inner
        | _ ->
            match counter with
            | ValueSome variable -> { inner with Terms = Array.append inner.Terms [| struct (variable, a.Stride * tile) |] }
            | ValueNone -> { inner with Offset = inner.Offset + a.Stride * from }

    let unit first (run: TiledRun) locals tile from count counter (u: TileUnit) : Statement =
        let accesses = Queue u.Accesses

        /// The next of the unit's.
        let place (rename: Access -> Access) (access: Access) =
            within locals run.Rows tile from counter (accesses.Dequeue()) (rename access)

        let nest = u.Nest

        let axes =
            nest.Axes
            |> Array.mapi (fun k axis -> struct (k, axis.Variable, (if k = u.Axis then axis.Extent / run.Rows * count else axis.Extent)))
            |> Array.filter (fun (struct (_, _, extent)) -> extent > 1)

        let number = Dictionary<int, int>()
        axes |> Array.iteri (fun i (struct (_, variable, _)) -> number[variable] <- first + i)
        let own = nest.Axes |> Array.map _.Variable

        let rename (access: Access) = {
            access with
                Terms = [|
                    for struct (variable, step) in access.Terms do
                        if not (Array.contains variable own) then struct (variable, step)
                        elif number.ContainsKey variable then struct (number[variable], step)
                |]
        }

        let sources =
            nest.Sources
            |> Array.map (fun source ->
                match source with
                | Source.Load access -> Source.Load(place rename access)
                | Source.LoadAt(access, index, size, stride) -> Source.LoadAt(place rename access, index, size, stride)
                | Source.Counter(variable, factor, offset) ->
                    match number.TryGetValue variable with
                    | true, renamed -> Source.Counter(renamed, factor, offset)
                    | _ -> source)

        let stores = nest.Stores |> Array.map (fun store -> { store with Store.Target = place rename store.Target })

        let reductions =
            nest.Reductions
            |> Array.map (fun r -> {
                NestReduction.Kind = r.Kind
                Order = r.Order
                Value = r.Value
                Reduced = axes |> Array.map (fun (struct (k, _, _)) -> k >= nest.Axes.Length - r.Axes)
                Target = place rename r.Target
            })

        Statement.Nest(Nests.build first (axes |> Array.map (fun (struct (_, _, extent)) -> extent)) sources stores reductions)

    /// The statements of a run, tile by tile.
    let tiled first (run: TiledRun) : Statement[] =
        let tile = run.Tile
        let whole = run.Rows / tile
        let locals = Dictionary<int, int>()

        for struct (buffer, all) in byBuffer run.Units do
            if isLocal run buffer all then
                let follow = int64 all[0].Stride * int64 run.Rows = int64 buffers[buffer].Size
                locals[buffer] <- if follow then 0 else all[0].Stride * run.Rows

        let units from count counter = run.Units |> Array.map (unit (first + 1) run locals tile from count counter)

        let statements = [|
            Statement.Repeat(first, whole, units 0 tile (ValueSome first))
            if whole * tile < run.Rows then yield! units (whole * tile) (run.Rows - whole * tile) ValueNone
        |]

        for buffer in locals.Keys do
            buffers[buffer] <- { buffers[buffer] with Size = buffers[buffer].Size / run.Rows * tile }

        statements

    let rec statements first (body: Statement[]) : Statement[] =
        let made = ResizeArray()
        let mutable at = 0
        let touched = Array.map runs.Bytes body

        /// What the longest run from here on could touch.
        let mutable ahead: int64 = touched |> Seq.truncate CostModel.tileStatements |> Seq.sum

        let pass count =
            for _ in 1..count do
                ahead <- ahead - touched[at]
                at <- at + 1
                let last = at + CostModel.tileStatements - 1
                if last < body.Length then ahead <- ahead + touched[last]

        while at < body.Length do
            match if ahead < leastBytes then ValueNone else runs.Best(body, at) with
            | ValueSome run ->
                made.AddRange(tiled first run)
                pass run.Units.Length
            | ValueNone ->
                made.Add(inner first body[at])
                pass 1

        made.ToArray()

    and inner first (s: Statement) : Statement =
        match s with
        | Statement.Repeat(variable, count, body) -> Statement.Repeat(variable, count, statements (variable + 1) body)
        | Statement.RepeatWhile(test, flag, bound, body) -> Statement.RepeatWhile(statements first test, flag, bound, statements first body)
        | Statement.Choose(index, branches) -> Statement.Choose(index, Array.map (statements first) branches)
        | Statement.Nest _
        | Statement.Accumulate _
        | Statement.Product _
        | Statement.Swap _
        | Statement.Kernel _ -> s

    /// The program in tiles; buffers of tiles are smaller now.
    member _.Run() = statements 0 body
