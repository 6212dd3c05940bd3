// What runs when no transformation is in the way: compiled calls as machine code, everything else by the plain kernels.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Eager =
    let apply (op: Op) (operands: NDArray[]) : NDArray[] = Evaluate.apply op operands
