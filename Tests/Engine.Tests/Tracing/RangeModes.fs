/// Values and derivatives in every mode, and when they are right over the whole range.
module internal Pipeline.Engine.Tests.RangeModes

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.RangeReferences

let private like (x: Tensor) value = Primitive.fillLike x value
let private single (f: Tensor[] -> Tensor[]) x = (f x)[0]

/// Every derivative in every mode.
let derivatives (f: Tensor[] -> Tensor[]) (x: Tensor[]) : (string * int * Tensor)[] =
    let count = x.Length

    let direction i (x: Tensor[]) = Array.init count (fun k -> like x[k] (if k = i then 1.0 else 0.0))

    let forward f i (x: Tensor[]) = Laws.forward f x (direction i x)
    let reverse f (x: Tensor[]) = Laws.reverse f x [| like x[0] 1.0 |]
    // x and z: second derivatives xx, xz, zz come after y, y_x and y_z.
    let second i j = if count = 1 then 2 else 3 + i + j
    let by i = if i = 0 then "x" else "z"

    [|
        "value", 0, single f x

        for i in 0 .. count - 1 do
            let first = forward f i
            $"forward {by i}", 1 + i, (first x)[0]
            $"reverse {by i}", 1 + i, (reverse f x)[i]
            let back (x: Tensor[]) = [| (reverse f x)[i] |]

            for j in 0 .. count - 1 do
                $"forward {by j} over forward {by i}", second i j, (forward first j x)[0]
                $"reverse {by j} over forward {by i}", second i j, (reverse first x)[j]
                $"forward {by j} over reverse {by i}", second i j, (forward back j x)[0]
                $"reverse {by j} over reverse {by i}", second i j, (reverse back x)[j]

            let curve = Array.init count (fun k -> [| x[k]; (if k = i then like x[k] 1.0 else null); null |])

            // Series along one argument: mixed derivatives are the other modes'.
            let coefficients = (Series.expand 2 f curve)[0]
            $"Taylor {by i}", 1 + i, Primitive.orZeros x[0].Type coefficients[1]
            $"Taylor {by i} twice", second i i, 2.0 * Primitive.orZeros x[0].Type coefficients[2]
    |]

let largest dtype = if dtype = DType.Float32 then float Single.MaxValue else Double.MaxValue

/// Whether a number is the reference, in a dtype: to some roundings of it and of what its arguments' roundings change, never of the number itself.
let isRight dtype (extra: float) (before: Reference[]) (reference: Reference) (actual: float) =
    let roundings = 64.0

    let struct (epsilon, least, normal) =
        if dtype = DType.Float32 then
            struct (Math.ScaleB(1.0, -24), Math.ScaleB(1.0, -149), Math.ScaleB(1.0, -126))
        else
            struct (Math.ScaleB(1.0, -53), Double.Epsilon, Math.ScaleB(1.0, -1022))

    let edge = largest dtype
    let e = reference.Value
    let size = min (abs e) edge

    // Where a value or a derivative before it is below the normal range, what is made of it has no more digits.
    let inherited =
        before
        |> Array.sumBy (fun r -> if r.Value <> 0.0 && abs r.Value < normal then size * (least / max least (abs r.Value)) else 0.0)

    let tolerance = roundings * (epsilon * (size + min reference.Condition edge + extra) + inherited + least)

    if Double.IsNaN actual then
        false
    elif abs e > edge * (1.0 - 1e-5) then
        // Beyond the largest number, or at the edge.
        sign actual = sign e && abs actual >= edge * (1.0 - 1e-4)
    else
        abs (actual - e) <= tolerance
