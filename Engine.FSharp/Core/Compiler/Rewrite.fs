// Programs to simpler programs of the same meaning: calls inlined, rules of algebra applied, common subexpressions merged,
// loops relieved of what does not change, and what nothing needs left out.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Rewrite =
    /// Operations on one another's results are simplified in the order of the program; emit is what rules add with.
    let rec private emit (b: RewriteBuilder) (op: Op) (operands: int[]) : int =
        let simpler =
            match RewriteMovement.simplify b (emit b) op operands with
            | ValueNone -> RewriteAlgebra.simplify b (emit b) op operands
            | found -> found

        match simpler with
        | ValueSome v -> v
        | ValueNone ->
            match op with
            // x + y = y + x
            | Op.Zip(Zip.Add | Zip.Multiply | Zip.Scale | Zip.And | Zip.Or | Zip.Xor) when operands[0] > operands[1] ->
                b.Add(op, [| operands[1]; operands[0] |])
            | _ -> b.Add(op, operands)

    /// All results of an operation without a body.
    let private emitAll (b: RewriteBuilder) (op: Op) (operands: int[]) : int[] =
        match op with
        | Op.Routine _ ->
            match RewriteAlgebra.onConstants b op operands with
            | ValueSome arrays -> arrays |> Array.map (fun array -> emit b (Op.Constant array) [||])
            | ValueNone -> b.AddAll(op, operands)
        | _ -> [| emit b op operands |]

    let private changing (unchanged: bool[]) (carries: int[]) : int[] =
        carries |> Array.indexed |> Array.filter (fun (i, _) -> not unchanged[i]) |> Array.map snd

    /// All carries' results: those that do not change are their operands.
    let private passed (unchanged: bool[]) (carries: int[]) (results: int[]) =
        let mutable next = 0

        carries
        |> Array.mapi (fun i v ->
            if unchanged[i] then
                v
            else
                next <- next + 1
                results[next - 1])

    /// The program's outputs, from these arguments.
    let rec private inlined (b: RewriteBuilder) (program: Graph) (arguments: int[]) : int[] =
        let values = Array.create program.Types.Length -1
        Array.blit arguments 0 values 0 arguments.Length

        for equation in program.Equations do
            let operands = equation.Inputs |> Array.map (fun v -> values[v])

            let results =
                match equation.Op with
                | Op.Call(CallKind.Checkpoint, callee) -> b.Apart(fun () -> inlined b callee operands)
                | Op.Call(_, callee) -> inlined b callee operands
                | Op.Scan loop -> scan b loop operands
                | Op.While loop -> whileLoop b loop operands
                | Op.Switch branches -> switch b branches operands
                | op -> emitAll b op operands

            Array.iter2 (fun v result -> values[v] <- result) equation.Outputs results

        program.Outputs |> Array.map (fun v -> values[v])

    /// A body rewritten. Operands that are one number everywhere are numbers inside of it too, repeated ones are repeated inside;
    /// so inputs may change their types: the operands for the new body come with it.
    /// Of inputs whose elements are those of their operands it knows the ranges.
    and private body (outer: RewriteBuilder) (program: Graph) (operands: int[]) fixedInputs ranges : struct (Graph * int[]) =
        let operands = Array.copy operands
        let types = Typing.graphInputs program

        let repeats =
            Array.init types.Length (fun i ->
                if not (fixedInputs i) then
                    ValueNone
                else
                    match outer.Definition operands[i] with
                    | ValueSome { Op = Op.Broadcast _ as op; Inputs = [| operand |] } ->
                        operands[i] <- operand
                        types[i] <- outer.Type operand
                        ValueSome op
                    | _ -> ValueNone)

        let b = RewriteBuilder(types, ranges)

        let arguments =
            Array.init types.Length (fun i ->
                let array = if fixedInputs i then outer.Array operands[i] else null

                let argument = if not (isNull array) && array.Rank = 0 then b.Add(Op.Constant array, [||]) else i

                match repeats[i] with
                | ValueSome op -> emit b op [| argument |]
                | ValueNone -> argument)

        let outputs = inlined b program arguments
        struct (b.Graph outputs, operands)

    and private scan (b: RewriteBuilder) (loop: Scan) (operands: int[]) : int[] =
        if loop.Length = 1 then
            // One step: the body on the only entries.
            let fixedCount = loop.Constants + loop.Carries

            let arguments =
                operands
                |> Array.mapi (fun i v ->
                    if i < fixedCount then
                        v
                    else
                        let shape = b.Shape v
                        emit b (Op.Reshape shape[1..]) [| v |])

            inlined b loop.Body arguments
            |> Array.mapi (fun i v -> if i < loop.Carries then v else emit b (Op.Reshape(Array.append [| 1 |] (b.Shape v))) [| v |])
        else
            let struct (loop, operands) = RewriteScans.unstacked b (emit b) loop operands

            let struct (body, operands) =
                let fixedCount = loop.Constants + loop.Carries

                let range i (t: TensorType) =
                    if i < loop.Constants || i >= fixedCount then b.Range operands[i] else RewriteRanges.ofType t.DType

                body b loop.Body operands (fun i -> i < loop.Constants) (Array.mapi range (Typing.graphInputs loop.Body))

            let parts = {
                Bodies = [| body |]
                Constants = operands[.. loop.Constants - 1]
                Others = body.InputCount - loop.Constants
            }

            let firstCarry, firstStacked = loop.Constants, loop.Constants + loop.Carries
            let carries = operands[firstCarry .. firstStacked - 1]
            let unchanged = RewriteLoops.unchanged parts loop.Carries
            let parts = RewriteLoops.withConstants unchanged carries parts

            let parts = if loop.Length > 0 then RewriteLoops.hoist (emitAll b) parts else parts

            let changing = changing unchanged carries

            let scan = { loop with Body = parts.Bodies[0]; Constants = parts.Constants.Length; Carries = changing.Length }

            let stacked = operands[firstStacked..]

            let struct (scan, places) = RewriteScans.computed scan

            let results = b.AddAll(Op.Scan scan, Array.concat [ parts.Constants; changing; stacked ])

            let stackedResults =
                places
                |> Array.map (fun place ->
                    match place with
                    | StackedResult.Computed k -> results[scan.Carries + k]
                    | StackedResult.Entry k -> stacked[k]
                    | StackedResult.Repeated k ->
                        let v = parts.Constants[k]
                        let shape = b.Shape v
                        let axes = Array.init shape.Length (fun i -> i + 1)
                        emit b (Op.Broadcast(Array.append [| scan.Length |] shape, axes)) [| v |])

            Array.append (passed unchanged carries results) stackedResults

    and private whileLoop (b: RewriteBuilder) (loop: While) (operands: int[]) : int[] =
        let isConstant i = i < loop.Constants
        let given = operands |> Array.map b.Range

        let ranges =
            Typing.graphInputs loop.Body
            |> Array.mapi (fun i t -> if isConstant i then given[i] else RewriteRanges.ofType t.DType)

        let struct (test, replaced) = body b loop.Condition operands isConstant ranges
        let struct (step, _) = body b loop.Body operands isConstant ranges

        let step =
            if RewriteRanges.checksIndices step then
                for i, range in RewriteRanges.counters test step loop.Constants given do
                    ranges[i] <- ValueSome range

                let struct (step, _) = body b step replaced (fun _ -> false) ranges
                step
            else
                step

        let parts = {
            Bodies = [| test; step |]
            Constants = replaced[.. loop.Constants - 1]
            Others = operands.Length - loop.Constants
        }

        let carries = operands[loop.Constants ..]
        let unchanged = RewriteLoops.unchanged parts carries.Length

        let parts = parts |> RewriteLoops.withConstants unchanged carries |> RewriteLoops.hoist (emitAll b)

        let changing = changing unchanged carries

        let loop' = { loop with Condition = parts.Bodies[0]; Body = parts.Bodies[1]; Constants = parts.Constants.Length }

        passed unchanged carries (b.AddAll(Op.While loop', Array.append parts.Constants changing))

    and private switch (b: RewriteBuilder) (branches: Graph[]) (operands: int[]) : int[] =
        let index = b.Array operands[0]

        if branches.Length = 1 || not (isNull index) then
            let chosen = if isNull index then 0 else int (NDArray.elementAt index index.Offset)

            inlined b branches[max 0 (min chosen (branches.Length - 1))] operands[1..]
        else
            let bodies =
                branches
                |> Array.map (fun branch -> body b branch operands[1..] (fun _ -> true) (operands[1..] |> Array.map b.Range))

            let struct (_, replaced) = bodies[0]

            b.AddAll(Op.Switch(bodies |> Array.map (fun (struct (graph, _)) -> graph)), Array.append [| operands[0] |] replaced)

    /// The whole program.
    let graph (program: Graph) : Graph =
        let inputs = Typing.graphInputs program

        let b = RewriteBuilder(inputs, inputs |> Array.map (fun t -> RewriteRanges.ofType t.DType))

        let outputs = inlined b program [| 0 .. program.InputCount - 1 |]
        RewriteGraphs.prune (b.Graph outputs)
