// What the lane expressions of one nest read: loads, gathered loads and counters, each once.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// Accesses by their contents.
[<Sealed>]
type internal AccessComparer() =
    static member val Instance = AccessComparer()

    static member Same (a: Access) (b: Access) =
        a.Buffer = b.Buffer
        && a.Offset = b.Offset
        && System.MemoryExtensions.SequenceEqual(System.ReadOnlySpan a.Terms, System.ReadOnlySpan b.Terms)

    interface IEqualityComparer<Access> with
        member _.Equals(a, b) = AccessComparer.Same a b

        member _.GetHashCode access =
            let mutable hash = access.Buffer * 31 + access.Offset

            for struct (variable, stride) in access.Terms do
                hash <- (hash * 31 + variable) * 31 + stride

            hash

/// Collects the sources of a nest of so many axes; its variables are numbered from first on. A view says where a program's variable lies.
[<Sealed>]
type internal NestSources(first: int, count: int, view: int -> Stored) =
    let sources = ResizeArray<Source>()
    let loads = Dictionary<Access, Lane> AccessComparer.Instance
    let counters = Dictionary<struct (int * int * int * DType), Lane>()

    let add source dtype =
        sources.Add source
        Lane.argument (sources.Count - 1) dtype

    member _.First = first
    /// The number of axes.
    member _.Count = count
    member _.ToArray() = sources.ToArray()

    member _.Load(stored: Stored, index: Index) : Lane =
        let access = Stored.access first index stored

        match loads.TryGetValue access with
        | true, lane -> lane
        | _ ->
            let lane = add (Source.Load access) stored.Type.DType
            loads[access] <- lane
            lane

    /// The element whose index along one axis (0 in the given index) is computed.
    member _.LoadAt(variable: int, index: Index, axis: int, position: Lane) : Lane =
        let stored = view variable

        add (Source.LoadAt(Stored.access first index stored, position, stored.Type.Shape[axis], stored.Strides[axis])) stored.Type.DType

    /// The value of an affine index.
    member _.Counter(affine: Affine, dtype: DType) : Lane =
        let variables = [|
            for k in 1..count do
                if affine[k] <> 0 then k
        |]

        let counter k offset dtype =
            let key = struct (first + k - 1, affine[k], offset, dtype)

            match counters.TryGetValue key with
            | true, lane -> lane
            | _ ->
                let lane = add (Source.Counter(first + k - 1, affine[k], offset)) dtype
                counters[key] <- lane
                lane

        if variables.Length = 0 then
            { Op = LaneOp.Constant(float affine[0]); DType = dtype; Arguments = [||] }
        elif variables.Length = 1 && DType.bytes dtype >= 4 then
            counter variables[0] affine[0] dtype
        else
            let sum =
                variables
                |> Array.mapi (fun i k -> counter k (if i = 0 then affine[0] else 0) DType.Int32)
                |> Array.reduce (Lane.Binary LaneOp.Add)

            if dtype = DType.Int32 then sum
            elif dtype = DType.UInt32 then Lane.reinterpret dtype sum
            else Lane.convert dtype sum
