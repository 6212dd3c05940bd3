// Watching: operations run on the values below and are shown, one by one, with what they were given and what they made.
namespace Pipeline.Engine

open Pipeline

/// A tensor whose operations are watched: made from the argument, or met by what was in a loop, a branch or a call.
[<Sealed; AllowNullLiteral>]
type internal Watched(trace: Trace, value: Tensor, fromArgument: bool) =
    inherit Tensor(value.DType, value.Dims, trace, null, ValueNone)
    member _.Value = value
    member _.FromArgument = fromArgument

/// An operation without a body that ran: its operands, which of them were made from the argument, and its results.
[<NoComparison; NoEquality>]
type internal WatchedStep = { Op: Op; Operands: Tensor[]; FromArgument: bool[]; Results: Tensor[] }

/// Watching in progress; inspect is given each step.
[<Sealed>]
type internal Watching(name: string, inspect: WatchedStep -> unit) =
    inherit Trace()

    override _.Name = name

    override _.Read(tensor, operation) = (tensor :?> Watched).Value.Read operation

    override _.Below tensor = (tensor :?> Watched).Value
    override _.Knows tensor = (tensor :?> Watched).Value.IsKnown

    member this.Wrap(fromArgument: bool, a: Tensor) : Tensor = Watched(this, a, fromArgument, Weak = a.Weak)

    member this.Unwrap(a: Tensor) : Tensor =
        match a with
        | :? Watched as watched when obj.ReferenceEquals(watched.Trace, this) -> watched.Value
        | _ -> a

    override this.Process(op, operands) =
        let watched =
            operands
            |> Array.map (fun a ->
                match a with
                | :? Watched as own when obj.ReferenceEquals(own.Trace, this) -> own
                | _ -> Watched(this, a, false, Weak = a.Weak))

        let values = watched |> Array.map _.Value
        // Without numbers there is no step to take, and a rule of its own belongs to the transformations below.
        let isKnown = values |> Array.forall _.IsKnown
        let all = watched |> Array.map (fun a -> a :> Tensor)

        match op with
        | Op.Call(CallKind.Compiled, body) -> Primitive.evaluateGraph body all
        | Op.Call(_, body) when isKnown -> Primitive.evaluateGraph body all
        | Op.Scan loop when isKnown -> this.Scan(loop, all)
        | Op.While loop when isKnown -> this.While(loop, all)
        | Op.Switch branches when isKnown ->
            let index = int (Watching.Number all[0])
            Primitive.evaluateGraph branches[max 0 (min index (branches.Length - 1))] all[1..]
        | _ ->
            let results = Primitive.apply op values

            inspect { Op = op; Operands = values; FromArgument = watched |> Array.map _.FromArgument; Results = results }

            let fromArgument = watched |> Array.exists _.FromArgument
            results |> Array.map (fun a -> this.Wrap(fromArgument, a))

    static member private Number(a: Tensor) =
        let array = a.Peek "CheckNumbers"
        NDArray.elementAt array array.Offset

    member private this.Scan(loop: Scan, operands: Tensor[]) =
        let first = loop.Constants + loop.Carries
        let arguments = Array.copy operands
        let types = Array.skip loop.Carries (Graphs.outputs loop.Body)
        let rows = types |> Array.map (fun _ -> Array.zeroCreate<Tensor> loop.Length)

        for step in 0 .. loop.Length - 1 do
            let index = if loop.Reverse then loop.Length - 1 - step else step

            for i in first .. operands.Length - 1 do
                arguments[i] <- Primitive.entry 0 index operands[i]

            let results = Primitive.evaluateGraph loop.Body arguments
            Array.blit results 0 arguments loop.Constants loop.Carries
            rows |> Array.iteri (fun i row -> row[index] <- results[loop.Carries + i])

        let stacks =
            Array.map2
                (fun (t: TensorType) row ->
                    if loop.Length = 0 then
                        Primitive.zeros (Typing.tensor t.DType (Shape.insert 0 0 t.Shape))
                    else
                        Primitive.stack 0 row)
                types
                rows

        Array.append (Array.sub arguments loop.Constants loop.Carries) stacks

    member private this.While(loop: While, operands: Tensor[]) =
        let arguments = Array.copy operands
        let mutable steps = 0

        let holds () = Watching.Number((Primitive.evaluateGraph loop.Condition arguments)[0]) <> 0.0

        while holds () do
            if loop.Bound > 0 && steps = loop.Bound then
                // The loop itself says that its bound was too low.
                Primitive.apply (Op.While loop) (operands |> Array.map this.Unwrap) |> ignore

            let results = Primitive.evaluateGraph loop.Body arguments
            Array.blit results 0 arguments loop.Constants results.Length
            steps <- steps + 1

        arguments[loop.Constants ..]

[<RequireQualifiedAccess>]
module internal Watch =
    /// f's result, with every operation on its argument's tensors, and on what they became, shown to inspect.
    let run name inspect (f: 'T -> 'R) (x: 'T) : 'R =
        let struct (leaves, structure) = Tree.flatten x
        let trace = Watching(name, inspect)

        try
            Tree.map trace.Unwrap (f (Tree.rebuild structure (leaves |> Array.map (fun a -> trace.Wrap(true, a)))))
        finally
            trace.Ended <- true

    /// The arrays that a tensor consists of: values, tangents, batches and coefficients; none for what is being recorded.
    let rec numbers (a: Tensor) : Tensor list =
        match a with
        | null -> []
        | :? Watched as watched -> numbers watched.Value
        | :? Dual as dual -> numbers dual.Primal @ numbers dual.Tangent
        | :? Batch.Batched as batched -> numbers batched.Value
        | :? Series.Expansion as expansion -> expansion.Coefficients |> List.ofArray |> List.collect numbers
        | _ -> if isNull a.Trace then [ a ] else []
