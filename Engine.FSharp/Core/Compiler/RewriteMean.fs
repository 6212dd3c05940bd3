// Means: numbers added up as they are, and once more, scaled, where that left the range.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal RewriteMean =
    /// The equations behind a variable that are computed wherever an element is needed, in order, and the variables that they start from;
    /// none where they are too many. Adding up again what was never stored would otherwise make it be stored.
    let private computed (b: RewriteBuilder) (x: int) : struct (Equation[] * int[]) voption =
        let equations = ResizeArray<Equation>()
        let leaves = ResizeArray<int>()
        let seen = HashSet<int>()

        let rec visit v =
            if seen.Add v && equations.Count <= CostModel.repeatedOperations then
                match b.Definition v with
                | ValueSome({ Outputs = [| _ |] } as equation) ->
                    match Form.ofOp equation.Op (equation.Inputs |> Array.map b.Type) (b.Type v) with
                    | _ when equation.Op.IsConstant && (b.Shape v).Length = 0 -> equations.Add equation
                    | Form.Inline
                    | Form.Movement
                    | Form.Alias
                    | Form.Unrolled ->
                        Array.iter visit equation.Inputs
                        equations.Add equation
                    | Form.Leaf
                    | Form.Reduced
                    | Form.Pieces
                    | Form.Opaque -> leaves.Add v
                | _ -> leaves.Add v

        visit x

        if equations.Count > CostModel.repeatedOperations then
            ValueNone
        else
            ValueSome(struct (equations.ToArray(), leaves.ToArray()))

    /// The branch that computes the mean again from the leaves, and the one that passes the plain one on.
    let private branches (b: RewriteBuilder) axes (x: int) (equations: Equation[]) (leaves: int[]) mean =
        let inputs = Array.append [| b.Type mean |] (leaves |> Array.map b.Type)
        let again = RewriteBuilder(inputs, Array.create inputs.Length ValueNone)
        let values = Dictionary<int, int>()
        leaves |> Array.iteri (fun i v -> values[v] <- i + 1)

        for equation in equations do
            values[equation.Outputs[0]] <- again.Add(equation.Op, equation.Inputs |> Array.map (fun v -> values[v]))

        let apply op operands = again.Add(op, operands)
        let dtype, shape = b.DType x, b.Shape x
        let scaled = MeanProgram.scaled apply dtype shape axes values[x]
        let isFinite = MeanProgram.isFinite apply dtype (Shape.without axes shape) 0
        let result = again.Add(Op.Select, [| isFinite; 0; scaled |])

        [| again.Graph [| result |]; RewriteBuilder(inputs, Array.create inputs.Length ValueNone).Graph [| 0 |] |]

    let expand (b: RewriteBuilder) (emit: Op -> int[] -> int) (axes: int[]) (x: int) : int =
        let dtype, shape = b.DType x, b.Shape x
        let count = Shape.count axes shape

        let plain () = MeanProgram.plain emit dtype shape axes x

        match b.Definition x, computed b x with
        // Integers and truth values: no sum of them leaves the range.
        | ValueSome { Op = Op.Convert _; Inputs = [| number |] }, _ when not (DType.isFloat (b.DType number)) -> plain ()
        | _ when count <= 1 -> plain ()
        | _, ValueSome(struct (equations, leaves)) when count >= CostModel.longMean && Shape.size (Shape.without axes shape) > 0 ->
            let mean = plain ()
            let result = Shape.without axes shape
            let isFinite = MeanProgram.isFinite emit dtype result mean

            let allFinite =
                if result.Length = 0 then
                    isFinite
                else
                    emit (Op.Reduce(Reduction.Minimum, [| 0 .. result.Length - 1 |])) [| isFinite |]

            b.Add(
                Op.Switch(branches b axes x equations leaves mean),
                Array.concat [ [| emit (Op.Convert DType.Int32) [| allFinite |]; mean |]; leaves ]
            )
        | _ -> MeanProgram.either emit dtype shape axes x
