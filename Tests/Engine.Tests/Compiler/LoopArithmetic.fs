// Arithmetic on the bit patterns of any dtype, and how reductions combine them.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine

module internal LoopArithmetic =
    let evaluate values lane = LaneEvaluate.bits values lane

    let unary op dtype source (x: uint64) = LaneEvaluate.apply op dtype [| source |] [| x |]

    let binary op dtype (x: uint64) (y: uint64) = LaneEvaluate.apply op dtype [| dtype; dtype |] [| x; y |]

    let number dtype value = LaneEvaluate.apply (LaneOp.Constant value) dtype [||] [||]

    let isNaN dtype bits = DType.isFloat dtype && Double.IsNaN(LaneEvaluate.toFloat dtype bits)

    let combine kind dtype (a: struct (uint64 * int)) (b: struct (uint64 * int)) : struct (uint64 * int) =
        let struct (x, i), struct (y, j) = a, b

        match kind with
        | Reduction.Sum -> struct (binary LaneOp.Add dtype x y, 0)
        | Reduction.Product -> struct (binary LaneOp.Multiply dtype x y, 0)
        | Reduction.Maximum -> struct (binary LaneOp.Maximum dtype x y, 0)
        | Reduction.Minimum -> struct (binary LaneOp.Minimum dtype x y, 0)
        | Reduction.ArgMax
        | Reduction.ArgMin ->
            // i < 0: nothing yet.
            if i < 0 then
                b
            elif j < 0 then
                a
            else
                let firstNaN, secondNaN = isNaN dtype x, isNaN dtype y

                let second =
                    if firstNaN || secondNaN then
                        secondNaN && (not firstNaN || j < i)
                    else
                        let less a b = LaneEvaluate.apply (LaneOp.Compare Relation.Less) DType.Bool [| dtype; dtype |] [| a; b |] = 1UL

                        let wins = if kind = Reduction.ArgMax then less x y else less y x
                        wins || (not (if kind = Reduction.ArgMax then less y x else less x y) && j < i)

                if second then b else a

    let lowest dtype =
        if DType.isFloat dtype then number dtype Double.NegativeInfinity
        elif dtype <> DType.Bool && DType.isSigned dtype then 1UL <<< (8 * DType.bytes dtype - 1)
        else 0UL

    let highest dtype =
        if DType.isFloat dtype then number dtype Double.PositiveInfinity
        elif dtype = DType.Bool then 1UL
        elif DType.isSigned dtype then lowest dtype - 1UL
        else UInt64.MaxValue >>> (64 - 8 * DType.bytes dtype)

    let identity kind dtype : struct (uint64 * int) =
        match kind with
        // -0 changes no number.
        | Reduction.Sum -> struct ((if DType.isFloat dtype then number dtype -0.0 else 0UL), 0)
        | Reduction.Product -> struct (number dtype 1.0, 0)
        | Reduction.Maximum -> struct (lowest dtype, 0)
        | Reduction.Minimum -> struct (highest dtype, 0)
        | Reduction.ArgMax
        | Reduction.ArgMin -> struct (0UL, -1)
