// What a loop nest computes, in the order in which code for it is emitted: values with the loop level at which each is known.
namespace Pipeline.Engine

open Pipeline

/// A base address that moves with the loops: accesses that differ only by their offset share one.
[<NoComparison>]
type internal Pointer = {
    Buffer: int
    Terms: struct (int * int)[]
    /// Bytes of one element.
    Bytes: int
}

[<Struct; NoComparison>]
type internal Place = { Pointer: int; Displacement: int64; DType: DType }

[<RequireQualifiedAccess; NoComparison>]
type internal Origin =
    | Load of Place
    /// Arguments: the index.
    | LoadAt of Place * count: int * stride: int
    | Counter of variable: int * factor: int * offset: int
    | Op of LaneOp

[<NoComparison>]
type internal Value = {
    Id: int
    Origin: Origin
    DType: DType
    /// Bytes of an element of the mask that a Bool has in vector code.
    MaskBytes: int
    Arguments: int[]
    /// How many axes must be open for the value to be known.
    Level: int
    /// It differs along the vector axis.
    Varies: bool
}

[<NoComparison>]
type internal PlannedStore = { Target: Place; Value: int }

[<NoComparison>]
type internal PlannedReduction = {
    Kind: Reduction
    Value: int
    /// Of a sum of products that are not rounded the other factor; -1 of others.
    Factor: int
    Target: Place
    /// The level at which it starts and ends: the number of axes before the reduced ones.
    Level: int
    Order: SumOrder voption
    Blocks: SumBlocks
}

/// Buffer element at target + clamped index * stride: += value, or = value, in scalar code.
[<NoComparison>]
type internal PlannedAccumulation = { Target: Place; Index: int; Count: int; Stride: int; Value: int; Replaces: bool }

[<NoComparison>]
type internal NestPlan = {
    Axes: Axis[]
    VectorAxis: int
    Pointers: Pointer[]
    Values: Value[]
    /// Lanes of one vector; 1 for scalar code.
    Lanes: int
    Stores: PlannedStore[]
    Reductions: PlannedReduction[]
    Accumulations: PlannedAccumulation[]
    /// The values that there are where functions of the table are one each.
    Instructions: int
    /// Of a nest that copies across, the axis along which lies side by side where elements come from what lies apart where they go; -1 of others.
    Turned: int
} with

    /// The stride of a pointer along an axis, in bytes.
    member plan.Stride(pointer: int, axis: int) =
        let p = plan.Pointers[pointer]
        let mutable stride = 0L

        for struct (variable, step) in p.Terms do
            if variable = plan.Axes[axis].Variable then stride <- stride + int64 step * int64 p.Bytes

        stride

[<RequireQualifiedAccess>]
module internal NestPlan =
    /// The values that a reduction takes in at a point.
    let terms (reduction: PlannedReduction) =
        if reduction.Factor < 0 then [| reduction.Value |] else [| reduction.Value; reduction.Factor |]

    let isIndex (reduction: PlannedReduction) =
        match reduction.Kind with
        | Reduction.ArgMax
        | Reduction.ArgMin -> true
        | Reduction.Sum
        | Reduction.Product
        | Reduction.Maximum
        | Reduction.Minimum -> false

    /// How many vectors a reduction over the vector axis keeps apart.
    let accumulators (plan: NestPlan) (reduction: PlannedReduction) = SumOrder.lanes plan.Values[reduction.Value].DType / plan.Lanes
