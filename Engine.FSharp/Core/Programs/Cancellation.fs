// What stops a program that runs: a number in memory that machine code and kernels look at.
namespace Pipeline.Engine

open System
open System.Runtime.InteropServices
open System.Threading
open Pipeline

/// While it lives, programs that this thread runs stop with an OperationCanceledException soon after its token is cancelled.
[<Sealed; AllowNullLiteral>]
type internal CancellationScope private (token: CancellationToken, before: CancellationScope) =
    // Pinned: machine code holds its address as long as it runs, which is within the life of the scope.
    let flag = GC.AllocateArray<int>(1, pinned = true)

    let registration = token.UnsafeRegister((fun _ -> Volatile.Write(&flag[0], 1)), null)

    static let never = GC.AllocateArray<int>(1, pinned = true)

    /// What this thread was given.
    [<ThreadStatic; DefaultValue>]
    static val mutable private given: CancellationScope

    /// The scope of a token on this thread, until it is disposed of.
    static member Begin(token: CancellationToken) =
        let scope = new CancellationScope(token, CancellationScope.given)
        CancellationScope.given <- scope
        scope

    member private _.IsCancelled = Volatile.Read(&flag[0]) <> 0
    member private _.Token = token
    member private _.Address = Marshal.UnsafeAddrOfPinnedArrayElement(flag, 0)

    /// The address of the flag that a program on this thread is to look at.
    static member Flag: nativeint =
        match CancellationScope.given with
        | null -> Marshal.UnsafeAddrOfPinnedArrayElement(never, 0)
        | scope -> scope.Address

    /// What a program throws that has seen its flag.
    static member Error() : exn =
        match CancellationScope.given with
        | null -> OperationCanceledException()
        | scope -> OperationCanceledException scope.Token

    /// For kernels and eager loops: throws if what this thread runs is to stop.
    static member Check() : unit =
        let scope = CancellationScope.given

        if not (isNull scope) && scope.IsCancelled then raise (CancellationScope.Error())

    /// How many elements loops handle between two looks.
    static member Block = 0x10000

    /// For loops over elements: the same at the last of every block of them.
    static member CheckAt(element: int) : unit =
        if element &&& (CancellationScope.Block - 1) = CancellationScope.Block - 1 then
            CancellationScope.Check()

    /// For loops over blocks of so many elements: the same if more are left; where the next block begins.
    static member Next(handled: int, count: int) : int =
        if handled < count then CancellationScope.Check()

        handled

    /// For loops over rows, each of so many elements: the same whenever a block of them has been handled since.
    static member CheckAfter(handled: byref<int64>, elements: int) : unit =
        handled <- handled + int64 elements

        if handled >= int64 CancellationScope.Block then
            handled <- 0L
            CancellationScope.Check()

    /// What is made once and kept for others, a program for instance: a thread that may be cancelled has it made on another, to its end, and
    /// waits only until then. So nothing half made and no cancellation is kept.
    static member Shared(made: Lazy<'Result>) : 'Result =
        match CancellationScope.given with
        | null -> made.Value
        | _ when made.IsValueCreated -> made.Value
        | scope ->
            let work = Tasks.TaskCompletionSource<'Result>()

            let make () =
                try
                    work.SetResult made.Value
                with error ->
                    work.SetException error

            // As much stack as programs usually start with: passes go deep.
            Thread(make, 16 <<< 20, IsBackground = true).Start()
            Tasks.Task.WaitAny([| work.Task :> Tasks.Task |], scope.Token) |> ignore
            work.Task.GetAwaiter().GetResult()

    interface IDisposable with
        member _.Dispose() =
            CancellationScope.given <- before
            registration.Dispose()
