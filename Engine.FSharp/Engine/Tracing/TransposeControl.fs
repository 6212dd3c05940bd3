// Loops, choices and calls run backwards, given how a graph is. What a linear operand had received before goes in, and the results are added to it:
// bodies of loops and branches add to it in place, where a sum of their own would be as large as the operand in every step.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.Mask

/// Known inputs @ cotangents of all outputs @ what the inputs of the second mask had received -> what the linear inputs, of the first, have received then.
type internal GraphTranspose = Graph -> bool[] -> bool[] -> Graph

[<RequireQualifiedAccess>]
module internal TransposeControl =
    let private isGiven (received: Tensor[]) = received |> Array.map (fun a -> not (isNull a))

    let private given (received: Tensor[]) = choose (isGiven received) received

    let private startedMemo = Memo<Graph, Graph>()

    /// A program that adds to some inputs, without those that are zeros: 0 + x is x.
    let private fromZero (program: Graph) (isGiven: bool[]) : Graph =
        startedMemo.Get(
            program,
            isGiven,
            fun () ->
                let apply (equation: Equation) (operands: Tensor[]) =
                    match equation.Op, operands with
                    | Op.Zip Zip.Add, ([| null; a |] | [| a; null |]) -> [| a |]
                    | op, _ -> Array.map2 (fun v a -> Primitive.orZeros program.Types[v] a) equation.Inputs operands |> Primitive.apply op

                Record.closed "Transpose" (choose isGiven (Graphs.inputs program)) (fun inputs ->
                    Primitive.evaluateBy apply program (spread isGiven inputs)
                    |> Array.map2 Primitive.orZeros (Graphs.outputs program))
        )

    /// The loop backwards: cotangents of the carries are carried, those of constants summed, those of slices stacked.
    let throughLoop (graph: GraphTranspose) (loop: Loop) (operands: Tensor[]) linear received cotangents : Tensor[] =
        let linear = Loop.parts loop linear
        // A carry that starts from a plain zero is linear like the others.
        let linear = { linear with Carries = linear.Carries |> Array.map (fun _ -> true) }
        let known = Parts.map (Array.map not) linear
        let types = Loop.parts loop (Graphs.inputs loop.Body)
        let results = Loop.results loop (Graphs.outputs loop.Body)
        let sums = choose linear.Constants types.Constants
        let isSum = { known with Constants = linear.Constants; Inputs = linear.Inputs |> Array.map (fun _ -> false) }
        let body = graph loop.Body (Parts.join linear) (Parts.join isSum)

        // constants: known constants; carries: cotangents of the carries, sums for the linear constants; slices: known slices, cotangents of the stacked outputs.
        let transposed = {
            chooseParts known types with
                Carries = Array.append results.Carries sums
                Inputs = Array.append (choose known.Inputs types.Inputs) results.Inputs
        }

        let step =
            Record.body "Scan" transposed (fun inputs ->
                let ofCarries, sums = Array.splitAt loop.Carries inputs.Carries
                let slices, ofStacks = Array.splitAt (inputs.Inputs.Length - results.Inputs.Length) inputs.Inputs
                let given = Primitive.evaluateGraph body (Array.concat [ inputs.Constants; slices; ofCarries; ofStacks; sums ])
                let toConstants, given = Array.splitAt sums.Length given
                let toCarries, toSlices = Array.splitAt loop.Carries given
                Array.concat [ toCarries; toConstants; toSlices ])

        let backwards = {
            loop with
                Body = step
                Reverse = not loop.Reverse
                Constants = transposed.Constants.Length
                Carries = transposed.Carries.Length
        }

        let filled =
            cotangents
            |> Array.map2 Primitive.orZeros (Typing.infer (Op.Loop loop) (operands |> Array.map (fun (a: Tensor) -> a.Type)))
            |> Loop.results loop

        let operands = chooseParts known (Loop.parts loop operands)

        let received = Loop.parts loop received
        let started = Array.map2 Primitive.orZeros sums (choose linear.Constants received.Constants)

        let given =
            Primitive.apply
                (Op.Loop backwards)
                (Array.concat [ operands.Constants; filled.Carries; started; operands.Inputs; filled.Inputs ])
            |> Loop.results backwards

        let toCarries, toConstants = Array.splitAt loop.Carries given.Carries
        let add before given = Array.map2 Primitive.addSymbolic before given

        Array.concat [
            spread linear.Constants toConstants
            add received.Carries toCarries
            add received.Inputs (spread linear.Inputs given.Inputs)
        ]

    let throughSwitch
        (graph: GraphTranspose)
        (branches: Graph[])
        (operands: Tensor[])
        (linear: bool[])
        (received: Tensor[])
        cotangents
        : Tensor[] =
        let inner = linear[1..]
        let received = received[1..]

        let transposed = branches |> Array.map (fun branch -> graph branch inner (isGiven received))

        let known = choose (Array.map not inner) operands[1..]

        let filled = Array.map2 Primitive.orZeros (Graphs.outputs branches[0]) cotangents

        let results =
            Primitive.apply (Op.Switch transposed) (Array.concat [ [| operands[0] |]; known; filled; given received ])

        spread linear results

    let throughCall
        (graph: GraphTranspose)
        kind
        (body: Graph)
        (operands: Tensor[])
        (linear: bool[])
        (received: Tensor[])
        cotangents
        : Tensor[] =
        let filled = Array.map2 Primitive.orZeros (Graphs.outputs body) cotangents

        match kind with
        | CallKind.Linear(knownCount, transposed) ->
            if Array.contains true linear[.. knownCount - 1] then
                TransposeRules.refuse (Op.Call(kind, body)) linear

            let inputs = Array.concat [ operands[.. knownCount - 1]; filled; received[knownCount..] ]

            // Plain zeros may stand in for tangents that are missing: such an operand is linear like the others.
            Primitive.apply (Op.Call(CallKind.Checkpoint, fromZero transposed (isGiven inputs))) (given inputs)
            |> Array.append (Array.zeroCreate knownCount)
        | CallKind.Compiled
        | CallKind.Checkpoint
        | CallKind.CustomForward _
        | CallKind.CustomReverse _
        | CallKind.Implicit _
        | CallKind.Rewound _ ->
            let known = choose (Array.map not linear) operands
            let transposed = graph body linear (isGiven received)
            spread linear (Primitive.apply (Op.Call(kind, transposed)) (Array.concat [ known; filled; given received ]))
