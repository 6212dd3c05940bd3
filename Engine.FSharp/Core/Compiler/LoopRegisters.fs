// What a serial loop holds in locals from turn to turn, which the JIT gives registers: elements of buffers that only straight-line code of the
// loop touches, each at a place of its own. Everything else of such a buffer would be read past the local.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<NoComparison; ReferenceEquality>]
type internal HeldElement = { Access: Access; DType: DType; mutable IsWritten: bool }

[<RequireQualifiedAccess>]
module internal LoopRegisters =
    let private isConstant (access: Access) = access.Terms |> Array.forall (fun (struct (_, stride)) -> stride = 0)

    /// Statements that are emitted where they stand, in the method of what surrounds them.
    let isStraight (s: Statement) =
        match s with
        | Statement.Nest nest -> nest.Axes.Length = 0
        | Statement.Swap _ -> true
        | Statement.Accumulate _
        | Statement.Product _
        | Statement.Repeat _
        | Statement.RepeatWhile _
        | Statement.Choose _
        | Statement.Kernel _ -> false

    /// The elements that a loop over these statements (the test of a conditional one among them) can hold; none are more than it may.
    let elements (buffers: Buffer[]) (flags: Access[]) (body: Statement[]) : HeldElement[] =
        let found = Dictionary<int, List<HeldElement>>()
        let refused = HashSet<int>()

        let take (access: Access) isWritten =
            if not (isConstant access) then
                refused.Add access.Buffer |> ignore
            else
                let known =
                    match found.TryGetValue access.Buffer with
                    | true, known -> known
                    | _ ->
                        let known = List()
                        found[access.Buffer] <- known
                        known

                match known.FindIndex(fun e -> e.Access.Offset = access.Offset) with
                | -1 -> known.Add { Access = access; DType = buffers[access.Buffer].DType; IsWritten = isWritten }
                | k -> known[k].IsWritten <- known[k].IsWritten || isWritten

        let refuse (statement: Statement) = Statements.accesses (fun access _ -> refused.Add access.Buffer |> ignore) statement

        let rec visit (statement: Statement) =
            match statement with
            | Statement.Nest nest when nest.Axes.Length = 0 ->
                for source in nest.Sources do
                    match source with
                    | Source.Load access -> take access false
                    | Source.LoadAt(access, _, _, _) -> refused.Add access.Buffer |> ignore
                    | Source.Counter _ -> ()

                for store in nest.Stores do
                    take store.Target true
            | Statement.Repeat(_, _, body) -> Array.iter visit body
            | Statement.RepeatWhile(test, flag, _, body) ->
                Array.iter visit test
                take flag false
                Array.iter visit body
            | Statement.Choose(index, branches) ->
                take index false

                for branch in branches do
                    // Others are methods of their own.
                    if Array.forall isStraight branch then Array.iter visit branch else Array.iter refuse branch
            | Statement.Nest _
            | Statement.Accumulate _
            | Statement.Product _
            | Statement.Swap _
            | Statement.Kernel _ -> refuse statement

        for flag in flags do
            take flag false

        Array.iter visit body

        // What the loop changes comes first.
        let isChanged (elements: List<HeldElement>) = elements.Exists(fun e -> e.IsWritten)

        let candidates =
            [|
                for entry in found do
                    if not (refused.Contains entry.Key) then entry.Value
            |]
            |> Array.sortBy (fun elements -> struct ((if isChanged elements then 0 else 1), elements.Count, elements[0].Access.Buffer))

        let mutable count = 0

        [|
            for elements in candidates do
                count <- count + elements.Count
                if count <= CostModel.heldElements then yield! elements
        |]
