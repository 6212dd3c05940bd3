// Watching: operations run on the values below and are shown, one by one, with what they were given and what they made.
namespace Pipeline.Engine

open Pipeline

/// A tensor whose operations are watched.
[<Sealed; AllowNullLiteral>]
type internal Watched(trace: Trace, value: Tensor) =
    inherit Tensor(value.DType, value.Dims, trace, null, ValueNone)
    member _.Value = value

/// Watching in progress; inspect is given each operation without a body, its operands and its results.
[<Sealed>]
type internal Watching(name: string, inspect: Op -> Tensor[] -> Tensor[] -> unit) =
    inherit Trace()

    let ran op operands =
        let results = Primitive.apply op operands
        inspect op operands results
        results

    override _.Name = name

    override _.Read(tensor, operation) =
        (tensor :?> Watched).Value.Read operation

    override _.Knows tensor = (tensor :?> Watched).Value.IsKnown

    member this.Wrap(a: Tensor) : Tensor = Watched(this, a, Weak = a.Weak)

    member this.Unwrap(a: Tensor) : Tensor =
        match a with
        | :? Watched as watched when obj.ReferenceEquals(watched.Trace, this) -> watched.Value
        | _ -> a

    override this.Process(op, operands) =
        let values = operands |> Array.map this.Unwrap
        // Without numbers there is no step to take, and a rule of its own belongs to the transformations below.
        let isKnown = values |> Array.forall _.IsKnown

        let results =
            match op with
            | Op.Call(CallKind.Compiled, body) -> this.Run body values
            | Op.Call(_, body) when isKnown -> this.Run body values
            | Op.Scan loop when isKnown -> this.Scan(loop, values)
            | Op.While loop when isKnown -> this.While(loop, values)
            | Op.Switch branches when isKnown ->
                let index = int (Watching.Number values[0])
                this.Run branches[max 0 (min index (branches.Length - 1))] values[1..]
            | _ -> ran op values

        results |> Array.map this.Wrap

    static member private Number(a: Tensor) =
        let array = a.Read "CheckNumbers"
        NDArray.elementAt array array.Offset

    member private this.Run (body: Graph) (values: Tensor[]) =
        Primitive.evaluateGraph body (values |> Array.map this.Wrap)
        |> Array.map this.Unwrap

    member private this.Scan(loop: Scan, values: Tensor[]) =
        let first = loop.Constants + loop.Carries
        let arguments = Array.copy values
        let types = Array.skip loop.Carries (Graphs.outputs loop.Body)
        let rows = types |> Array.map (fun _ -> Array.zeroCreate<Tensor> loop.Length)

        for step in 0 .. loop.Length - 1 do
            let index = if loop.Reverse then loop.Length - 1 - step else step

            for i in first .. values.Length - 1 do
                arguments[i] <- Primitive.entry 0 index values[i]

            let results = this.Run loop.Body arguments
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

    member private this.While(loop: While, values: Tensor[]) =
        let arguments = Array.copy values
        let mutable steps = 0

        let holds () =
            Watching.Number((this.Run loop.Condition arguments)[0]) <> 0.0

        while holds () do
            if loop.Bound > 0 && steps = loop.Bound then
                // The loop itself says that its bound was too low.
                Primitive.apply (Op.While loop) values |> ignore

            let results = this.Run loop.Body arguments
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
            Tree.map trace.Unwrap (f (Tree.rebuild structure (leaves |> Array.map trace.Wrap)))
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
