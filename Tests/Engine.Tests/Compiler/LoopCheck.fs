/// What every loop program keeps to, whatever made it: accesses within their buffers, bound variables, types that fit, orders that fit their axes, and
/// stores that touch nothing which another point reads.
module internal Pipeline.Engine.Tests.LoopCheck

open System.Collections.Generic
open Pipeline
open Pipeline.Engine

/// More points than these are not visited one by one.
let private mostPoints = 20_000

let private refuse text = failwith $"A loop program is wrong: {text}"

let private isWritten (kind: BufferKind) =
    match kind with
    | BufferKind.Output _
    | BufferKind.Workspace _ -> true
    | BufferKind.Input _
    | BufferKind.Data _ -> false

type private Checker(program: LoopProgram) =
    let sizeOf buffer = program.Buffers[buffer].Size
    let dtypeOf buffer = program.Buffers[buffer].DType

    /// The lowest and the highest position of an access where variables run below their bounds.
    let range (bounds: Map<int, int>) (access: Access) =
        let mutable low, high = int64 access.Offset, int64 access.Offset

        for struct (variable, stride) in access.Terms do
            match bounds.TryFind variable with
            | None -> refuse $"variable {variable} is not bound where buffer {access.Buffer} is read or written"
            | Some bound ->
                let reach = int64 stride * int64 (bound - 1)
                low <- low + min 0L reach
                high <- high + max 0L reach

        struct (low, high)

    let within bounds (access: Access) reach =
        if access.Buffer < 0 || access.Buffer >= program.Buffers.Length then
            refuse $"there is no buffer {access.Buffer}"

        let struct (low, high) = range bounds access
        let low, high = low + min 0L reach, high + max 0L reach

        if low < 0L || high >= int64 (sizeOf access.Buffer) then
            refuse $"elements {low} .. {high} of buffer {access.Buffer} with {sizeOf access.Buffer}"

    let written (access: Access) (dtype: DType) =
        if not (isWritten program.Buffers[access.Buffer].Kind) then
            refuse $"buffer {access.Buffer} is read only"

        if dtypeOf access.Buffer <> dtype then
            refuse $"{DType.name dtype} goes to buffer {access.Buffer} of {DType.name (dtypeOf access.Buffer)}"

    let lane (sources: Source[]) count (root: Lane) =
        let seen = HashSet<Lane>(HashIdentity.Reference)
        let stack = Stack [ root ]

        while stack.Count > 0 do
            let lane = stack.Pop()

            if seen.Add lane then
                match lane.Op with
                | LaneOp.Argument k ->
                    if k < 0 || k >= count then refuse $"argument {k} of {count} sources"

                    match sources[k] with
                    | Source.Load access
                    | Source.LoadAt(access, _, _, _) ->
                        if dtypeOf access.Buffer <> lane.DType then
                            refuse $"argument {k} is {DType.name lane.DType}, its buffer {DType.name (dtypeOf access.Buffer)}"
                    | Source.Counter _ -> ()
                | _ -> Array.iter stack.Push lane.Arguments

    let index (lane: Lane) =
        if lane.DType <> DType.Int32 && lane.DType <> DType.Int64 then
            refuse $"an index of {DType.name lane.DType}"

    let read bounds (sources: Source[]) =
        sources
        |> Array.iteri (fun k source ->
            match source with
            | Source.Load access -> within bounds access 0L
            | Source.LoadAt(access, at, count, stride) ->
                within bounds access (int64 stride * int64 (count - 1))
                // Over earlier sources.
                lane sources k at
                index at
            | Source.Counter(variable, _, _) -> if not (bounds.ContainsKey variable) then refuse $"the counter of variable {variable}")

    let opened (bounds: Map<int, int>) (axes: Axis[]) =
        axes
        |> Array.fold
            (fun (bounds: Map<int, int>) axis ->
                if bounds.ContainsKey axis.Variable then refuse $"variable {axis.Variable} is bound twice"
                bounds.Add(axis.Variable, axis.Extent))
            bounds

    /// No element that is stored is read at another point.
    let apart (outer: Map<int, int>) (nest: Nest) =
        let loads =
            nest.Sources
            |> Array.choose (fun source ->
                match source with
                | Source.Load access -> Some access
                | Source.LoadAt _
                | Source.Counter _ -> None)

        let points = nest.Axes |> Array.fold (fun n axis -> n * int64 axis.Extent) 1L
        let same (a: Access) (b: Access) = a.Buffer = b.Buffer && a.Offset = b.Offset && a.Terms = b.Terms

        for store in nest.Stores do
            for load in loads do
                if load.Buffer = store.Target.Buffer && not (same load store.Target) && points <= int64 mostPoints then
                    let at = Array.zeroCreate<int> nest.Axes.Length

                    let position (access: Access) =
                        let mutable position = access.Offset

                        for struct (variable, stride) in access.Terms do
                            match nest.Axes |> Array.tryFindIndex (fun axis -> axis.Variable = variable) with
                            | Some axis -> position <- position + at[axis] * stride
                            // The same for both.
                            | None -> if not (outer.ContainsKey variable) then refuse $"variable {variable}"

                        position

                    let outside (access: Access) =
                        access.Terms |> Array.filter (fun (struct (variable, _)) -> outer.ContainsKey variable) |> Array.sort

                    if outside load = outside store.Target then
                        let storedAt = Dictionary<int, int>()
                        let loadedAt = List<struct (int * int)>()

                        for point in 0 .. int points - 1 do
                            let mutable rest = point

                            for axis in nest.Axes.Length - 1 .. -1 .. 0 do
                                at[axis] <- rest % nest.Axes[axis].Extent
                                rest <- rest / nest.Axes[axis].Extent

                            storedAt[position store.Target] <- point
                            loadedAt.Add(struct (position load, point))

                        for struct (position, point) in loadedAt do
                            match storedAt.TryGetValue position with
                            | true, other when other <> point ->
                                refuse $"element {position} of buffer {load.Buffer} is read at one point and stored at another"
                            | _ -> ()

    let nest bounds (nest: Nest) =
        let inner = opened bounds nest.Axes
        let isEmpty = nest.Axes |> Array.exists (fun axis -> axis.Extent = 0)

        if nest.VectorAxis >= nest.Axes.Length || nest.VectorAxis < 0 && nest.Axes.Length > 0 then
            refuse $"vector axis {nest.VectorAxis} of {nest.Axes.Length}"

        if not isEmpty then read inner nest.Sources

        for store in nest.Stores do
            lane nest.Sources nest.Sources.Length store.Value
            written store.Target store.Value.DType
            if not isEmpty then within inner store.Target 0L

        for reduction in nest.Reductions do
            lane nest.Sources nest.Sources.Length reduction.Value

            if reduction.Axes > nest.Axes.Length then
                refuse $"a reduction over {reduction.Axes} of {nest.Axes.Length} axes"

            let kept, reduced = Array.splitAt (nest.Axes.Length - reduction.Axes) nest.Axes
            // The target names only what is kept.
            if kept |> Array.forall (fun axis -> axis.Extent > 0) then
                within (opened bounds kept) reduction.Target 0L

            let dtype = reduction.Value.DType

            let isIndex = reduction.Kind = Reduction.ArgMax || reduction.Kind = Reduction.ArgMin
            written reduction.Target (if isIndex then DType.Int32 else dtype)
            let entries = reduced |> Array.fold (fun n axis -> n * int64 axis.Extent) 1L

            match reduction.Order with
            | ValueNone ->
                if SumOrder.isOrdered reduction.Kind dtype then
                    refuse $"a {reduction.Kind} of {DType.name dtype} without an order"
            | ValueSome order ->
                if entries > 0L && int64 order.Row * int64 order.Rows <> entries then
                    refuse $"the order %A{order} of {entries} entries"

        if nest.Axes.Length > 0 && not isEmpty then apart bounds nest

    let accumulation bounds (a: Accumulation) =
        let inner = opened bounds a.Axes

        if a.Axes |> Array.forall (fun axis -> axis.Extent > 0) then
            read inner a.Sources
            lane a.Sources a.Sources.Length a.Index
            lane a.Sources a.Sources.Length a.Value
            index a.Index
            written a.Target a.Value.DType
            within inner a.Target (int64 a.Stride * int64 (a.Count - 1))

    let product bounds (p: Product) =
        let reach (extents: int list) (strides: int list) =
            List.fold2 (fun reach extent stride -> reach + int64 stride * int64 (extent - 1)) 0L extents strides

        if p.Batch > 0 && p.M > 0 && p.N > 0 then
            let struct (ab, am, ak) = p.StridesA
            let struct (bb, bk, bn) = p.StridesB
            let struct (cb, cm) = p.StridesC

            if p.K > 0 then
                within bounds p.A (reach [ p.Batch; p.M; p.K ] [ ab; am; ak ])
                within bounds p.B (reach [ p.Batch; p.K; p.N ] [ bb; bk; bn ])

            within bounds p.C (reach [ p.Batch; p.M; p.N ] [ cb; cm; 1 ])
            written p.C p.DType

    let whole bounds (struct (access: Access, tensor: TensorType)) =
        if Shape.size tensor.Shape > 0 then within bounds access (int64 (Shape.size tensor.Shape) - 1L)

    let rec statement bounds (s: Statement) =
        match s with
        | Statement.Nest n -> nest bounds n
        | Statement.Accumulate a -> accumulation bounds a
        | Statement.Product p -> product bounds p
        | Statement.Repeat(variable, count, body) ->
            if bounds.ContainsKey variable then refuse $"variable {variable} is bound twice"
            if count > 0 then Array.iter (statement (bounds.Add(variable, count))) body
        | Statement.RepeatWhile(test, flag, _, body) ->
            within bounds flag 0L
            if dtypeOf flag.Buffer <> DType.Bool then refuse "a flag that is no bool"
            Array.iter (statement bounds) test
            Array.iter (statement bounds) body
        | Statement.Choose(at, branches) ->
            within bounds at 0L
            if dtypeOf at.Buffer <> DType.Int32 then refuse "the number of a branch that is no int32"
            Array.iter (Array.iter (statement bounds)) branches
        | Statement.Swap(a, b) ->
            if sizeOf a <> sizeOf b || dtypeOf a <> dtypeOf b then
                refuse $"buffers {a} and {b} of different size are swapped"

            if not (isWritten program.Buffers[a].Kind && isWritten program.Buffers[b].Kind) then
                refuse $"a read-only buffer is swapped"
        | Statement.Kernel(_, inputs, outputs) ->
            Array.iter (whole bounds) inputs

            for struct (access, tensor) as output in outputs do
                whole bounds output
                if Shape.size tensor.Shape > 0 then written access tensor.DType

    member _.Run() =
        for buffer in program.Buffers do
            match buffer.Kind with
            | BufferKind.Workspace offset ->
                let bytes = int64 buffer.Size * int64 (DType.bytes buffer.DType)

                if offset % 64 <> 0 || int64 offset + bytes > int64 program.WorkspaceBytes then
                    refuse $"{bytes} bytes from {offset} on in a workspace of {program.WorkspaceBytes}"
            | BufferKind.Input k ->
                if buffer.DType <> program.InputTypes[k].DType || buffer.Size <> Shape.size program.InputTypes[k].Shape then
                    refuse $"input {k} is no {program.InputTypes[k]}"
            | BufferKind.Output k ->
                if buffer.DType <> program.OutputTypes[k].DType || buffer.Size <> Shape.size program.OutputTypes[k].Shape then
                    refuse $"output {k} is no {program.OutputTypes[k]}"
            | BufferKind.Data _ -> ()

        Array.iter (statement Map.empty) program.Body

let run (program: LoopProgram) = Checker(program).Run()
