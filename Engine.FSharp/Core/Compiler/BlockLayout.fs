// How a nest is cut in blocks, and what follows from that: which values a block has, how long they are needed, and how accesses run through it.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Numerics
open Pipeline
open Pipeline.Kernels

/// An axis of the loops: a step moves the variable of an axis of the nest by Unit.
[<Struct>]
type internal LoopAxis = { Variable: int; Unit: int; Extent: int }

/// Of loops over these axes, in order. Variables start at 0, but for those that are given; so many results at least lie side by side, and an axis that
/// is split in two stays outside with its first part. Memory in the workspace begins at a place.
[<Sealed>]
type internal BlockLayout
    (plan: NestPlan, header: Header, start: int, axes: LoopAxis[], starts: struct (int * int)[], mostResults: int, isSplit: bool) =
    let values = plan.Values
    let depth = axes.Length

    let startOf variable =
        let mutable at = 0

        for struct (other, value) in starts do
            if other = variable then at <- value

        at

    let isAxis variable = axes |> Array.exists (fun axis -> axis.Variable = variable)

    /// In bytes a step.
    let strideOf (pointer: Pointer) (axis: LoopAxis) =
        let mutable stride = 0L

        for struct (variable, step) in pointer.Terms do
            if variable = axis.Variable then
                stride <- stride + int64 step * int64 pointer.Bytes * int64 axis.Unit

        stride

    let strides = plan.Pointers |> Array.map (fun pointer -> axes |> Array.map (strideOf pointer))

    /// The axes along which a value changes, a bit each.
    let changes =
        let changes: uint64[] = Array.zeroCreate values.Length
        let along condition = axes |> Seq.indexed |> Seq.sumBy (fun (k, axis) -> if condition k axis then 1UL <<< k else 0UL)
        let ofPointer p = along (fun k axis -> strides[p][k] <> 0L && axis.Extent > 1)

        for v in values do
            let own =
                match v.Origin with
                | Origin.Load place
                | Origin.LoadAt(place, _, _) -> ofPointer place.Pointer
                | Origin.Counter(variable, _, _) -> along (fun _ axis -> axis.Variable = variable && axis.Extent > 1)
                | Origin.Op _ -> 0UL

            changes[v.Id] <- v.Arguments |> Array.fold (fun bits a -> bits ||| changes[a]) own

        changes

    let bytesOf (v: Value) = if v.DType = DType.Bool then 4 else DType.bytes v.DType

    let terms (r: PlannedReduction) = NestPlan.terms r

    /// When a value is computed, when reductions whose last term it is take it in, and when everything is stored.
    let computed id = 2 * id
    let reduced id = 2 * id + 1
    let atEnd = 2 * values.Length

    /// When each value is read the last time.
    let lastRead =
        let last = Array.create values.Length -1

        for v in values do
            for a in v.Arguments do
                last[a] <- max last[a] (computed v.Id)

        for r in plan.Reductions do
            for term in terms r do
                last[term] <- max last[term] (reduced (Array.max (terms r)))

        for s in plan.Stores do
            last[s.Value] <- atEnd

        for a in plan.Accumulations do
            last[a.Index] <- atEnd
            last[a.Value] <- atEnd

        last

    let storedBuffers = [|
        for s in plan.Stores -> plan.Pointers[s.Target.Pointer].Buffer
        for r in plan.Reductions -> plan.Pointers[r.Target.Pointer].Buffer
        for a in plan.Accumulations -> plan.Pointers[a.Target.Pointer].Buffer
    |]

    let loadedBuffers =
        values
        |> Array.choose (fun v ->
            match v.Origin with
            | Origin.Load place
            | Origin.LoadAt(place, _, _) -> Some plan.Pointers[place.Pointer].Buffer
            | Origin.Counter _
            | Origin.Op _ -> None)

    let isStored buffer = Array.contains buffer storedBuffers

    /// Elements of a block: as many as let what is alive at once stay in the first cache.
    let elements =
        if
            plan.Accumulations
            |> Array.exists (fun a -> Array.contains plan.Pointers[a.Target.Pointer].Buffer loadedBuffers)
        then
            1
        else
            let mutable alive, most = 0, 4
            let ending = Array.zeroCreate<int>(values.Length + 1)

            for v in values do
                if changes[v.Id] <> 0UL then
                    alive <- alive + bytesOf v
                    most <- max most alive
                    let until = max v.Id (lastRead[v.Id] / 2)
                    ending[until] <- ending[until] + bytesOf v

                alive <- alive - ending[v.Id]

            max mostResults (Math.Clamp(CostModel.blockBytes / most &&& ~~~63, 64, CostModel.blockElements))

    /// The position of the axis that is cut, and the elements of a step along it.
    let struct (cutAxis, inner) =
        if depth = 0 then
            struct (0, 1)
        else
            let first = if isSplit then 1 else 0
            let mutable position = depth - 1
            let mutable inner = 1

            while position > first && int64 inner * int64 axes[position].Extent <= int64 elements do
                inner <- inner * axes[position].Extent
                position <- position - 1

            // What changes along an axis of which a block has one step is a number.
            if inner > 1 && elements / inner <= 1 then
                position <- position + 1
                inner <- inner / axes[position].Extent

            struct (position, inner)

    let extent position = if depth = 0 then 1 else axes[position].Extent
    let cut = Math.Clamp(elements / inner, 1, max 1 (extent cutAxis))
    let isInBlock bits = bits >>> cutAxis <> 0UL

    let stageOf (bits: uint64) = 64 - BitOperations.LeadingZeroCount bits

    let originOf (pointer: Pointer) =
        let bytes = int64 pointer.Bytes
        let mutable first = 0L
        let variables = List<struct (int * nativeint)>()

        for struct (variable, stride) in pointer.Terms do
            if isAxis variable then
                first <- first + int64 stride * bytes * int64 (startOf variable)
            else
                variables.Add(struct (header.Variables + 8 * variable, nativeint (int64 stride * bytes)))

        BlockOrigin(pointer.Buffer, nativeint first, variables.ToArray())

    let origins = plan.Pointers |> Array.map originOf

    /// The pointers that variables of loops or axes around the block move; of others the buffer's address will do.
    let moving =
        let isAround k = k < cutAxis || k = cutAxis && cut < extent k

        [|
            for p in 0 .. origins.Length - 1 do
                let moves k = isAround k && strides[p][k] <> 0L
                if origins[p].Variables.Length > 0 || Seq.exists moves (seq { 0 .. depth - 1 }) then p
        |]

    /// The number of the address that a place lies behind, and how many bytes.
    let addressOf (place: Place) =
        match Array.IndexOf(moving, place.Pointer) with
        | -1 ->
            let origin = origins[place.Pointer]
            struct (origin.Buffer, nativeint place.Displacement + origin.Start)
        | k -> struct (start / 8 + k, nativeint place.Displacement)

    /// The elements of a place over axes, the outermost of which is as long as the block makes it.
    let access (place: Place) (over: struct (int * int64)[]) : BlockAccess =
        let kept = List<struct (int * int64)>()

        for k in 0 .. over.Length - 1 do
            let struct (extent, stride) = over[k]

            if k = 0 then
                kept.Add(struct (extent, stride))
            elif extent <> 1 then
                let struct (outerExtent, outerStride) = kept[kept.Count - 1]

                if outerStride = stride * int64 extent || kept.Count = 1 && outerExtent = 1 then
                    kept[kept.Count - 1] <- struct (outerExtent * extent, stride)
                else
                    kept.Add(struct (extent, stride))

        let extents = kept.ToArray() |> Array.map (fun (struct (extent, _)) -> extent)
        let strides = kept.ToArray() |> Array.map (fun (struct (_, stride)) -> nativeint stride)
        let struct (address, displacement) = addressOf place
        BlockAccess(address, displacement, extents, strides)

    let blockAxes (place: Place) =
        if depth = 0 then
            [| struct (1, 0L) |]
        else
            [| for k in cutAxis .. depth - 1 -> struct (axes[k].Extent, strides[place.Pointer][k]) |]

    let whole (place: Place) = access place (blockAxes place)

    let isContiguous (access: BlockAccess) bytes = access.Extents.Length = 1 && access.Strides[0] = nativeint (bytes: int)

    let counter dtype variable (factor: int) (offset: int) result =
        let factor = int64 factor
        let around = [| for k in 0 .. cutAxis - 1 -> if axes[k].Variable = variable then factor * int64 axes[k].Unit else 0L |]

        let axis =
            seq { cutAxis .. depth - 1 }
            |> Seq.tryFind (fun k -> axes[k].Variable = variable && axes[k].Extent > 1)
            |> Option.map (fun k ->
                let within = axes[k + 1 ..] |> Array.fold (fun n axis -> n * int64 axis.Extent) 1L
                let again = if k = cutAxis then 0 else axes[k].Extent
                BlockAxis(nativeint within, nativeint again, factor * int64 axes[k].Unit))
            |> Option.toObj

        let own = if isAxis variable then -1 else header.Variables + 8 * variable
        let offset = int64 offset + factor * int64 (startOf variable)

        BlockMovement.Counter(BlockArithmetic.typeOf dtype, BlockCount(offset, around, own, factor, axis), result)

    member _.Plan = plan
    member _.Depth = depth
    member _.Axes = axes
    member _.Strides = strides
    /// The axis that is cut, the steps along it in a block, and the elements of a step.
    member _.CutAxis = cutAxis
    member _.Cut = cut
    member _.Inner = inner
    member _.Extent(position: int) = extent position
    member _.Changes(id: int) = changes[id]
    member _.IsInBlock(id: int) = isInBlock changes[id]
    /// With how many axes at an index a number is known.
    member _.Stage(id: int) = stageOf changes[id]
    member _.Computed(id: int) = computed id
    member _.Reduced(id: int) = reduced id
    /// When everything is stored.
    member _.AtEnd = atEnd
    /// When each value is read the last time.
    member _.LastRead(id: int) = lastRead[id]
    member _.IsStored(buffer: int) = isStored buffer
    /// A store to a buffer that nothing else writes or reads.
    member _.IsAlone(buffer: int) = (storedBuffers |> Array.filter ((=) buffer)).Length = 1 && not (Array.contains buffer loadedBuffers)
    /// The elements of a place over axes, each with its stride.
    member _.Access(place, over) = access place over
    member _.BlockAxes(place) = blockAxes place
    /// The elements of a place that a block stands for.
    member _.Whole(place) = whole place
    member _.IsContiguous(place, bytes) = isContiguous (whole place) bytes
    member _.Counter(dtype, variable, factor, offset, result) = counter dtype variable factor offset result
    /// Where accesses start that move, by axis the bytes of a step of each, and where the nest has their addresses.
    member _.Origins = moving |> Array.map (fun p -> origins[p])
    member _.Steps(position: int) = moving |> Array.map (fun p -> if depth = 0 then 0n else nativeint (strides[p][position]))
    member _.Tables = nativeint start
    /// Where memory begins that has no purpose yet.
    member _.Top = (start + BlockNest.TableBytes(moving.Length, cutAxis + 1) + 63) &&& ~~~63
    /// The number of an address that is 0.
    member _.Zero = header.Zero / 8
    /// A value at a place in the workspace, or at one in a buffer.
    member _.InWorkspace(place: int, step: int) = BlockValue(header.Self / 8, step, nativeint place)

    member _.InBuffer(place: Place, step: int) =
        let struct (address, displacement) = addressOf place
        BlockValue(address, step, displacement)
