/// Elements that lie apart in memory, gathered in vectors: the same as one by one, for every stride and number around what vectors hold.
module Pipeline.Engine.Tests.StridedLoadsTests

open Microsoft.FSharp.NativeInterop
open Pipeline.Kernels
open Xunit

let private gathered<'T when 'T: unmanaged and 'T: struct and 'T: (new: unit -> 'T) and 'T :> System.ValueType and 'T: equality>
    (number: int -> 'T)
    =
    for stride in 1..10 do
        for count in [ 0..40 ] @ [ 63; 64; 65; 100 ] do
            // No longer than the last element asks for.
            let source = Array.init (max 1 (stride * (count - 1) + 1)) number
            let target = Array.create (count + 1) (number -1)
            use from = fixed source
            use into = fixed target
            StridedLoads.Gather<'T>(from, nativeint (stride * sizeof<'T>), into, nativeint count)
            let expected = Array.init (count + 1) (fun k -> if k < count then source[k * stride] else number -1)
            Assert.True((expected = target), $"{count} elements of {sizeof<'T>} bytes, {stride} apart")

[<Fact>]
let ``elements a stride apart`` () =
    gathered float32
    gathered float
    gathered int64
    gathered uint16
    gathered byte
