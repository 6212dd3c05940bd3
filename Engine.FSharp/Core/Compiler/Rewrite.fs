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
            | Op.Zip zip when Zips.isCommutative zip && operands[0] > operands[1] -> b.Add(op, [| operands[1]; operands[0] |])
            | _ -> b.Add(op, operands)

    /// All results of an operation without a body.
    let private emitAll (b: RewriteBuilder) (op: Op) (operands: int[]) : int[] =
        match op with
        | Op.Routine _ ->
            match RewriteConstants.evaluated b op operands with
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
                | Op.Loop({ Condition = ValueNone; Length = ValueSome 1 } as loop) -> oneStep b loop operands
                | Op.Loop loop -> rewrittenLoop b loop operands
                | Op.Switch branches -> switch b branches operands
                | op -> emitAll b op operands

            Array.iter2 (fun v result -> values[v] <- result) equation.Outputs results

        program.Outputs |> Array.map (fun v -> values[v])

    /// A body rewritten. Operands that are one number everywhere are numbers inside of it too, repeated ones are repeated inside;
    /// so inputs may change their types: the operands for the new body come with it.
    /// Of inputs whose elements are those of their operands it knows the ranges.
    and private body (outer: RewriteBuilder) (program: Graph) (operands: int[]) fixedInputs ranges : struct (Graph * int[]) =
        let operands = Array.copy operands
        let types = Graphs.inputs program

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

    /// The body on the only entries.
    and private oneStep (b: RewriteBuilder) (loop: Loop) (operands: int[]) : int[] =
        let parts = Loop.parts loop operands
        let slices = parts.Inputs |> Array.map (fun v -> emit b (Op.Reshape(Array.tail (b.Shape v))) [| v |])
        let results = Loop.results loop (inlined b loop.Body (Parts.join { parts with Inputs = slices }))

        Array.append results.Carries (results.Inputs |> Array.map (fun v -> emit b (Op.Reshape(Array.append [| 1 |] (b.Shape v))) [| v |]))

    and private rewrittenLoop (b: RewriteBuilder) (loop: Loop) (operands: int[]) : int[] =
        let struct (loop, operands) = RewriteScans.unstacked b (emit b) loop operands
        let isConstant i = i < loop.Constants
        let isCarry i = not (isConstant i) && i < loop.Constants + loop.Carries
        let given = operands |> Array.map b.Range

        let ranges =
            Graphs.inputs loop.Body
            |> Array.mapi (fun i t -> if isCarry i then RewriteRanges.ofType t.DType else given[i])

        let rewritten = Loop.bodies loop |> Array.map (fun program -> body b program operands isConstant ranges)
        let struct (_, replaced) = rewritten[0]
        let bodies = rewritten |> Array.map (fun (struct (program, _)) -> program)
        let step = Array.last bodies

        let bodies =
            if loop.Condition.IsSome && RewriteRanges.checksIndices step then
                for i, range in RewriteRanges.counters bodies[0] step loop.Constants given do
                    ranges[i] <- ValueSome range

                let struct (step, _) = body b step replaced (fun _ -> false) ranges
                [| bodies[0]; step |]
            else
                bodies

        let given = Loop.parts loop replaced

        let parts = { Bodies = bodies; Constants = given.Constants; Others = replaced.Length - loop.Constants }

        let unchanged = RewriteLoops.unchanged parts loop.Carries
        let parts = RewriteLoops.withConstants unchanged given.Carries parts
        let parts = if loop.Length = ValueSome 0 then parts else RewriteLoops.hoist (emitAll b) parts
        let changing = changing unchanged given.Carries

        let struct (rewritten, places) =
            RewriteScans.computed { Loop.withBodies parts.Bodies loop with Constants = parts.Constants.Length; Carries = changing.Length }

        let results = b.AddAll(Op.Loop rewritten, Array.concat [ parts.Constants; changing; given.Inputs ])

        let stacked place =
            match place with
            | StackedResult.Computed k -> results[rewritten.Carries + k]
            | StackedResult.Entry k -> given.Inputs[k]
            | StackedResult.Repeated k ->
                let v = parts.Constants[k]
                let shape = b.Shape v
                let axes = Array.init shape.Length (fun i -> i + 1)
                emit b (Op.Broadcast(Array.append [| rewritten.Length.Value |] shape, axes)) [| v |]

        Array.append (passed unchanged given.Carries results) (Array.map stacked places)

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
        let inputs = Graphs.inputs program

        let b = RewriteBuilder(inputs, inputs |> Array.map (fun t -> RewriteRanges.ofType t.DType))

        let outputs = inlined b program [| 0 .. program.InputCount - 1 |]
        RewriteGraphs.prune (b.Graph outputs)
