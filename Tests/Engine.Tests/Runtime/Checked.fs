/// Operations applied as every caller applies them: types first, then the kernels, whose results must have the inferred types.
module internal Pipeline.Engine.Tests.Checked

open Pipeline
open Pipeline.Engine
open Xunit

let private typeOf (array: NDArray) = Typing.tensor array.DType array.Shape

let applyAll (op: Op) (operands: NDArray[]) : NDArray[] =
    let types = Typing.infer op (Array.map typeOf operands)
    let results = Evaluate.apply op operands
    Assert.Equal<TensorType[]>(types, Array.map typeOf results)
    results

let apply op operands = (applyAll op operands)[0]

let ofFloat64 (shape: int[]) (data: float[]) = NDArray.ofData DType.Float64 shape data

let ofFloat32 (shape: int[]) (data: float[]) = NDArray.ofData DType.Float32 shape (Array.map float32 data)

let ofInt32 (shape: int[]) (data: int[]) = NDArray.ofData DType.Int32 shape data

/// By NumPy's rule.
let broadcastTo (shape: int[]) (x: NDArray) =
    let first = shape.Length - x.Rank

    let kept = [|
        for i in 0 .. x.Rank - 1 do
            if x.Shape[i] = shape[first + i] then i
    |]

    let squeezed = apply (Op.Reshape(Array.map (fun i -> x.Shape[i]) kept)) [| x |]
    apply (Op.Broadcast(shape, Array.map (fun i -> first + i) kept)) [| squeezed |]

/// The operands brought to their common shape.
let broadcastAll (operands: NDArray[]) =
    let shape = operands |> Array.map _.Shape |> Array.reduce (Shape.broadcast "test")
    operands |> Array.map (broadcastTo shape)
