// The plain meaning of every operation without a body: the eager path, and the oracle for everything faster.
// Every sum has the order that belongs to the operation (SumOrder.fs), as compiled code gives it too.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal Kernels =
    /// Broadcast, Transpose, Slice, and Reshape of a contiguous array share the operand's memory; other results are fresh and contiguous.
    let rec single (op: Op) (operands: NDArray[]) : NDArray =
        match op with
        | Op.Zip zip -> KernelsZip.zip zip operands[0] operands[1]
        | Op.Map row -> KernelsMap.map row operands[0]
        | Op.Quotient -> KernelsQuotient.quotient operands[0] operands[1] operands[2]
        | Op.Norm axes -> NormProgram.expand single operands[0].DType operands[0].Shape axes operands[0]
        | Op.Softmax(kind, axes) -> SoftmaxProgram.expand single operands[0].DType operands[0].Shape kind axes operands[0]
        | Op.Mean axes -> KernelsReductions.mean single axes operands[0]
        | Op.Constant array -> array
        | Op.Compare relation -> KernelsZip.compare relation operands[0] operands[1]
        | Op.Select -> KernelsMap.select operands[0] operands[1] operands[2]
        | Op.Convert dtype -> KernelsMap.convert dtype operands[0]
        | Op.Reinterpret dtype -> KernelsMap.reinterpret dtype operands[0]
        | Op.Reduce(reduction, axes) -> KernelsReductions.reduce reduction axes operands[0]
        | Op.CumulativeSum(axis, reverse) -> KernelsRunning.cumulativeSum axis reverse operands[0]
        | Op.Broadcast(shape, axes) -> KernelsViews.broadcast shape axes operands[0]
        | Op.Reshape shape -> KernelsViews.reshape shape operands[0]
        | Op.Transpose permutation -> KernelsViews.transpose permutation operands[0]
        | Op.Slice(starts, limits, strides) -> KernelsViews.slice starts limits strides operands[0]
        | Op.Pad(low, high, interior) -> KernelsStructure.pad low high interior operands[0]
        | Op.Concatenate axis -> KernelsStructure.concatenate axis operands
        | Op.Gather axis -> KernelsStructure.gather axis operands[0] operands[1]
        | Op.Scatter axis -> KernelsStructure.scatter axis (KernelsViews.duplicate operands[0]) operands[1] operands[2]
        | Op.Update axis -> KernelsStructure.update axis (KernelsViews.duplicate operands[0]) operands[1] operands[2]
        | Op.Iota(dtype, shape, axis) -> KernelsStructure.iota dtype shape axis
        | Op.Dot axes -> KernelsProducts.dot axes operands[0] operands[1]
        | Op.RandomBits(dtype, shape, layout) -> KernelsRandom.bits dtype shape layout operands[0]
        | Op.Places(operation, axis, size) -> KernelsStructure.places operation axis size operands[0]
        | Op.Require(operation, requirement) -> KernelsRequirements.check operation requirement operands[0]
        | Op.StopGradient -> operands[0]
        | Op.Routine _
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> raise (ArgumentException $"{Typing.name op} has several results.")

    /// The results of an operation.
    let apply (op: Op) (operands: NDArray[]) : NDArray[] =
        match op with
        | Op.Routine routine -> routine.Run operands
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> raise (ArgumentException $"{Typing.name op} contains programs; Evaluate.apply runs it.")
        | _ -> [| single op operands |]
