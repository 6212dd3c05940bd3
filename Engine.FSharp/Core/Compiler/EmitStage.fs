// Numbers of a sum on their way to the lanes: they wait side by side in memory until a block of them is there.
namespace Pipeline.Engine

open System
open System.Reflection.Emit
open Pipeline

/// Entries of each term from a place in the workspace on.
[<Sealed>]
type internal EmitStage(code: Code, at: int, terms: int, bytes: int) =
    let mutable filled: LocalBuilder = null
    /// Where the entry at index 0 of the vector axis goes.
    let mutable origin: LocalBuilder = null

    static let move =
        let pointer = typeof<Void>.MakePointerType()
        typeof<Buffer>.GetMethod("MemoryCopy", [| pointer; pointer; typeof<int64>; typeof<int64> |])

    let addTo (local: LocalBuilder) (count: int64) =
        code.Load local
        code.AddNative count
        code.Store local

    member _.Begin() =
        filled <- code.Rent typeof<nativeint>
        origin <- code.Rent typeof<nativeint>

        for local in [ filled; origin ] do
            code.Native 0L
            code.Store local

    member _.Filled = filled

    /// Pushes the address of an entry from the first one on.
    member _.Entry(term: int, entry: unit -> unit) =
        code.Workspace(at + term * Header.StageBytes)
        entry ()
        code.MultiplyNative(int64 bytes)
        code.Emit OpCodes.Add

    /// Pushes the address of the entry at an index of the vector axis.
    member stage.Place(term: int, index: unit -> unit) =
        stage.Entry(
            term,
            fun () ->
                code.Load origin
                index ()
                code.Emit OpCodes.Add
        )

    /// So many entries are there.
    member _.Advance(count: int64) = addTo filled count

    /// The vector axis starts again.
    member _.Restart() =
        code.Load filled
        code.Store origin

    /// Fills up the last turn.
    member _.Pad(lanes: int) =
        code.Load filled
        code.AddNative(int64 (lanes - 1))
        code.Native(int64 -lanes)
        code.Emit OpCodes.And
        code.Store filled

    member _.Clear() =
        code.Native 0L
        code.Store filled

    /// The first entries are done; those behind them move there.
    member stage.Drop(count: int) =
        addTo filled (int64 -count)
        addTo origin (int64 -count)

        for term in 0 .. terms - 1 do
            stage.Entry(term, (fun () -> code.Native(int64 count)))
            stage.Entry(term, (fun () -> code.Native 0L))

            for _ in 1..2 do
                code.Load filled
                code.MultiplyNative(int64 bytes)
                code.Emit OpCodes.Conv_I8

            code.Call move

    /// The body while so many entries are there at least.
    member _.While(count: int, body: unit -> unit) =
        let top, finish = code.Label(), code.Label()
        code.Mark top
        code.Load filled
        code.Native(int64 count)
        code.Emit(OpCodes.Blt, finish)
        body ()
        code.Emit(OpCodes.Br, top)
        code.Mark finish

    member _.End() =
        code.Return filled
        code.Return origin
