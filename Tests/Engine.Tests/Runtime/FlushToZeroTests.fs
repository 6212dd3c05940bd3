/// What a native library changes that switched subnormal numbers off on its caller's thread (docs/subnormals.md).
module Pipeline.Engine.Tests.FlushToZeroTests

open System
open System.Runtime.InteropServices
open System.Threading
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

/// So many bytes that may be run, Linux's way.
[<DllImport("libc")>]
extern nativeint private mmap(nativeint address, unativeint length, int protection, int flags, int file, nativeint offset)

[<UnmanagedFunctionPointer(CallingConvention.Cdecl)>]
type private OnControl = delegate of nativeint -> unit

/// The bytes of a machine's own function of an address.
let private native (code: byte[]) : OnControl =
    let readWriteRun, privateAnonymous = 7, 0x22
    let memory = mmap (0n, 4096un, readWriteRun, privateAnonymous, -1, 0n)
    Marshal.Copy(code, 0, memory, code.Length)
    Marshal.GetDelegateForFunctionPointer<OnControl> memory

/// stmxcsr [rdi] and ldmxcsr [rdi], each with a return.
let private store = lazy native [| 0x0Fuy; 0xAEuy; 0x1Fuy; 0xC3uy |]
let private load = lazy native [| 0x0Fuy; 0xAEuy; 0x17uy; 0xC3uy |]

let private requireControl () =
    // The instructions and the call that makes them runnable are those of one kind of machine.
    if not (OperatingSystem.IsLinux()) || RuntimeInformation.ProcessArchitecture <> Architecture.X64 then
        Assert.Skip "The mode is set by instructions of x64, in memory of Linux."

/// The work while this thread flushes subnormals to zero, in operands and in results.
let private flushed (work: unit -> 'R) : 'R =
    let control = NativePtr.toNativeInt (NativePtr.stackalloc<int> 1)
    store.Value.Invoke control
    let before = Marshal.ReadInt32 control
    Marshal.WriteInt32(control, before ||| 0x8040)
    load.Value.Invoke control

    try
        work ()
    finally
        Marshal.WriteInt32(control, before)
        load.Value.Invoke control

let private numbers (a: Tensor) = a.ToArray<float>()

[<Fact>]
let ``functions of numbers that are neither tiny nor huge have the same bits in a thread that flushes subnormals to zero`` () =
    requireControl ()
    let random = Random 17

    let magnitudes =
        Array.init 2000 (fun _ -> (if random.Next 2 = 0 then 1.0 else -1.0) * Math.Pow(10.0, 30.0 * random.NextDouble() - 15.0))

    for dtype in [ DType.Float32; DType.Float64 ] do
        let x = KernelsMap.convert dtype (NDArray.ofData DType.Float64 [| magnitudes.Length |] magnitudes)
        let least = if dtype = DType.Float32 then 1.17549435e-38 else 2.2250738585072014e-308

        for row in FunctionTable.rows do
            let apply () = EmitChecked.toBits (Array.head (Kernels.apply (Op.Map row) [| x |]))
            let expected, actual = apply (), flushed apply

            for i in 0 .. expected.Length - 1 do
                let result = LaneEvaluate.toFloat dtype expected[i]

                // A result that is no normal number is 0 where it is flushed.
                if abs result >= least && expected[i] <> actual[i] then
                    Assert.Fail $"{row.Name} of {magnitudes[i]} as {dtype}: {LaneEvaluate.toFloat dtype actual[i]}, not {result}"

[<Fact>]
let ``subnormals count as zero in a thread that flushes them, and nothing of it is kept or met on others`` () =
    requireControl ()
    let x = vector [ 1e-310; 4.9e-324; 1e-300; 1.0 ]

    let functions = [
        (fun (x: Tensor) -> x + 0.0)
        log
        (fun x -> x / 2.0)
        (fun x -> where (x .> 0.0) 1.0 0.0)
        exp
        sum
        cumulativeSum
    ]

    for f in functions do
        let compiled = jit f
        // Compiled while subnormals are flushed, which the program does not remember.
        let eager, machine = flushed (fun () -> numbers (f x), numbers (compiled x))
        Assert.Equal<float[]>(eager, machine)
        let expected = numbers (f x)
        Assert.Equal<float[]>(expected, numbers (compiled x))
        Assert.Equal(Array.last expected, Array.last eager)

        // A thread that was there before; one that is started now inherits the mode.
        use go = new ManualResetEventSlim()
        let elsewhere: float[][] = [| null |]

        let thread =
            Thread(fun () ->
                go.Wait()
                elsewhere[0] <- numbers (compiled x))

        thread.Start()

        flushed (fun () ->
            go.Set()
            thread.Join())

        Assert.Equal<float[]>(expected, elsewhere[0])

    let flushedTo f = flushed (fun () -> numbers (f x))
    Assert.Equal<float[]>([| 0.0; 0.0; 1e-300; 1.0 |], flushedTo (fun x -> x + 0.0))
    Assert.Equal(Double.NegativeInfinity, (flushedTo log)[0])
    Assert.Equal(0.0, (flushedTo (fun x -> where (x .> 0.0) 1.0 0.0))[0])
    Assert.Equal(1e-310, (flushedTo abs)[0])
    Assert.Equal(5e-311, (numbers (x / 2.0))[0])
