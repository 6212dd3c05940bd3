// Where scratch memory lies: buffers whose lives do not meet share their bytes.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal Plan =
    let private alignment = 64
    /// Offsets into memory are 32-bit integers, and the header lies before.
    let private mostBytes = 2_000_000_000L

    /// What a program needs beside its arguments and results.
    let refuse (bytes: int64) : unit =
        if bytes > mostBytes then
            raise (
                ShapeException
                    $"Compile: the intermediate results of this program take {bytes / 1_048_576L} MiB at once, more than the {mostBytes / 1_048_576L} that a compiled program may have. Compute in parts (Loop.For or Loop.Scan over slices), or with smaller shapes."
            )

    /// The first and the last statement that touches each buffer, statements being numbered in program order; (max, -1) for none.
    let private lives (count: int) (body: Statement[]) : struct (int[] * int[]) =
        let first = Array.create count System.Int32.MaxValue
        let last = Array.create count -1
        let loops = ResizeArray<struct (int * int * int[])>()
        let swaps = ResizeArray<struct (int * int)>()
        let mutable time = 0

        let touch buffer =
            first[buffer] <- min first[buffer] time
            last[buffer] <- max last[buffer] time

        let rec walk (statement: Statement) =
            let loop (parts: Statement[][]) flag =
                let start = time

                for part in parts do
                    Array.iter walk part

                if flag >= 0 then touch flag

                let touched = HashSet<int>()
                Statements.accesses (fun access _ -> touched.Add access.Buffer |> ignore) statement
                loops.Add(struct (start, time, Array.ofSeq touched))
                time <- time + 1

            match statement with
            | Statement.Repeat(_, _, body) -> loop [| body |] -1
            | Statement.RepeatWhile(test, flag, _, body) -> loop [| test; body |] flag.Buffer
            | Statement.Choose(index, branches) ->
                touch index.Buffer
                time <- time + 1

                for branch in branches do
                    Array.iter walk branch
            | _ ->
                match statement with
                | Statement.Swap(a, b) -> swaps.Add(struct (a, b))
                | _ -> ()

                Statements.accesses (fun access _ -> touch access.Buffer) statement
                time <- time + 1

        Array.iter walk body
        let mutable changed = true

        let widen buffer from until =
            if from < first[buffer] || until > last[buffer] then
                first[buffer] <- min from first[buffer]
                last[buffer] <- max until last[buffer]
                changed <- true

        while changed do
            changed <- false

            // What a loop shares with its surroundings lives as long as the loop. (Inner loops come first in the list.)
            for struct (start, until, touched) in loops do
                for buffer in touched do
                    if first[buffer] < start || last[buffer] > until then widen buffer start until

            // Either buffer may hold the other's contents.
            for struct (a, b) in swaps do
                widen a first[b] last[b]
                widen b first[a] last[a]

        struct (first, last)

    /// Joins the buffers of a program, cuts loops that touch at least so many bytes into tiles of so many, and places the buffers.
    let tiled
        (tileBytes: int64)
        (leastBytes: int64)
        (buffers: ProgramBuffers)
        (body: Statement[])
        (inputs: TensorType[])
        (outputs: TensorType[])
        : LoopProgram =
        let all = buffers.ToArray()
        let number = Array.create all.Length -1
        let kept = ResizeArray<Buffer>()

        let rename buffer =
            let buffer = buffers.Resolve buffer

            if number[buffer] < 0 then
                number[buffer] <- kept.Count
                kept.Add all[buffer]

            number[buffer]

        let body = Array.map (Statements.rename rename) body |> Array.choose Statements.withoutMoves

        let kept = kept.ToArray()
        let body = Tile(kept, body, tileBytes, leastBytes).Run()
        let struct (first, last) = lives kept.Length body

        let bytes k =
            let alignment = int64 alignment

            (int64 (max 1 kept[k].Size) * int64 (DType.bytes kept[k].DType) + alignment - 1L) / alignment * alignment

        let scratch =
            [|
                for k in 0 .. kept.Length - 1 do
                    match kept[k].Kind with
                    | BufferKind.Workspace _ -> k
                    | _ -> ()
            |]
            |> Array.sortBy (fun k -> struct (-(bytes k), k))

        let ours = scratch |> Array.map (fun k -> { First = first[k]; Last = last[k]; Bytes = bytes k })
        let struct (offsets, total) = Placing.place ours

        refuse total

        for i in 0 .. scratch.Length - 1 do
            kept[scratch[i]] <- { kept[scratch[i]] with Kind = BufferKind.Workspace(int offsets[i]) }

        { Buffers = kept; WorkspaceBytes = int total; Body = body; InputTypes = inputs; OutputTypes = outputs }
