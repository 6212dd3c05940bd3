// What a lane expression means, one lane at a time and as raw bits: the oracle for every target that turns lanes into instructions.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open Pipeline

[<RequireQualifiedAccess>]
module internal LaneEvaluate =
    let private single (bits: uint64) = BitConverter.UInt32BitsToSingle(uint32 bits)

    let private ofSingle (x: float32) = uint64 (BitConverter.SingleToUInt32Bits x)

    let private ofBool condition = if condition then 1UL else 0UL

    let private width dtype = if dtype = DType.Bool then 1 else 8 * DType.bytes dtype

    /// The low bits that the type has.
    let private truncate dtype (bits: uint64) = bits &&& (UInt64.MaxValue >>> (64 - width dtype))

    /// The value of an integer, sign extended where it has a sign.
    let private integer dtype (bits: uint64) =
        let unused = 64 - width dtype

        if dtype <> DType.Bool && DType.isSigned dtype then
            (int64 bits <<< unused) >>> unused
        else
            int64 bits

    let toFloat dtype (bits: uint64) =
        match dtype with
        | DType.Float32 -> float (single bits)
        | DType.Float64 -> BitConverter.UInt64BitsToDouble bits
        | DType.UInt64 -> float bits
        | _ -> float (integer dtype bits)

    /// Rounded to the nearest, or truncated and saturated, NaN to 0.
    let ofFloat dtype (x: float) =
        match dtype with
        | DType.Float32 -> ofSingle (float32 x)
        | DType.Float64 -> BitConverter.DoubleToUInt64Bits x
        | DType.Bool -> ofBool (x <> 0.0)
        | DType.UInt64 -> UInt64.CreateSaturating x
        | DType.Int64 -> uint64 (Int64.CreateSaturating x)
        | _ ->
            let limit = Math.ScaleB(1.0, (if DType.isSigned dtype then width dtype - 1 else width dtype))

            let lowest = if DType.isSigned dtype then -limit else 0.0

            truncate dtype (uint64 (Int64.CreateSaturating(Math.Clamp((if Double.IsNaN x then 0.0 else x), lowest, limit - 1.0))))

    let private convert source target (bits: uint64) =
        match source, target with
        | DType.UInt64, DType.Float32 -> ofSingle (float32 bits)
        | DType.Int64, DType.Float32 -> ofSingle (float32 (int64 bits))
        | _ when DType.isFloat source || DType.isFloat target -> ofFloat target (toFloat source bits)
        | _, DType.Bool -> ofBool (bits <> 0UL)
        | _ -> truncate target (uint64 (integer source bits))

    let private holds relation (order: int voption) =
        match order with
        | ValueNone -> relation = Relation.NotEqual
        | ValueSome order ->
            match relation with
            | Relation.Equal -> order = 0
            | Relation.NotEqual -> order <> 0
            | Relation.Less -> order < 0
            | Relation.LessEqual -> order <= 0

    /// None where either is NaN.
    let private order dtype (a: uint64) (b: uint64) =
        if DType.isFloat dtype then
            let a, b = toFloat dtype a, toFloat dtype b

            if Double.IsNaN a || Double.IsNaN b then ValueNone
            elif a = b then ValueSome 0
            else ValueSome(compare a b)
        elif dtype <> DType.Bool && DType.isSigned dtype then
            ValueSome(compare (integer dtype a) (integer dtype b))
        else
            ValueSome(compare a b)

    /// The bits of an operation's result, for a node of the dtype and operands of the source dtypes.
    let apply (op: LaneOp) dtype (sources: DType[]) (operands: uint64[]) : uint64 =
        let isFloat = DType.isFloat dtype
        let isSigned = dtype <> DType.Bool && DType.isSigned dtype
        let a = if operands.Length > 0 then operands[0] else 0UL
        let b = if operands.Length > 1 then operands[1] else 0UL
        // Float32 by way of float64 rounds rightly for every operation but the fused one.
        let real f = ofFloat dtype (f (toFloat dtype a))

        let real2 f = ofFloat dtype (f (toFloat dtype a) (toFloat dtype b))

        let wrap bits = truncate dtype bits

        match op with
        | LaneOp.Constant value -> ofFloat dtype value
        | LaneOp.Bits bits -> bits
        | LaneOp.Argument _ -> invalidOp "An argument has a value of its own."
        // Truth values add by or.
        | LaneOp.Add when dtype = DType.Bool -> a ||| b
        | LaneOp.Add -> if isFloat then real2 (+) else wrap (a + b)
        | LaneOp.Subtract -> if isFloat then real2 (-) else wrap (a - b)
        | LaneOp.Multiply -> if isFloat then real2 (*) else wrap (a * b)
        | LaneOp.Divide when isFloat -> real2 (/)
        | LaneOp.Divide ->
            if b = 0UL then 0UL
            elif not isSigned then a / b
            // The smallest number has no negative: it wraps to itself.
            elif integer dtype b = -1L then wrap (0UL - a)
            else wrap (uint64 (integer dtype a / integer dtype b))
        | LaneOp.Remainder when isFloat -> real2 (%)
        | LaneOp.Remainder ->
            if b = 0UL then a
            elif isSigned && integer dtype b = -1L then 0UL
            elif isSigned then wrap (uint64 (integer dtype a % integer dtype b))
            else a % b
        | LaneOp.FusedMultiplyAdd ->
            let c = operands[2]

            match dtype with
            | DType.Float32 -> ofSingle (MathF.FusedMultiplyAdd(single a, single b, single c))
            | DType.Float64 -> ofFloat dtype (Math.FusedMultiplyAdd(toFloat dtype a, toFloat dtype b, toFloat dtype c))
            | _ -> wrap (a * b + c)
        | LaneOp.Negate -> if isFloat then a ^^^ (1UL <<< (width dtype - 1)) else wrap (0UL - a)
        | LaneOp.Absolute ->
            if isFloat then a &&& ~~~(1UL <<< (width dtype - 1))
            elif isSigned && integer dtype a < 0L then wrap (0UL - a)
            else a
        | LaneOp.SquareRoot -> real Math.Sqrt
        | LaneOp.Minimum ->
            if isFloat then real2 (fun a b -> Math.Min(a, b))
            elif holds Relation.Less (order dtype a b) then a
            else b
        | LaneOp.Maximum ->
            if isFloat then real2 (fun a b -> Math.Max(a, b))
            elif holds Relation.Less (order dtype a b) then b
            else a
        | LaneOp.Floor -> real Math.Floor
        | LaneOp.Round -> real (fun x -> Math.Round(x, MidpointRounding.ToEven))
        | LaneOp.And -> a &&& b
        | LaneOp.Or -> a ||| b
        | LaneOp.Xor -> a ^^^ b
        | LaneOp.Not -> wrap ~~~a
        | LaneOp.ShiftLeft n -> wrap (a <<< n)
        | LaneOp.ShiftRight n -> if isSigned then wrap (uint64 (integer dtype a >>> n)) else a >>> n
        | LaneOp.RotateLeft n -> wrap ((a <<< n) ||| (a >>> (width dtype - n)))
        | LaneOp.ShiftLeftBy -> if b >= uint64 (width dtype) then 0UL else wrap (a <<< int b)
        | LaneOp.ShiftRightBy ->
            if isSigned then wrap (uint64 (integer dtype a >>> int (min b 63UL)))
            elif b >= uint64 (width dtype) then 0UL
            else a >>> int b
        | LaneOp.Compare relation -> ofBool (holds relation (order sources[0] a b))
        | LaneOp.Select -> if a <> 0UL then b else operands[2]
        | LaneOp.Convert -> convert sources[0] dtype a
        | LaneOp.Reinterpret -> a
        | LaneOp.Call1(_, f64, f32) -> if dtype = DType.Float32 then ofSingle (f32 (single a)) else real f64
        | LaneOp.CallWhere(_, f64, f32) ->
            if a = 0UL then operands[2]
            elif dtype = DType.Float32 then ofSingle (f32 (single b))
            else ofFloat dtype (f64 (toFloat dtype b))
        | LaneOp.CallWhereNaN(_, f64, f32) ->
            let c, value = operands[2], operands[3]

            if not (Double.IsNaN(toFloat dtype value)) then value
            elif dtype = DType.Float32 then ofSingle (f32 (single a) (single b) (single c))
            else ofFloat dtype (f64 (toFloat dtype a) (toFloat dtype b) (toFloat dtype c))
        | LaneOp.Function _ -> invalidOp "A function of the table is written out first."

    /// An expression as a list in which operands come first. An explicit stack: expressions may be thousands of nodes deep.
    let private prepare (root: Lane) : uint64[] -> uint64 =
        let places = Dictionary<Lane, int>(HashIdentity.Reference)
        let order = List<Lane>()
        let expansion = LaneExpansion()
        let stack = Stack<Lane>()
        stack.Push(expansion.Of root)

        while stack.Count > 0 do
            let lane = stack.Peek()

            match lane.Arguments |> Array.tryFind (fun a -> not (places.ContainsKey(expansion.Of a))) with
            | Some argument -> stack.Push(expansion.Of argument)
            | None ->
                places.TryAdd(lane, order.Count) |> ignore

                if places[lane] = order.Count then order.Add lane

                stack.Pop() |> ignore

        let lanes = order.ToArray()

        let operands = lanes |> Array.map (fun lane -> lane.Arguments |> Array.map (fun a -> places[expansion.Of a]))

        let sources = lanes |> Array.map (fun lane -> lane.Arguments |> Array.map _.DType)

        fun arguments ->
            let values = Array.zeroCreate lanes.Length

            for i in 0 .. lanes.Length - 1 do
                values[i] <-
                    match lanes[i].Op with
                    | LaneOp.Argument k -> arguments[k]
                    | op -> apply op lanes[i].DType sources[i] (operands[i] |> Array.map (fun place -> values[place]))

            values[values.Length - 1]

    let private prepared = ConditionalWeakTable<Lane, uint64[] -> uint64>()

    /// The bits of the expression's value, given those of its arguments.
    let bits (arguments: uint64[]) (lane: Lane) =
        let evaluate = prepared.GetValue(lane, ConditionalWeakTable.CreateValueCallback prepare)

        evaluate arguments
