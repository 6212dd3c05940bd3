// Tasks that store: all elements of a variable, and the pieces of padded, joined and random tensors.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Tasks =
    /// The loops over a shape: none for a small one, else its axes of more than one entry.
    let extents (shape: int[]) =
        if Shape.size shape <= CostModel.straightLine then
            [||]
        else
            shape |> Array.filter (fun extent -> extent <> 1)

    /// The elements that the loops over a shape name at one point.
    let elements (shape: int[]) : Index[] =
        if Shape.size shape <= CostModel.straightLine then
            Index.enumerate 0 shape
        else
            [| Index.running shape |]

    let private stores variable shape extents needs combine targets = {
        Variable = variable
        Extents = extents
        Needs = needs
        Combine = combine
        Targets = targets
        Shape = shape
        Reduction = ValueNone
        Reduced = [||]
        Order = ValueNone
    }

    /// Stores every element of a variable, each computed in the same nest.
    let root variable (shape: int[]) =
        let elements = elements shape

        stores variable shape (extents shape) (elements |> Array.map (fun e -> struct (variable, e))) (fun _ lanes -> lanes) elements

    /// Stores an operand's elements in a variable, at an index that depends on the operand's.
    let private piece variable whole operand (shape: int[]) (place: Index -> Index) =
        let elements = elements shape

        stores
            variable
            whole
            (extents shape)
            (elements |> Array.map (fun e -> struct (operand, e)))
            (fun _ lanes -> lanes)
            (Array.map place elements)

    /// Stores one number in a part of a variable, given by its first index and its shape.
    let fill variable dtype whole (value: float) (start: int[]) (shape: int[]) =
        let elements = elements shape
        let number = FuseLanes.number dtype value

        stores
            variable
            whole
            (extents shape)
            [||]
            (fun _ _ -> Array.create elements.Length number)
            (elements |> Array.map (Array.mapi (fun i affine -> Index.shift start[i] affine)))

    let concatenate axis (types: TensorType[]) (equation: Equation) =
        let shapes = equation.Inputs |> Array.map (fun v -> types[v].Shape)
        let whole = types[equation.Outputs[0]].Shape
        let mutable start = 0

        equation.Inputs
        |> Array.mapi (fun k operand ->
            let from = start
            start <- start + shapes[k][axis]

            piece equation.Outputs[0] whole operand shapes[k] (fun index -> Array.updateAt axis (Index.shift from index[axis]) index))
        |> Array.filter (fun task -> not (Array.contains 0 task.Extents))

    /// The borders, or where there are gaps between the entries everything, filled with zeros; then the operand.
    let pad (low: int[]) (high: int[]) (interior: int[]) (types: TensorType[]) (equation: Equation) =
        let variable = equation.Outputs[0]
        let { DType = dtype; Shape = result } = types[variable]
        let operand = types[equation.Inputs[0]].Shape

        let spread = Array.init operand.Length (fun i -> max 0 (operand[i] + max 0 (operand[i] - 1) * interior[i]))

        let hasGaps = Array.exists2 (fun between extent -> between > 0 && extent > 1) interior operand

        let zeros =
            if hasGaps || Array.contains 0 operand then
                [| fill variable dtype result 0.0 (Array.zeroCreate result.Length) result |]
            else
                // The border of axis i: within the operand's part of the axes before it, along all of the axes behind it.
                [|
                    for i in 0 .. result.Length - 1 do
                        let region first extent =
                            fill
                                variable
                                dtype
                                result
                                0.0
                                (Array.init result.Length (fun j ->
                                    if j < i then low[j]
                                    elif j = i then first
                                    else 0))
                                (Array.init result.Length (fun j ->
                                    if j < i then spread[j]
                                    elif j = i then extent
                                    else result[j]))

                        if low[i] > 0 then region 0 low[i]

                        if high[i] > 0 then region (low[i] + spread[i]) high[i]
                |]

        let inside =
            piece variable result equation.Inputs[0] operand (Array.mapi (fun i affine -> Index.linear low[i] (interior[i] + 1) affine))

        struct (hasGaps, Array.append zeros [| inside |] |> Array.filter (fun task -> not (Array.contains 0 task.Extents)))

    /// JAX's original layout of 32-bit words: pairs (i, half + i) hashed together, an odd count's last partner being 0.
    let random (types: TensorType[]) (equation: Equation) (sizes: int[]) =
        let variable = equation.Outputs[0]
        let shape = types[variable].Shape
        let lead = shape.Length - sizes.Length
        let leading = shape[.. lead - 1]
        let size = Shape.size sizes
        let half = (size + 1) / 2

        // Pairs first .. first + pairs - 1; the flat counter is the last axis of the task's space.
        let pairs first extent hasPartner =
            let space = Array.append leading [| extent |] |> Array.filter (fun e -> e <> 1)
            let point = Index.running (Array.append leading [| extent |])
            let count = space.Length
            let counter = Index.shift first point[lead]

            let word k = struct (equation.Inputs[0], Array.append point[.. lead - 1] [| Index.constant count k |])

            let at affine = Array.append point[.. lead - 1] [| affine |]

            let partner = Index.shift half counter

            stores
                variable
                (Array.append leading [| size |])
                space
                [| word 0; word 1 |]
                (fun sources key ->
                    let second = if hasPartner then sources.Counter(partner, DType.UInt32) else FuseLanes.number DType.UInt32 0.0

                    let struct (x, y) = Threefry.hash key[0] key[1] (sources.Counter(counter, DType.UInt32)) second

                    if hasPartner then [| x; y |] else [| x |])
                (if hasPartner then [| at counter; at partner |] else [| at counter |])

        let whole = size / 2

        [|
            if whole > 0 then pairs 0 whole true

            if size % 2 = 1 then pairs whole 1 false
        |]

    /// The elements that a scatter or an update reads at each point of what it writes: the value and its index.
    let scattered axis (types: TensorType[]) (equation: Equation) : struct (int * Index)[] =
        let point = Index.running types[equation.Inputs[1]].Shape
        let rank = types[equation.Inputs[2]].Shape.Length

        [| struct (equation.Inputs[1], point); struct (equation.Inputs[2], Array.sub point axis rank) |]
