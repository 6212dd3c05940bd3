// What runs when no transformation is in the way: compiled calls as machine code, everything else by the plain kernels.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Eager =
    let apply (op: Op) (operands: NDArray[]) : NDArray[] =
        CancellationScope.Check()

        match op with
        | Op.Call(CallKind.Compiled, graph) -> (Compile.graph graph).Run operands
        | _ -> Evaluate.apply op operands
