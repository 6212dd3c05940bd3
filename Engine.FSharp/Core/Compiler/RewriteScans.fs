// Stacked operands and results of scans that need no stack.
namespace Pipeline.Engine

open Pipeline

/// Where a scan's stacked result comes from: the loop's k-th one, a stacked operand, a constant in every entry.
[<RequireQualifiedAccess; Struct; NoComparison>]
type internal StackedResult =
    | Computed of computed: int
    | Entry of entry: int
    | Repeated of constant: int

[<RequireQualifiedAccess>]
module internal RewriteScans =
    /// The scan with stacked operands that repeat one entry as constants.
    let unstacked (b: RewriteBuilder) (emit: Op -> int[] -> int) (loop: Loop) (operands: int[]) : struct (Loop * int[]) =
        let firstStacked = loop.Constants + loop.Carries

        let entry v =
            match b.Definition v with
            | ValueSome { Op = Op.Broadcast(shape, axes); Inputs = [| x |] } when not (Array.contains 0 axes) ->
                ValueSome(emit (Op.Broadcast(shape[1..], axes |> Array.map (fun axis -> axis - 1))) [| x |])
            | _ -> ValueNone

        let entries = operands |> Array.mapi (fun i v -> if i < firstStacked then ValueNone else entry v)

        let repeated = [|
            for i in 0 .. operands.Length - 1 do
                if entries[i].IsSome then i
        |]

        if repeated.Length = 0 then
            struct (loop, operands)
        else
            let order =
                Array.concat [
                    [| 0 .. loop.Constants - 1 |]
                    repeated
                    [|
                        for i in loop.Constants .. operands.Length - 1 do
                            if entries[i].IsNone then i
                    |]
                ]

            let body =
                RewriteGraphs.withInputs (order |> Array.map (RewriteGraphs.input loop.Body)) loop.Body.Outputs loop.Body

            struct ({ loop with Body = body; Constants = loop.Constants + repeated.Length },
                    order |> Array.map (fun i -> if entries[i].IsSome then entries[i].Value else operands[i]))

    /// The scan without stacked results that are known without it, and where each comes from.
    let computed (loop: Loop) : struct (Loop * StackedResult[]) =
        let kept = ResizeArray<int>()
        let firstStacked = loop.Constants + loop.Carries

        let places =
            loop.Body.Outputs[loop.Carries ..]
            |> Array.map (fun v ->
                if v < loop.Constants then
                    StackedResult.Repeated v
                elif v >= firstStacked && v < loop.Body.InputCount then
                    StackedResult.Entry(v - firstStacked)
                else
                    match kept.IndexOf v with
                    | -1 ->
                        kept.Add v
                        StackedResult.Computed(kept.Count - 1)
                    | k -> StackedResult.Computed k)

        let outputs = Array.append loop.Body.Outputs[.. loop.Carries - 1] (kept.ToArray())

        struct ({ loop with Body = { loop.Body with Outputs = outputs } }, places)
