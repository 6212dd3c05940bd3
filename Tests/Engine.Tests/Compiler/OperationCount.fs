/// How many primitive operations of arithmetic a graph makes: rows and zips weigh the nodes of their lane form, products two a term, movement nothing.
module internal Pipeline.Engine.Tests.OperationCount

open System.Collections.Generic
open Pipeline
open Pipeline.Engine

let private size (t: TensorType) = float (Shape.size t.Shape)

let private nodes (result: Lane) =
    let seen = HashSet<Lane>(HashIdentity.Reference)

    let rec visit (lane: Lane) = if seen.Add lane then lane.Arguments |> Array.iter visit

    visit result

    seen |> Seq.filter (fun lane -> lane.Arguments.Length > 0) |> Seq.length |> float

let rec graph (program: Graph) : float = program.Equations |> Array.sumBy (equation program)

and private equation (program: Graph) (equation: Equation) =
    let input = program.Types[if equation.Inputs.Length > 0 then equation.Inputs[0] else 0]

    let result = program.Types[equation.Outputs[0]]

    match equation.Op with
    | Op.Map row -> size result * nodes (row.Meaning.Lanes(Lane.argument 0 input.DType))
    | Op.Zip zip -> size result * nodes ((Zips.meaning zip).Lanes(Lane.argument 0 input.DType, Lane.argument 1 input.DType))
    | Op.Quotient ->
        size result
        * nodes (FuseLanes.changed (Array.init equation.Inputs.Length (fun k -> Lane.argument k input.DType)))
    | Op.Norm _ -> 3.0 * size input
    | Op.Softmax _ -> 4.0 * size input
    | Op.Compare _
    | Op.Select
    | Op.Convert _ -> size result
    | Op.Reduce _
    | Op.Mean _
    | Op.CumulativeSum _ -> size input
    | Op.Scatter _ -> size program.Types[equation.Inputs[1]]
    | Op.Dot axes ->
        let contracted = axes.ContractLeft |> Array.fold (fun n axis -> n * input.Shape[axis]) 1

        2.0 * size result * float contracted
    | Op.Routine routine ->
        match routine.Name with
        | "Sort" -> 0.0
        | "Cholesky" -> size result * float (Array.last result.Shape) / 3.0
        | "TriangularSolve" -> size result * float (Array.last input.Shape)
        | "LU" -> size input * float (Array.last input.Shape) * 2.0 / 3.0
        | "Solve" -> 2.0 * size result * float (Array.last input.Shape)
        | "QR" -> 4.0 * size input * float (Array.last result.Shape)
        | name -> invalidOp $"The cost of {name} is not known."
    | Op.Loop { Condition = ValueSome _ } -> invalidOp "The steps of a while are not known before it runs."
    | Op.Loop loop -> float loop.Length.Value * graph loop.Body
    | Op.Call(_, body) -> graph body
    // A mean is computed again where it left the range, else it is passed on.
    | Op.Switch branches when branches |> Array.exists (fun branch -> branch.Equations.Length = 0) -> 0.0
    | Op.Switch branches -> branches |> Array.map graph |> Array.max
    | Op.Constant _
    | Op.Reinterpret _
    | Op.Broadcast _
    | Op.Reshape _
    | Op.Transpose _
    | Op.Slice _
    | Op.Pad _
    | Op.Concatenate _
    | Op.Gather _
    | Op.Update _
    | Op.Iota _
    | Op.RandomBits _
    | Op.Require _
    | Op.Places _
    | Op.StopGradient -> 0.0

/// Of a function of one tensor, as staged and rewritten.
let ofFunction (f: Tensor -> Tensor) (example: Tensor) =
    let program, _ = Record.stage "count" [| example.Type |] (fun inputs -> [| f inputs[0] |])

    graph (Rewrite.graph program)
