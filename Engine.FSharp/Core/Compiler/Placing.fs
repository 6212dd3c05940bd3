// Scratch memory for buffers of known lives: those that live at the same time do not overlap.
namespace Pipeline.Engine

open System.Collections.Generic

/// A buffer of so many bytes that is there from one moment to another, both included.
[<Struct>]
type internal Life = { First: int; Last: int; Bytes: int64 }

[<RequireQualifiedAccess>]
module internal Placing =
    /// So many are compared with all others.
    let private compared = 1_024

    /// One after the other where the first gap is wide enough, the largest being first: little waste, in time that grows as their square.
    let private bySize (lives: Life[]) (offsets: int64[]) (count: int) : int64 =
        let placed = ResizeArray<int>()
        let mutable total = 0L

        for k in 0 .. count - 1 do
            let life = lives[k]
            let mutable offset = 0L

            // Those that are placed, by offset.
            for other in placed do
                let there = lives[other]

                if
                    life.First <= there.Last
                    && there.First <= life.Last
                    && offsets[other] < offset + life.Bytes
                    && offset < offsets[other] + there.Bytes
                then
                    offset <- offsets[other] + there.Bytes

            let mutable at = 0

            while at < placed.Count && offsets[placed[at]] < offset do
                at <- at + 1

            placed.Insert(at, k)
            offsets[k] <- offset
            total <- max total (offset + life.Bytes)

        total

    /// In the order of time, each where one of its size was that is there no more, or behind all others.
    let private byTime (lives: Life[]) (offsets: int64[]) (from: int) (start: int64) : int64 =
        let free = Dictionary<int64, Stack<int64>>()
        let ends = PriorityQueue<int, int>()
        let mutable total = start

        for k in Array.sortBy (fun k -> lives[k].First) [| from .. lives.Length - 1 |] do
            let mutable ended, last = 0, 0

            while ends.TryPeek(&ended, &last) && last < lives[k].First do
                ends.Dequeue() |> ignore
                let bytes = lives[ended].Bytes
                if not (free.ContainsKey bytes) then free[bytes] <- Stack()
                free[bytes].Push offsets[ended]

            match free.TryGetValue lives[k].Bytes with
            | true, gaps when gaps.Count > 0 -> offsets[k] <- gaps.Pop()
            | _ ->
                offsets[k] <- total
                total <- total + lives[k].Bytes

            ends.Enqueue(k, lives[k].Last)

        total

    /// Where each of them lies, the largest being first, and the bytes of all.
    let place (lives: Life[]) : struct (int64[] * int64) =
        let offsets = Array.zeroCreate<int64> lives.Length
        let count = min compared lives.Length
        let total = bySize lives offsets count
        struct (offsets, byTime lives offsets count total)
