// Which neighbouring nests run over the same rows, and how many rows are a tile of them.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// Neighbouring statements over the same rows.
[<NoComparison; ReferenceEquality>]
type internal TiledRun = {
    Rows: int
    /// So many rows at a time.
    Tile: int
    Units: TileUnit[]
}

[<Sealed>]
type internal TileRuns(buffers: Buffer[], tileBytes: int64, leastBytes: int64) =
    /// Of the buffers of a nest, as often as it accesses them.
    let bytesOf (s: Statement) =
        let mutable sum = 0L

        if s.IsNest then
            Statements.accesses
                (fun access _ -> sum <- sum + int64 buffers[access.Buffer].Size * int64 (DType.bytes buffers[access.Buffer].DType))
                s

        sum

    let bytes (a: RowAccess) = a.Elements * int64 (DType.bytes buffers[a.Access.Buffer].DType)

    /// Of each buffer whose rows differ: the bytes that the statements touch, each for itself, and the last of them.
    let touched (units: TileUnit[]) =
        let all = Dictionary<int, struct (int64[] * int)>()

        for k in 0 .. units.Length - 1 do
            for a in units[k].Accesses do
                if a.Stride <> 0 then
                    let own =
                        match all.TryGetValue a.Access.Buffer with
                        | true, struct (own, _) -> own
                        | _ -> Array.zeroCreate units.Length

                    own[k] <- max own[k] (bytes a)
                    all[a.Access.Buffer] <- struct (own, k)

        all

    /// The bytes of all rows, and those that would be read or written again by another statement.
    let traffic (units: TileUnit[]) : struct (int64 * int64) =
        let mutable whole, again = 0L, 0L

        for struct (own, _) in (touched units).Values do
            whole <- whole + Array.max own
            again <- again + Array.sum own - Array.max own

        struct (whole, again)

    /// The longest run from a statement on whose rows are apart, walked in this way at first.
    let extend (body: Statement[]) from rows (first: TileUnit) : TiledRun =
        let units = ResizeArray()
        let touched = Dictionary<int, RowAccess[]>()

        let known buffer =
            match touched.TryGetValue buffer with
            | true, accesses -> accesses
            | _ -> [||]

        let fits (u: TileUnit) =
            u.Accesses
            |> Array.forall (fun a ->
                let buffer = a.Access.Buffer
                let known = known buffer

                not (a.IsWritten || Array.exists _.IsWritten known)
                || TileUnits.areApart rows (Array.append known (u.Accesses |> Array.filter (fun b -> b.Access.Buffer = buffer))))

        let add (u: TileUnit) =
            units.Add u

            for a in u.Accesses do
                touched[a.Access.Buffer] <- Array.append (known a.Access.Buffer) [| a |]

        let mutable next = if fits first then Some first else None

        while next.IsSome do
            add next.Value
            let at = from + units.Count

            next <-
                if at = body.Length || units.Count = CostModel.tileStatements then
                    None
                else
                    Seq.tryFind fits (TileUnits.ofStatement rows body[at])

        { Rows = rows; Tile = rows; Units = units.ToArray() }

    /// Without statements at the end that share nothing with those before.
    let trimmed (run: TiledRun) =
        let mutable last = 0

        for struct (own, at) in (touched run.Units).Values do
            if own |> Array.exists (fun bytes -> bytes > 0L && bytes < Array.sum own) then last <- max last at

        { run with Units = Array.truncate (last + 1) run.Units }

    /// None where the rows that are left over would be one: its loops may have no axis that a sum leaves.
    let rowsOfTile (run: TiledRun) : int option =
        let struct (whole, _) = traffic run.Units
        let most = int (min (int64 run.Rows) (tileBytes * int64 run.Rows / max 1L whole))
        let sizes = seq { most .. -1 .. max 2 (most / 2) }

        // Tiles of one size if there is one that is at least half as large.
        Seq.tryFind (fun rows -> run.Rows % rows = 0) sizes
        |> Option.orElse (Seq.tryFind (fun rows -> run.Rows % rows <> 1) sizes)

    let best (body: Statement[]) from : TiledRun voption =
        let mutable best = ValueNone
        let mutable most = 0L

        let candidates =
            body
            |> Seq.skip from
            |> Seq.truncate CostModel.tileLookahead
            |> Seq.collect TileUnits.rows
            |> Seq.filter (fun rows -> rows > 1)
            |> Seq.distinct

        for rows in candidates do
            for first in TileUnits.ofStatement rows body[from] do
                let run = trimmed (extend body from rows first)
                let struct (whole, again) = traffic run.Units

                if again > most && whole >= leastBytes && tileBytes * int64 rows >= CostModel.tileRows * whole then
                    match rowsOfTile run with
                    | Some tile ->
                        most <- again
                        best <- ValueSome { run with Tile = tile }
                    | None -> ()

        best

    /// Of the buffers of a statement that may be in a tile, as often as it accesses them.
    member _.Bytes(s: Statement) : int64 = bytesOf s

    /// The best run from a statement on: what it touches is too large for the cache, and a tile is not.
    member _.Best(body: Statement[], from: int) : TiledRun voption = best body from
