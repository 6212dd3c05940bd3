// The operations and the programs made of them, as data. Adding a case here makes the compiler list what it lacks (FS0025 is an error).
namespace Pipeline.Engine

open System
open Pipeline

/// What a tensor is before it has numbers.
[<NoComparison; CustomEquality>]
type internal TensorType = {
    DType: DType
    Shape: int[]
} with

    override this.ToString() = DType.name this.DType + Shape.text this.Shape

    override this.Equals other =
        match other with
        | :? TensorType as other -> this.DType = other.DType && Shape.equal this.Shape other.Shape
        | _ -> false

    override this.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add this.DType

        for d in this.Shape do
            hash.Add d

        hash.ToHashCode()

[<RequireQualifiedAccess; Struct>]
type internal Reduction =
    | Sum
    | Product
    | Maximum
    | Minimum
    /// The index of the first largest (NaN counts as largest) along exactly one axis, int32.
    | ArgMax
    | ArgMin

    override this.ToString() =
        match this with
        | Sum -> nameof Sum
        | Product -> nameof Product
        | Maximum -> nameof Maximum
        | Minimum -> nameof Minimum
        | ArgMax -> nameof ArgMax
        | ArgMin -> nameof ArgMin

/// Of numbers along axes: e^x over their sum, the logarithm of that, or the logarithm of the sum.
[<RequireQualifiedAccess; Struct>]
type internal Softmax =
    | Shares
    | LogShares
    | LogSum

/// How random bits are laid out over an array: JAX's layout before version 0.5, or the partitionable one since.
[<RequireQualifiedAccess; Struct>]
type internal KeyLayout =
    | Original
    | Partitionable

/// A product: the first Batch axes are shared, ContractLeft[i] is summed against ContractRight[i], and the result's axes are
/// batch, the left's free axes, the right's free axes, each in order.
type internal DotAxes = { Batch: int; ContractLeft: int[]; ContractRight: int[] }

[<RequireQualifiedAccess>]
module internal DotAxes =
    /// The sizes of a product's batch, left free, right free and contracted axes.
    let sizes (axes: DotAxes) (left: int[]) (right: int[]) =
        let mutable batch, m, n, k = 1, 1, 1, 1

        for i in 0 .. left.Length - 1 do
            if i < axes.Batch then batch <- batch * left[i]
            elif System.Array.IndexOf(axes.ContractLeft, i) >= 0 then k <- k * left[i]
            else m <- m * left[i]

        for i in axes.Batch .. right.Length - 1 do
            if System.Array.IndexOf(axes.ContractRight, i) < 0 then n <- n * right[i]

        struct (batch, m, n, k)

/// What draws need of the numbers along the last axis of their parameters.
[<RequireQualifiedAccess>]
type internal Requirement =
    /// Finite, not negative, and at least so many above 0.
    | Weights of positive: int
    /// Their logarithms: neither NaN nor infinity, and at least so many above minus infinity.
    | LogWeights of finite: int
    /// From 0 to 1.
    | Probabilities
    /// A lower and an upper bound, the lower one below.
    | Interval
    /// Two bounds a finite distance apart.
    | Bounds
    /// By how much the pivots of a covariance are worse than rounding makes those of a semidefinite matrix: not more than 0.
    | Semidefinite
    /// By how much the entries of a covariance differ from those across its diagonal, beyond what may be: not more than 0.
    | Symmetric

