// Random programs over all operations, of random shapes with empty, single and thin axes, with loops and branches.
namespace Pipeline.Engine.Tests

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Engine

/// Builds a graph equation by equation.
[<Sealed>]
type internal GraphBuilder(inputs: TensorType[]) =
    let types = ResizeArray<TensorType> inputs
    let equations = ResizeArray<Equation>()

    member _.Type v = types[v]
    member _.Shape v = types[v].Shape
    member _.Count = types.Count

    member _.AddAll(op: Op, [<ParamArray>] operands: int[]) : int[] =
        let results =
            Typing.infer op (operands |> Array.map (fun v -> types[v]))
            |> Array.map (fun t ->
                types.Add t
                types.Count - 1)

        equations.Add
            {
                Op = op
                Inputs = operands
                Outputs = results
            }

        results

    member this.Add(op: Op, [<ParamArray>] operands: int[]) : int = this.AddAll(op, operands)[0]

    member this.Number(dtype: DType, value: float, shape: int[]) =
        let scalar = this.Add(Op.Constant(NDArray.scalar dtype value))

        if shape.Length = 0 then
            scalar
        else
            this.Add(Op.Broadcast(shape, [||]), scalar)

    member _.Graph(outputs: int[]) : Graph =
        {
            InputCount = inputs.Length
            Equations = equations.ToArray()
            Outputs = outputs
            Types = types.ToArray()
        }

