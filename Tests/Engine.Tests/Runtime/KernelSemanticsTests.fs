/// What kernels do where mathematics leaves a choice: zero divisors, NaN, ties, overflow, wide shifts, indices outside.
module Pipeline.Engine.Tests.KernelSemanticsTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked
open Xunit

let private equal (expected: float list) (actual: NDArray) = Assert.Equal<float[]>(Array.ofList expected, Golden.numbers actual)

let private of64 (data: float list) = ofFloat64 [| data.Length |] (Array.ofList data)

let private of32 (data: int list) = ofInt32 [| data.Length |] (Array.ofList data)

let private ofBytes (data: byte list) = NDArray.ofData DType.UInt8 [| data.Length |] (Array.ofList data)

let private ofBools (data: bool list) = NDArray.ofData DType.Bool [| data.Length |] (Array.ofList data)

let private zip z a b = apply (Op.Zip z) [| a; b |]

[<Fact>]
let ``Scale is +0 where either side is zero`` () =
    let a = of64 [ 0.0; nan; -0.0; infinity; 0.0; 2.0; nan; -3.0; 0.0 ]
    let b = of64 [ nan; 0.0; infinity; -0.0; -5.0; 3.0; 1.0; infinity; 0.0 ]
    let products = zip Zip.Scale a b
    equal [ 0.0; 0.0; 0.0; 0.0; 0.0; 6.0; nan; -infinity; 0.0 ] products

    for product in Golden.numbers products do
        Assert.False(product = 0.0 && Double.IsNegative product)

    let narrow x = apply (Op.Convert DType.Float32) [| x |]

    equal [ 0.0; 0.0; 0.0; 0.0; 0.0; 6.0; nan; -infinity; 0.0 ] (zip Zip.Scale (narrow a) (narrow b))

[<Fact>]
let ``integers divide towards zero, by zero to zero, and leave a remainder by zero of themselves`` () =
    let a = of32 [ 7; -7; 7; -7; 5; Int32.MinValue; 0 ]
    let b = of32 [ 2; 2; -2; -2; 0; -1; 0 ]
    equal [ 3.0; -3.0; -3.0; 3.0; 0.0; float Int32.MinValue; 0.0 ] (zip Zip.Divide a b)
    equal [ 1.0; -1.0; 1.0; -1.0; 5.0; 0.0; 0.0 ] (zip Zip.Remainder a b)

[<Fact>]
let ``shifts by the width or more, or by a negative count, leave no bits but the sign's`` () =
    let counts = of32 [ 0; 1; 31; 32; -1 ]
    let ones = of32 [ 1; 1; 1; 1; 1 ]
    let low = of32 [ -8; -8; -8; -8; -8 ]
    equal [ 1.0; 2.0; float Int32.MinValue; 0.0; 0.0 ] (zip Zip.ShiftLeft ones counts)
    equal [ -8.0; -4.0; -1.0; -1.0; -1.0 ] (zip Zip.ShiftRight low counts)
    equal [ 1.0; 0.0 ] (zip Zip.ShiftRight (ofBytes [ 128uy; 128uy ]) (ofBytes [ 7uy; 8uy ]))

[<Fact>]
let ``integer arithmetic is modulo a power of two`` () =
    equal [ 44.0; 1.0 ] (zip Zip.Add (ofBytes [ 200uy; 255uy ]) (ofBytes [ 100uy; 2uy ]))
    equal [ float Int32.MinValue ] (zip Zip.Add (of32 [ Int32.MaxValue ]) (of32 [ 1 ]))
    let map row x = apply (Op.Map row) [| x |]
    equal [ 5.0; -5.0; float Int32.MinValue ] (map Elementwise.negate (of32 [ -5; 5; Int32.MinValue ]))
    equal [ 5.0; float Int32.MinValue ] (map Elementwise.abs (of32 [ -5; Int32.MinValue ]))
    equal [ -1.0; 0.0; 1.0 ] (map Elementwise.sign (of32 [ -9; 0; 4 ]))
    equal [ 156.0 ] (map Elementwise.negate (ofBytes [ 100uy ]))

    equal
        [ 81.0; -27.0 ]
        (Array.reduce (fun a b -> apply (Op.Concatenate 0) [| a; b |]) [|
            map (Elementwise.power 4) (of32 [ -3 ])
            map (Elementwise.power 3) (of32 [ -3 ])
        |])

    equal [ 1.0; -1.0; 0.0; 0.0 ] (map (Elementwise.power -3) (of32 [ 1; -1; 2; 0 ]))

