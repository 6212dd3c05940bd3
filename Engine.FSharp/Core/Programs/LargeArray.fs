// Large arrays are used again when nothing refers to them any more: a fresh one costs pages that the system clears, and full collections.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Runtime
open System.Threading
open Pipeline

/// Kept by the collector as long as its array, and finalized when that is reached from nowhere else: then the array is free.
[<Sealed; AllowNullLiteral>]
type internal LargeArray private (dtype: DType, data: Array) =
    /// By dtype and number of elements.
    static let free = ConcurrentDictionary<struct (DType * int), ConcurrentStack<LargeArray>>()
    static let mutable freeBytes = 0L
    static let mutable bytesSinceCollection = 0L

    [<DefaultValue>]
    val mutable private handle: DependentHandle

    /// What the runtime keeps apart from small objects, and looks through only when it looks through everything.
    static member LeastBytes = 85_000L

    /// The most bytes that wait for use.
    static member MostFreeBytes = 64L <<< 20

    /// Leaves an array that is free to the collector.
    member private this.Drop() =
        this.handle.Dispose()
        GC.SuppressFinalize this

    static member private TakeFree(dtype: DType, size: int) : LargeArray =
        let mutable array = null

        match free.TryGetValue(struct (dtype, size)) with
        | true, arrays when arrays.TryPop &array ->
            Interlocked.Add(&freeBytes, -array.Bytes) |> ignore
            array
        | _ -> null

    member private _.Bytes = int64 data.Length * int64 (DType.bytes dtype)

    /// Larger arrays are not kept.
    static member MostBytes = LargeArray.MostFreeBytes / 2L

    /// Has the collector look for free arrays when many bytes were given away since, also of all that it manages. (By itself it would wait ever
    /// longer: to it an array that is used again is one that stays.)
    static member private Collect() =
        let allocated = Volatile.Read &bytesSinceCollection

        if allocated > LargeArray.MostBytes && allocated > GC.GetTotalMemory false / 2L then
            Volatile.Write(&bytesSinceCollection, 0L)
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, true, false)

    static member private Fresh(dtype: DType, size: int, fresh: int -> Array) : LargeArray =
        LargeArray.Collect()
        let data = fresh size
        let array = LargeArray(dtype, data)
        array.handle <- new DependentHandle(data, array)
        array

    /// An array with undefined contents: a free one, or else a fresh one.
    static member Allocate(dtype: DType, size: int, fresh: int -> Array) : Array =
        let bytes = int64 size * int64 (DType.bytes dtype)

        if bytes < LargeArray.LeastBytes || bytes > LargeArray.MostBytes then
            fresh size
        else
            match LargeArray.TakeFree(dtype, size) with
            | null -> LargeArray.Fresh(dtype, size, fresh).Use()
            | array ->
                GC.ReRegisterForFinalize array
                array.Use()

    member private this.Use() : Array =
        Interlocked.Add(&bytesSinceCollection, this.Bytes) |> ignore
        data

    override this.Finalize() =
        // Other sizes are wanted now than those that wait.
        if Interlocked.Add(&freeBytes, this.Bytes) > LargeArray.MostFreeBytes then
            for entry in free do
                let struct (dtype, size) = entry.Key
                let mutable array = LargeArray.TakeFree(dtype, size)

                while not (isNull array) do
                    array.Drop()
                    array <- LargeArray.TakeFree(dtype, size)

        free.GetOrAdd(struct (dtype, data.Length), (fun _ -> ConcurrentStack())).Push this
