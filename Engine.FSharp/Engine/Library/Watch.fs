// Watching: operations run on the values below and are shown, one by one, with what they were given and what they made.
namespace Pipeline.Engine

open Pipeline

/// A tensor whose operations are watched: made from the argument, or met by what was in a loop, a branch or a call.
[<Sealed; AllowNullLiteral>]
type internal Watched(trace: Trace, value: Tensor, fromArgument: bool) =
    inherit Tensor(value.Type, trace, null, ValueNone)
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
        | Op.Loop loop when isKnown -> this.Loop(loop, all)
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

    member private this.Loop(loop: Loop, operands: Tensor[]) =
        let mutable parts = Loop.parts loop operands
        let stacked = parts.Inputs
        let types = (Loop.results loop (Graphs.outputs loop.Body)).Inputs
        let rows = types |> Array.map (fun _ -> Array.zeroCreate<Tensor>(ValueOption.defaultValue 0 loop.Length))
        let mutable step = 0

        let goesOn () =
            match loop.Condition with
            | ValueNone -> step < loop.Length.Value
            | ValueSome condition ->
                let more = Watching.Number((Primitive.evaluateGraph condition (Parts.join parts))[0]) <> 0.0

                if more && ValueSome step = loop.Length then
                    // The loop itself says that its bound was too low.
                    Primitive.apply (Op.Loop loop) (operands |> Array.map this.Unwrap) |> ignore

                more

        while goesOn () do
            let index = if loop.Reverse then loop.Length.Value - 1 - step else step
            let slices = stacked |> Array.map (Primitive.entry 0 index)
            let results = Loop.results loop (Primitive.evaluateGraph loop.Body (Parts.join { parts with Inputs = slices }))
            parts <- { parts with Carries = results.Carries }
            rows |> Array.iteri (fun i row -> row[index] <- results.Inputs[i])
            step <- step + 1

        let stacks =
            Array.map2
                (fun (t: TensorType) (row: Tensor[]) ->
                    if row.Length = 0 then
                        Primitive.zeros (Typing.tensor t.DType (Shape.insert 0 0 t.Shape))
                    else
                        Primitive.stack 0 row)
                types
                rows

        Array.append parts.Carries stacks

[<RequireQualifiedAccess>]
module internal Watch =
    /// f's result, with every operation on its argument's tensors, and on what they became, shown to inspect.
    let run name inspect (f: 'T -> 'R) (x: 'T) : 'R =
        let struct (leaves, structure) = Tree.flatten x
        let trace = Watching(name, inspect)

        try
            let struct (results, structure) =
                Tree.flattenResult name (f (Tree.rebuild structure (leaves |> Array.map (fun a -> trace.Wrap(true, a)))))

            Tree.rebuild structure (Array.map trace.Unwrap results)
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
