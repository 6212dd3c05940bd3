// The statements of a program as steps: what runs without machine code of its own.
namespace Pipeline.Engine

open System
open System.Diagnostics
open System.Threading
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// A statement that runs on a workspace. It keeps nothing between runs: one step serves any number of threads.
[<AbstractClass>]
type internal BlockStep() =
    abstract Run: workspace: nativeint -> unit

[<RequireQualifiedAccess>]
module internal BlockSteps =
    let read<'T when 'T: unmanaged> (address: nativeint) : 'T = NativePtr.read (NativePtr.ofNativeInt<'T> address)
    let write<'T when 'T: unmanaged> (address: nativeint) (value: 'T) = NativePtr.write (NativePtr.ofNativeInt<'T> address) value

    let run (steps: BlockStep[]) workspace =
        for step in steps do
            step.Run workspace

    /// Throws if the run is cancelled.
    let watch (header: Header) (workspace: nativeint) =
        let flag = read<nativeint>(workspace + nativeint header.Cancellation)

        if Volatile.Read(NativePtr.toByRef (NativePtr.ofNativeInt<int> flag)) <> 0 then
            raise (CancellationScope.Error())

/// An element of a buffer.
[<Sealed>]
type internal Address(header: Header, bytes: int, access: Access) =
    let table = nativeint (8 * access.Buffer)
    let offset = nativeint access.Offset * nativeint bytes

    let terms =
        access.Terms
        |> Array.map (fun (struct (variable, stride)) ->
            struct (nativeint (header.Variables + 8 * variable), nativeint stride * nativeint bytes))

    member _.In(workspace: nativeint) =
        let mutable address = BlockSteps.read<nativeint>(workspace + table) + offset

        for struct (variable, stride) in terms do
            address <- address + BlockSteps.read<nativeint>(workspace + variable) * stride

        address

[<Sealed>]
type internal NestStep(nests: BlockNest[]) =
    inherit BlockStep()
    member _.Nests = nests

    override _.Run workspace =
        for nest in nests do
            nest.Run workspace

[<Sealed>]
type internal ProductStep(product: ProductCall, a: Address, b: Address, c: Address) =
    inherit BlockStep()
    override _.Run workspace = product.Run(a.In workspace, b.In workspace, c.In workspace)

[<Sealed>]
type internal SwapStep(a: int, b: int) =
    inherit BlockStep()

    override _.Run workspace =
        let first, second = workspace + nativeint (8 * a), workspace + nativeint (8 * b)
        let kept = BlockSteps.read<nativeint> first
        BlockSteps.write first (BlockSteps.read<nativeint> second)
        BlockSteps.write second kept

[<Sealed>]
type internal KernelStep(header: Header, call: KernelCall, addresses: Address[]) =
    inherit BlockStep()

    override _.Run workspace =
        BlockSteps.watch header workspace
        let pointers = workspace + nativeint header.KernelPointers

        for k in 0 .. addresses.Length - 1 do
            BlockSteps.write (pointers + nativeint (8 * k)) (addresses[k].In workspace)

        call.Run pointers

[<Sealed>]
type internal PlacesStep(check: IndexCheck, source: Address, target: Address) =
    inherit BlockStep()
    override _.Run workspace = check.Run(source.In workspace, target.In workspace)

/// What becomes of a loop on blocks: machine code for its rest, once there is any, if there is to be any (a tier). It begins at the turn that a place
/// of the workspace says.
[<Sealed>]
type internal LoopTier(tier: Tier<Action<nativeint>>, place: nativeint) =
    /// Runs all that is left from this turn on, if it can.
    member _.Finishes(workspace, turn: int64) =
        match (if isNull tier then null else tier.Code) with
        | null -> false
        | rest ->
            BlockSteps.write (workspace + place) turn
            rest.Invoke workspace
            true

    /// Behind each turn; since is when the clock was looked at.
    member _.Count(turn: int64, since: byref<int64>) =
        if not (isNull tier) && tier.IsDue turn then
            let now = Stopwatch.GetTimestamp()
            if since <> 0L then tier.Spent(since, now)
            since <- now

/// The body for variable = 0 .. count - 1.
[<Sealed>]
type internal RepeatStep(header: Header, variable: int, count: int, body: BlockStep[], tier: Tier<Action<nativeint>>) =
    inherit BlockStep()
    let place = nativeint (header.Variables + 8 * variable)
    let tier = LoopTier(tier, place)

    override _.Run workspace =
        let mutable since = 0L
        let mutable index = 0

        while index < count do
            BlockSteps.watch header workspace

            if tier.Finishes(workspace, int64 index) then
                index <- count
            else
                BlockSteps.write (workspace + place) (int64 index)
                BlockSteps.run body workspace
                tier.Count(int64 index, &since)
                index <- index + 1

[<Sealed>]
type internal WhileStep(header: Header, test: BlockStep[], flag: Address, bound: int, body: BlockStep[], tier: Tier<Action<nativeint>>) =
    inherit BlockStep()
    let tier = LoopTier(tier, nativeint header.Turn)

    override _.Run workspace =
        let mutable since = 0L
        let mutable turn = 0L
        let mutable goesOn = true

        while goesOn do
            BlockSteps.watch header workspace

            if tier.Finishes(workspace, turn) then
                goesOn <- false
            else
                BlockSteps.run test workspace
                goesOn <- BlockSteps.read<byte>(flag.In workspace) <> 0uy

                if goesOn then
                    if bound > 0 && turn >= int64 bound then LoopFailure.PastBound bound
                    BlockSteps.run body workspace
                    tier.Count(turn, &since)
                    turn <- turn + 1L

[<Sealed>]
type internal ChooseStep(index: Address, branches: BlockStep[][]) =
    inherit BlockStep()

    override _.Run workspace =
        let branch = Math.Clamp(BlockSteps.read<int>(index.In workspace), 0, branches.Length - 1)
        BlockSteps.run branches[branch] workspace

/// A step with machine code that takes its place after so many runs. Nothing else knows which of the two runs: their results are the same.
[<Sealed>]
type internal ChangingStep(step: BlockStep, code: Lazy<Action<nativeint>>, after: int) =
    inherit BlockStep()
    let mutable runs = 0

    [<VolatileField>]
    let mutable machineCode: Action<nativeint> = null

    override _.Run workspace =
        if isNull machineCode && runs >= after then machineCode <- code.Value

        match machineCode with
        | null ->
            runs <- runs + 1
            step.Run workspace
        | code -> code.Invoke workspace