[<Fact>]
let ``conversion truncates, saturates and sends NaN to zero`` () =
    let x = of64 [ 1.9; -1.9; 1e20; -1e20; nan; infinity; 300.0 ]
    let most, least = float Int32.MaxValue, float Int32.MinValue
    equal [ 1.0; -1.0; most; least; 0.0; most; 300.0 ] (apply (Op.Convert DType.Int32) [| x |])
    equal [ 1.0; 0.0; 255.0; 0.0; 0.0; 255.0; 255.0 ] (apply (Op.Convert DType.UInt8) [| x |])
    equal [ 1.0; 1.0; 1.0; 1.0; 1.0; 1.0; 1.0 ] (apply (Op.Convert DType.Bool) [| x |])
    equal [ 0.0; 0.0 ] (apply (Op.Convert DType.Bool) [| of64 [ 0.0; -0.0 ] |])
    equal [ 1.0; 0.0 ] (apply (Op.Convert DType.Float32) [| ofBools [ true; false ] |])
    // Between integers modulo 2^bits.
    equal [ 44.0; 255.0 ] (apply (Op.Convert DType.UInt8) [| of32 [ 300; -1 ] |])

[<Fact>]
let ``reinterpretation keeps the bits`` () =
    let bits = apply (Op.Reinterpret DType.UInt32) [| ofFloat32 [| 2 |] [| 1.0; -0.0 |] |]

    equal [ float 0x3F800000u; float 0x80000000u ] bits
    equal [ 1.0; -0.0 ] (apply (Op.Reinterpret DType.Float32) [| bits |])

[<Fact>]
let ``NaN wins extremes, and the first of equals their index`` () =
    equal [ nan; nan; 2.0 ] (zip Zip.Maximum (of64 [ nan; 1.0; 2.0 ]) (of64 [ 1.0; nan; -1.0 ]))
    equal [ nan; nan; -1.0 ] (zip Zip.Minimum (of64 [ nan; 1.0; 2.0 ]) (of64 [ 1.0; nan; -1.0 ]))
    let reduce r x = apply (Op.Reduce(r, [| 0 |])) [| x |]
    equal [ nan ] (reduce Reduction.Maximum (of64 [ 1.0; nan; 3.0 ]))
    equal [ 1.0 ] (reduce Reduction.ArgMax (of64 [ 1.0; 3.0; 3.0 ]))
    equal [ 1.0 ] (reduce Reduction.ArgMax (of64 [ 1.0; nan; infinity; nan ]))
    equal [ 0.0 ] (reduce Reduction.ArgMin (of64 [ -0.0; 0.0 ]))
    equal [ 2.0; 1.0; 3.0; 4.0; 0.0 ] (applyAll (Op.Routine Sort.routine) [| of64 [ nan; 0.0; -1.0; -0.0; infinity ] |] |> Array.item 1)

