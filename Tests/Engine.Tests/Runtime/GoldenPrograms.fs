/// The golden operations that one or a few engine operations express, as functions of a case and its operands.
module internal Pipeline.Engine.Tests.GoldenPrograms

open System.Text.Json
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.Checked

type Program = Golden.Case -> NDArray[] -> NDArray[]

let private required name case = (Golden.argument name case).Value
let private one result = [| result |]

let private zip z : Program = fun _ operands -> one (apply (Op.Zip z) (broadcastAll operands))

let binary: Map<string, Program> =
    Map [
        "add", zip Zip.Add
        "sub", zip Zip.Subtract
        "mul", zip Zip.Multiply
        "div", zip Zip.Divide
        "pow", zip PowerFunction.power.Zip
        "max", zip Zip.Maximum
        "min", zip Zip.Minimum
        "atan2", zip Atan2Function.atan2.Zip
        "logaddexp", zip LogarithmFunctions.logAddExp.Zip
        "xlogy", zip LogarithmFunctions.xLogY.Zip
        "xlog1py", zip LogarithmFunctions.xLog1PY.Zip
        "fmod", zip Zip.Remainder
        "floor_divide",
        (fun _ operands ->
            let operands = broadcastAll operands
            let quotient = Operations.floorDivide (Tensor operands[0]) (Tensor operands[1])
            one quotient.Array)
    ]

let private axes case rank =
    match Golden.argument "axis" case with
    | ValueSome axes -> Shape.axes "test" rank (Golden.integers axes)
    | ValueNone -> Array.init rank id

let private firstAxis case rank = (axes case rank)[0]

/// A reduction, with the axes kept as 1 where the case asks for it.
let private reduce (reduction: Reduction) (case: Golden.Case) (x: NDArray) =
    let axes = axes case x.Rank
    let result = apply (Op.Reduce(reduction, axes)) [| x |]

    match Golden.argument "keepdims" case with
    | ValueSome keep when keep.GetBoolean() ->
        let shape = Array.mapi (fun i d -> if Array.contains i axes then 1 else d) x.Shape
        apply (Op.Reshape shape) [| result |]
    | _ -> result

let private reduction r : Program = fun case operands -> one (reduce r case operands[0])

/// Along one axis, or along the flat array.
let private argument r : Program =
    fun case operands ->
        let x = operands[0]

        if (Golden.argument "axis" case).IsNone then
            let flat = reduce r case (apply (Op.Reshape [| x.Size |]) [| x |])
            let kept = (Golden.argument "keepdims" case).Value.GetBoolean()

            one (if kept then apply (Op.Reshape(Array.replicate x.Rank 1)) [| flat |] else flat)
        else
            one (reduce r case x)

let private truth r : Program = fun case operands -> one (reduce r case (apply (Op.Convert DType.Bool) [| operands[0] |]))

let reductions: Map<string, Program> =
    Map [
        "sum", reduction Reduction.Sum
        "prod", reduction Reduction.Product
        "max", reduction Reduction.Maximum
        "min", reduction Reduction.Minimum
        "argmax", argument Reduction.ArgMax
        "argmin", argument Reduction.ArgMin
        "all", truth Reduction.Product
        "any", truth Reduction.Sum
        "cumsum", fun case operands -> one (apply (Op.CumulativeSum(firstAxis case operands[0].Rank, false)) operands)
    ]

let private sameElements: Program = fun case operands -> one (apply (Op.Reshape case.Outputs[0].Shape) operands)

let private transpose: Program =
    fun case operands ->
        let rank = operands[0].Rank

        let permutation =
            match Golden.argument "axes" case with
            | ValueSome axes -> Golden.integers axes |> Array.map (fun i -> if i < 0 then i + rank else i)
            | ValueNone -> Array.init rank (fun i -> rank - 1 - i)

        one (apply (Op.Transpose permutation) operands)

let private concatenate: Program =
    fun case operands -> one (apply (Op.Concatenate(firstAxis case operands[0].Rank)) operands)

let private stack: Program =
    fun case operands ->
        let axis = firstAxis case (operands[0].Rank + 1)

        let raised = operands |> Array.map (fun x -> apply (Op.Reshape(Shape.insert axis 1 x.Shape)) [| x |])

        one (apply (Op.Concatenate axis) raised)

let private split: Program =
    fun case operands ->
        let x = operands[0]
        let axis = firstAxis case x.Rank

        let ends = Array.scan (fun at (part: Golden.Reference) -> at + part.Shape[axis]) 0 case.Outputs

        Array.pairwise ends
        |> Array.map (fun (first, limit) ->
            let starts = Array.init x.Rank (fun i -> if i = axis then first else 0)
            let limits = Array.init x.Rank (fun i -> if i = axis then limit else x.Shape[i])
            apply (Op.Slice(starts, limits, Array.replicate x.Rank 1)) [| x |])