[<RequireQualifiedAccess; NoComparison>]
type internal Op =
    /// An array known when the program was staged.
    | Constant of NDArray
    | Map of Row
    | Zip of Zip
    /// (t, n, d): t n / d, within the range wherever its value is; 0 where t or n is 0 or d infinite. The product of a change with a
    /// coefficient that is a quotient: its own derivatives are such quotients again, t' n / d + t n' / d - (t n / d) d' / d.
    /// Rewritten, a fourth operand is the coefficient n / d, for all t that share it (QuotientFunction.fs).
    | Quotient
    /// Two of one dtype; Bool.
    | Compare of Relation
    /// (Bool, a, b): a where true, else b.
    | Select
    | Convert of DType
    /// The same bits as another dtype of the same width.
    | Reinterpret of DType
    /// Over distinct ascending axes, which disappear.
    | Reduce of Reduction * axes: int[]
    /// The root of the sum of squares over distinct ascending axes, which disappear (NormProgram.fs).
    | Norm of axes: int[]
    /// Over distinct ascending axes, which disappear of a sum (SoftmaxProgram.fs).
    | Softmax of Softmax * axes: int[]
    /// The mean over distinct ascending axes, which disappear: within the range as the numbers are (MeanProgram.fs).
    | Mean of axes: int[]
    /// Running sums along an axis, from its end if reverse.
    | CumulativeSum of axis: int * reverse: bool
    /// Operand axis i becomes axes[i] (ascending) of the new shape; the others are repeated.
    | Broadcast of shape: int[] * axes: int[]
    | Reshape of shape: int[]
    /// Result axis i is operand axis permutation[i].
    | Transpose of permutation: int[]
    | Slice of starts: int[] * limits: int[] * strides: int[]
    /// Zeros around (low, high >= 0) and between (interior >= 0) the entries of each axis.
    | Pad of low: int[] * high: int[] * interior: int[]
    | Concatenate of axis: int
    /// (x, int32 or int64 indices): x's axis is replaced by the axes of the indices; indices are clamped to the axis.
    | Gather of axis: int
    /// Of int32, int64 or uint64 indices: their places (int64 of uint64) on an axis of a size, where negative ones count from the end. Compiled and eager calls throw,
    /// in the name of the operation, for an index outside.
    | Places of operation: string * axis: int * size: int
    /// (x, updates, indices): x with updates added in order at their (clamped) indices along the axis: from zeros the transpose of Gather;
    /// in place where a loop carries x.
    | Scatter of axis: int
    /// (x, entry, int32 or int64 scalar): x with the entry of that (clamped) number along the axis replaced; in place where a loop carries x.
    | Update of axis: int
    /// 0, 1, 2, ... along an axis.
    | Iota of DType * shape: int[] * axis: int
    | Dot of DotAxes
    /// Keys of shape [.., 2] (uint32) to unsigned integers of shape [.., shape].
    | RandomBits of DType * shape: int[] * KeyLayout
    /// Numbers [.., n] to Bool [..]: true. Compiled and eager calls throw, in the name of the operation, where they do not meet the requirement.
    | Require of operation: string * Requirement
    /// What a whole matrix or a whole axis goes into at once: sorting, factors, systems.
    | Routine of Routine
    /// The identity, with derivative zero.
    | StopGradient
    /// constants @ carries @ stacked inputs -> carries @ stacked outputs.
    | Loop of Loop
    /// int32 scalar (clamped) @ operands -> the results of that branch.
    | Switch of Graph[]
    | Call of CallKind * Graph

/// What a call of a graph means to the transformations.
and [<RequireQualifiedAccess; NoComparison>] internal CallKind =
    /// To be compiled where it is called eagerly; inlined elsewhere.
    | Compiled
    /// Recomputed in reverse mode: its residuals are its operands.
    | Checkpoint
    /// Linear in the operands after the known ones, with its transpose: known @ cotangents @ what the linear operands had received before -> what
    /// they have received then.
    | Linear of known: int * transpose: Graph
    /// With a forward rule of its own: inputs @ a tangent of each float input -> results @ a tangent of each float result.
    | CustomForward of Graph
    /// With a reverse rule of its own. Forward: inputs -> results @ residuals; backward: residuals @ a cotangent of each float
    /// result -> a cotangent of each float input.
    | CustomReverse of forward: Graph * backward: Graph
    /// Finds the x with F(known, x) = 0 from known @ a starting point; the residual graph is F, known @ x -> as many numbers as x has.
    /// The first `batch` axes of x and F are separate problems.
    | Implicit of residual: Graph * batch: int
    /// A loop taken back, from its last step to its first: the operands of the loop @ cotangents of what it carried in the end @ sums so far -> stacked
    /// cotangents of slices @ cotangents of what it carried at the start @ sums with what the steps added to them.
    | Rewound of Rewinding

    override this.ToString() =
        match this with
        | Compiled -> nameof Compiled
        | Checkpoint -> nameof Checkpoint
        | Linear(known, _) -> $"{nameof Linear} known={known}"
        | CustomForward _ -> nameof CustomForward
        | CustomReverse _ -> nameof CustomReverse
        | Implicit(_, batch) -> $"{nameof Implicit} batch={batch}"
        | Rewound _ -> nameof Rewound

