/// What the writer of instructions writes runs as written, whichever form an instruction takes.
module Pipeline.Engine.Tests.InstructionWriterTests

open System
open System.Collections.Generic
open System.Reflection.Emit
open Pipeline.Engine
open Xunit

let private emitted<'D when 'D :> Delegate> (result: Type) (arguments: Type[]) (write: InstructionWriter -> unit) : 'D =
    let method = DynamicMethod("written", result, arguments, typeof<Header>.Module, true)
    let writer = InstructionWriter method
    write writer
    writer.Write OpCodes.Ret
    writer.End()
    method.CreateDelegate typeof<'D> :?> 'D

[<Fact>]
let ``numbers of every form are those that were written`` () =
    for value in [ Int32.MinValue; -129; -128; -2; -1; 0; 1; 8; 9; 127; 128; 255; 256; Int32.MaxValue ] do
        Assert.Equal(value, (emitted<Func<int>> typeof<int> [||] (fun w -> w.Int value)).Invoke())

    for value in [ Int64.MinValue; -1L; 0L; Int64.MaxValue ] do
        Assert.Equal(value, (emitted<Func<int64>> typeof<int64> [||] (fun w -> w.Long value)).Invoke())

    Assert.Equal(MathF.PI, (emitted<Func<float32>> typeof<float32> [||] (fun w -> w.Single MathF.PI)).Invoke())
    Assert.Equal(Math.PI, (emitted<Func<float>> typeof<float> [||] (fun w -> w.Double Math.PI)).Invoke())

[<Fact>]
let ``locals of every form keep what they got`` () =
    let sum =
        emitted<Func<int>> typeof<int> [||] (fun w ->
            let locals = Array.init 300 (fun _ -> w.Local(typeof<int>, false))

            for k in 0..299 do
                w.Int(k * k)
                w.Store locals[k]

            w.Int 0

            for local in locals do
                w.Load local
                w.Write OpCodes.Add)

    Assert.Equal(Seq.sumBy (fun k -> k * k) [ 0..299 ], sum.Invoke())

[<Fact>]
let ``branches lead as far back and ahead as they must`` () =
    for filling in [ 0; 1; 50; 51; 52; 53; 54; 55; 56; 57; 58; 59; 60; 100; 10_000 ] do
        // Counts to 10, past code that never runs, on a stack that is not empty.
        let count =
            emitted<Func<int>> typeof<int> [||] (fun w ->
                let index = w.Local(typeof<int>, false)
                let top, go, finish = w.Label(), w.Label(), w.Label()
                w.Int 0
                w.Store index
                w.Mark top
                w.Load index
                w.Int 1
                w.Write(OpCodes.Br, go)

                for _ in 1..filling do
                    w.Int 1
                    w.Write OpCodes.Add

                w.Mark go
                w.Write OpCodes.Add
                w.Store index
                w.Load index
                w.Int 10
                w.Write(OpCodes.Bge, finish)
                w.Write(OpCodes.Br, top)
                w.Mark finish
                w.Load index)

        Assert.Equal(10, count.Invoke())

[<Fact>]
let ``a switch leads to its labels`` () =
    let chosen =
        emitted<Func<int, int>> typeof<int> [| typeof<int> |] (fun w ->
            let labels = Array.init 100 (fun _ -> w.Label())
            let finish = w.Label()
            w.Write OpCodes.Ldarg_0
            w.Switch labels
            w.Int -1
            w.Write(OpCodes.Br, finish)

            for k in 0..99 do
                w.Mark labels[k]
                w.Int(1000 + k)
                w.Write(OpCodes.Br, finish)

            w.Mark finish)

    for k in 0..99 do
        Assert.Equal(1000 + k, chosen.Invoke k)

    Assert.Equal(-1, chosen.Invoke 100)

[<Fact>]
let ``methods of every kind are called, and exceptions pass`` () =
    let inner = DynamicMethod("inner", typeof<int>, [| typeof<int> |], typeof<Header>.Module, true)
    let writer = InstructionWriter inner
    writer.Write OpCodes.Ldarg_0
    writer.Write OpCodes.Ret
    writer.End()
    let text: string = String('x', 3)
    let length = typeof<string>.GetProperty("Length").GetMethod
    let abs = typeof<Math>.GetMethod("Abs", [| typeof<int> |])
    let count = typeof<List<int>>.GetProperty("Count").GetMethod

    let all =
        emitted<Func<string, List<int>, int>> typeof<int> [| typeof<string>; typeof<List<int>> |] (fun w ->
            w.Write OpCodes.Ldarg_0
            w.Write(OpCodes.Callvirt, length)
            w.Int -4
            w.Write(OpCodes.Call, abs)
            w.Write OpCodes.Mul
            w.Write(OpCodes.Call, inner)
            w.Write OpCodes.Ldarg_1
            w.Write(OpCodes.Callvirt, count)
            w.Write OpCodes.Add)

    Assert.Equal(12 + 2, all.Invoke(text, List [ 5; 6 ]))
    Assert.Throws<NullReferenceException>(fun () -> all.Invoke(text, null) |> ignore) |> ignore

[<Fact>]
let ``a method that was named before is named again without making anything`` () =
    let abs = typeof<Math>.GetMethod("Abs", [| typeof<float> |])

    let write (w: InstructionWriter) =
        for _ in 1..100 do
            w.Write(OpCodes.Call, abs)

    emitted<Func<float, float>> typeof<float> [| typeof<float> |] (fun w ->
        w.Write OpCodes.Ldarg_0
        write w
        let before = GC.GetAllocatedBytesForCurrentThread()
        write w
        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before))
    |> ignore
