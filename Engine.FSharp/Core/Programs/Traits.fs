// What the interpreters and passes ask of an operation, said once.
namespace Pipeline.Engine

open Pipeline

[<NoComparison; NoEquality>]
type internal Traits = {
    /// The operands in which the results are linear together, the others being known; null where they are not. What is linear has
    /// itself as its derivative and as its Taylor coefficients, with tangents or coefficients for these operands.
    Linear: bool[]
    /// Order k of the results needs the orders 0 and k of the operands alone: linear, or one operand is chosen by its value.
    PiecewiseLinear: bool
    /// No operand has an influence that a derivative sees.
    Constant: bool
    /// An element of the result is a function of the elements of the operands at its own place.
    Elementwise: bool
    /// The result holds elements of its operand, or none that are computed.
    Moves: bool
    /// Throws, or never ends, for some numbers of its operands.
    MayFail: bool
    /// The result may take the memory of the first operand.
    Overwrites: bool
}

[<RequireQualifiedAccess>]
module internal Traits =
    let private plain = {
        Linear = null
        PiecewiseLinear = false
        Constant = false
        Elementwise = false
        Moves = false
        MayFail = false
        Overwrites = false
    }

    let private linear mask = { plain with Linear = mask; PiecewiseLinear = true }

    let private constant = { plain with Constant = true }
    let private elementwise = { plain with Elementwise = true }
    let private first = linear [| true |]
    let private moves = { first with Moves = true }

    let private firstTwo = { linear [| true; true; false |] with Overwrites = true }

    let private check = { constant with MayFail = true }

    /// Of an operation on so many operands, of this dtype.
    let rec ofOp (op: Op) (operands: int) (dtype: DType) : Traits =
        match op with
        | Op.Constant _
        | Op.Iota _ -> { constant with Moves = true }
        | Op.Map row when row.IsLinear -> { first with Elementwise = true }
        | Op.Map _
        | Op.Zip(Zip.Multiply | Zip.Scale | Zip.Divide)
        | Op.Quotient -> elementwise
        | Op.Zip(Zip.Add | Zip.Subtract) -> { linear [| true; true |] with Elementwise = true }
        | Op.Zip _ -> elementwise
        | Op.Compare _
        | Op.Reinterpret _ -> { constant with Elementwise = true }
        | Op.Select -> { linear [| false; true; true |] with Elementwise = true }
        | Op.Convert into when DType.isFloat into && DType.isFloat dtype -> { first with Elementwise = true }
        | Op.Convert _ -> { constant with Elementwise = true }
        | Op.Reduce(Reduction.Sum, _)
        | Op.Mean _
        | Op.CumulativeSum _
        | Op.Pad _ -> first
        | Op.Reduce((Reduction.Maximum | Reduction.Minimum), _) -> { plain with PiecewiseLinear = true }
        | Op.Reduce(Reduction.Product, _)
        | Op.Norm _
        | Op.Softmax _
        | Op.Dot _ -> plain
        | Op.Reduce((Reduction.ArgMax | Reduction.ArgMin), _) -> constant
        | Op.Broadcast _
        | Op.Reshape _
        | Op.Transpose _
        | Op.Slice _ -> moves
        | Op.Concatenate _ -> linear (Array.create operands true)
        | Op.Gather _ -> linear [| true; false |]
        | Op.Scatter _
        | Op.Update _ -> firstTwo
        | Op.RandomBits _
        | Op.StopGradient -> constant
        | Op.Require _
        | Op.Places _ -> check
        | Op.Routine routine ->
            let ofRule =
                match routine.Rule with
                | RoutineRule.Constant -> constant
                | RoutineRule.Choice _ -> { plain with PiecewiseLinear = true }
                | RoutineRule.Change _
                | RoutineRule.Inverse _ -> plain

            { ofRule with MayFail = routine.MayFail }
        // Without end, or past its bound.
        | Op.Loop { Condition = ValueSome _ } -> { plain with MayFail = true }
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> { plain with MayFail = Graphs.bodies op |> Array.exists mayFail }

    /// Whether a program throws, or never ends, for some numbers of its inputs.
    and mayFail (graph: Graph) : bool = graph.Equations |> Array.exists (fun equation -> (ofEquation graph equation).MayFail)

    and ofEquation (graph: Graph) (equation: Equation) : Traits =
        let dtype = if equation.Inputs.Length = 0 then DType.Bool else graph.Types[equation.Inputs[0]].DType

        ofOp equation.Op equation.Inputs.Length dtype
