// Operations on elements as lane expressions, and what they cost.
namespace Pipeline.Engine

open System.Collections.Concurrent
open System.Collections.Generic
open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal FuseLanes =
    let number dtype (value: float) : Lane = { Op = LaneOp.Constant value; DType = dtype; Arguments = [||] }

    /// An element of an array as a constant.
    let element (array: NDArray) (position: int) : Lane =
        let bits (value: uint64) = { Op = LaneOp.Bits value; DType = array.DType; Arguments = [||] }

        match array.DType with
        | DType.Int64 ->
            let data = array.Data :?> int64[]
            bits (uint64 data[position])
        | DType.UInt64 ->
            let data = array.Data :?> uint64[]
            bits data[position]
        | dtype -> number dtype (NDArray.elementAt array position)

    /// The bits of an integer constant.
    let private literal (lane: Lane) : uint64 voption =
        match lane.Op with
        | LaneOp.Constant value when value >= 0.0 -> ValueSome(uint64 value)
        | LaneOp.Bits bits -> ValueSome bits
        | _ -> ValueNone

    /// x / d for a constant d > 0 of 32 bits, by floats: with one half added the quotient is at least 1 / 2d away from every integer,
    /// which the errors of float64 do not reach.
    let private quotient (x: Lane) (d: uint64) =
        let wide = Lane.convert DType.Float64 (Lane.convert DType.UInt64 x)
        let ratio = (wide +. wide.Number 0.5) *. wide.Number(1.0 / float d)
        Lane.convert DType.UInt32 (Lane.convert DType.UInt64 ratio)

    let private count (build: Lane[] -> Lane) arguments =
        let lanes = Array.init arguments (fun k -> Lane.argument k DType.Float32)
        let seen = HashSet<Lane>(HashIdentity.Reference)
        let mutable nodes = 0

        let rec visit (lane: Lane) =
            if seen.Add lane then
                match lane.Op with
                | LaneOp.Argument _ -> ()
                | LaneOp.Call1 _ -> nodes <- nodes + CostModel.scalarCall
                | _ -> nodes <- nodes + 1

                Array.iter visit lane.Arguments

        visit (build lanes)
        max 1 nodes

    let private rowCosts = ConcurrentDictionary<Row, int>()
    let private zipCosts = ConcurrentDictionary<Zip, int>()
    let private rowCost row = rowCosts.GetOrAdd(row, (fun (row: Row) -> count (fun x -> row.Meaning.Lanes x[0]) 1))
    let private zipCost zip = zipCosts.GetOrAdd(zip, (fun zip -> count (fun x -> (Zips.meaning zip).Lanes(x[0], x[1])) 2))

    /// A function of the table; what is more than a few operations stays one.
    let map (row: Row) (x: Lane) : Lane =
        if DType.isFloat x.DType && rowCost row > CostModel.writtenOut then
            Lane.apply row.Meaning [| x |]
        else
            row.Meaning.Lanes x

    let private zipped zip (a: Lane) (b: Lane) : Lane =
        if DType.isFloat a.DType && zipCost zip > CostModel.writtenOut then
            Lane.apply (Zips.meaning zip) [| a; b |]
        else
            (Zips.meaning zip).Lanes(a, b)

    /// Bytes of the Boolean semiring add by or and multiply by and.
    let zip (zip: Zip) (a: Lane) (b: Lane) : Lane =
        if a.DType = DType.Bool then
            match zip with
            | Zip.Add
            | Zip.Maximum -> a ||. b
            | Zip.Multiply
            | Zip.Minimum -> a &&. b
            | _ -> (Zips.meaning zip).Lanes(a, b)
        else
            match zip, literal b with
            | Zip.ShiftLeft, ValueSome count when count < uint64 (8 * DType.bytes a.DType) -> Lane.shiftLeft (int count) a
            | Zip.ShiftRight, ValueSome count when count < uint64 (8 * DType.bytes a.DType) -> Lane.shiftRight (int count) a
            | Zip.Divide, ValueSome d when a.DType = DType.UInt32 && d > 0UL -> quotient a d
            | Zip.Remainder, ValueSome d when a.DType = DType.UInt32 && d > 0UL -> a -. quotient a d *. b
            | _ -> zipped zip a b

    let convert dtype (a: Lane) : Lane =
        if a.DType = dtype then a
        elif dtype = DType.Bool then Lane.compare Relation.NotEqual a (a.Number 0.0)
        elif a.DType = DType.Bool then Lane.select a (number dtype 1.0) (number dtype 0.0)
        else Lane.convert dtype a

    /// The first largest (ArgMax) or smallest, with its position; NaN wins.
    let private better argMax (value: Lane, position: Lane) (candidate: Lane, candidatePosition: Lane) =
        let beats = if argMax then Lane.less value candidate else Lane.less candidate value

        let wins =
            if DType.isFloat value.DType then
                beats ||. (Lane.compare Relation.NotEqual candidate candidate &&. Lane.equal value value)
            else
                beats

        Lane.select wins candidate value, Lane.select wins candidatePosition position

    /// Numbers combined in the order of a sum that is one block.
    let private ordered (combine: Lane -> Lane -> Lane) (order: SumOrder) (lanes: Lane[]) : Lane =
        let sums = lanes[.. min order.Row order.Lanes - 1]

        for i in sums.Length .. lanes.Length - 1 do
            let lane = i % order.Row % order.Lanes
            sums[lane] <- combine sums[lane] lanes[i]

        let mutable n = sums.Length

        while n > 1 do
            let half = SumOrder.left n

            for i in 0 .. n - half - 1 do
                sums[i] <- combine sums[i] sums[i + half]

            n <- half

        sums[0]

    /// A reduction of lanes: sums and products of floats in their order, others from left to right.
    let reduce (reduction: Reduction) (dtype: DType) (order: SumOrder) (lanes: Lane[]) : Lane =
        match reduction with
        | Reduction.Sum when DType.isFloat dtype && lanes.Length > 0 -> ordered (zip Zip.Add) order lanes
        | Reduction.Product when DType.isFloat dtype && lanes.Length > 0 -> ordered (zip Zip.Multiply) order lanes
        | Reduction.Sum -> if lanes.Length = 0 then number dtype 0.0 else Array.reduce (zip Zip.Add) lanes
        | Reduction.Product -> if lanes.Length = 0 then number dtype 1.0 else Array.reduce (zip Zip.Multiply) lanes
        | Reduction.Maximum -> Array.reduce (zip Zip.Maximum) lanes
        | Reduction.Minimum -> Array.reduce (zip Zip.Minimum) lanes
        | Reduction.ArgMax
        | Reduction.ArgMin ->
            let values = if dtype = DType.Bool then Array.map (convert DType.Int32) lanes else lanes

            values
            |> Array.mapi (fun i value -> value, number DType.Int32 (float i))
            |> Array.reduce (better (reduction = Reduction.ArgMax))
            |> snd

    /// a0 b0 + a1 b1 + .., of lanes a0, b0, a1, b1, ..: for floats a chain of fused multiply-adds, or products in the order of a sum.
    let inner (dtype: DType) (order: SumOrder) (lanes: Lane[]) : Lane =
        if lanes.Length = 0 then
            number dtype 0.0
        elif DType.isFloat dtype && order.Lanes > 1 then
            ordered (zip Zip.Add) order (Array.init (lanes.Length / 2) (fun k -> zip Zip.Multiply lanes[2 * k] lanes[2 * k + 1]))
        else
            let mutable sum = zip Zip.Multiply lanes[0] lanes[1]

            for k in 1 .. lanes.Length / 2 - 1 do
                sum <-
                    if DType.isFloat dtype then
                        Lane.fma lanes[2 * k] lanes[2 * k + 1] sum
                    else
                        zip Zip.Add sum (zip Zip.Multiply lanes[2 * k] lanes[2 * k + 1])

            sum

    /// n / d for QuotientFunction.lanes.
    let private coefficient (n: Lane) (d: Lane) =
        let apply (op: Op) (x: Lane[]) =
            match op with
            | Op.Map row -> row.Meaning.Lanes x[0]
            | Op.Zip operation -> zip operation x[0] x[1]
            | Op.Compare relation -> Lane.compare relation x[0] x[1]
            | Op.Select -> Lane.select x[0] x[1] x[2]
            | _ -> invalidOp $"{Typing.name op} is no part of a coefficient."

        QuotientProgram.coefficient apply n.Number n.DType n d

    /// Of (t, n, d), or with the coefficient that stands for n / d.
    let changed (x: Lane[]) =
        let coefficient = if x.Length = 4 then x[3] else coefficient x[1] x[2]
        QuotientFunction.lanes x[0] x[1] x[2] (Zips.scaleFinite.Meaning.Lanes(x[0], coefficient))

    let private quotientCost = lazy (count changed 4)

    /// The number of lane nodes of an operation, in float32 as in others; no result depends on it.
    let cost (op: Op) =
        match op with
        | Op.Map row -> rowCost row
        | Op.Zip zip when (Zips.partials zip).IsSome -> zipCost zip
        | Op.Quotient -> quotientCost.Value
        | Op.RandomBits _ -> CostModel.randomBits
        | Op.StopGradient -> 0
        | _ -> 1
