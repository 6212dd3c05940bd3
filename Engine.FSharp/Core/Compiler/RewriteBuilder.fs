// A program in the making: equations with common subexpressions merged, and what is known of its variables.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline

/// Equations of one graph. Equal operations on equal operands are one equation, but not across the border of a checkpoint:
/// what it recomputes is to be computed again.
[<Sealed>]
type internal RewriteBuilder(inputs: TensorType[], inputRanges: struct (Int128 * Int128) voption[]) =
    let types = ResizeArray<TensorType> inputs
    let ranges = ResizeArray<struct (Int128 * Int128) voption> inputRanges
    let equations = ResizeArray<Equation>()
    let definitions = Dictionary<int, Equation>()
    let known = Dictionary<struct (int * Op * int list), int[]>(HashIdentity.Structural)
    let numbers = Dictionary<struct (DType * uint64), int>()
    let mutable regions = 0
    let mutable region = 0

    let define op operands =
        let operandTypes = operands |> Array.map (fun v -> types[v])

        let results =
            Typing.infer op operandTypes
            |> Array.mapi (fun number tensor ->
                types.Add tensor
                ranges.Add(RewriteRanges.ofOp op number operandTypes (operands |> Array.map (fun v -> ranges[v])) tensor)
                types.Count - 1)

        let equation = { Op = op; Inputs = operands; Outputs = results }

        equations.Add equation

        for v in results do
            definitions[v] <- equation

        results

    member _.Type v = types[v]
    member _.Shape v = types[v].Shape
    member _.DType v = types[v].DType

    /// Between which numbers every element lies, of integers and bools.
    member _.Range v = ranges[v]

    /// The operation that defines a variable; none for an input.
    member _.Definition(v) : Equation voption =
        match definitions.TryGetValue v with
        | true, equation -> ValueSome equation
        | _ -> ValueNone

    /// Runs with equations of their own, which merge with none before or after.
    member _.Apart(work: unit -> 'a) : 'a =
        let outer = region
        regions <- regions + 1
        region <- regions
        let result = work ()
        region <- outer
        result

    /// The results of an operation as it is.
    member _.AddAll(op: Op, operands: int[]) : int[] =
        match op with
        | Op.Constant array when array.Rank = 0 ->
            let key = struct (array.DType, array.Bits)

            match numbers.TryGetValue key with
            | true, v -> [| v |]
            | _ ->
                let results = define op operands
                numbers[key] <- results[0]
                results
        | _ ->
            let key = struct (region, op, List.ofArray operands)

            match known.TryGetValue key with
            | true, results -> results
            | _ ->
                let results = define op operands
                known[key] <- results
                results

    member this.Add(op: Op, operands: int[]) : int = this.AddAll(op, operands)[0]

    member this.Number(dtype: DType, value: float) : int = this.Add(Op.Constant(NDArray.scalar dtype value), [||])

    /// The array that a variable is known to be; null for none.
    member _.Array(v) : NDArray =
        match definitions.TryGetValue v with
        | true, { Op = Op.Constant array } -> array
        | _ -> null

    /// The scalar constant that every element of a variable is; null for none.
    member this.Uniform(v) : NDArray =
        match definitions.TryGetValue v with
        | true, { Op = Op.Constant array } when array.Rank = 0 -> array
        | true, { Op = Op.Broadcast(_, [||]); Inputs = [| operand |] } -> this.Array operand
        | _ -> null

    /// Whether every element is this number.
    member this.IsUniform(v, value: float) =
        let array = this.Uniform v

        not (isNull array)
        && NDArray.elementAt array array.Offset = value
        && (value <> 0.0 || Double.IsNegative(NDArray.elementAt array array.Offset) = Double.IsNegative value)

    member _.Graph(outputs: int[]) : Graph =
        Graphs.prune { InputCount = inputs.Length; Equations = equations.ToArray(); Outputs = outputs; Types = types.ToArray() }
