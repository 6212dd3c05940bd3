/// Eager operations on elements beside their oracle: every integer dtype, the numbers at the ends of each, all extents around a vector's and a block's.
module Pipeline.Engine.Tests.PlainKernelTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

let private integers =
    DType.table
    |> Array.map _.DType
    |> Array.filter (fun dtype -> not (DType.isFloat dtype) && dtype <> DType.Bool)

let private element dtype (x: bigint) : obj =
    match dtype with
    | DType.Int32 -> int x
    | DType.Int64 -> int64 x
    | DType.UInt8 -> byte x
    | DType.UInt16 -> uint16 x
    | DType.UInt32 -> uint32 x
    | _ -> uint64 x

let private ofIntegers dtype (shape: int[]) (numbers: bigint[]) =
    let array = NDArray.allocate dtype shape
    numbers |> Array.iteri (fun i x -> array.Data.SetValue(element dtype x, array.Offset + i))
    array

let private toIntegers (array: NDArray) : bigint[] =
    let array = KernelsViews.contiguous array
    Array.init array.Size (fun i -> bigint.Parse((array.Data.GetValue(array.Offset + i)).ToString()))

let private toBools (array: NDArray) : bool[] =
    let array = KernelsViews.contiguous array
    Array.init array.Size (fun i -> unbox (array.Data.GetValue(array.Offset + i)))

let private random = Random 5

/// The ends, numbers around 0 and the width of the dtype, and any.
let private number dtype =
    let struct (least, most) = DType.limits dtype
    let least, most = bigint.Parse(least.ToString()), bigint.Parse(most.ToString())
    let small = [| -3I; -1I; 0I; 1I; 2I; 7I; 8I; 31I; 32I; 63I; 64I |]

    match random.Next 6 with
    | 0 -> least
    | 1 -> most
    | 2 -> least + 1I
    | 3
    | 4 -> PlainKernels.wrap dtype small[random.Next small.Length]
    | _ -> PlainKernels.wrap dtype (bigint (random.NextInt64()) * bigint (random.NextInt64()))

let private numbers dtype n = Array.init n (fun _ -> number dtype)

/// The same numbers as stored, behind an offset, and every second of others.
let private views dtype (x: bigint[]) = [
    ofIntegers dtype [| x.Length |] x
    KernelsViews.slice [| 1 |] [| x.Length + 1 |] [| 1 |] (ofIntegers dtype [| x.Length + 2 |] [| 5I; yield! x; 6I |])
    let spread = x |> Array.collect (fun number -> [| number; 3I |])
    KernelsViews.slice [| 0 |] [| 2 * x.Length |] [| 2 |] (ofIntegers dtype [| 2 * x.Length |] spread)
]

let private extents = [ 0; 1; 2; 7; 8; 9; 15; 16; 17; 31; 32; 33; 63; 64; 65; 127; 129; 300 ]

let private zips = [
    Zip.Add
    Zip.Subtract
    Zip.Multiply
    Zip.Divide
    Zip.Remainder
    Zip.Maximum
    Zip.Minimum
    Zip.And
    Zip.Or
    Zip.Xor
    Zip.ShiftLeft
    Zip.ShiftRight
]

let private relations = [ Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual ]

[<Fact>]
let ``arithmetic, comparison and choice of integers`` () =
    for dtype in integers do
        for n in extents do
            let a, b = numbers dtype n, numbers dtype n

            for x, z in List.zip (views dtype a) (List.rev (views dtype b)) do
                for zip in zips do
                    Assert.Equal<bigint[]>(Array.map2 (PlainKernels.zip dtype zip) a b, toIntegers (apply (Op.Zip zip) [| x; z |]))

                for relation in relations do
                    let holds = Array.map2 (PlainKernels.holds relation) a b
                    let condition = apply (Op.Compare relation) [| x; z |]
                    Assert.Equal<bool[]>(holds, toBools condition)
                    let chosen = Array.map3 (fun holds a b -> if holds then a else b) holds a b
                    Assert.Equal<bigint[]>(chosen, toIntegers (apply Op.Select [| condition; x; z |]))

