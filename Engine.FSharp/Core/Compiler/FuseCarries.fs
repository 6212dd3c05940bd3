// What a loop carries: new values are written over the old ones where nothing reads those any more, else copied or exchanged after each step.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Carries =
    /// Whether a body can write the new value over the old one: nothing reads the old value after the first write,
    /// and the nest that writes reads it at most at the place where it writes.
    let private isOverwritable (buffers: ProgramBuffers) (body: Statement[]) old fresh =
        let isOld (access: Access) = buffers.Resolve access.Buffer = old
        let isFresh (access: Access) = buffers.Resolve access.Buffer = fresh

        let touches select isWrite statement =
            let mutable found = false

            Statements.accesses (fun access write -> if write = isWrite && select access then found <- true) statement

            found

        let first = body |> Array.findIndex (touches isFresh true)
        let readLater = body[first + 1 ..] |> Array.exists (touches isOld false)

        let readsApart =
            match body[first] with
            | statement when not (touches isOld false statement) -> false
            | Statement.Nest nest when nest.Axes.Length = 0 -> false
            | Statement.Nest nest ->
                let stores = nest.Stores |> Array.filter (fun s -> isFresh s.Target)

                nest.Reductions |> Array.exists (fun r -> isFresh r.Target)
                || stores.Length <> 1
                || nest.Sources
                   |> Array.exists (fun source ->
                       match source with
                       | Source.Load access when isOld access ->
                           not (
                               access.Offset = stores[0].Target.Offset
                               && AccessComparer.Same { access with Buffer = 0 } { stores[0].Target with Buffer = 0 }
                           )
                       | Source.LoadAt(access, _, _, _) -> isOld access
                       | _ -> false)
            | _ -> true

        not readLater && not readsApart

    /// The body followed by what moves fresh values to their carries, and which carries have exchanged their memory (none unless it may be).
    let settle
        (buffers: ProgramBuffers)
        exchanges
        first
        (body: Statement[])
        (carries: Stored[])
        (fresh: Stored voption[])
        : struct (Statement[] * bool[]) =
        let swaps = ResizeArray()
        let copies = ResizeArray()
        let exchanged = Array.zeroCreate carries.Length

        for i in 0 .. carries.Length - 1 do
            match fresh[i] with
            | ValueNone -> ()
            | ValueSome _ when Array.contains 0 carries[i].Type.Shape -> ()
            | ValueSome value ->
                if isOverwritable buffers body (buffers.Resolve carries[i].Buffer) (buffers.Resolve value.Buffer) then
                    buffers.Join(value.Buffer, carries[i].Buffer)
                elif
                    exchanges
                    && int64 (Shape.size value.Type.Shape) * int64 (DType.bytes value.Type.DType) >= int64 CostModel.exchangedBytes
                then
                    exchanged[i] <- true
                    swaps.Add(Statement.Swap(carries[i].Buffer, value.Buffer))
                else
                    copies.Add(struct (value, carries[i]))

        struct (Array.concat [ body; Statements.copyAll first (copies.ToArray()); swaps.ToArray() ], exchanged)
