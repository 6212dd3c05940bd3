/// Results written over operands: random loops of updates, scatters, views, branches and loops in loops, against the same run with a copy at every step.
module Pipeline.Engine.Tests.OverwritingTests

open System
open Pipeline
open Pipeline.Engine
open Xunit

/// The plain meaning, in which nothing is ever written over: the kernels copy.
let rec private copying (program: Graph) (inputs: NDArray[]) : NDArray[] =
    let values: NDArray[] = Array.zeroCreate program.Types.Length
    Array.blit inputs 0 values 0 inputs.Length

    for equation in program.Equations do
        let operands = equation.Inputs |> Array.map (fun v -> values[v])

        let results =
            match equation.Op with
            | Op.Loop loop ->
                let mutable carries = operands[loop.Constants ..]
                let stacks = ResizeArray<NDArray[]>()

                for _ in 1 .. loop.Length.Value do
                    let results = copying loop.Body (Array.append operands[.. loop.Constants - 1] carries)

                    carries <- results[.. loop.Carries - 1]
                    stacks.Add results[loop.Carries ..]

                let stacked =
                    Array.init (loop.Body.Outputs.Length - loop.Carries) (fun k ->
                        let entries = [| for stack in stacks -> KernelsViews.reshape [| 1; 4 |] stack[k] |]

                        KernelsStructure.concatenate 0 entries)

                Array.append carries stacked
            | Op.Switch branches ->
                let index = int (NDArray.elementAt operands[0] operands[0].Offset)
                copying branches[max 0 (min index (branches.Length - 1))] operands[1..]
            | op -> Kernels.apply op operands

        Array.iteri (fun i v -> values[v] <- results[i]) equation.Outputs

    program.Outputs |> Array.map (fun v -> values[v])

let private vector = Typing.tensor DType.Float64 [| 4 |]
let private index = Typing.tensor DType.Int32 [||]

/// A program of a constant, two vectors and a number to two vectors and extra ones.
let rec private random (parts: Random) depth extra : Graph =
    let b = GraphBuilder [| vector; vector; vector; index |]
    let pool = ResizeArray [ 0; 1; 2 ]
    let any () : int = pool[parts.Next pool.Count]
    let one = b.Add(Op.Constant(NDArray.scalar DType.Int32 1.0))

    let place () : int =
        if parts.Next 2 = 0 then
            b.Add(Op.Zip Zip.Add, 3, one)
        else
            b.Add(Op.Constant(NDArray.scalar DType.Int32 (float (parts.Next 4))))

    let small (v: int) : int = b.Add(Op.Map Elementwise.tanh, v)

    for _ in 1 .. 3 + parts.Next 5 do
        match parts.Next(if depth > 0 then 8 else 6) with
        | 0
        | 1 ->
            let updates = b.Add(Op.Reshape [| 1 |], b.Add(Op.Gather 0, any (), place ()))
            pool.Add(b.Add(Op.Scatter 0, any (), small updates, b.Add(Op.Reshape [| 1 |], place ())))
        | 2 -> pool.Add(b.Add(Op.Update 0, any (), b.Add(Op.Gather 0, any (), place ()), place ()))
        | 3 ->
            // By way of a square matrix, turned or not.
            let square: int = b.Add(Op.Reshape [| 2; 2 |], any ())

            let square = if parts.Next 2 = 0 then square else b.Add(Op.Transpose [| 1; 0 |], square)

            let row = b.Add(Op.Gather 0, square, b.Add(Op.Constant(NDArray.scalar DType.Int32 0.0)))

            pool.Add(b.Add(Op.Reshape [| 4 |], b.Add(Op.Update 0, square, row, place ())))
        | 4 -> pool.Add(small (b.Add(Op.Zip Zip.Subtract, any (), any ())))
        | 5 ->
            pool.Add(
                b.Add(
                    Op.Concatenate 0,
                    b.Add(Op.Slice([| 1 |], [| 4 |], [| 1 |]), any ()),
                    b.Add(Op.Slice([| 2 |], [| 3 |], [| 1 |]), any ())
                )
            )
        | 6 ->
            let branches = [| for _ in 1..2 -> random parts (depth - 1) 0 |]
            let number = b.Add(Op.Zip Zip.And, 3, one)
            pool.AddRange(b.AddAll(Op.Switch branches, number, any (), any (), any (), 3)[..1])
        | _ ->
            let scan = loop parts (depth - 1) 2
            let results = b.AddAll(Op.Loop scan, any (), any (), any (), 3)
            pool.AddRange results[..1]

    let outputs = [| for _ in 1 .. 2 + extra -> any () |]
    b.Graph(Array.concat [ outputs[..1]; [| b.Add(Op.Zip Zip.Add, 3, one) |]; outputs[2..] ])

and private loop parts depth length : Loop = Loop.counted length 1 3 (random parts depth (parts.Next 2))

[<Fact>]
let ``nothing is written over that is still needed`` () =
    let parts = Random 5

    for case in 1..150 do
        let scan = loop parts 2 (2 + parts.Next 3)
        let b = GraphBuilder [| vector; vector; index |]
        // A vector twice among the operands, and operands that are results too.
        let results = b.AddAll(Op.Loop scan, 0, 1, (if parts.Next 2 = 0 then 1 else 0), 2)
        let program = b.Graph(Array.append results [| 0; 1 |])
        Graphs.check program

        let inputs () = [|
            NDArray.ofData DType.Float64 [| 4 |] [| 0.5; -0.25; 1.5; 2.0 |]
            NDArray.ofData DType.Float64 [| 4 |] [| 1.25; 0.75; -0.5; 0.125 |]
            NDArray.scalar DType.Int32 0.0
        |]

        let numbers arrays = arrays |> Array.collect Golden.numbers
        let expected = numbers (copying program (inputs ()))
        let given = inputs ()
        let message = $"case {case}:\n{Graphs.print program}"

        let same (actual: float[]) = Assert.True((actual = expected), message)

        let near (actual: float[]) = Assert.True(Array.forall2 (Tolerance.near 1e-12) expected actual, message)

        same (numbers (Evaluate.graph program given))
        Assert.Equal<float>(numbers (inputs ()), numbers given)
        near (numbers (LoopInterpreter.run (Compile.lower program) (inputs ())))
        near (numbers ((Compile.graph program).Run(inputs ())))
