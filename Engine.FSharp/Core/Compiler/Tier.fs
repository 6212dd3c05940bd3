// What runs on blocks until machine code takes its place, and who makes that.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open System.Diagnostics
open System.Threading

/// Decides when machine code is made, and has it made.
[<AbstractClass>]
type internal CodeScheduler() =
    /// Whether code that takes about so many nanoseconds to make pays, after so many on blocks.
    abstract Pays: spent: float * cost: float -> bool

    /// So many turns of a loop, a power of two, are between two looks at the time they took.
    abstract TurnsApart: int64

    /// Takes what makes code and will call it once; false if there is no room.
    abstract Add: make: (unit -> unit) -> bool

/// One thread beside the callers'. What has run on blocks for as long as its code takes to make gets it: then no choice that knew the
/// future would have needed less than half of the time.
[<Sealed>]
type internal BackgroundCode private () =
    inherit CodeScheduler()
    let waiting = new BlockingCollection<unit -> unit>(CostModel.waitingCode)

    let thread =
        Lazy<unit>(
            Func<_>(fun () ->
                let run () =
                    for make in waiting.GetConsumingEnumerable() do
                        make ()

                Thread(run, IsBackground = true, Priority = ThreadPriority.BelowNormal, Name = "Pipeline machine code").Start())
        )

    static member val Shared = BackgroundCode()
    override _.Pays(spent, cost) = spent >= cost
    override _.TurnsApart = 16L

    override _.Add(make) =
        thread.Force()
        waiting.TryAdd make

/// Machine code that is made when it pays. Nothing else knows whether it runs or the blocks: the results are the same.
[<Sealed; AllowNullLiteral>]
type internal Tier<'Code when 'Code: null and 'Code: not struct>(scheduler: CodeScheduler, cost: float, make: unit -> 'Code) =
    [<VolatileField>]
    let mutable code: 'Code = null

    /// Less than 0 before the first stretch, in which kernels may meet the JIT: it tells nothing of those to come.
    let mutable spent = -1.0
    let mutable asked = 0

    let last = scheduler.TurnsApart - 1L

    /// Null as long as there is none.
    member _.Code = code

    /// Whether the time is to be looked at behind this turn of a loop.
    member _.IsDue(turn: int64) = turn &&& last = last

    member private _.Make() =
        try
            let began = Stopwatch.GetTimestamp()
            code <- make ()
            CompiledEvents.Log.MachineCodeMade(Stopwatch.GetElapsedTime(began).TotalMilliseconds)
        with error ->
            CompiledEvents.Log.MachineCodeFailed $"{error.GetType().Name}: {error.Message}"

    /// Counts the time from one stamp of the stopwatch to another. Threads may lose each other's: it is an estimate.
    member tier.Spent(from: int64, until: int64) =
        spent <- if spent < 0.0 then 0.0 else spent + Stopwatch.GetElapsedTime(from, until).TotalNanoseconds

        if asked = 0 && scheduler.Pays(spent, cost) && Interlocked.Exchange(&asked, 1) = 0 then
            // What nobody runs any more is not held by the wait for its code.
            let waiting = WeakReference<Tier<'Code>> tier

            let isTaken =
                scheduler.Add(fun () ->
                    match waiting.TryGetTarget() with
                    | true, tier -> tier.Make()
                    | _ -> ())

            if not isTaken then
                spent <- 0.0
                asked <- 0