/// Negative indices count from the end.
let private fromEnd size (indices: NDArray) =
    let like value = apply (Op.Broadcast(indices.Shape, [||])) [| NDArray.scalar DType.Int64 value |]

    let negative = apply (Op.Compare Relation.Less) [| indices; like 0.0 |]
    apply Op.Select [| negative; apply (Op.Zip Zip.Add) [| indices; like (float size) |]; indices |]

let private take: Program =
    fun case operands ->
        let x, axis =
            match Golden.argument "axis" case with
            | ValueSome _ -> operands[0], firstAxis case operands[0].Rank
            | ValueNone -> apply (Op.Reshape [| operands[0].Size |]) [| operands[0] |], 0

        one (apply (Op.Gather axis) [| x; fromEnd x.Shape[axis] operands[1] |])

let private updateAdd: Program =
    fun _ operands ->
        let size = operands[0].Shape[0]
        one (apply (Op.Scatter 0) [| operands[0]; operands[2]; fromEnd size operands[1] |])

/// Constant padding: what is padded is zero, and the constant comes from padding ones.
let private pad: Program =
    fun case operands ->
        let widths = [| for pair in (required "widths" case).EnumerateArray() -> Golden.integers pair |]

        let op = Op.Pad(Array.map Array.head widths, Array.map Array.last widths, Array.map (fun _ -> 0) widths)

        let padded = apply op operands

        let inside = apply (Op.Broadcast(operands[0].Shape, [||])) [| NDArray.scalar DType.Bool 1.0 |]

        let value = NDArray.scalar operands[0].DType ((required "value" case).GetDouble())
        let constant = apply (Op.Broadcast(padded.Shape, [||])) [| value |]
        one (apply Op.Select [| apply op [| inside |]; padded; constant |])

let private dot left right : Program =
    fun _ operands -> one (apply (Op.Dot { Batch = 0; ContractLeft = left; ContractRight = right }) operands)

let private tensordot: Program =
    fun case operands ->
        let axes = required "axes" case

        if axes.ValueKind = JsonValueKind.Number then
            let n = axes.GetInt32()
            dot (Array.init n (fun i -> operands[0].Rank - n + i)) (Array.init n id) case operands
        else
            dot (Golden.integers axes[0]) (Golden.integers axes[1]) case operands

let private clip: Program =
    fun _ operands ->
        let operands = broadcastAll operands
        let raised = apply (Op.Zip Zip.Maximum) [| operands[0]; operands[1] |]
        one (apply (Op.Zip Zip.Minimum) [| raised; operands[2] |])

let structure: Map<string, Program> =
    Map [
        "reshape", sameElements
        "expand_dims", sameElements
        "squeeze", sameElements
        "transpose", transpose
        "broadcast", fun case operands -> one (broadcastTo case.Outputs[0].Shape operands[0])
        "concatenate", concatenate
        "stack", stack
        "split", split
        "take", take
        "update_add", updateAdd
        "pad", pad
        "argsort", fun case operands -> one (Operations.argSort (firstAxis case operands[0].Rank) (Tensor operands[0])).Array
        "where", fun _ operands -> one (apply Op.Select (broadcastAll operands))
        "clip", clip
        "outer", dot [||] [||]
        "tensordot", tensordot
    ]

/// The right side may be a vector.
let private triangularSolve: Program =
    fun case operands ->
        let flag name = (required name case).GetBoolean()

        let options = { Lower = flag "lower"; Transpose = flag "transpose"; UnitDiagonal = flag "unit_diagonal" }

        let right = operands[1]
        let isVector = right.Rank < operands[0].Rank

        let column = if isVector then apply (Op.Reshape(Array.append right.Shape [| 1 |])) [| right |] else right

        one (apply (Op.Reshape right.Shape) [| apply (Op.Routine(TriangularSolve.routine options)) [| operands[0]; column |] |])

let private solve: Program =
    fun _ operands ->
        let right = operands[1]

        let columns = if right.Rank < operands[0].Rank then Array.append right.Shape [| 1 |] else right.Shape

        let factors = applyAll (Op.Routine LU.routine) [| operands[0] |]

        let solution =
            apply (Op.Routine(Solve.routine false)) [| operands[0]; factors[0]; factors[1]; apply (Op.Reshape columns) [| right |] |]

        one (apply (Op.Reshape right.Shape) [| solution |])

let linalg: Map<string, Program> =
    Map [
        "linalg.solve", solve
        "linalg.cholesky", fun _ operands -> one (apply (Op.Routine Cholesky.routine) operands)
        "linalg.triangular_solve", triangularSolve
        "linalg.outer", dot [||] [||]
        "linalg.tensordot", tensordot
    ]
