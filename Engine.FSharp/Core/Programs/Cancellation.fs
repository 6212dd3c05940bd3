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

    /// That of the program which this thread runs now. Compilation, whose results are shared, is not stopped halfway.
    [<ThreadStatic; DefaultValue>]
    static val mutable private running: CancellationScope

    /// The scope of a token on this thread, until it is disposed of.
    static member Begin(token: CancellationToken) =
        let scope = new CancellationScope(token, CancellationScope.given)
        CancellationScope.given <- scope
        scope

    member private _.IsCancelled = Volatile.Read(&flag[0]) <> 0
    member private _.Token = token
    member private _.Address = Marshal.UnsafeAddrOfPinnedArrayElement(flag, 0)

    /// A program begins: what ran before, to be handed to Leave, and the address of the flag to look at.
    static member Enter() : struct (CancellationScope * nativeint) =
        let before = CancellationScope.running
        let scope = CancellationScope.given
        CancellationScope.running <- scope

        if isNull scope then
            struct (before, Marshal.UnsafeAddrOfPinnedArrayElement(never, 0))
        else
            struct (before, scope.Address)

    static member Leave(before: CancellationScope) : unit = CancellationScope.running <- before

    /// What a program throws that has seen its flag.
    static member Error() : exn =
        match CancellationScope.running with
        | null -> OperationCanceledException()
        | scope -> OperationCanceledException scope.Token

    /// For kernels: throws if the program that runs them is to stop.
    static member Check() : unit =
        let scope = CancellationScope.running

        if not (isNull scope) && scope.IsCancelled then raise (CancellationScope.Error())

    /// For loops that run eagerly, while a function is staged for instance.
    static member CheckEager() : unit =
        let scope = CancellationScope.given

        if not (isNull scope) && scope.IsCancelled then raise (OperationCanceledException scope.Token)

    /// For loops over elements: the same every 65,536 of them.
    static member CheckAt(element: int) : unit = if element &&& 0xFFFF = 0xFFFF then CancellationScope.Check()

    interface IDisposable with
        member _.Dispose() =
            CancellationScope.given <- before
            registration.Dispose()
