// What a loop computes in every step alike is computed once before it, and data that its products read in thin columns is turned once.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// A loop's bodies (of a while loop the condition too) over one list of constants and carries.
[<NoComparison; NoEquality>]
type internal LoopParts = {
    Bodies: Graph[]
    /// The outer variables of the constants.
    Constants: int[]
    /// The number of the bodies' other inputs.
    Others: int
}

[<RequireQualifiedAccess>]
module internal RewriteLoops =
    /// The variables of a body that can be computed before the loop and are worth it, constants being its first inputs.
    let private invariants (graph: Graph) constants : HashSet<int> =
        let isInvariant = Array.zeroCreate graph.Types.Length
        let producers: Equation[] = Array.zeroCreate graph.Types.Length
        /// The size of the inputs that a variable is made of.
        let weight = Array.zeroCreate<int64> graph.Types.Length
        let size v = int64 (Shape.size graph.Types[v].Shape)
        let found = HashSet<int>()

        for v in 0 .. constants - 1 do
            isInvariant[v] <- true
            weight[v] <- size v

        let rec collect throughMoves v =
            if isInvariant[v] && not (isNull (box producers[v])) then
                let equation = producers[v]

                match equation.Op with
                | Op.Constant _ -> ()
                | _ when (Traits.ofEquation graph equation).Moves && (throughMoves || size v > weight[v]) ->
                    Array.iter (collect true) equation.Inputs
                | _ when size v > int64 CostModel.remadeFrom && size v > int64 CostModel.remade * weight[v] ->
                    Array.iter (collect true) equation.Inputs
                | _ -> found.Add v |> ignore

        for equation in graph.Equations do
            for v in equation.Outputs do
                producers[v] <- equation

            // What may fail is not done where a loop of no steps would not do it.
            if
                not (Traits.ofEquation graph equation).MayFail
                && (Graphs.bodies equation.Op).Length = 0
                && equation.Inputs |> Array.forall (fun v -> isInvariant[v])
            then
                for v in equation.Outputs do
                    isInvariant[v] <- true
                    weight[v] <- equation.Inputs |> Array.distinct |> Array.sumBy (fun i -> weight[i])
            else
                for v in equation.Inputs do
                    collect (not equation.Op.IsLoop) v

        Array.iter (collect true) graph.Outputs
        found

    /// Whether a body reads an input of shape [long, thin] only in products that are computed row by row.
    let rec private isThin (graph: Graph) v =
        match graph.Types[v].Shape with
        | [| long; thin |] when thin > 1 && thin <= CostModel.thin && long >= CostModel.turnedRows ->
            not (Array.contains v graph.Outputs)
            && graph.Equations
               |> Array.forall (fun equation ->
                   not (Array.contains v equation.Inputs)
                   || (match equation.Op with
                       | Op.Dot _ ->
                           let operands = equation.Inputs |> Array.map (fun i -> graph.Types[i])
                           Form.ofOp equation.Op operands graph.Types[equation.Outputs[0]] <> Form.Opaque
                       | Op.Switch branches ->
                           equation.Inputs
                           |> Array.indexed
                           |> Array.forall (fun (i, input) ->
                               input <> v || (i > 0 && branches |> Array.forall (fun branch -> isThin branch (i - 1))))
                       | _ -> false))
        | _ -> false

    let private isUsed (graph: Graph) v =
        Array.contains v graph.Outputs
        || graph.Equations |> Array.exists (fun equation -> Array.contains v equation.Inputs)

    /// Carries that every step passes through unchanged, by number; the last body is the step.
    let unchanged (parts: LoopParts) carries : bool[] =
        let step = parts.Bodies[parts.Bodies.Length - 1]
        Array.init carries (fun i -> step.Outputs[i] = parts.Constants.Length + i)

    /// The loop in which carries that never change are constants. The operands are those of the carries.
    let withConstants (fixedCarries: bool[]) (operands: int[]) (parts: LoopParts) : LoopParts =
        let constants = parts.Constants.Length

        let numbers select = [|
            for i in 0 .. fixedCarries.Length - 1 do
                if fixedCarries[i] = select then i
        |]

        let turned = numbers true

        let order =
            Array.concat [
                [| 0 .. constants - 1 |]
                turned |> Array.map (fun i -> constants + i)
                numbers false |> Array.map (fun i -> constants + i)
                [| constants + fixedCarries.Length .. constants + parts.Others - 1 |]
            ]

        let last = parts.Bodies.Length - 1

        {
            Bodies =
                parts.Bodies
                |> Array.mapi (fun k body ->
                    let outputs =
                        if k < last then
                            body.Outputs
                        else
                            Array.append (numbers false |> Array.map (fun i -> body.Outputs[i])) body.Outputs[fixedCarries.Length ..]

                    RewriteGraphs.withInputs (order |> Array.map (RewriteGraphs.input body)) outputs body)
            Constants = Array.append parts.Constants (turned |> Array.map (fun i -> operands[i]))
            Others = parts.Others - turned.Length
        }

    /// The loop with what does not change taken out of it; emit adds to the program around the loop.
    let hoist (emit: Op -> int[] -> int[]) (parts: LoopParts) : LoopParts =
        let constants = parts.Constants.Length
        let operands = ResizeArray<int>()
        let inputs = parts.Bodies |> Array.map (fun _ -> ResizeArray<BodyInput>())

        let add operand tensor (variables: int[]) through =
            operands.Add operand

            for k in 0 .. inputs.Length - 1 do
                inputs[k].Add { Type = tensor; Variable = variables[k]; Through = if variables[k] >= 0 then through else ValueNone }

        for v in 0 .. constants - 1 do
            let shape = parts.Bodies[0].Types[v].Shape
            let used = parts.Bodies |> Array.map (fun body -> isUsed body v)

            if Array.contains true used && parts.Bodies |> Array.forall (fun body -> not (isUsed body v) || isThin body v) then
                let turned = { parts.Bodies[0].Types[v] with Shape = [| shape[1]; shape[0] |] }

                add
                    (emit (Op.Transpose [| 1; 0 |]) [| parts.Constants[v] |] |> Array.head)
                    turned
                    (Array.create inputs.Length v)
                    (ValueSome(Op.Transpose [| 1; 0 |]))
            else
                add parts.Constants[v] parts.Bodies[0].Types[v] (Array.create inputs.Length v) ValueNone

        parts.Bodies
        |> Array.iteri (fun k body ->
            let outer = Dictionary<int, int>()

            let producers = Dictionary<int, Equation>()

            for equation in body.Equations do
                for v in equation.Outputs do
                    producers[v] <- equation

            let rec before v =
                if v < constants then
                    parts.Constants[v]
                else
                    match outer.TryGetValue v with
                    | true, result -> result
                    | _ ->
                        let equation = producers[v]
                        let results = emit equation.Op (Array.map before equation.Inputs)
                        Array.iter2 (fun v result -> outer[v] <- result) equation.Outputs results
                        outer[v]

            for v in invariants body constants do
                add (before v) body.Types[v] (Array.init inputs.Length (fun j -> if j = k then v else -1)) ValueNone)

        {
            Bodies =
                parts.Bodies
                |> Array.mapi (fun k body ->
                    let others = Array.init parts.Others (fun i -> RewriteGraphs.input body (constants + i))

                    RewriteGraphs.withInputs (Array.append (inputs[k].ToArray()) others) body.Outputs body)
            Constants = operands.ToArray()
            Others = parts.Others
        }
