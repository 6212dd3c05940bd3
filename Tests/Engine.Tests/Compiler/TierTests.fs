/// Programs begin on blocks, and machine code takes their place when it pays: between two runs, or between two turns of a loop that runs.
module Pipeline.Engine.Tests.TierTests

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Diagnostics.Tracing
open System.Runtime.CompilerServices
open System.Threading
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

/// Code pays after so many looks; it is made when the test says so.
[<Sealed>]
type private PumpedCode(looks: int, room: int) =
    inherit CodeScheduler()
    let waiting = Queue<unit -> unit>()
    let mutable asked = 0
    member _.Waiting = waiting.Count

    member _.Pump() =
        while waiting.Count > 0 do
            waiting.Dequeue () ()

    override _.Pays(spent, _) =
        asked <- asked + 1
        spent > 0.0 && asked > looks

    override _.TurnsApart = 1L

    override _.Add(make) =
        let isRoom = waiting.Count < room
        if isRoom then waiting.Enqueue make
        isRoom

/// Code pays after so many looks beside the one before the first run; it is made on the spot.
[<Sealed>]
type private CodeAfter(looks: int, turnsApart: int64) =
    inherit CodeScheduler()
    let mutable asked = 0
    member val Made = 0 with get, set

    override _.Pays(_, _) =
        asked <- asked + 1
        asked > 1 + looks

    override _.TurnsApart = turnsApart

    override this.Add(make) =
        make ()
        this.Made <- this.Made + 1
        true

let private vector: TensorType = { DType = DType.Float64; Shape = [| 100 |] }
let private input () = [| NDArray.ofData DType.Float64 [| 100 |] (Array.init 100 (fun i -> float i / 100.0)) |]
let private bits (outputs: NDArray[]) = outputs |> Array.map EmitChecked.toBits

/// x -> sin x * x
let private straight =
    lazy
        (let graph = GraphBuilder [| vector |]
         let y = graph.Add(Op.Map Elementwise.sin, 0)
         graph.Graph [| graph.Add(Op.Zip Zip.Multiply, y, 0) |])

/// The same so many times.
let private repeated turns =
    let graph = GraphBuilder [| vector |]
    let loop = Loop.counted turns 0 1 straight.Value
    graph.Graph(graph.AddAll(Op.Loop loop, 0))

let private inTiers scheduler graph = Compile.fresh (Emit.tiers VectorType.widest scheduler) graph
let private expected (graph: Graph) = Evaluate.graph graph (input ()) |> bits

[<Fact>]
let ``a program runs on blocks until its code is made, once`` () =
    let scheduler = PumpedCode(2, 10)
    let program = inTiers scheduler straight.Value

    for run in 1..6 do
        Assert.Equal<uint64[][]>(expected straight.Value, program.Run(input ()) |> bits)
        // The first look is at loops whose length is known, and the first run does not count.
        Assert.Equal((if run < 2 then 0 else 1), scheduler.Waiting)
        Assert.Empty program.Methods

    scheduler.Pump()
    Assert.NotEmpty program.Methods
    let methods = program.Methods.Length

    for _ in 1..3 do
        Assert.Equal<uint64[][]>(expected straight.Value, program.Run(input ()) |> bits)

    Assert.Equal(0, scheduler.Waiting)
    Assert.Equal(methods, program.Methods.Length)

[<Fact>]
let ``a loop that runs goes on in machine code at its next turn`` () =
    let graph = repeated 50
    let scheduler = CodeAfter(0, 8L)
    let program = inTiers scheduler graph
    Assert.Empty program.Methods
    Assert.Equal<uint64[][]>(expected graph, program.Run(input ()) |> bits)
    // The turns of the loop after its eighth, and the program after its first run.
    Assert.Equal(2, scheduler.Made)
    Assert.Equal<uint64[][]>(expected graph, program.Run(input ()) |> bits)
    Assert.Equal(2, scheduler.Made)

[<Fact>]
let ``loops of so many turns that their code pays wait for it`` () =
    let threshold = {
        new CodeScheduler() with
            member _.Pays(spent, cost) = spent >= cost
            member _.TurnsApart = 16L
            member _.Add _ = true
    }

    Assert.Empty (inTiers threshold (repeated 10)).Methods
    Assert.NotEmpty (inTiers threshold (repeated 1_000_000)).Methods

[<Fact>]
let ``what finds no room asks again`` () =
    let scheduler = PumpedCode(0, 0)
    let program = inTiers scheduler straight.Value

    for _ in 1..3 do
        Assert.Equal<uint64[][]>(expected straight.Value, program.Run(input ()) |> bits)
        Assert.Equal(0, scheduler.Waiting)

    let roomy = PumpedCode(0, 1)
    let first, second = inTiers roomy straight.Value, inTiers roomy straight.Value

    for _ in 1..2 do
        first.Run(input ()) |> ignore
        second.Run(input ()) |> ignore

    Assert.Equal(1, roomy.Waiting)
    roomy.Pump()
    Assert.Empty second.Methods
    second.Run(input ()) |> ignore
    roomy.Pump()
    Assert.NotEmpty first.Methods
    Assert.NotEmpty second.Methods