[<Sealed>]
type internal RandomGraphs(random: Random, float: DType) =
    let pick (items: 'T[]) = items[random.Next items.Length]
    let chance p = random.NextDouble() < p

    let extent () =
        pick [| 0; 1; 1; 2; 2; 3; 3; 4; 5; 7; 9; 16; 17; 20; 33 |]

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

    member _.Array t = array t

    member private this.Of(b: GraphBuilder, pool: ResizeArray<int>, dtype: DType) : int =
        let candidates =
            pool |> Seq.filter (fun v -> b.Type(v).DType = dtype) |> Array.ofSeq

        if candidates.Length > 0 then
            pick candidates
        else
            b.Add(Op.Convert dtype, pick (pool.ToArray()))

    /// A variable of a given shape, from one in the pool by broadcasting, slicing, padding or a constant.
    member private this.Shaped(b: GraphBuilder, pool: ResizeArray<int>, dtype: DType, shape: int[]) : int =
        let same =
            pool
            |> Seq.filter (fun v -> b.Type(v).DType = dtype && Shape.equal (b.Shape v) shape)
            |> Array.ofSeq

        if same.Length > 0 && chance 0.85 then
            pick same
        else
            let scalars =
                pool
                |> Seq.filter (fun v -> b.Type(v).DType = dtype && (b.Shape v).Length = 0)
                |> Array.ofSeq

            let lines =
                pool
                |> Seq.filter (fun v -> b.Type(v).DType = dtype && (b.Shape v).Length = 1)
                |> Array.ofSeq

            let along =
                [|
                    for v in lines do
                        for axis in 0 .. shape.Length - 1 do
                            if shape[axis] = (b.Shape v)[0] then
                                v, axis
                |]

            if along.Length > 0 && chance 0.7 then
                let v, axis = pick along
                b.Add(Op.Broadcast(shape, [| axis |]), v)
            elif scalars.Length > 0 && chance 0.5 then
                let v = pick scalars

                if shape.Length = 0 then
                    v
                else
                    b.Add(Op.Broadcast(shape, [||]), v)
            elif chance 0.7 then
                b.Add(Op.Constant(array (tensor dtype shape)))
            else
                b.Number(dtype, value dtype, shape)

    member private this.Tame(b: GraphBuilder, v: int) =
        b.Add(Op.Map(pick [| Elementwise.tanh; Elementwise.sin; Elementwise.logistic |]), v)

    /// One random operation on variables of the pool; its results.
    member private this.Step(b: GraphBuilder, pool: ResizeArray<int>, depth: int) : int[] =
        let any () = pick (pool.ToArray())
        let x () = this.Of(b, pool, float)
        let single (v: int) = [| v |]

        let away (v: int) =
            b.Add(Op.Zip Zip.Add, b.Add(Op.Map Elementwise.abs, v), b.Number(float, 0.5, b.Shape v))

        match random.Next 32 with
        | 0
        | 1
        | 2 ->
            let v = x ()

            let row =
                pick
                    [|
                        Elementwise.negate
                        Elementwise.abs
                        Elementwise.tanh
                        Elementwise.sin
                        Elementwise.square'
                        Elementwise.sign
                        Elementwise.erf
                    |]

            single (b.Add(Op.Map row, v))
        | 3 -> single (b.Add(Op.Map(pick [| Elementwise.sqrt; Elementwise.log; Elementwise.reciprocal |]), away (x ())))
        | 4
        | 5
        | 6
        | 7 ->
            let v = any ()
            let dtype = b.Type(v).DType
            let w = this.Shaped(b, pool, dtype, b.Shape v)

            let zips =
                if dtype = DType.Bool then
                    [| Zip.And; Zip.Or; Zip.Xor; Zip.Add; Zip.Multiply; Zip.Maximum |]
                elif DType.isFloat dtype then
                    [| Zip.Add; Zip.Subtract; Zip.Multiply; Zip.Maximum; Zip.Minimum; Zip.Scale |]
                else
                    [|
                        Zip.Add
                        Zip.Subtract
                        Zip.Multiply
                        Zip.Divide
                        Zip.Remainder
                        Zip.And
                        Zip.Xor
                        Zip.ShiftLeft
                        Zip.ShiftRight
                        Zip.Maximum
                        Zip.Minimum
                    |]

            single (b.Add(Op.Zip(pick zips), v, w))
        | 8 ->
            let v = x ()
            let w = away (this.Shaped(b, pool, float, b.Shape v))

            if chance 0.5 then
                single (b.Add(Op.Zip Zip.Divide, v, w))
            else
                single (b.Add(Op.Zip Zip.Power, w, this.Tame(b, v)))
        | 9 ->
            let v = any ()
            let w = this.Shaped(b, pool, b.Type(v).DType, b.Shape v)

            single (
                b.Add(Op.Compare(pick [| Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual |]), v, w)
            )
        | 10 ->
            let v = any ()
            let dtype = b.Type(v).DType

            single (
                b.Add(Op.Select, this.Shaped(b, pool, DType.Bool, b.Shape v), v, this.Shaped(b, pool, dtype, b.Shape v))
            )
        | 11 ->
            let v = any ()
            // Negative floats saturate in unsigned types; keep conversions where every system agrees.
            single (b.Add(Op.Convert(pick [| float; DType.Int32; DType.Int64; DType.Bool; float |]), v))
        | 12
        | 13
        | 14 ->
            let v = any ()
            let t = b.Type v

            let axes =
                [|
                    for i in 0 .. t.Shape.Length - 1 do
                        if chance 0.5 then
                            i
                |]

            let empty = axes |> Array.exists (fun i -> t.Shape[i] = 0)

            if axes.Length = 1 && not empty && chance 0.25 then
                single (b.Add(Op.Reduce(pick [| Reduction.ArgMax; Reduction.ArgMin |], axes), v))
            elif not empty && chance 0.3 then
                single (b.Add(Op.Reduce(pick [| Reduction.Maximum; Reduction.Minimum |], axes), v))
            elif DType.isFloat t.DType && chance 0.2 then
                // Products stay in range.
                let near =
                    b.Add(
                        Op.Zip Zip.Add,
                        b.Add(Op.Zip Zip.Multiply, this.Tame(b, v), b.Number(float, 0.125, t.Shape)),
                        b.Number(float, 1.0, t.Shape)
                    )

                single (b.Add(Op.Reduce(Reduction.Product, axes), near))
            else
                single (b.Add(Op.Reduce(Reduction.Sum, axes), v))
        | 15 ->
            let v = any ()
            let t = b.Type v

            if t.Shape.Length = 0 || t.DType = DType.Bool then
                single (b.Add(Op.StopGradient, v))
            else
                single (b.Add(Op.CumulativeSum(random.Next t.Shape.Length, chance 0.5), v))
        | 16
        | 17 ->
            let v = any ()
            let s = b.Shape v
            let extra = random.Next(if s.Length >= 3 then 1 else 3 - s.Length)
            let rank = s.Length + extra

            let axes =
                Array.init rank id
                |> Array.sortBy (fun _ -> random.Next())
                |> Array.take s.Length
                |> Array.sort

            let full = Array.init rank (fun _ -> pick [| 1; 2; 3; 9 |])
            axes |> Array.iteri (fun i axis -> full[axis] <- s[i])

            if Shape.size full > 2000 then
                single v
            else
                single (b.Add(Op.Broadcast(full, axes), v))
        | 18 ->
            let v = any ()
            let s = b.Shape v
            let n = Shape.size s

            let choices =
                [|
                    yield [| n |]
                    yield Array.append [| 1 |] s
                    yield Array.append s [| 1 |]
                    for d in 2..5 do
                        if n % d = 0 then
                            yield [| d; n / d |]
                            yield [| n / d; 1; d |]
                    if s.Length > 1 then
                        yield Array.append [| s[0] * s[1] |] s[2..]
                    if n = 1 then
                        yield [||]
                |]
                |> Array.filter (fun s -> s.Length <= 4)

            single (b.Add(Op.Reshape(pick choices), v))
        | 19 ->
            let v = any ()
            single (b.Add(Op.Transpose(Array.init (b.Shape v).Length id |> Array.sortBy (fun _ -> random.Next())), v))
        | 20 ->
            let v = any ()
            let s = b.Shape v
            let starts = s |> Array.map (fun d -> random.Next(d / 2 + 1))

            let limits =
                Array.map2 (fun d start -> d - random.Next(1 + (d - start) / 2)) s starts

            single (b.Add(Op.Slice(starts, limits, s |> Array.map (fun _ -> pick [| 1; 1; 1; 2; 3 |])), v))
        | 21 ->
            let v = any ()
            let s = b.Shape v

            let some () =
                s |> Array.map (fun _ -> pick [| 0; 0; 1; 2 |])

            let padded =
                b.Add(Op.Pad(some (), some (), s |> Array.map (fun _ -> pick [| 0; 0; 0; 1 |])), v)

            single padded
        | 22 ->
            let v = any ()
            let t = b.Type v

            if t.Shape.Length = 0 then
                single v
            else
                let axis = random.Next t.Shape.Length

                let other () =
                    this.Shaped(b, pool, t.DType, Array.updateAt axis (extent ()) t.Shape)

                single (
                    b.Add(Op.Concatenate axis, Array.append [| v |] (Array.init (random.Next 3) (fun _ -> other ())))
                )
        | 23 ->
            let v = any ()
            let s = b.Shape v

            if s.Length = 0 || Array.contains 0 s then
                single v
            else
                let axis = random.Next s.Length

                let indices =
                    this.Shaped(
                        b,
                        pool,
                        pick [| DType.Int32; DType.Int64 |],
                        pick [| [||]; [| 3 |]; [| 2; 2 |]; [| 12 |] |]
                    )

                single (b.Add(Op.Gather axis, v, indices))
        | 24 ->
            let v = any ()
            let s = b.Shape v
            let axis = random.Next(s.Length + 1)
            let rank = random.Next(s.Length - axis + 1)
            let indices = this.Shaped(b, pool, DType.Int32, Array.sub s axis rank)
            single (b.Add(Op.Scatter(axis, pick [| 1; 3; 12 |]), v, indices))
        | 25
        | 26 ->
            let v = x ()
            let s = b.Shape v
            let axes = Array.init s.Length id |> Array.sortBy (fun _ -> random.Next())
            let batch = if s.Length > 1 && chance 0.3 then 1 else 0

            let contracted =
                axes |> Array.filter (fun i -> i >= batch) |> Array.truncate (random.Next 3)

            let free = Array.init (random.Next 2) (fun _ -> pick [| 1; 2; 5; 17 |])

            let other =
                Array.concat [ s[.. batch - 1]; contracted |> Array.map (fun i -> s[i]); free ]

            let permutation =
                Array.init (other.Length - batch) (fun i -> batch + i)
                |> Array.sortBy (fun _ -> random.Next())

            let right =
                Array.append other[.. batch - 1] (permutation |> Array.map (fun i -> other[i]))

            let contractRight =
                Array.init contracted.Length (fun k -> batch + Array.IndexOf(permutation, batch + k))

            let w = this.Shaped(b, pool, float, right)

            single (
                b.Add(
                    Op.Dot
                        {
                            Batch = batch
                            ContractLeft = contracted
                            ContractRight = contractRight
                        },
                    v,
                    w
                )
            )
        | 27 ->
            match random.Next 4 with
            | 0 ->
                let s = shape ()

                if s.Length = 0 then
                    single (x ())
                else
                    single (b.Add(Op.Iota(pick [| float; DType.Int32; DType.UInt32 |], s, random.Next s.Length)))
            | 1 ->
                let v = any ()

                if (b.Shape v).Length = 0 then
                    single v
                else
                    single (b.Add(Op.ArgSort(random.Next (b.Shape v).Length), v))
            | 2 -> single (this.Tame(b, x ()))
            | _ ->
                let v = x ()

                single (
                    b.Add(
                        Op.Reinterpret float,
                        b.Add(Op.Reinterpret(if float = DType.Float32 then DType.Int32 else DType.Int64), v)
                    )
                )
        | 28 ->
            match random.Next 3 with
            | 0 ->
                let key = this.Shaped(b, pool, DType.UInt32, pick [| [| 2 |]; [| 3; 2 |] |])
                let s = pick [| [||]; [| 5 |]; [| 8 |]; [| 3; 3 |]; [| 40 |]; [| 0 |] |]
                let dtype = pick [| DType.UInt8; DType.UInt16; DType.UInt32; DType.UInt64 |]
                single (b.Add(Op.RandomBits(dtype, s, pick [| KeyLayout.Original; KeyLayout.Partitionable |]), key))
            | 1 ->
                // A positive definite matrix: A A' + I.
                let n = pick [| 1; 2; 3; 10 |]
                let a = this.Tame(b, this.Shaped(b, pool, float, [| n; n |]))

                let product =
                    b.Add(
                        Op.Dot
                            {
                                Batch = 0
                                ContractLeft = [| 1 |]
                                ContractRight = [| 1 |]
                            },
                        a,
                        a
                    )

                let eye =
                    b.Add(
                        Op.Convert float,
                        b.Add(
                            Op.Compare Relation.Equal,
                            b.Add(Op.Iota(DType.Int32, [| n; n |], 0)),
                            b.Add(Op.Iota(DType.Int32, [| n; n |], 1))
                        )
                    )

                single (b.Add(Op.Cholesky, b.Add(Op.Zip Zip.Add, product, eye)))
            | _ ->
                let n = pick [| 1; 3; 5 |]

                let triangle =
                    b.Add(
                        Op.Zip Zip.Add,
                        this.Tame(b, this.Shaped(b, pool, float, [| n; n |])),
                        b.Number(float, 2.0, [| n; n |])
                    )

                let right = this.Shaped(b, pool, float, [| n; pick [| 1; 4 |] |])

                let options =
                    {
                        Lower = chance 0.5
                        Transpose = chance 0.5
                        UnitDiagonal = chance 0.5
                    }

                single (b.Add(Op.TriangularSolve options, triangle, right))
        | _ ->
            if depth = 0 then
                single (x ())
            else
                this.Control(b, pool, depth)

    /// A body over these inputs whose first outputs have given types; others are what it makes.
    member private this.Body(inputs: TensorType[], outputs: TensorType[], extra: int, depth: int) : Graph =
        let b = GraphBuilder inputs
        let pool = ResizeArray [ 0 .. inputs.Length - 1 ]

        if pool.Count = 0 then
            pool.Add(b.Number(float, value float, [||]))

        for _ in 1 .. 2 + random.Next 5 do
            pool.AddRange(this.Step(b, pool, depth))

        let results =
            outputs
            |> Array.map (fun t ->
                let v = this.Shaped(b, pool, t.DType, t.Shape)

                if DType.isFloat t.DType && chance 0.8 then
                    this.Tame(b, v)
                else
                    v)

        b.Graph(Array.append results (Array.init extra (fun _ -> pick (pool.ToArray()))))

    member private this.Control(b: GraphBuilder, pool: ResizeArray<int>, depth: int) : int[] =
        let some n =
            Array.init (random.Next n) (fun _ -> pick (pool.ToArray()))

        let types (vs: int[]) = vs |> Array.map b.Type

        match random.Next 4 with
        | 0 ->
            let operands = some 3

            let results =
                Array.init (1 + random.Next 2) (fun _ -> b.Type(pick (pool.ToArray())))

            let index = this.Shaped(b, pool, DType.Int32, [||])

            b.AddAll(
                Op.Switch(Array.init (1 + random.Next 3) (fun _ -> this.Body(types operands, results, 0, depth - 1))),
                Array.append [| index |] operands
            )
        | 1 ->
            // Counts to a bound.
            let constants, carries = some 3, some 3

            let inputs =
                Array.concat [ types constants; [| tensor DType.Int32 [||] |]; types carries ]

            let condition = GraphBuilder inputs

            let limit =
                condition.Number(DType.Int32, Math.Floor(random.NextDouble() * 4.0), [||])

            let test = condition.Add(Op.Compare Relation.Less, constants.Length, limit)
            let body = this.Body(inputs, types carries, 0, depth - 1)
            // The counter's step, put before the body's other results.
            let step = GraphBuilder inputs

            let next =
                step.Add(Op.Zip Zip.Add, constants.Length, step.Number(DType.Int32, 1.0, [||]))

            let rest =
                step.AddAll(Op.Call(CallKind.Compiled, body), [| 0 .. inputs.Length - 1 |])

            let loop =
                {
                    Condition = condition.Graph [| test |]
                    Body = step.Graph(Array.append [| next |] rest)
                    Constants = constants.Length
                    Bound = pick [| 0; 10 |]
                }

            b.AddAll(Op.While loop, Array.concat [ constants; [| b.Number(DType.Int32, 0.0, [||]) |]; carries ])
        | 2 ->
            let operands = some 3
            let body = this.Body(types operands, [||], 1 + random.Next 2, depth - 1)
            b.AddAll(Op.Call(pick [| CallKind.Compiled; CallKind.Checkpoint |], body), operands)
        | _ ->
            let length = pick [| 0; 1; 3; 5 |]
            let constants, carries = some 3, some 3

            let slices =
                Array.init (random.Next 3) (fun _ ->
                    tensor (pick [| float; DType.Int32 |]) (pick [| [||]; [| 2 |]; [| 9 |]; [| 3; 4 |] |]))

            let stacked =
                slices
                |> Array.map (fun t -> this.Shaped(b, pool, t.DType, Array.append [| length |] t.Shape))

            let body =
                this.Body(
                    Array.concat [ types constants; types carries; slices ],
                    types carries,
                    random.Next 3,
                    depth - 1
                )

            let loop =
                {
                    Body = body
                    Length = length
                    Reverse = chance 0.4
                    Constants = constants.Length
                    Carries = carries.Length
                }

            b.AddAll(Op.Scan loop, Array.concat [ constants; carries; stacked ])

    /// A program of so many operations.
    member this.Graph(operations: int) : Graph =
        let inputs =
            Array.init (1 + random.Next 4) (fun i ->
                tensor
                    (if i = 0 then
                         float
                     else
                         pick
                             [|
                                 float
                                 float
                                 DType.Int32
                                 DType.Bool
                                 DType.UInt32
                                 DType.Int64
                                 DType.UInt8
                             |])
                    (shape ()))

        let b = GraphBuilder inputs
        let pool = ResizeArray [ 0 .. inputs.Length - 1 ]

        for _ in 1..operations do
            pool.AddRange(this.Step(b, pool, 2))

        b.Graph(
            Array.init (1 + random.Next 4) (fun i ->
                if i = 0 then
                    pool[pool.Count - 1]
                else
                    pick (pool.ToArray()))
        )