[<Fact>]
let ``an operand that is one number is like its copies`` () =
    for dtype in integers do
        let a, b = numbers dtype 70, number dtype
        let x = ofIntegers dtype [| 70 |] a
        let repeated = apply (Op.Broadcast([| 70 |], [||])) [| ofIntegers dtype [||] [| b |] |]

        for zip in zips do
            let of' f = a |> Array.map f
            Assert.Equal<bigint[]>(of' (fun a -> PlainKernels.zip dtype zip a b), toIntegers (apply (Op.Zip zip) [| x; repeated |]))
            Assert.Equal<bigint[]>(of' (fun a -> PlainKernels.zip dtype zip b a), toIntegers (apply (Op.Zip zip) [| repeated; x |]))

[<Fact>]
let ``functions of integers, and all rows that take them`` () =
    let tested = PlainKernels.maps |> List.map (fun (row, _) -> row.Name) |> Set.ofList
    let taking = FunctionTable.rows |> Array.filter _.TakesIntegers |> Array.map _.Name |> Set.ofArray
    Assert.Equal<Set<string>>(taking, tested)

    for dtype in integers do
        for n in [ 1; 33; 300 ] do
            let a = numbers dtype n

            for x in views dtype a do
                for row, f in PlainKernels.maps do
                    Assert.Equal<bigint[]>(Array.map (f dtype) a, toIntegers (apply (Op.Map row) [| x |]))

[<Fact>]
let ``conversions between all dtypes`` () =
    let floats = [|
        nan
        infinity
        -infinity
        0.0
        -0.0
        0.5
        -0.9
        1.5
        255.5
        -300.0
        65_536.0
        2147483647.0
        -2147483648.0
        4294967296.0
        1e17
        -1e17
        1e25
        -1e25
    |]

    for dtype in integers do
        for source in integers do
            let a = numbers source 100

            for x in views source a do
                Assert.Equal<bigint[]>(Array.map (PlainKernels.convert dtype) a, toIntegers (apply (Op.Convert dtype) [| x |]))
                Assert.Equal<bool[]>(Array.map (fun x -> x <> 0I) a, toBools (apply (Op.Convert DType.Bool) [| x |]))

                for float in [ DType.Float32; DType.Float64 ] do
                    let nearest (x: bigint) =
                        if float = DType.Float64 then Double.Parse(x.ToString()) else double (Single.Parse(x.ToString()))

                    Assert.Equal<float[]>(Array.map nearest a, Golden.numbers (apply (Op.Convert float) [| x |]))

        for float in [ DType.Float32; DType.Float64 ] do
            let x = apply (Op.Convert float) [| ofFloat64 [| floats.Length |] floats |]
            let expected = Golden.numbers x |> Array.map (PlainKernels.convertFloat dtype)
            Assert.Equal<bigint[]>(expected, toIntegers (apply (Op.Convert dtype) [| x |]))

        let bools = NDArray.ofData DType.Bool [| 3 |] [| true; false; true |]
        Assert.Equal<bigint[]>([| 1I; 0I; 1I |], toIntegers (apply (Op.Convert dtype) [| bools |]))

[<Fact>]
let ``reductions of integers over rows and columns`` () =
    let reductions = [ Reduction.Sum; Reduction.Product; Reduction.Maximum; Reduction.Minimum; Reduction.ArgMax; Reduction.ArgMin ]

    for dtype in integers do
        for rows, columns in [ 1, 1; 1, 300; 300, 1; 3, 65; 65, 3; 17, 70; 70, 17; 9, 129 ] do
            let a = numbers dtype (rows * columns)
            let stored = ofIntegers dtype [| rows; columns |] a

            let turned =
                KernelsViews.transpose [| 1; 0 |] (KernelsViews.contiguous (KernelsViews.transpose [| 1; 0 |] stored))

            for x in [ stored; turned ] do
                for reduction in reductions do
                    let over axis = toIntegers (apply (Op.Reduce(reduction, [| axis |])) [| x |])
                    let row i = Array.sub a (i * columns) columns
                    let column j = Array.init rows (fun i -> a[i * columns + j])
                    Assert.Equal<bigint[]>(Array.init rows (row >> PlainKernels.reduce dtype reduction), over 1)
                    Assert.Equal<bigint[]>(Array.init columns (column >> PlainKernels.reduce dtype reduction), over 0)

[<Fact>]
let ``truth values add by or and multiply by and`` () =
    for n in extents do
        let a, b = Array.init n (fun _ -> random.Next 2 = 0), Array.init n (fun _ -> random.Next 2 = 0)
        let array (x: bool[]) = NDArray.ofData DType.Bool [| n |] x
        let both zip = toBools (apply (Op.Zip zip) [| array a; array b |])

        for zip in [ Zip.Add; Zip.Maximum; Zip.Or ] do
            Assert.Equal<bool[]>(Array.map2 (||) a b, both zip)

        for zip in [ Zip.Multiply; Zip.Minimum; Zip.And ] do
            Assert.Equal<bool[]>(Array.map2 (&&) a b, both zip)

        Assert.Equal<bool[]>(Array.map2 (<>) a b, both Zip.Xor)

        for relation in relations do
            let compared = toBools (apply (Op.Compare relation) [| array a; array b |])
            Assert.Equal<bool[]>(Array.map2 (PlainKernels.holds relation) a b, compared)

        if n > 0 then
            let reduce reduction = toBools (apply (Op.Reduce(reduction, [| 0 |])) [| array a |])
            Assert.Equal<bool[]>([| Array.exists id a |], reduce Reduction.Sum)
            Assert.Equal<bool[]>([| Array.exists id a |], reduce Reduction.Maximum)
            Assert.Equal<bool[]>([| Array.forall id a |], reduce Reduction.Product)
            Assert.Equal<bool[]>([| Array.forall id a |], reduce Reduction.Minimum)

[<Fact>]
let ``scatter adds modulo a power of two, where places meet and where they lie outside`` () =
    for dtype in integers do
        for inner in [ 1; 2; 40 ] do
            let places = Array.init 50 (fun _ -> random.Next(-2, 9))
            let x, updates = numbers dtype (7 * inner), numbers dtype (50 * inner)
            let expected = Array.copy x

            places
            |> Array.iteri (fun i place ->
                for k in 0 .. inner - 1 do
                    let at = (max 0 (min 6 place)) * inner + k
                    expected[at] <- PlainKernels.wrap dtype (expected[at] + updates[i * inner + k]))

            let operands = [| ofIntegers dtype [| 7; inner |] x; ofIntegers dtype [| 50; inner |] updates; ofInt32 [| 50 |] places |]
            Assert.Equal<bigint[]>(expected, toIntegers (apply (Op.Scatter 0) operands))
