/// The oracle of eager arithmetic: what operations on elements are, written for one number at a time in integers that have room for every result.
module internal Pipeline.Engine.Tests.PlainKernels

open System
open Pipeline
open Pipeline.Engine

let private bitsOf dtype = 8 * DType.bytes dtype

/// Modulo 2^bits, into the range of the dtype.
let wrap (dtype: DType) (x: bigint) : bigint =
    let size = bigint.Pow(2I, bitsOf dtype)
    let rest = ((x % size) + size) % size
    if DType.isSigned dtype && rest >= size / 2I then rest - size else rest

let private clamp dtype (x: bigint) =
    let struct (least, most) = DType.limits dtype
    max (bigint.Parse(least.ToString())) (min (bigint.Parse(most.ToString())) x)

/// Of the numbers of an integer dtype.
let zip dtype (zip: Zip) (a: bigint) (b: bigint) : bigint =
    let bits = bitsOf dtype
    let isWide = b < 0I || b >= bigint bits

    match zip with
    | Zip.Add -> wrap dtype (a + b)
    | Zip.Subtract -> wrap dtype (a - b)
    | Zip.Multiply -> wrap dtype (a * b)
    | Zip.Divide -> if b = 0I then 0I else wrap dtype (bigint.Divide(a, b))
    | Zip.Remainder -> if b = 0I then a else bigint.Remainder(a, b)
    | Zip.Maximum -> max a b
    | Zip.Minimum -> min a b
    | Zip.And -> wrap dtype (a &&& b)
    | Zip.Or -> wrap dtype (a ||| b)
    | Zip.Xor -> wrap dtype (a ^^^ b)
    | Zip.ShiftLeft -> if isWide then 0I else wrap dtype (a <<< int b)
    | Zip.ShiftRight -> a >>> (if isWide then bits else int b)
    | Zip.Scale
    | Zip.Function _ -> invalidOp $"{zip} takes floats."

let rec private power dtype (a: bigint) n = if n = 0 then 1I else wrap dtype (a * power dtype a (n - 1))

/// The rows that take integers, by what they are of them.
let maps: (Row * (DType -> bigint -> bigint)) list = [
    Elementwise.negate, (fun dtype a -> wrap dtype -a)
    Elementwise.abs, (fun dtype a -> wrap dtype (abs a))
    Elementwise.sign, (fun _ a -> bigint a.Sign)
    Elementwise.square', (fun dtype a -> wrap dtype (a * a))
    for n in [ 0; 1; 2; 3; 5; 8; 13 ] do
        Elementwise.power n, (fun dtype a -> power dtype a n)
    for n in [ 1; 2; 3 ] do
        Elementwise.power -n,
        fun dtype a ->
            let d = power dtype a n
            if d = 0I then 0I else wrap dtype (bigint.Divide(1I, d))
]

let holds (relation: Relation) (a: 'a) (b: 'a) =
    match relation with
    | Relation.Equal -> a = b
    | Relation.NotEqual -> a <> b
    | Relation.Less -> a < b
    | Relation.LessEqual -> a <= b

/// Of an integer: modulo 2^bits.
let convert dtype (x: bigint) = wrap dtype x

/// Of a float: towards zero and saturating, NaN to 0.
let convertFloat dtype (x: float) : bigint =
    if Double.IsNaN x then 0I
    elif Double.IsInfinity x then clamp dtype (bigint (Math.CopySign(1e40, x)))
    else clamp dtype (bigint (Math.Truncate x))

/// Of a row of an integer dtype.
let reduce dtype (reduction: Reduction) (row: bigint[]) : bigint =
    match reduction with
    | Reduction.Sum -> wrap dtype (Array.sum row)
    | Reduction.Product -> Array.fold (fun product x -> wrap dtype (product * x)) 1I row
    | Reduction.Maximum -> Array.max row
    | Reduction.Minimum -> Array.min row
    | Reduction.ArgMax -> bigint (Array.IndexOf(row, Array.max row))
    | Reduction.ArgMin -> bigint (Array.IndexOf(row, Array.min row))
