// Which values of a nest may be made where they are stored.
namespace Pipeline.Engine

open Pipeline

[<Sealed>]
type internal BlockTargets(layout: BlockLayout) =
    let plan = layout.Plan
    let values = plan.Values

    /// Numbers alone are stored by expressions.
    let areNumbersAlone =
        let bytes =
            plan.Stores
            |> Array.map (fun s -> if values[s.Value].DType = DType.Bool then 1 else DType.bytes s.Target.DType)

        layout.Depth = 0 && bytes.Length > 0 && bytes[0] >= 4 && Array.forall ((=) bytes[0]) bytes

    let isAlias (v: Value) =
        match v.Origin with
        | Origin.Op LaneOp.Reinterpret -> true
        | Origin.Op LaneOp.Convert -> v.DType = values[v.Arguments[0]].DType
        | _ -> false

    /// When what lies in a value's memory is read the last time, in whatever name.
    let readUntil =
        let until = values |> Array.map (fun v -> layout.LastRead v.Id)

        for v in Array.rev values do
            if isAlias v then until[v.Arguments[0]] <- max until[v.Arguments[0]] until[v.Id]

        until

    /// Nothing reads a number's place any more when the value is known, and nothing else is stored there.
    let isFree id (place: Place) =
        let buffer = plan.Pointers[place.Pointer].Buffer

        let isApart (other: Place) =
            plan.Pointers[other.Pointer].Buffer <> buffer
            || other.Pointer = place.Pointer && other.Displacement <> place.Displacement

        let isRead (v: Value) =
            match v.Origin with
            | Origin.Load other -> not (isApart other) && (v.Id > id || readUntil[v.Id] > layout.Computed id)
            | Origin.LoadAt(other, _, _) -> plan.Pointers[other.Pointer].Buffer = buffer
            | Origin.Counter _
            | Origin.Op _ -> false

        let stores = plan.Stores |> Array.filter (fun s -> not (isApart s.Target))
        stores.Length = 1 && not (Array.exists isRead values)

    /// By value the store in whose place it may be made, or -1.
    let storeFor =
        let targets = Array.create values.Length -1

        for k in 0 .. plan.Stores.Length - 1 do
            let s = plan.Stores[k]
            let v = values[s.Value]
            let buffer = plan.Pointers[s.Target.Pointer].Buffer

            let isPossible =
                if layout.Depth = 0 then
                    areNumbersAlone && isFree s.Value s.Target
                else
                    layout.IsAlone buffer && v.DType <> DType.Bool && layout.IsContiguous(s.Target, DType.bytes v.DType)

            if isPossible then targets[s.Value] <- k

        targets

    let isTaken = Array.zeroCreate<bool> plan.Stores.Length

    let storeOf id =
        if storeFor[id] < 0 then
            ValueNone
        else
            isTaken[storeFor[id]] <- true
            ValueSome plan.Stores[storeFor[id]].Target

    /// All that is stored are numbers, by expressions.
    member _.AreNumbersAlone = areNumbersAlone
    /// Where a value is to be made, if it is not in memory of the workspace; then it is stored already.
    member _.Of(id: int) : Place voption = storeOf id
    member _.IsTaken(store: int) = isTaken[store]