[<Sealed>]
type private Listener() =
    inherit EventListener()
    member val Warnings = ConcurrentQueue<string>()

    override this.OnEventSourceCreated(source) = if source.Name = "Pipeline.Compiled" then this.EnableEvents(source, EventLevel.Warning)

    override this.OnEventWritten(data) = if data.EventName = "MachineCodeFailed" then this.Warnings.Enqueue(string data.Payload[0])

[<Fact>]
let ``where code cannot be made the blocks go on, and an event says why`` () =
    CompiledEvents.Log |> ignore
    use listener = new Listener()
    let scheduler = PumpedCode(0, 10)
    let tier = Tier<Action>(scheduler, 1.0, (fun () -> invalidOp "no code today"))
    tier.Spent(0L, 1_000L)
    Assert.Equal(0, scheduler.Waiting)
    tier.Spent(0L, 1_000L)
    Assert.Equal(1, scheduler.Waiting)
    scheduler.Pump()
    Assert.Null tier.Code
    Assert.Contains(listener.Warnings, (fun warning -> warning.Contains "no code today"))
    tier.Spent(0L, 1_000L)
    Assert.Equal(0, scheduler.Waiting)

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private ask (scheduler: CodeScheduler) (made: List<int>) =
    let make () =
        made.Add 1
        Action ignore

    let tier = Tier<Action>(scheduler, 1.0, make)
    tier.Spent(0L, 1_000L)
    tier.Spent(0L, 1_000L)

[<Fact>]
let ``what nobody runs any more gets no code`` () =
    let scheduler = PumpedCode(0, 10)
    let made = List<int>()
    ask scheduler made
    Assert.Equal(1, scheduler.Waiting)
    GC.Collect()
    GC.WaitForPendingFinalizers()
    GC.Collect()
    scheduler.Pump()
    Assert.Empty made

[<Fact>]
let ``the thread beside the callers makes the code of a program that is run often`` () =
    let program = inTiers BackgroundCode.Shared straight.Value
    let expected = expected straight.Value

    let isMade () =
        Assert.Equal<uint64[][]>(expected, program.Run(input ()) |> bits)
        program.Methods.Length > 0

    Assert.True(SpinWait.SpinUntil(isMade, TimeSpan.FromMinutes 2.0))
    Assert.Equal<uint64[][]>(expected, program.Run(input ()) |> bits)

/// Loops whose turns count: by their variable, by a condition and by a bound, nested too, whose memory changes hands.
let private counting: (string * (Tensor -> Tensor)) list = [
    "for", (fun x -> forLoop 3 60 (fun i x -> sin x + asType DType.Float64 i / 50.0) x)
    "while",
    (fun x ->
        whileLoop
            (fun (i: Tensor, _) -> i .< 45)
            (fun (i, y) -> i + 1, cos y * x + asType DType.Float64 i / 9.0)
            ((Tensor.op_Implicit 0: Tensor), x)
        |> snd)
    "bounded",
    (fun x ->
        whileBounded
            60
            (fun (i: Tensor, _) -> i .< 60)
            (fun (i, y) -> i + 1, cos y * x + asType DType.Float64 i / 9.0)
            ((Tensor.op_Implicit 0: Tensor), x)
        |> snd)
    "nested",
    (fun x ->
        forLoop
            0
            20
            (fun i x ->
                forLoop 0 19 (fun k y -> sin y + asType DType.Float64 (i * k) / 90.0) x
                |> whileBounded 40 (fun y -> sum y .> 30.0) (fun y -> y * 0.9))
            x)
    "exchanging",
    (fun x ->
        forLoop 0 41 (fun i (a, b) -> b * 0.5 + a, a - sin b + asType DType.Float64 i) (x, x + 1.0)
        |> fun (a, b) -> a * b)
]

[<Fact>]
let ``a loop goes on at the turn where it was, whichever that is`` () =
    for name, f in counting do
        let graph = Record.closed name [| vector |] (fun a -> [| f a[0] |])
        let expected = expected graph
        let mutable handed = 0

        for looks in 0..2..70 do
            let scheduler = CodeAfter(looks, 1L)
            let program = inTiers scheduler graph

            for run in 1..2 do
                Assert.True((expected = (program.Run(input ()) |> bits)), $"{name}, code after {looks} looks, run {run}")

            if scheduler.Made > 1 then handed <- handed + 1

        Assert.True(handed > 10, $"{name}: {handed} programs changed over while they ran.")

[<Fact>]
let ``a loop that goes past its bound fails at the same turn in the code for its rest`` () =
    let graph bound =
        Record.closed "bounded" [| vector |] (fun a -> [| whileBounded bound (fun (y: Tensor) -> sum y .< 1e4) (fun y -> y + 1.0) a[0] |])

    // From 49.5 on a hundred a turn.
    for bound, fails in [ 99, true; 100, false ] do
        for looks in [ 0; 1; 50; 90 ] do
            let scheduler = CodeAfter(looks, 1L)
            let program = inTiers scheduler (graph bound)

            if fails then
                Assert.Throws<LoopException>(fun () -> program.Run(input ()) |> ignore) |> ignore
            else
                program.Run(input ()) |> ignore

            Assert.NotEmpty program.Methods