[<Fact>]
let ``the place of an extreme is the first, in rows of any length and wherever it stands`` () =
    let random = Random 3

    for n in [ 1; 127; 128; 129; 255; 256; 257; 400; 65536; 65700 ] do
        for place in [ 0; n / 3; n / 2; n - 1; random.Next n ] do
            for special in [ 100.0; nan; 0.0 ] do
                // Ties of what is extreme behind its first place; for 0 the sign makes no difference.
                let rest i =
                    if i > place && i % 5 = 0 then
                        (if special = 0.0 then -0.0 else special)
                    else
                        float (random.Next(-50, -1))

                let numbers = Array.init n (fun i -> if i = place then special else rest i)
                let negated = Array.map (~-) numbers

                for dtype in [ DType.Float64; DType.Float32 ] do
                    let of' reduction numbers =
                        apply (Op.Reduce(reduction, [| 0 |])) [| apply (Op.Convert dtype) [| ofFloat64 [| n |] numbers |] |]

                    equal [ float place ] (of' Reduction.ArgMax numbers)
                    equal [ float place ] (of' Reduction.ArgMin negated)

[<Fact>]
let ``extremes of rows of any length are found wherever they stand`` () =
    let random = Random 2

    for n in [ 1; 2; 7; 8; 9; 31; 32; 33; 63; 64; 65; 131; 65536; 65541 ] do
        for place in [ 0; n / 2; n - 1; random.Next n ] do
            for special in [ 100.0; -100.0; nan; -0.0 ] do
                let numbers = Array.init n (fun i -> if i = place then special else float (random.Next(-50, 50)))

                for dtype in [ DType.Float64; DType.Float32 ] do
                    let x = apply (Op.Convert dtype) [| ofFloat64 [| n |] numbers |]
                    equal [ Array.reduce (fun a b -> Math.Max(a, b)) numbers ] (apply (Op.Reduce(Reduction.Maximum, [| 0 |])) [| x |])
                    equal [ Array.reduce (fun a b -> Math.Min(a, b)) numbers ] (apply (Op.Reduce(Reduction.Minimum, [| 0 |])) [| x |])

                if not (Double.IsNaN special) then
                    for dtype in [ DType.Int32; DType.Int64 ] do
                        let x = apply (Op.Convert dtype) [| ofFloat64 [| n |] numbers |]
                        equal [ Array.max numbers ] (apply (Op.Reduce(Reduction.Maximum, [| 0 |])) [| x |])
                        equal [ Array.min numbers ] (apply (Op.Reduce(Reduction.Minimum, [| 0 |])) [| x |])

[<Fact>]
let ``NaN is unequal to everything, itself included`` () =
    let a, b = of64 [ nan; nan; 1.0; -0.0 ], of64 [ nan; 1.0; 1.0; 0.0 ]
    let compare relation = apply (Op.Compare relation) [| a; b |]
    equal [ 0.0; 0.0; 1.0; 1.0 ] (compare Relation.Equal)
    equal [ 1.0; 1.0; 0.0; 0.0 ] (compare Relation.NotEqual)
    equal [ 0.0; 0.0; 0.0; 0.0 ] (compare Relation.Less)
    equal [ 0.0; 0.0; 1.0; 1.0 ] (compare Relation.LessEqual)

[<Fact>]
let ``bools are a semiring`` () =
    let a, b = ofBools [ true; true; false; false ], ofBools [ true; false; true; false ]

    equal [ 1.0; 1.0; 1.0; 0.0 ] (zip Zip.Add a b)
    equal [ 1.0; 0.0; 0.0; 0.0 ] (zip Zip.Multiply a b)
    equal [ 0.0; 1.0; 1.0; 0.0 ] (zip Zip.Xor a b)
    equal [ 1.0 ] (apply (Op.Reduce(Reduction.Sum, [| 0 |])) [| a |])
    equal [ 0.0 ] (apply (Op.Reduce(Reduction.Minimum, [| 0 |])) [| a |])

    equal [ 1.0 ] (apply (Op.Dot { Batch = 0; ContractLeft = [| 0 |]; ContractRight = [| 0 |] }) [| a; b |])

    Assert.Throws<DTypeException>(fun () -> zip Zip.Subtract a b |> ignore) |> ignore

[<Fact>]
let ``indices outside move to the nearest end`` () =
    let indices = of32 [ -5; 0; 2; 9 ]
    equal [ 10.0; 10.0; 30.0; 30.0 ] (apply (Op.Gather 0) [| of64 [ 10.0; 20.0; 30.0 ]; indices |])
    equal [ 3.0; 0.0; 12.0 ] (apply (Op.Scatter 0) [| of64 [ 0.0; 0.0; 0.0 ]; of64 [ 1.0; 2.0; 4.0; 8.0 ]; indices |])

[<Fact>]
let ``long sums are accurate`` () =
    // 0.1 rounded to float32 and added a million times: the exact sum, rounded.
    let n = 1_000_003
    let x = ofFloat32 [| n |] (Array.replicate n 0.1)

    let sum x = Golden.numbers (apply (Op.Reduce(Reduction.Sum, [| 0 |])) [| x |])

    Assert.Equal(float (float32 (float n * float 0.1f)), (sum x)[0])
    let wide = sum (ofFloat64 [| n |] (Array.replicate n 0.1))
    // The bound of a pairwise sum over blocks of 32 additions a lane: (32 + 15) 2^-53 of the sum. One long chain is off by 1e-6.
    Assert.Equal(float n * 0.1, wide[0], 47.0 * Math.ScaleB(1.0, -53) * 1e5)

[<Fact>]
let ``operands of other shapes or dtypes are refused without reading them`` () =
    Assert.Throws<ShapeException>(fun () -> Kernels.apply (Op.Zip Zip.Add) [| of64 [ 1.0 ]; of64 [ 1.0; 2.0 ] |] |> ignore)
    |> ignore

    Assert.Throws<DTypeException>(fun () -> Kernels.apply (Op.Zip Zip.Add) [| of64 [ 1.0 ]; of32 [ 1 ] |] |> ignore)
    |> ignore
