/// Comparisons, choices and arithmetic on operands that repeat numbers, or lie in any strides, against the same on numbers one by one.
module Pipeline.Engine.Tests.KernelsRowsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

/// Numbers with ties, and of floats both zeros, NaN and infinities.
let private numbers (dtype: DType) (shape: int[]) seed =
    let random = Random(seed: int)
    let special = [| 0.0; -0.0; nan; infinity; -infinity |]

    let number _ =
        match random.Next 8 with
        | k when k < special.Length && DType.isFloat dtype -> special[k]
        | k -> float (k % 4)

    KernelsMap.convert dtype (ofFloat64 shape (Array.init (Shape.size shape) number))

/// Operands of one shape [rows, columns]: side by side, either axis repeated, turned, a number everywhere.
let private operands dtype rows columns seed = [
    numbers dtype [| rows; columns |] seed
    KernelsViews.broadcast [| rows; columns |] [| 1 |] (numbers dtype [| columns |] seed)
    KernelsViews.broadcast [| rows; columns |] [| 0 |] (numbers dtype [| rows |] seed)
    KernelsViews.transpose [| 1; 0 |] (numbers dtype [| columns; rows |] seed)
    KernelsViews.broadcast [| rows; columns |] [||] (numbers dtype [||] seed)
]

let private bits (array: NDArray) = [
    for number in Golden.numbers array -> if Double.IsNaN number then 0L else BitConverter.DoubleToInt64Bits number
]

/// Each operand as a fresh array of one element, so that no row is longer than one.
let private oneByOne (f: NDArray -> NDArray -> NDArray) (a: NDArray) (b: NDArray) =
    let element (x: NDArray) k =
        NDArray.ofData x.DType [||] (Array.CreateInstance(x.Data.GetType().GetElementType(), 1))
        |> fun single ->
            Array.Copy((KernelsViews.duplicate x).Data, k, single.Data, 0, 1)
            single

    [ for k in 0 .. a.Size - 1 -> bits (f (element a k) (element b k)) |> List.exactlyOne ]

let private shapes =
    [ for columns in [ 0; 1; 7; 8; 9; 15; 16; 17; 31; 33 ] -> struct (3, columns) ]
    @ [ struct (40, 2); struct (1, 20); struct (130, 9) ]

let private each (f: NDArray -> NDArray -> NDArray) (dtypes: DType list) =
    for dtype in dtypes do
        for struct (rows, columns) in shapes do
            for a in operands dtype rows columns 1 do
                for b in operands dtype rows columns 2 do
                    Assert.Equal<int64 list>(oneByOne f a b, bits (f a b))

let private all = [
    DType.Float32
    DType.Float64
    DType.Int32
    DType.Int64
    DType.UInt8
    DType.UInt16
    DType.UInt32
    DType.UInt64
    DType.Bool
]

[<Theory>]
[<InlineData(0)>]
[<InlineData(1)>]
[<InlineData(2)>]
[<InlineData(3)>]
let ``comparisons of views are those of their numbers`` (number: int) =
    let relation = [ Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual ][number]
    each (fun a b -> apply (Op.Compare relation) [| a; b |]) all

[<Fact>]
let ``arithmetic of views is that of their numbers`` () =
    for zip in [ Zip.Add; Zip.Subtract; Zip.Multiply; Zip.Divide; Zip.Maximum ] do
        each (fun a b -> apply (Op.Zip zip) [| a; b |]) [ DType.Float32; DType.Float64 ]

[<Fact>]
let ``choices between views are those between their numbers`` () =
    for dtype in all do
        for struct (rows, columns) in shapes do
            for condition in operands DType.Bool rows columns 3 do
                for a in operands dtype rows columns 1 do
                    for b in operands dtype rows columns 2 do
                        let expected = List.map3 (fun c x z -> if c = 0L then z else x) (bits condition) (bits a) (bits b)
                        Assert.Equal<int64 list>(expected, bits (apply Op.Select [| condition; a; b |]))

[<Theory>]
[<InlineData(true)>]
[<InlineData(false)>]
let ``the place of an extreme is the first NaN's, else the first of the extremes`` (isMaximum: bool) =
    let reduction = if isMaximum then Reduction.ArgMax else Reduction.ArgMin

    for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.UInt8 ] do
        for seed in 1..200 do
            let x = numbers dtype [| 1 + seed % 9 |] seed
            let values = Golden.numbers x

            let expected =
                match Array.tryFindIndex Double.IsNaN values with
                | Some place -> place
                | None -> Array.findIndex ((=) (if isMaximum then Array.max values else Array.min values)) values

            Assert.Equal<float[]>([| float expected |], Golden.numbers (apply (Op.Reduce(reduction, [| 0 |])) [| x |]))