/// An algorithm on whole matrices or whole axes, the last ones of its operands and results, whose leading axes are equal and are a batch: a row
/// that is written in a file of its own and is all that the interpreters know of it. Equal when name and settings are.
and [<Sealed; AllowNullLiteral>] internal Routine
    (
        name: string,
        settings: obj,
        infer: TensorType[] -> TensorType[],
        run: NDArray[] -> NDArray[],
        rule: RoutineRule,
        ?mayFail: bool,
        ?places: int[]
    ) =
    member _.Name = name
    /// What distinguishes routines of one name; null where there is one.
    member _.Settings = settings
    /// The results' types, of any number, or an exception that names the routine.
    member _.Infer(operands: TensorType[]) = infer operands
    /// The results of contiguous or other arrays of fitting types, in memory of their own.
    member _.Run(operands: NDArray[]) = run operands
    member _.Rule = rule
    /// Throws for some numbers of its operands.
    member _.MayFail = defaultArg mayFail false
    /// The results that are places along their own last axis: integers from 0 to below its size.
    member _.Places = defaultArg places [||]
    override _.ToString() = if isNull settings then name else $"{name} {settings}"
    override _.GetHashCode() = HashCode.Combine(name, settings)

    override _.Equals other =
        match other with
        | :? Routine as other -> other.Name = name && Object.Equals(other.Settings, settings)
        | _ -> false

/// How the results of a routine change with its operands, as programs for operands of given types. From such a program forward mode takes tangents,
/// reverse mode its transpose, and Taylor mode the coefficients, by integrating it along the curve.
and [<RequireQualifiedAccess; NoComparison; NoEquality>] internal RoutineRule =
    /// They carry no tangent.
    | Constant
    /// operands @ results @ a tangent of each float operand -> a tangent of each float result.
    | Change of (TensorType[] -> Graph)
    /// The same, where integer results say which entries of the operands the others are: the choice at order 0 of a series holds at every order.
    | Choice of (TensorType[] -> Graph)
    /// One result X, linear in the last operand: M X = B for the first operand M (those between were made of M, and carry no tangent). Its rule is
    /// dX = X of (dB - dM X).
    | Inverse of RoutineInverse

and [<NoComparison; NoEquality>] internal RoutineInverse = {
    /// The types of M and X -> M @ X -> M X, for a change of M.
    Product: TensorType -> TensorType -> Graph
    /// The operands' types -> the operands, with a cotangent of X in place of B -> the cotangent of B.
    Transpose: TensorType[] -> Graph
}

/// Steps of one body, each on what the last one handed on.
and [<NoComparison>] internal Loop = {
    /// constants @ carries @ slices of the stacked inputs -> carries @ slices of the stacked outputs.
    Body: Graph
    /// constants @ carries -> Bool scalar: a step follows while it holds. A loop with a condition stacks nothing.
    Condition: Graph voption
    /// The number of steps; with a condition the most, past which it is an error to go on: reverse mode saves so many. None: no bound.
    Length: int voption
    /// From the last slices to the first.
    Reverse: bool
    Constants: int
    Carries: int
    /// The most states that reverse mode keeps, running the steps between them again. 0: every step's residuals are kept.
    Slots: int
}

/// How a loop is taken back.
and [<NoComparison>] internal Rewinding = {
    /// It stacks nothing.
    Loop: Loop
    /// One step taken back, linear in the cotangents, to which the sums are but added: the inputs of a step @ cotangents of what it returned @ sums so
    /// far -> cotangents of its slices @ of what it was given @ sums.
    Back: Graph
    Sums: int
}

/// One operation of a program; variables are numbers.
and [<NoComparison>] internal Equation = { Op: Op; Inputs: int[]; Outputs: int[] }

/// A closed program: variables 0 .. Inputs - 1 are the inputs, each equation defines new ones, no array and no tracer hides inside but constants.
and [<NoComparison; CustomEquality>] internal Graph = {
    InputCount: int
    Equations: Equation[]
    Outputs: int[]
    /// The type of each variable.
    Types: TensorType[]
} with

    override this.Equals other =
        match other with
        | :? Graph as other ->
            Object.ReferenceEquals(this, other)
            || (this.InputCount = other.InputCount
                && this.Outputs = other.Outputs
                && this.Equations.Length = other.Equations.Length
                && this.Types = other.Types
                && this.Equations = other.Equations)
        | _ -> false

    override this.GetHashCode() =
        let mutable hash = HashCode()
        hash.Add this.InputCount
        hash.Add this.Equations.Length

        for equation in this.Equations do
            hash.Add(equation.Op.GetHashCode())

            for i in equation.Inputs do
                hash.Add i

        for output in this.Outputs do
            hash.Add output

        for i in 0 .. this.InputCount - 1 do
            hash.Add(this.Types[i].GetHashCode())

        hash.ToHashCode()
