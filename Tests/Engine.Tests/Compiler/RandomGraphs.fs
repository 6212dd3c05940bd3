// Random programs over all operations, with loops, branches and calls.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine

[<Sealed>]
type internal RandomGraphs(random: Random, float: DType) =
    let parts = RandomParts(random, float)
    let pick items = parts.Pick items
    let chance p = parts.Chance p
    let value dtype = parts.Value dtype
    let shape () = parts.Shape()
    let tensor dtype shape : TensorType = { DType = dtype; Shape = shape }

    member _.Array t = parts.Array t

    /// One random operation on variables of the pool; its results.
    member private this.Step(b: GraphBuilder, pool: ResizeArray<int>, depth: int) : int[] =
        match random.Next 32 with
        | n when n < 12 -> RandomSteps.arithmetic parts b pool
        | n when n < 18 -> RandomSteps.sums parts b pool
        | n when n < 27 -> RandomMovement.step parts b pool
        | n when n < 29 -> RandomSteps.special parts b pool
        | _ when depth = 0 -> RandomSteps.arithmetic parts b pool
        | _ -> this.Control(b, pool, depth)

    /// A body over these inputs whose first outputs have given types; others are what it makes.
    member private this.Body(inputs: TensorType[], outputs: TensorType[], extra: int, depth: int) : Graph =
        let b = GraphBuilder inputs
        let pool = ResizeArray [ 0 .. inputs.Length - 1 ]

        if pool.Count = 0 then pool.Add(b.Number(float, value float, [||]))

        for _ in 1 .. 2 + random.Next 5 do
            pool.AddRange(this.Step(b, pool, depth))

        let results =
            outputs
            |> Array.map (fun t ->
                let v = parts.Shaped(b, pool, t.DType, t.Shape)

                if DType.isFloat t.DType && chance 0.8 then parts.Tame(b, v) else v)

        b.Graph(Array.append results (Array.init extra (fun _ -> pick (pool.ToArray()))))

    member private this.Control(b: GraphBuilder, pool: ResizeArray<int>, depth: int) : int[] =
        let some n = Array.init (random.Next n) (fun _ -> pick (pool.ToArray()))

        let types (vs: int[]) = vs |> Array.map b.Type

        match random.Next 4 with
        | 0 ->
            let operands = some 3

            let results = Array.init (1 + random.Next 2) (fun _ -> b.Type(pick (pool.ToArray())))

            let index = parts.Shaped(b, pool, DType.Int32, [||])

            b.AddAll(
                Op.Switch(Array.init (1 + random.Next 3) (fun _ -> this.Body(types operands, results, 0, depth - 1))),
                Array.append [| index |] operands
            )
        | 1 ->
            // Counts to a bound.
            let constants, carries = some 3, some 3

            let inputs = Array.concat [ types constants; [| tensor DType.Int32 [||] |]; types carries ]

            let condition = GraphBuilder inputs

            let limit = condition.Number(DType.Int32, Math.Floor(random.NextDouble() * 4.0), [||])

            let test = condition.Add(Op.Compare Relation.Less, constants.Length, limit)
            let body = this.Body(inputs, types carries, 0, depth - 1)
            // The counter's step, put before the body's other results.
            let step = GraphBuilder inputs

            let next = step.Add(Op.Zip Zip.Add, constants.Length, step.Number(DType.Int32, 1.0, [||]))

            let rest = step.AddAll(Op.Call(CallKind.Compiled, body), [| 0 .. inputs.Length - 1 |])

            let loop =
                Loop.conditional (pick [| 0; 10 |]) constants.Length (condition.Graph [| test |]) (step.Graph(Array.append [| next |] rest))

            b.AddAll(Op.Loop loop, Array.concat [ constants; [| b.Number(DType.Int32, 0.0, [||]) |]; carries ])
        | 2 ->
            let operands = some 3
            let body = this.Body(types operands, [||], 1 + random.Next 2, depth - 1)
            b.AddAll(Op.Call(pick [| CallKind.Compiled; CallKind.Checkpoint |], body), operands)
        | _ ->
            let length = pick [| 0; 1; 3; 5 |]
            let constants, carries = some 3, some 3

            let slices =
                Array.init (random.Next 3) (fun _ -> tensor (pick [| float; DType.Int32 |]) (pick [| [||]; [| 2 |]; [| 9 |]; [| 3; 4 |] |]))

            let stacked = slices |> Array.map (fun t -> parts.Shaped(b, pool, t.DType, Array.append [| length |] t.Shape))

            let body =
                this.Body(Array.concat [ types constants; types carries; slices ], types carries, random.Next 3, depth - 1)

            let loop = { Loop.counted length constants.Length carries.Length body with Reverse = chance 0.4 }

            b.AddAll(Op.Loop loop, Array.concat [ constants; carries; stacked ])

    /// A program of so many operations.
    member this.Graph(operations: int) : Graph =
        let inputs =
            Array.init (1 + random.Next 4) (fun i ->
                tensor
                    (if i = 0 then
                         float
                     else
                         pick [| float; float; DType.Int32; DType.Bool; DType.UInt32; DType.Int64; DType.UInt8 |])
                    (shape ()))

        let b = GraphBuilder inputs
        let pool = ResizeArray [ 0 .. inputs.Length - 1 ]

        for _ in 1..operations do
            pool.AddRange(this.Step(b, pool, 2))

        b.Graph(Array.init (1 + random.Next 4) (fun i -> if i = 0 then pool[pool.Count - 1] else pick (pool.ToArray())))
