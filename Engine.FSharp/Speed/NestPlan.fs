// What a loop nest computes, in the order in which code for it is emitted: values with the loop level at which each is known.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open Pipeline

/// A base address that moves with the loops: accesses that differ only by their offset share one.
[<NoComparison>]
type internal Pointer =
    {
        Buffer: int
        Terms: struct (int * int)[]
        /// Bytes of one element.
        Bytes: int
    }

[<Struct; NoComparison>]
type internal Place =
    {
        Pointer: int
        Displacement: int64
        DType: DType
    }

[<RequireQualifiedAccess; NoComparison>]
type internal Origin =
    | Load of Place
    /// Arguments: the index.
    | LoadAt of Place * count: int * stride: int
    | Counter of variable: int * factor: int * offset: int
    | Op of LaneOp

[<NoComparison>]
type internal Value =
    {
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
type internal PlannedReduction =
    {
        Kind: Reduction
        Value: int
        Target: Place
        /// The level at which it starts and ends: the number of axes before the reduced ones.
        Level: int
    }

/// Buffer element at target + clamped index * stride: += value, in scalar code.
[<NoComparison>]
type internal PlannedAccumulation =
    {
        Target: Place
        Index: int
        Count: int
        Stride: int
        Value: int
    }

[<NoComparison>]
type internal NestPlan =
    {
        Axes: Axis[]
        VectorAxis: int
        Pointers: Pointer[]
        Values: Value[]
        /// Lanes of one vector; 1 for scalar code.
        Lanes: int
        Stores: struct (Place * int)[]
        Reductions: PlannedReduction[]
        Accumulations: PlannedAccumulation[]
    }

    /// The stride of a pointer along an axis, in bytes.
    member plan.Stride(pointer: int, axis: int) =
        let p = plan.Pointers[pointer]
        let mutable stride = 0L

        for struct (variable, step) in p.Terms do
            if variable = plan.Axes[axis].Variable then
                stride <- stride + int64 step * int64 p.Bytes

        stride

[<RequireQualifiedAccess>]
module internal NestPlan =
    /// The number of virtual lanes in which a reduction runs.
    let virtualLanes (dtype: DType) =
        if DType.bytes dtype = 8 then 32 else 64

    let private isArg kind =
        match kind with
        | Reduction.ArgMax
        | Reduction.ArgMin -> true
        | _ -> false

    [<Sealed>]
    type private Builder(buffers: Engine.Buffer[], axes: Axis[], vectorAxis: int, sources: Source[]) =
        let pointers = List<Pointer>()
        let values = List<Value>()
        let known = Dictionary<struct (LaneOp * DType * string), int>()
        let lanes = Dictionary<Lane, int>(HashIdentity.Reference)
        let heights = Dictionary<Lane, int>(HashIdentity.Reference)
        let loaded = Dictionary<struct (int * DType), int>()
        let loads = Dictionary<struct (int * int64 * DType), int>()

        let levelOf (variable: int) =
            1 + Array.FindIndex(axes, (fun a -> a.Variable = variable))

        let isVectorVariable variable =
            vectorAxis >= 0 && axes[vectorAxis].Variable = variable

        let place (access: Access) =
            let terms =
                access.Terms
                |> Array.groupBy (fun struct (variable, _) -> variable)
                |> Array.map (fun (variable, terms) -> struct (variable, terms |> Array.sumBy (fun struct (_, s) -> s)))
                |> Array.filter (fun struct (_, stride) -> stride <> 0)
                |> Array.sort

            let buffer = buffers[access.Buffer]
            let bytes = DType.bytes buffer.DType

            let index =
                match pointers.FindIndex(fun p -> p.Buffer = access.Buffer && p.Terms = terms) with
                | -1 ->
                    pointers.Add
                        {
                            Buffer = access.Buffer
                            Terms = terms
                            Bytes = bytes
                        }

                    pointers.Count - 1
                | found -> found

            {
                Pointer = index
                Displacement = int64 access.Offset * int64 bytes
                DType = buffer.DType
            }

        let placeLevel (place: Place) =
            let mutable level = 0

            for struct (variable, _) in pointers[place.Pointer].Terms do
                level <- max level (levelOf variable)

            level

        let placeVaries (place: Place) =
            pointers[place.Pointer].Terms
            |> Array.exists (fun struct (variable, _) -> isVectorVariable variable)

        let add origin dtype maskBytes (arguments: int[]) level varies =
            values.Add
                {
                    Id = values.Count
                    Origin = origin
                    DType = dtype
                    MaskBytes = maskBytes
                    Arguments = arguments
                    Level = Array.fold (fun l a -> max l values[a].Level) level arguments
                    Varies = varies || arguments |> Array.exists (fun a -> values[a].Varies)
                }

            values.Count - 1

        /// The element size of a result's mask: that of the operands, so that few masks are resized.
        let maskBytes (op: LaneOp) (dtype: DType) (arguments: int[]) =
            if dtype <> DType.Bool then
                0
            else
                let of' k =
                    let a = values[arguments[k]]

                    if a.DType = DType.Bool then
                        a.MaskBytes
                    else
                        DType.bytes a.DType

                match op with
                | LaneOp.Select -> of' 1
                | _ when arguments.Length > 0 -> of' 0
                | _ -> 4

        let operation (lane: Lane) (arguments: int[]) =
            let key = struct (lane.Op, lane.DType, String.Join(',', arguments))

            match known.TryGetValue key with
            | true, id -> id
            | _ ->
                let id =
                    add (Origin.Op lane.Op) lane.DType (maskBytes lane.Op lane.DType arguments) arguments 0 false

                known[key] <- id
                id

        member _.Place(access) = place access
        member _.Pointers = pointers.ToArray()
        member _.Values = values

        /// The value of a source, as a dtype (which only a counter needs to be told).
        member builder.Source(k: int, dtype: DType) : int =
            match loaded.TryGetValue(struct (k, dtype)) with
            | true, id -> id
            | _ ->
                let id =
                    match sources[k] with
                    | Source.Load access ->
                        let place = place access

                        match loads.TryGetValue(struct (place.Pointer, place.Displacement, place.DType)) with
                        | true, id -> id
                        | _ ->
                            let id =
                                add (Origin.Load place) place.DType 4 [||] (placeLevel place) (placeVaries place)

                            loads[struct (place.Pointer, place.Displacement, place.DType)] <- id
                            id
                    | Source.LoadAt(access, index, count, stride) ->
                        let place = place access
                        let index = builder.Lane index

                        add
                            (Origin.LoadAt(place, count, stride))
                            place.DType
                            4
                            [| index |]
                            (placeLevel place)
                            (placeVaries place)
                    | Source.Counter(variable, factor, offset) ->
                        add
                            (Origin.Counter(variable, factor, offset))
                            dtype
                            0
                            [||]
                            (levelOf variable)
                            (isVectorVariable variable)

                loaded[struct (k, dtype)] <- id
                id

        /// The longest path below each node. An explicit stack: expressions may be thousands of nodes deep.
        member private _.Measure(root: Lane) =
            let stack = Stack<Lane>()
            stack.Push root

            while stack.Count > 0 do
                let lane = stack.Peek()

                match lane.Arguments |> Array.tryFind (fun a -> not (heights.ContainsKey a)) with
                | Some argument -> stack.Push argument
                | None ->
                    let mutable height = 0

                    for a in lane.Arguments do
                        height <- max height (1 + heights[a])

                    heights[lane] <- height
                    stack.Pop() |> ignore

        /// The value of a lane expression. The highest argument comes first: then what is cheap, as the conditions of selects
        /// mostly are, is computed where it is needed and holds no register before.
        member builder.Lane(root: Lane) : int =
            builder.Measure root
            let stack = Stack<Lane>()
            stack.Push root

            while stack.Count > 0 do
                let lane = stack.Peek()

                if lanes.ContainsKey lane then
                    stack.Pop() |> ignore
                else
                    match lane.Op with
                    | LaneOp.Argument k ->
                        lanes[lane] <- builder.Source(k, lane.DType)
                        stack.Pop() |> ignore
                    | _ ->
                        let missing = lane.Arguments |> Array.filter (fun a -> not (lanes.ContainsKey a))

                        if missing.Length = 0 then
                            lanes[lane] <- operation lane (lane.Arguments |> Array.map (fun a -> lanes[a]))
                            stack.Pop() |> ignore
                        else
                            for a in missing |> Seq.rev |> Seq.sortBy (fun a -> heights[a]) do
                                stack.Push a

            lanes[root]

    let create (width: int) (buffers: Engine.Buffer[]) (nest: Nest) =
        let builder = Builder(buffers, nest.Axes, nest.VectorAxis, nest.Sources)

        let stores =
            nest.Stores
            |> Array.map (fun s -> struct (builder.Place s.Target, builder.Lane s.Value))

        let reductions =
            nest.Reductions
            |> Array.map (fun r ->
                {
                    PlannedReduction.Kind = r.Kind
                    Value = builder.Lane r.Value
                    Target = builder.Place r.Target
                    Level = nest.Axes.Length - r.Axes
                })

        let values = builder.Values.ToArray()
        let pointers = builder.Pointers

        /// Of all that becomes vectors.
        let widest =
            seq {
                for v in values do
                    if v.Varies then
                        v.Id

                for struct (_, v) in stores do
                    v

                for r in reductions do
                    r.Value
            }
            |> Seq.fold (fun widest v -> max widest (DType.bytes values[v].DType)) 4

        /// A store whose place does not move along the vector axis keeps the last of its points: scalar code does that.
        let staysInPlace =
            nest.VectorAxis >= 0
            && nest.Axes[nest.VectorAxis].Extent > 1
            && stores
               |> Array.exists (fun struct (place, _) ->
                   pointers[place.Pointer].Terms
                   |> Array.forall (fun struct (variable, _) -> variable <> nest.Axes[nest.VectorAxis].Variable))

        let masked =
            reductions |> Array.exists (fun r -> values[r.Value].DType = DType.Bool)

        let scalar = width = 64 || nest.VectorAxis < 0 || staysInPlace || masked

        {
            Axes = nest.Axes
            VectorAxis = nest.VectorAxis
            Pointers = pointers
            Values = values
            Lanes = if scalar then 1 else width / (8 * widest)
            Stores = stores
            Reductions = reductions
            Accumulations = [||]
        }

    let accumulation (buffers: Engine.Buffer[]) (accumulation: Accumulation) =
        let builder = Builder(buffers, accumulation.Axes, -1, accumulation.Sources)

        let planned =
            {
                Target = builder.Place accumulation.Target
                Index = builder.Lane accumulation.Index
                Count = accumulation.Count
                Stride = accumulation.Stride
                Value = builder.Lane accumulation.Value
            }

        {
            Axes = accumulation.Axes
            VectorAxis = -1
            Pointers = builder.Pointers
            Values = builder.Values.ToArray()
            Lanes = 1
            Stores = [||]
            Reductions = [||]
            Accumulations = [| planned |]
        }

    /// How many vectors a reduction over the vector axis keeps apart.
    let accumulators (plan: NestPlan) (reduction: PlannedReduction) =
        virtualLanes plan.Values[reduction.Value].DType / plan.Lanes

    let isIndex (reduction: PlannedReduction) = isArg reduction.Kind
