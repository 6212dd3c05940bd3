// Sums of results that have lanes of their own side by side: their accumulators lie in memory, lane after lane.
namespace Pipeline.Engine

open System.Reflection.Emit
open Pipeline

/// For as many lanes as have entries; once: each has one entry, and nothing is there before.
[<Sealed>]
type internal EmitLanes(code: Code, combine: EmitCombine, vectorBytes: int, lanes: int, isOnce: bool) =
    let dtype = combine.DType
    /// The vectors of results.
    let mutable count = 0

    /// The address of a vector of results' virtual lane: the one at a place among the lanes.
    let address (lane: unit -> unit) u =
        code.Workspace(combine.Partials + u * vectorBytes)
        lane ()
        code.MultiplyNative(int64 (count * vectorBytes))
        code.Emit OpCodes.Add

    let each (some: int) (body: (int -> int -> unit) -> int -> unit) =
        code.Loop(
            int64 some,
            1L,
            fun lane ->
                for u in 0 .. count - 1 do
                    body
                        (fun extra u ->
                            address
                                (fun () ->
                                    code.Load lane
                                    code.AddNative(int64 extra))
                                u)
                        u
        )

    /// Takes in so many vectors of results.
    member _.Begin(vectorCount: int) = count <- vectorCount

    /// Sets the lanes to the identity.
    member _.Restart() =
        if not isOnce then
            each lanes (fun place u ->
                place 0 u
                combine.Constant(dtype, combine.Identity)
                combine.Store dtype)

    /// Changes the accumulator of vector u in the lane that is pushed: from what is there now to what is pushed of it.
    member _.Accumulate(u: int, lane: unit -> unit, next: Operand -> unit) =
        let place = code.Rent typeof<nativeint>
        address lane u
        code.Store place

        let current =
            combine.Operand(fun () ->
                if isOnce then
                    combine.Constant(dtype, combine.Identity)
                else
                    code.Load place
                    combine.Load dtype)

        code.Load place
        next current
        combine.Store dtype
        code.Return place

    /// Combines the lanes by halves to the vectors of results: lanes without entries change nothing.
    member _.Combine(results: CodeLocal[]) : unit =
        let mutable left = lanes

        while left > 1 do
            let half = SumOrder.left left

            each (left - half) (fun place u ->
                let lane extra =
                    combine.Operand(fun () ->
                        place extra u
                        combine.Load dtype)

                place 0 u
                combine.Emit(combine.Op, dtype, [| lane 0; lane half |])
                combine.Store dtype)

            left <- half

        for u in 0 .. count - 1 do
            code.Workspace(combine.Partials + u * vectorBytes)
            combine.Load dtype
            code.Store(results[u])
