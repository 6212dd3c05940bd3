// Machine code with its memory: what runs.
namespace Pipeline.Engine

open System
open System.Collections.Generic
open System.Diagnostics
open System.Runtime.InteropServices
open System.Threading
open Pipeline

/// What a word of a workspace's header is in every run: so many bytes into the workspace, as buffers are that are neither arguments nor results, or an address.
[<NoComparison>]
type internal Placement = { Word: int; InWorkspace: bool; Address: nativeint }

/// Memory of one run at a time: the header, then the program's workspace, 64-byte aligned and pinned.
[<Sealed; AllowNullLiteral>]
type internal Workspace(bytes: int) =
    let memory = GC.AllocateUninitializedArray<byte>(bytes + 64, pinned = true)
    let start = Marshal.UnsafeAddrOfPinnedArrayElement(memory, 0)
    let aligned = (start + 63n) &&& ~~~63n
    /// The most bytes that a program keeps beside its first workspace.
    static member MostKeptBytes = 64L <<< 20

    /// Valid as long as this object lives.
    member _.Address = aligned
    member _.Memory = memory

/// What a program runs, on a workspace, arguments and results.
type internal ProgramCode = Action<nativeint, NDArray[], NDArray[]>

/// What runs with its constant data, until its tier (null for none) has machine code. Safe for concurrent runs.
[<Sealed>]
type internal CompiledProgram
    (
        program: LoopProgram,
        code: ProgramCode,
        tier: Tier<ProgramCode>,
        methods: List<MethodSize>,
        workspaceBytes: int,
        cancellation: int,
        placements: Placement[],
        swaps: bool,
        data: Workspace[]
    ) =
    [<VolatileField>]
    let mutable code = code

    [<VolatileField>]
    let mutable tier = tier

    /// A workspace that no run has, and further ones: as many as runs at the same time needed, if they are small. Then no run makes one.
    let mutable spare: Workspace = null
    let mutable made = 0
    let further = Stack<Workspace>()
    let mostFurther = int (min 15L (Workspace.MostKeptBytes / int64 workspaceBytes))

    let write (workspace: Workspace) =
        for p in placements do
            let address = if p.InWorkspace then workspace.Address + p.Address else p.Address

            Marshal.WriteIntPtr(workspace.Address, 8 * p.Word, address)

    let rent () =
        match Interlocked.Exchange(&spare, null) with
        | null ->
            match lock further (fun () -> if further.Count > 0 then further.Pop() else null) with
            | null ->
                Interlocked.Increment &made |> ignore
                let workspace = Workspace workspaceBytes
                write workspace
                workspace
            | workspace -> workspace
        | workspace -> workspace

    let giveBack (workspace: Workspace) =
        if not (isNull (Interlocked.CompareExchange(&spare, workspace, null))) then
            lock further (fun () -> if further.Count < mostFurther then further.Push workspace)

    let refuse (what: string) (types: TensorType[]) (arrays: NDArray[]) : unit =
        if arrays.Length <> types.Length then
            invalidArg what $"The program has {types.Length} {what}, not {arrays.Length}."

        for k in 0 .. types.Length - 1 do
            let array, t = arrays[k], types[k]

            if array.DType <> t.DType || not (Shape.equal array.Shape t.Shape) then
                raise (
                    ShapeException
                        $"A compiled program was made for {t} as number {k} of its {what}, not for {DType.name array.DType}{Shape.text array.Shape}; compile it again for these types."
                )

    /// Whether the arrays have the program's types, and no gaps.
    let fits (types: TensorType[]) (arrays: NDArray[]) =
        let mutable ok = arrays.Length = types.Length
        let mutable k = 0

        while ok && k < types.Length do
            let array, t = arrays[k], types[k]
            ok <- array.DType = t.DType && array.IsContiguous && Shape.equal array.Shape t.Shape
            k <- k + 1

        ok

    let run workspace inputs outputs =
        match tier with
        | null -> code.Invoke(workspace, inputs, outputs)
        | waiting ->
            match waiting.Code with
            | null ->
                let began = Stopwatch.GetTimestamp()
                code.Invoke(workspace, inputs, outputs)
                waiting.Spent(began, Stopwatch.GetTimestamp())
            | made ->
                // The blocks are let go.
                code <- made
                tier <- null
                made.Invoke(workspace, inputs, outputs)

    let execute (inputs: NDArray[]) (outputs: NDArray[]) =
        CancellationScope.Check()

        let inputs =
            if fits program.InputTypes inputs then
                inputs
            else
                refuse "inputs" program.InputTypes inputs
                inputs |> Array.map KernelsViews.contiguous

        let workspace = rent ()
        Marshal.WriteIntPtr(workspace.Address, cancellation, CancellationScope.Flag)

        try
            run workspace.Address inputs outputs
        finally
            if swaps then write workspace

            giveBack workspace

    let outputStrides = program.OutputTypes |> Array.map (fun t -> Shape.strides t.Shape)

    let outputSizes = program.OutputTypes |> Array.map (fun t -> Shape.size t.Shape)
    member _.Program = program

    /// What the JIT counts of each method that it has so far.
    member _.Methods = methods.ToArray()

    /// How many workspaces were made so far, and the bytes of those that are kept for further runs.
    member _.WorkspacesMade = Volatile.Read &made

    member _.BytesKept =
        lock further (fun () -> int64 workspaceBytes * int64 (further.Count + (if isNull spare then 0 else 1)))

    /// Keeps the data alive that the code refers to by address.
    member _.Data = data

    /// Runs on inputs of the program's types (copied first if they have gaps) into contiguous outputs.
    member _.RunInto(inputs: NDArray[], outputs: NDArray[]) =
        if not (fits program.OutputTypes outputs) then
            refuse "outputs" program.OutputTypes outputs
            invalidArg (nameof outputs) "The outputs of a compiled program must be contiguous."

        execute inputs outputs

    /// Runs into fresh arrays.
    member _.Run(inputs: NDArray[]) =
        let outputs = Array.zeroCreate<NDArray> outputSizes.Length

        for k in 0 .. outputs.Length - 1 do
            let t = program.OutputTypes[k]
            outputs[k] <- NDArray.Dense(t.DType, t.Shape, outputStrides[k], NDArray.allocateData t.DType outputSizes[k])

        execute inputs outputs
        outputs
