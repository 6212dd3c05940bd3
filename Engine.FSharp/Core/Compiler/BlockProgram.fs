// The statements of a program as steps on blocks, without code made for them.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Kernels

/// The memory of blocks begins at a place in the workspace, a multiple of 64. Wrap has the last word on what stands for a statement; tier says what
/// machine code for a loop comes from, which takes about so many nanoseconds to make: null for none.
[<Sealed>]
type internal BlockProgram
    (
        program: LoopProgram,
        width: int,
        kernel: Op -> NDArray[] -> NDArray[],
        header: Header,
        start: int,
        wrap: Statement -> BlockStep -> BlockStep,
        tier: float -> Statement -> Tier<Action<nativeint>>
    ) =
    let mutable top = start
    let mutable values = 0
    let bytesOf buffer = DType.bytes program.Buffers[buffer].DType
    let address (access: Access) = Address(header, bytesOf access.Buffer, access)

    let nestStep (plan: NestPlan) : BlockStep =
        let struct (nests, until) = BlockNests.create width header start plan
        top <- max top until
        values <- values + plan.Values.Length
        NestStep nests

    let rec step (statement: Statement) : BlockStep = wrap statement (plain statement)

    /// The steps of a loop's statements, and what its machine code comes from.
    and loop (statement: Statement) (bodies: Statement[][]) =
        let before = values
        let steps = bodies |> Array.map (Array.map step)
        struct (steps, tier (Work.ofCode (values - before)) statement)

    and plain (statement: Statement) : BlockStep =
        match statement with
        | Statement.Nest nest -> nestStep (PlanNest.ofBlocks program.Buffers nest)
        | Statement.Accumulate accumulation -> nestStep (PlanNest.accumulation true program.Buffers accumulation)
        | Statement.Product product -> ProductStep(ProductCall(width, product), address product.A, address product.B, address product.C)
        | Statement.Repeat(variable, count, body) ->
            let struct (steps, tier) = loop statement [| body |]
            RepeatStep(header, variable, count, steps[0], tier)
        | Statement.RepeatWhile(test, flag, bound, body) ->
            let struct (steps, tier) = loop statement [| test; body |]
            WhileStep(header, steps[0], address flag, bound, steps[1], tier)
        | Statement.Choose(index, branches) -> ChooseStep(address index, branches |> Array.map (Array.map step))
        | Statement.Swap(a, b) -> SwapStep(a, b)
        | Statement.Kernel(Op.Places(operation, axis, size), [| struct (source, indices) |], [| struct (target, _) |]) ->
            PlacesStep(IndexCheck(operation, axis, size, indices), address source, address target)
        | Statement.Kernel(op, inputs, outputs) ->
            let types = inputs |> Array.map (fun (struct (_, t)) -> t)
            let addresses = Array.append inputs outputs |> Array.map (fun (struct (access, _)) -> address access)
            KernelStep(header, KernelCall(op, kernel, types, outputs.Length), addresses)

    /// Where the memory of the blocks of all steps so far ends.
    member _.Top = top

    /// The values of all nests so far.
    member _.Values = values

    member _.Step(statement: Statement) = step statement
