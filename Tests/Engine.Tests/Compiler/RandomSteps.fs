// One random operation of each kind on variables of a pool.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine

[<RequireQualifiedAccess>]
module internal RandomSteps =
    /// Operations from element to element.
    let arithmetic (parts: RandomParts) (b: GraphBuilder) (pool: ResizeArray<int>) : int[] =
        let pick items = parts.Pick items
        let chance p = parts.Chance p
        let float = parts.Float
        let any () = pick (pool.ToArray())
        let x () = parts.Of(b, pool, float)
        let single (v: int) = [| v |]

        let away (v: int) = b.Add(Op.Zip Zip.Add, b.Add(Op.Map Elementwise.abs, v), b.Number(float, 0.5, b.Shape v))

        match parts.Next 12 with
        | 0
        | 1
        | 2 ->
            let v = x ()

            let row =
                pick [|
                    Elementwise.negate
                    Elementwise.abs
                    Elementwise.tanh
                    Elementwise.sin
                    Elementwise.square'
                    Elementwise.sign
                    SpecialFunctions.erf
                |]

            single (b.Add(Op.Map row, v))
        | 3 -> single (b.Add(Op.Map(pick [| Elementwise.sqrt; Elementwise.log; Elementwise.reciprocal |]), away (x ())))
        | 4
        | 5
        | 6
        | 7 ->
            let v = any ()
            let dtype = b.Type(v).DType
            let w = parts.Shaped(b, pool, dtype, b.Shape v)

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
            let w = away (parts.Shaped(b, pool, float, b.Shape v))

            if chance 0.5 then
                single (b.Add(Op.Zip Zip.Divide, v, w))
            else
                single (b.Add(Op.Zip PowerFunction.power.Zip, w, parts.Tame(b, v)))
        | 9 ->
            let v = any ()
            let w = parts.Shaped(b, pool, b.Type(v).DType, b.Shape v)

            single (b.Add(Op.Compare(pick [| Relation.Equal; Relation.NotEqual; Relation.Less; Relation.LessEqual |]), v, w))
        | 10 ->
            let v = any ()
            let dtype = b.Type(v).DType

            single (b.Add(Op.Select, parts.Shaped(b, pool, DType.Bool, b.Shape v), v, parts.Shaped(b, pool, dtype, b.Shape v)))
        | _ ->
            let v = any ()
            // Negative floats saturate in unsigned types; keep conversions where every system agrees.
            single (b.Add(Op.Convert(pick [| float; DType.Int32; DType.Int64; DType.Bool; float |]), v))

    /// Reductions, running sums and products.
    let sums (parts: RandomParts) (b: GraphBuilder) (pool: ResizeArray<int>) : int[] =
        let pick items = parts.Pick items
        let chance p = parts.Chance p
        let float = parts.Float
        let any () = pick (pool.ToArray())
        let x () = parts.Of(b, pool, float)
        let single (v: int) = [| v |]

        match parts.Next 6 with
        | 0
        | 1
        | 2 ->
            let v = any ()
            let t = b.Type v

            let axes = [|
                for i in 0 .. t.Shape.Length - 1 do
                    if chance 0.5 then i
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
                        b.Add(Op.Zip Zip.Multiply, parts.Tame(b, v), b.Number(float, 0.125, t.Shape)),
                        b.Number(float, 1.0, t.Shape)
                    )

                single (b.Add(Op.Reduce(Reduction.Product, axes), near))
            else
                single (b.Add(Op.Reduce(Reduction.Sum, axes), v))
        | 3 ->
            let v = any ()
            let t = b.Type v

            if t.Shape.Length = 0 || t.DType = DType.Bool then
                single (b.Add(Op.StopGradient, v))
            else
                single (b.Add(Op.CumulativeSum(parts.Next t.Shape.Length, chance 0.5), v))
        | 4
        | _ ->
            let v = x ()
            let s = b.Shape v
            let axes = Array.init s.Length id |> Array.sortBy (fun _ -> parts.Next 1000000)
            let batch = if s.Length > 1 && chance 0.3 then 1 else 0

            let contracted = axes |> Array.filter (fun i -> i >= batch) |> Array.truncate (parts.Next 3)

            let free = Array.init (parts.Next 2) (fun _ -> pick [| 1; 2; 5; 17 |])

            let other = Array.concat [ s[.. batch - 1]; contracted |> Array.map (fun i -> s[i]); free ]

            let permutation =
                Array.init (other.Length - batch) (fun i -> batch + i) |> Array.sortBy (fun _ -> parts.Next 1000000)

            let right = Array.append other[.. batch - 1] (permutation |> Array.map (fun i -> other[i]))

            let contractRight = Array.init contracted.Length (fun k -> batch + Array.IndexOf(permutation, batch + k))

            let w = parts.Shaped(b, pool, float, right)

            single (b.Add(Op.Dot { Batch = batch; ContractLeft = contracted; ContractRight = contractRight }, v, w))

    /// Counting, sorting, random bits and linear algebra.
    let special (parts: RandomParts) (b: GraphBuilder) (pool: ResizeArray<int>) : int[] =
        let pick items = parts.Pick items
        let chance p = parts.Chance p
        let float = parts.Float
        let any () = pick (pool.ToArray())
        let x () = parts.Of(b, pool, float)
        let single (v: int) = [| v |]

        match parts.Next 2 with
        | 0 ->
            match parts.Next 4 with
            | 0 ->
                let s = parts.Shape()

                if s.Length = 0 then
                    single (x ())
                else
                    single (b.Add(Op.Iota(pick [| float; DType.Int32; DType.UInt32 |], s, parts.Next s.Length)))
            | 1 ->
                let v = any ()

                if (b.Shape v).Length = 0 then single v else b.AddAll(Op.Routine Sort.routine, v)
            | 2 -> single (parts.Tame(b, x ()))
            | _ ->
                let v = x ()

                single (b.Add(Op.Reinterpret float, b.Add(Op.Reinterpret(if float = DType.Float32 then DType.Int32 else DType.Int64), v)))
        | _ ->
            match parts.Next 3 with
            | 0 ->
                let key = parts.Shaped(b, pool, DType.UInt32, pick [| [| 2 |]; [| 3; 2 |] |])
                let s = pick [| [||]; [| 5 |]; [| 8 |]; [| 3; 3 |]; [| 40 |]; [| 0 |] |]
                let dtype = pick [| DType.UInt8; DType.UInt16; DType.UInt32; DType.UInt64 |]
                single (b.Add(Op.RandomBits(dtype, s, pick [| KeyLayout.Original; KeyLayout.Partitionable |]), key))
            | 1 ->
                // A positive definite matrix: A A' + I.
                let n = pick [| 1; 2; 3; 10 |]
                let a = parts.Tame(b, parts.Shaped(b, pool, float, [| n; n |]))

                let product = b.Add(Op.Dot { Batch = 0; ContractLeft = [| 1 |]; ContractRight = [| 1 |] }, a, a)

                let eye =
                    b.Add(
                        Op.Convert float,
                        b.Add(
                            Op.Compare Relation.Equal,
                            b.Add(Op.Iota(DType.Int32, [| n; n |], 0)),
                            b.Add(Op.Iota(DType.Int32, [| n; n |], 1))
                        )
                    )

                single (b.Add(Op.Routine Cholesky.routine, b.Add(Op.Zip Zip.Add, product, eye)))
            | _ ->
                let n = pick [| 1; 3; 5 |]

                let triangle =
                    b.Add(Op.Zip Zip.Add, parts.Tame(b, parts.Shaped(b, pool, float, [| n; n |])), b.Number(float, 2.0, [| n; n |]))

                let right = parts.Shaped(b, pool, float, [| n; pick [| 1; 4 |] |])

                let options = { Lower = chance 0.5; Transpose = chance 0.5; UnitDiagonal = chance 0.5 }

                single (b.Add(Op.Routine(TriangularSolve.routine options), triangle, right))
