// The values of a nest in order, each once: equal operations and equal loads become one.
// (Keys are text or objects, and loops plain: collections of value types are not compiled ahead of time.)
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<NoComparison>]
type private OperationKey = { Op: LaneOp; DType: DType; Arguments: string }

[<Sealed>]
type internal NestValues(buffers: Engine.Buffer[], axes: Axis[], vectorAxis: int, sources: Source[], keepsFunctions: bool) =
    let expansion = LaneExpansion()
    let standsFor (lane: Lane) = if keepsFunctions then lane else expansion.Of lane

    let textOf (arguments: int[]) =
        let parts = Array.zeroCreate<string> arguments.Length

        for k in 0 .. parts.Length - 1 do
            parts[k] <- arguments[k].ToString()

        System.String.Join(',', parts)

    /// One term for each variable, none with stride 0, in ascending order.
    let termsOf (access: Access) =
        let given = access.Terms
        let variables = Array.zeroCreate<int> given.Length
        let strides = Array.zeroCreate<int> given.Length
        let mutable count = 0

        for struct (variable, stride) in given do
            let mutable at = 0

            while at < count && variables[at] < variable do
                at <- at + 1

            if at < count && variables[at] = variable then
                strides[at] <- strides[at] + stride
            else
                for k = count downto at + 1 do
                    variables[k] <- variables[k - 1]
                    strides[k] <- strides[k - 1]

                variables[at] <- variable
                strides[at] <- stride
                count <- count + 1

        let mutable kept = 0

        for k in 0 .. count - 1 do
            if strides[k] <> 0 then
                variables[kept] <- variables[k]
                strides[kept] <- strides[k]
                kept <- kept + 1

        let terms = Array.zeroCreate<struct (int * int)> kept

        for k in 0 .. kept - 1 do
            terms[k] <- struct (variables[k], strides[k])

        terms

    let sameTerms (a: struct (int * int)[]) (b: struct (int * int)[]) =
        let mutable same = a.Length = b.Length
        let mutable k = 0

        while same && k < a.Length do
            let struct (v, s) = a[k]
            let struct (w, t) = b[k]
            same <- v = w && s = t
            k <- k + 1

        same

    let pointers = List<Pointer>()
    let values = List<Value>()
    let known = Dictionary<OperationKey, int>()
    let lanes = Dictionary<Lane, int>(HashIdentity.Reference)
    let heights = Dictionary<Lane, int>(HashIdentity.Reference)
    let loaded = Dictionary<string, int>()
    let loads = Dictionary<string, int>()

    let levelOf (variable: int) = 1 + System.Array.FindIndex(axes, (fun a -> a.Variable = variable))

    let isVectorVariable variable = vectorAxis >= 0 && axes[vectorAxis].Variable = variable

    let place (access: Access) =
        let terms = termsOf access
        let buffer = buffers[access.Buffer]
        let bytes = DType.bytes buffer.DType

        let index =
            match pointers.FindIndex(fun p -> p.Buffer = access.Buffer && sameTerms p.Terms terms) with
            | -1 ->
                pointers.Add { Buffer = access.Buffer; Terms = terms; Bytes = bytes }

                pointers.Count - 1
            | found -> found

        { Pointer = index; Displacement = int64 access.Offset * int64 bytes; DType = buffer.DType }

    let placeLevel (place: Place) =
        let mutable level = 0

        for struct (variable, _) in pointers[place.Pointer].Terms do
            level <- max level (levelOf variable)

        level

    let placeVaries (place: Place) =
        let mutable varies = false

        for struct (variable, _) in pointers[place.Pointer].Terms do
            varies <- varies || isVectorVariable variable

        varies

    let add origin dtype maskBytes (arguments: int[]) level varies =
        let mutable level, varies = level, varies

        for a in arguments do
            level <- max level values[a].Level
            varies <- varies || values[a].Varies

        values.Add {
            Id = values.Count
            Origin = origin
            DType = dtype
            // One bool for all lanes fits any vector, whatever was compared: as wide as those that are loaded.
            MaskBytes = if varies then maskBytes else min maskBytes 4
            Arguments = arguments
            Level = level
            Varies = varies
        }

        values.Count - 1

    /// The element size of a result's mask: that of the operands, so that few masks are resized.
    let maskBytes (op: LaneOp) (dtype: DType) (arguments: int[]) =
        if dtype <> DType.Bool then
            0
        else
            let of' k =
                let a = values[arguments[k]]

                if a.DType = DType.Bool then a.MaskBytes else DType.bytes a.DType

            match op with
            | LaneOp.Select -> of' 1
            | _ when arguments.Length > 0 -> of' 0
            | _ -> 4

    let operation (lane: Lane) (arguments: int[]) =
        let key = { Op = lane.Op; DType = lane.DType; Arguments = textOf arguments }

        match known.TryGetValue key with
        | true, id -> id
        | _ ->
            let id = add (Origin.Op lane.Op) lane.DType (maskBytes lane.Op lane.DType arguments) arguments 0 false

            known[key] <- id
            id

    member _.Place(access) = place access
    member _.Pointers = pointers.ToArray()
    member _.Values = values

    /// The value of a source, as a dtype (which only a counter needs to be told).
    member builder.Source(k: int, dtype: DType) : int =
        let key = k.ToString() + ":" + (int dtype).ToString()

        match loaded.TryGetValue key with
        | true, id -> id
        | _ ->
            let id =
                match sources[k] with
                | Source.Load access ->
                    let place = place access

                    let place' = place.Pointer.ToString() + ":" + place.Displacement.ToString()

                    match loads.TryGetValue place' with
                    | true, id -> id
                    | _ ->
                        let id = add (Origin.Load place) place.DType 4 [||] (placeLevel place) (placeVaries place)

                        loads[place'] <- id
                        id
                | Source.LoadAt(access, index, count, stride) ->
                    let place = place access
                    let index = builder.Lane index

                    add (Origin.LoadAt(place, count, stride)) place.DType 4 [| index |] (placeLevel place) (placeVaries place)
                | Source.Counter(variable, factor, offset) ->
                    add (Origin.Counter(variable, factor, offset)) dtype 0 [||] (levelOf variable) (isVectorVariable variable)

            loaded[key] <- id
            id

    /// The longest path below each node. An explicit stack: expressions may be thousands of nodes deep.
    member private _.Measure(root: Lane) =
        let stack = Stack<Lane>()
        stack.Push root

        while stack.Count > 0 do
            let lane = stack.Peek()
            let mutable height = 0
            let mutable missing = -1

            for k in 0 .. lane.Arguments.Length - 1 do
                match heights.TryGetValue(standsFor lane.Arguments[k]) with
                | true, below -> height <- max height (1 + below)
                | _ -> missing <- k

            if missing >= 0 then
                stack.Push(standsFor lane.Arguments[missing])
            else
                heights[lane] <- height
                stack.Pop() |> ignore

    /// The value of a lane expression. The highest argument comes first: then what is cheap, as the conditions of selects
    /// mostly are, is computed where it is needed and holds no register before.
    member builder.Lane(root: Lane) : int =
        let root = standsFor root
        builder.Measure root
        let stack = Stack<Lane>()
        let missing = List<Lane>()
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
                    missing.Clear()

                    // From the lowest to the highest, of equals the last first: the top of the stack is computed first.
                    for k = lane.Arguments.Length - 1 downto 0 do
                        let a = standsFor lane.Arguments[k]

                        if not (lanes.ContainsKey a) then
                            let mutable at = 0

                            while at < missing.Count && heights[missing[at]] <= heights[a] do
                                at <- at + 1

                            missing.Insert(at, a)

                    if missing.Count = 0 then
                        lanes[lane] <- operation lane (lane.Arguments |> Array.map (fun a -> lanes[standsFor a]))
                        stack.Pop() |> ignore
                    else
                        for a in missing do
                            stack.Push a

        lanes[root]
