// What random programs are made of: shapes with empty, single and thin axes, small numbers, operands that fit.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine

/// Chooses shapes, numbers and operands. Floats are of one dtype.
type internal RandomParts(random: Random, float: DType) =
    let pick (items: 'T[]) = items[random.Next items.Length]
    let chance p = random.NextDouble() < p

    let extent () = pick [| 0; 1; 1; 2; 2; 3; 3; 4; 5; 7; 9; 16; 17; 20; 33 |]

    let shape () =
        let rank = random.Next 4
        Array.init rank (fun i -> if rank = 3 && i > 0 then min 7 (extent ()) else extent ())

    let tensor dtype shape : TensorType = { DType = dtype; Shape = shape }

    /// Small dyadic numbers, so that sums are exact in any order until a transcendental function comes in.
    let value (dtype: DType) =
        match dtype with
        | DType.Bool -> if chance 0.5 then 1.0 else 0.0
        | DType.UInt8
        | DType.UInt16
        | DType.UInt32
        | DType.UInt64 -> Math.Floor(random.NextDouble() * 9.0)
        | DType.Int32
        | DType.Int64 -> Math.Floor(random.NextDouble() * 9.0) - 4.0
        | _ -> (Math.Floor(random.NextDouble() * 33.0) - 16.0) / 8.0

    let array (t: TensorType) =
        let result = NDArray.allocate DType.Float64 t.Shape
        let data = result.Data :?> float[]

        for i in 0 .. data.Length - 1 do
            data[i] <- value t.DType

        KernelsViews.contiguous (KernelsMap.convert t.DType result)

    member _.Float = float
    member _.Next(count: int) = random.Next count
    member _.Pick(items: 'T[]) : 'T = pick items
    member _.Chance p = chance p
    member _.Extent() = extent ()
    member _.Shape() = shape ()
    member _.Value dtype = value dtype
    member _.Array t = array t

    member this.Of(b: GraphBuilder, pool: ResizeArray<int>, dtype: DType) : int =
        let candidates = pool |> Seq.filter (fun v -> b.Type(v).DType = dtype) |> Array.ofSeq

        if candidates.Length > 0 then pick candidates else b.Add(Op.Convert dtype, pick (pool.ToArray()))

    /// A variable of a given shape, from one in the pool by broadcasting, slicing, padding or a constant.
    member this.Shaped(b: GraphBuilder, pool: ResizeArray<int>, dtype: DType, shape: int[]) : int =
        let same = pool |> Seq.filter (fun v -> b.Type(v).DType = dtype && Shape.equal (b.Shape v) shape) |> Array.ofSeq

        if same.Length > 0 && chance 0.85 then
            pick same
        else
            let scalars = pool |> Seq.filter (fun v -> b.Type(v).DType = dtype && (b.Shape v).Length = 0) |> Array.ofSeq

            let lines = pool |> Seq.filter (fun v -> b.Type(v).DType = dtype && (b.Shape v).Length = 1) |> Array.ofSeq

            let along = [|
                for v in lines do
                    for axis in 0 .. shape.Length - 1 do
                        if shape[axis] = (b.Shape v)[0] then v, axis
            |]

            if along.Length > 0 && chance 0.7 then
                let v, axis = pick along
                b.Add(Op.Broadcast(shape, [| axis |]), v)
            elif scalars.Length > 0 && chance 0.5 then
                let v = pick scalars

                if shape.Length = 0 then v else b.Add(Op.Broadcast(shape, [||]), v)
            elif chance 0.7 then
                b.Add(Op.Constant(array (tensor dtype shape)))
            else
                b.Number(dtype, value dtype, shape)

    member this.Tame(b: GraphBuilder, v: int) = b.Add(Op.Map(pick [| Elementwise.tanh; Elementwise.sin; Elementwise.logistic |]), v)
