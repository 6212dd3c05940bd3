/// Expressions of cheap operations on blocks of any length, and on numbers that lie where others go.
module Pipeline.Engine.Tests.BlockExpressionTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.LaneOperators
open Pipeline.Engine.Tests.EmitChecked
open Xunit

/// Of two arguments: a few operations whose values others read too, and a constant.
let private expression (dtype: DType) =
    let x, y = Lane.argument 0 dtype, Lane.argument 1 dtype
    let product = x *. y +. x
    let least = Lane.select (Lane.less x product) (product -. y) (x.Number 3.0)
    [ least; Lane.select (Lane.equal least y) product (least *. x) ]

[<Fact>]
let ``expressions on blocks of any length`` () =
    let random = Random 5

    for dtype in [ DType.Float32; DType.Float64; DType.Int32; DType.UInt64 ] do
        for length in Seq.append (seq { 1..70 }) [ 255; 1000; 1031 ] do
            let along k = access k 0 [ 0, 1 ]
            let values = expression dtype
            let stores = values |> List.mapi (fun k value -> { Target = along (2 + k); Value = value })
            // The second argument is one number for all.
            let sources = [ Source.Load(along 0); Source.Load(access 1 0 []) ]
            let body = [ nest [ axis 0 length ] 0 sources stores [] ]
            let sized = vectorOf dtype length
            let inputs = [| randomArray random dtype length; randomArray random dtype 1 |]
            agrees $"{length} of {dtype}" (program [ sized; vectorOf dtype 1 ] [ sized; sized ] [] body) inputs

[<Fact>]
let ``numbers that exchange their places in every turn`` () =
    let random = Random 6

    for dtype in [ DType.Float32; DType.Float64; DType.Int64 ] do
        let a, b, c = Lane.argument 0 dtype, Lane.argument 1 dtype, Lane.argument 2 dtype
        let loads buffer = [ for k in 0..2 -> Source.Load(access buffer k []) ]
        let stores values = values |> List.mapi (fun k value -> { Target = access 1 k []; Value = value })

        let body = [
            nest [] -1 (loads 0) (stores [ a; b; c ]) []
            Statement.Repeat(0, 7, [| nest [] -1 (loads 1) (stores [ b; c; a -. b ]) [] |])
            Statement.Repeat(0, 5, [| nest [] -1 (loads 1) (stores [ c; a; b ]) [] |])
        ]

        let three = vectorOf dtype 3
        agrees $"three of {dtype}" (program [ three ] [ three ] [] body) [| randomArray random dtype 3 |]
