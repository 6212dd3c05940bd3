// Between which numbers the integers of a program lie, so that indices of known range need no check.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal RewriteRanges =
    let private within (struct (low, high)) (struct (least, most)) : bool = low >= least && high <= most

    let private union (struct (a: Int128, b: Int128)) (struct (c: Int128, d: Int128)) = struct (Int128.Min(a, c), Int128.Max(b, d))

    let private counted (n: int) = struct (Int128.Zero, Int128.op_Implicit (max 0 (n - 1)))

    /// What every element of a dtype lies between; of integers and bools.
    let ofType (dtype: DType) : struct (Int128 * Int128) voption =
        if dtype = DType.Bool then ValueSome(struct (Int128.Zero, Int128.One))
        elif DType.isInteger dtype then ValueSome(DType.limits dtype)
        else ValueNone

    let private constant (array: NDArray) =
        if array.Size = 0 || array.Size > CostModel.searchedRange then
            ValueNone
        else
            let array = KernelsViews.contiguous array

            let at i = NDArray.elementAt array (array.Offset + i)

            let numbers = Array.init array.Size at
            let low, high = Array.min numbers, Array.max numbers

            // Numbers that float64 has exactly.
            if max (abs low) (abs high) < 9e15 then
                ValueSome(struct (Int128.op_Explicit low, Int128.op_Explicit high))
            else
                ValueNone

    let private zip (zip: Zip) (struct (a: Int128, b: Int128)) (struct (c: Int128, d: Int128)) =
        match zip with
        | Zip.Add -> ValueSome(struct (a + c, b + d))
        | Zip.Subtract -> ValueSome(struct (a - d, b - c))
        | Zip.Multiply
        | Zip.Scale ->
            let small (x: Int128) = Int128.Abs x <= Int128.op_Implicit Int64.MaxValue

            if small a && small b && small c && small d then
                let products = [| a * c; a * d; b * c; b * d |]
                ValueSome(struct (Array.min products, Array.max products))
            else
                ValueNone
        | Zip.Maximum -> ValueSome(struct (Int128.Max(a, c), Int128.Max(b, d)))
        | Zip.Minimum -> ValueSome(struct (Int128.Min(a, c), Int128.Min(b, d)))
        // With the sign of the first.
        | Zip.Remainder when c > Int128.Zero ->
            let most = d - Int128.One

            let low = if a >= Int128.Zero then Int128.Zero else Int128.Max(a, -most)

            let high = if b <= Int128.Zero then Int128.Zero else Int128.Min(b, most)

            ValueSome(struct (low, high))
        | _ -> ValueNone

    /// The range of one of an operation's results, from those of its operands.
    let ofOp
        (op: Op)
        (number: int)
        (operands: TensorType[])
        (ranges: struct (Int128 * Int128) voption[])
        (result: TensorType)
        : struct (Int128 * Int128) voption =
        let possible = ofType result.DType

        let found =
            if possible.IsNone || Shape.size result.Shape = 0 then
                ValueNone
            else
                match op with
                | Op.Constant array -> constant array
                | Op.Iota(_, shape, axis) -> ValueSome(counted shape[axis])
                | Op.Places(_, _, size) -> ValueSome(counted size)
                | Op.Routine routine when Array.contains number routine.Places -> ValueSome(counted (Array.last result.Shape))
                | Op.Reduce((Reduction.ArgMax | Reduction.ArgMin), axes) -> ValueSome(counted operands[0].Shape[axes[0]])
                | Op.Reduce((Reduction.Maximum | Reduction.Minimum), _) when Shape.size operands[0].Shape > 0 -> ranges[0]
                | Op.Convert _
                | Op.StopGradient
                | Op.Gather _ -> ranges[0]
                | op when operands.Length = 1 && (Traits.ofOp op 1 operands[0].DType).Moves -> ranges[0]
                | Op.Pad _ -> ranges[0] |> ValueOption.map (union (counted 1))
                | Op.Concatenate _ when ranges |> Array.forall _.IsSome -> ValueSome(ranges |> Array.map _.Value |> Array.reduce union)
                | Op.Select when ranges[1].IsSome && ranges[2].IsSome -> ValueSome(union ranges[1].Value ranges[2].Value)
                | Op.Zip z when ranges[0].IsSome && ranges[1].IsSome -> zip z ranges[0].Value ranges[1].Value
                | _ -> ValueNone

        // Numbers outside the dtype wrap.
        match found with
        | ValueSome range when within range possible.Value -> found
        | _ -> possible

    let rec checksIndices (graph: Graph) : bool =
        graph.Equations
        |> Array.exists (fun equation -> equation.Op.IsPlaces || Array.exists checksIndices (Graphs.bodies equation.Op))

    /// Carries of a while loop that count up to a limit, by number: while the condition holds they lie below it, and not below their start.
    let counters
        (condition: Graph)
        (step: Graph)
        (constants: int)
        (ranges: struct (Int128 * Int128) voption[])
        : (int * struct (Int128 * Int128)) list =
        let definition (graph: Graph) v = graph.Equations |> Array.tryFind (fun e -> Array.contains v e.Outputs)

        let rec number (graph: Graph) v =
            if v < constants then
                ranges[v]
            else
                match definition graph v with
                | Some { Op = Op.Constant array } -> constant array
                | Some { Op = Op.Broadcast _ | Op.Convert _; Inputs = [| operand |] } -> number graph operand
                | _ -> ValueNone

        let isCarry (graph: Graph) v = v >= constants && v < graph.InputCount && DType.isInteger graph.Types[v].DType

        /// Whether a carry up to a last number rises, without wrapping after it.
        let rises v last =
            match definition step step.Outputs[v - constants] with
            | Some { Op = Op.Zip Zip.Add; Inputs = [| a; b |] } when a = v || b = v ->
                match number step (if a = v then b else a) with
                | ValueSome(struct (low, high)) ->
                    let struct (_, most) = DType.limits step.Types[v].DType
                    low >= Int128.Zero && last + high <= most
                | ValueNone -> false
            | _ -> false

        let rec limits v =
            match definition condition v with
            | Some { Op = Op.Zip Zip.And; Inputs = [| a; b |] } -> limits a @ limits b
            | Some { Op = Op.Compare(Relation.Less | Relation.LessEqual as relation); Inputs = [| i; limit |] } when isCarry condition i ->
                match number condition limit, ranges[i] with
                | ValueSome(struct (_, high)), ValueSome(struct (start, _)) ->
                    let last = if relation = Relation.Less then high - Int128.One else high

                    [ if last >= start && rises i last then i, struct (start, last) ]
                | _ -> []
            | _ -> []

        limits condition.Outputs[0]
