// What runs when no transformation is in the way: compiled calls as machine code, everything else by the plain kernels.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Eager =
    let apply (op: Op) (operands: NDArray[]) : NDArray[] =
        CancellationScope.Check()

        match op with
        | Op.Call(CallKind.Compiled, graph) -> (Compile.graph graph).Run operands
        | _ -> Evaluate.apply op operands

    /// The result of an operation with a single one.
    let single (op: Op) (operands: NDArray[]) : NDArray =
        match op with
        | Op.Routine _
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> (apply op operands)[0]
        | _ ->
            CancellationScope.Check()
            Kernels.single op operands
