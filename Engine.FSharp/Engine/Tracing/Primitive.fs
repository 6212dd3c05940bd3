// The operations as functions on tensors of fitting shapes: the words in which the rules of the transformations are written.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Primitive =
    /// A tensor whose array an operation without operands makes when it is first needed.
    let ofRecipe (op: Op) = Tensor((Typing.infer op [||])[0], null, null, ValueSome op)

    let private eager op (operands: Tensor[]) : Tensor[] =
        let types = Array.zeroCreate operands.Length
        let arrays = Array.zeroCreate operands.Length
        let mutable weak = operands.Length > 0
        let mutable literal = weak

        for i in 0 .. operands.Length - 1 do
            let operand = operands[i]
            types[i] <- operand.Type
            arrays[i] <- operand.Array
            weak <- weak && operand.Weak
            literal <- literal && operand.Literal

        let types = Typing.infer op types
        let results = Eager.apply op arrays
        let tensors = Array.zeroCreate results.Length

        for i in 0 .. results.Length - 1 do
            tensors[i] <- Tensor(types[i], null, results[i], ValueNone, Weak = weak, Literal = literal)

        tensors

    let apply1 op (a: Tensor) = Tensor.Apply1(op, a)

    /// The results of an operation: by the youngest trace among its operands', at once where there is none (and no branch that is not taken).
    let apply op (operands: Tensor[]) : Tensor[] =
        let mutable youngest = Branching.OfKnown

        for operand in operands do
            youngest <- Tensor.Younger(op, youngest, operand)

        if not (isNull youngest) then
            let results = youngest.Process(op, operands)

            if operands.Length = 1 && results.Length = 1 then
                Tensor.Repeating(op, operands[0], results[0]) |> ignore

            results
        else
            match operands, op with
            | _, (Op.Routine _ | Op.Loop _ | Op.Switch _ | Op.Call _) -> eager op operands
            | [| a |], _ -> [| Tensor.Apply1(op, a) |]
            | [| a; b |], _ -> [| Tensor.Apply1(op, a, b) |]
            | _ -> eager op operands

    /// A step of a program that is written for values of any kind (NormProgram.fs).
    let step op (operands: Tensor[]) =
        match op with
        | Op.Constant array -> Tensor(array, Literal = true)
        | _ -> (apply op operands)[0]

    let private applyOne op (operands: Tensor[]) =
        match operands with
        | [| a |] -> Tensor.Apply1(op, a)
        | [| a; b |] -> Tensor.Apply1(op, a, b)
        | _ -> (apply op operands)[0]

    let map row a = apply1 (Op.Map row) a
    let zip zip (a: Tensor) (b: Tensor) = Tensor.Apply1(Zips.op zip, a, b)
    let add a b = zip Zip.Add a b
    let subtract a b = zip Zip.Subtract a b
    let multiply a b = zip Zip.Multiply a b
    let scale a b = zip Zip.Scale a b

    /// t n / d; 0 where t or n is 0 or d infinite.
    let quotient t n d = (apply Op.Quotient [| t; n; d |])[0]

    let negate a = map Elementwise.negate a

    let compare relation (a: Tensor) (b: Tensor) = Tensor.Apply1(Op.Compare relation, a, b)

    let select (condition: Tensor) (a: Tensor) (b: Tensor) = (apply Op.Select [| condition; a; b |])[0]

    let reshape shape (a: Tensor) = if Shape.equal a.Dims shape then a else apply1 (Op.Reshape shape) a

    let transpose (permutation: int[]) (a: Tensor) =
        let mutable isIdentity = permutation.Length = a.Rank

        for axis in 0 .. permutation.Length - 1 do
            isIdentity <- isIdentity && permutation[axis] = axis

        if isIdentity then a else apply1 (Op.Transpose permutation) a

    let broadcast shape axes (a: Tensor) = if Shape.equal a.Dims shape then a else apply1 (Op.Broadcast(shape, axes)) a

    let sum axes (a: Tensor) = if Array.isEmpty axes then a else apply1 (Op.Reduce(Reduction.Sum, axes)) a

    let convert dtype (a: Tensor) = if a.DType = dtype then a else apply1 (Op.Convert dtype) a

    let concatenate axis (parts: Tensor[]) = if parts.Length = 1 then parts[0] else (apply (Op.Concatenate axis) parts)[0]

    let gather axis (a: Tensor) (indices: Tensor) = Tensor.Apply1(Op.Gather axis, a, indices)

    /// With updates added at the indices of the axis.
    let scatter axis (a: Tensor) (updates: Tensor) (indices: Tensor) = (apply (Op.Scatter axis) [| a; updates; indices |])[0]

    /// With one entry of the axis replaced.
    let update axis (a: Tensor) (entry: Tensor) (index: Tensor) = (apply (Op.Update axis) [| a; entry; index |])[0]

    let dot axes (a: Tensor) (b: Tensor) = Tensor.Apply1(Op.Dot axes, a, b)

    let iota dtype shape axis = ofRecipe (Op.Iota(dtype, shape, axis))

    /// One number everywhere, in no memory.
    let fill dtype (shape: int[]) (value: float) =
        DType.row dtype |> ignore
        Shape.size shape |> ignore
        Tensor(NDArray.repeated dtype shape value, Literal = true)

    let zeros (t: TensorType) = fill t.DType t.Shape 0.0
    let fillLike (a: Tensor) value = Tensor(a.Type, null, NDArray.repeated a.DType a.Dims value, ValueNone, Literal = true)
    /// Numbers of a tensor's dtype and shape where it is missing: null stands for a symbolic zero.
    let orZeros (t: TensorType) (a: Tensor) = if isNull a then zeros t else a

    /// The sum of two tangents or cotangents, of which null is a symbolic zero.
    let addSymbolic (a: Tensor) (b: Tensor) =
        if isNull a then b
        elif isNull b then a
        else add a b

    let slice starts limits strides (a: Tensor) = apply1 (Op.Slice(starts, limits, strides)) a

    /// Entries start .. limit - 1 of one axis.
    let sliceAxis axis start limit (a: Tensor) =
        if start = 0 && limit = a.Dims[axis] then
            a
        else
            let starts = Array.zeroCreate a.Rank
            let limits = Array.copy a.Dims
            starts[axis] <- start
            limits[axis] <- limit
            slice starts limits (Array.create a.Rank 1) a

    /// The entry of an axis, which disappears.
    let entry axis index (a: Tensor) = reshape (Array.removeAt axis a.Dims) (sliceAxis axis index (index + 1) a)

    /// Equal tensors side by side along a new axis.
    let stack axis (parts: Tensor[]) = concatenate axis (parts |> Array.map (fun p -> reshape (Shape.insert axis 1 p.Dims) p))

    /// Axis `source` moved to position `target`.
    let moveAxis source target (a: Tensor) =
        if source = target then
            a
        else
            let rest = [|
                for i in 0 .. a.Rank - 1 do
                    if i <> source then i
            |]

            transpose (Array.insertAt target source rest) a

    // Functions as values, made once.
    let private applied: Op -> Tensor[] -> Tensor = applyOne
    let private repeated: Tensor -> float -> Tensor = fillLike

    /// The values of derivative expressions at arguments x and z and result y.
    let values (x: Tensor) (z: Tensor) (y: Tensor) = ExprValues(applied, repeated, x, z, y)

    /// A graph's operations applied to tensors, whatever their traces, each in a given way.
    let evaluateBy (apply: Equation -> Tensor[] -> Tensor[]) (graph: Graph) (inputs: Tensor[]) : Tensor[] =
        let values: Tensor[] = Array.zeroCreate graph.Types.Length
        Array.blit inputs 0 values 0 graph.InputCount

        for equation in graph.Equations do
            let operands = equation.Inputs |> Array.map (fun v -> values[v])

            let results =
                match equation.Op with
                | Op.Constant array -> [| Tensor(array, Literal = true) |]
                | op when operands.Length = 0 -> [| ofRecipe op |]
                | _ -> apply equation operands

            for i in 0 .. results.Length - 1 do
                values[equation.Outputs[i]] <- results[i]

        graph.Outputs |> Array.map (fun v -> values[v])

    let evaluateGraph (graph: Graph) (inputs: Tensor[]) : Tensor[] =
        evaluateBy (fun equation operands -> apply equation.Op operands) graph inputs
