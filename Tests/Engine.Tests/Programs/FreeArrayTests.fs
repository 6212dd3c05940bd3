// Large arrays are used again when nothing refers to them, and never sooner.
[<Xunit.Collection "FreeArrays">]
module Pipeline.Engine.Tests.FreeArrayTests

open System
open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Engine
open Xunit

/// Nothing else runs beside these tests: when many arrays become free at once, none of them is kept.
[<CollectionDefinition("FreeArrays", DisableParallelization = true)>]
type FreeArrays() = class end

/// A size that no other test has.
let private size = 54_321

let private collect () =
    for _ in 1..2 do
        GC.Collect()
        GC.WaitForPendingFinalizers()

/// Arrays that hold their numbers, of which a view of the first is kept.
[<MethodImpl(MethodImplOptions.NoInlining)>]
let private allocated count =
    let arrays =
        Array.init count (fun k ->
            let array = NDArray.allocate DType.Float64 [| size |]
            array.Span<float>().Fill(float k)
            array)

    struct (KernelsViews.slice [| 7 |] [| 9 |] [| 1 |] arrays[0], Array.map (fun (array: NDArray) -> WeakReference(array.Data, true)) arrays)

[<Fact>]
let ``an array that nothing refers to is used again, one of which a view is left is not`` () =
    // What earlier tests have left.
    collect ()
    let struct (view, first) = allocated 3
    collect ()
    let again = Array.init 4 (fun _ -> NDArray.allocate DType.Float64 [| size |])
    let isAgain (weak: WeakReference) = again |> Array.exists (fun array -> obj.ReferenceEquals(array.Data, weak.Target))
    Assert.Equal<bool[]>([| false; true; true |], Array.map isAgain first)

    for array in again do
        array.Span<float>().Fill 9.0

    Assert.Equal<float[]>([| 0.0; 0.0 |], (KernelsViews.contiguous view).Span<float>().ToArray())
    Assert.Equal(4, (again |> Array.distinctBy (fun array -> RuntimeHelpers.GetHashCode array.Data)).Length)

[<MethodImpl(MethodImplOptions.NoInlining)>]
let private used count = Array.init count (fun _ -> RuntimeHelpers.GetHashCode (NDArray.allocate DType.Float32 [| 2 * size |]).Data)

[<Fact>]
let ``rounds of large arrays need those of one round`` () =
    let all =
        Set.unionMany [|
            for _ in 1..10 do
                Set.ofArray (used 5)
                collect ()
        |]

    Assert.InRange(all.Count, 1, 10)
