// What runs when no transformation is in the way: compiled calls as machine code, everything else operation by operation.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Eager =
    let apply (op: Op) (operands: NDArray[]) : NDArray[] =
        CancellationScope.Check()

        match op with
        | Op.Call(CallKind.Compiled, graph) -> (Compile.graph graph).Run operands
        | _ -> Evaluate.apply op operands

    let private only (op: Op) (operands: NDArray[]) : NDArray =
        match op with
        | Op.Routine _
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> (apply op operands)[0]
        | _ ->
            CancellationScope.Check()
            Kernels.single op operands

    /// The result of an operation with a single one.
    let single (op: Op) (a: NDArray) : NDArray =
        match op with
        | Op.Map row ->
            CancellationScope.Check()
            KernelsMap.map row a
        | _ -> only op [| a |]

    let single2 (op: Op) (a: NDArray) (b: NDArray) : NDArray =
        match op with
        | Op.Zip zip ->
            CancellationScope.Check()
            KernelsZip.zip zip a b
        | _ -> only op [| a; b |]
