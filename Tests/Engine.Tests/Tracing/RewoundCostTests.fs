/// What loops that are taken back cost: how often their steps run, to the third order.
module Pipeline.Engine.Tests.RewoundCostTests

open System
open Pipeline
open Pipeline.FSharp
open Pipeline.Engine
open Xunit

/// The fewest steps to run again: at most m before the first save, then the rest with one slot less, then the m with all slots.
let private fewest =
    let known = Collections.Generic.Dictionary<struct (int * int), int>()

    let rec search length slots =
        if length <= 1 then
            0
        elif slots = 1 then
            length * (length - 1) / 2
        else
            match known.TryGetValue(struct (length, slots)) with
            | true, n -> n
            | _ ->
                let n =
                    Seq.min (
                        seq {
                            for m in 1 .. length - 1 do
                                m + search (length - m) (slots - 1) + search m slots
                        }
                    )

                known[struct (length, slots)] <- n
                n

    search

/// How often compiled code sorts, which it leaves to the kernels.
let private countedRuns (graph: Graph) (arrays: NDArray[]) =
    let mutable count = 0

    let kernel op operands =
        count <- count + 1
        Kernels.apply op operands

    let program = Emit.compile Emit.defaults kernel (Compile.lower graph)
    program.Run arrays |> ignore
    count

/// A step that sorts once.
let private sorting (y: Tensor) (u: Tensor) =
    let order = Operations.argSort 0 y
    take 0 order (1.1 * y + 0.1 * Tensor.Sin y) + u

/// How often the steps of a function run in one compiled program.
let private runs (f: 'T -> 'R) (x: 'T) =
    let struct (leaves, structure) = Tree.flatten x
    let types = leaves |> Array.map Staging.leafType
    let staged = Staging.tree "Compiled" f structure types
    countedRuns staged.Graph (Array.append leaves staged.Captured |> Array.map _.Array)

let private start = vector [ 0.3; -0.2; 0.9 ]

[<Fact>]
let ``the steps run again are as few as the binomial optimum`` () =
    for slots, steps in [ 1, 6; 2, 5; 2, 30; 3, 20; 3, 35; 3, 36; 4, 100; 7, 120; 12, 455; 30, 200; 50, 40 ] do
        let last (y: Tensor, us: Tensor) = sum (fst (scanCheckpointed slots (fun y u -> sorting y u, ()) y us))
        let x = start, zeros [ steps; 3 ]

        Assert.Equal(steps, runs last x)
        // Each step once more beside its pullback; the value itself is not asked for, since the loss is linear in it.
        Assert.Equal(fewest steps slots + steps, runs (grad last) x)

/// A directional derivative by a gradient.
let private derived f (y: Tensor) = sum (grad f y * vector [ 0.5; -1.0; 0.25 ])

[<Theory>]
[<InlineData(3)>]
[<InlineData(30)>]
[<InlineData(97)>]
[<InlineData(98)>]
[<InlineData(1000)>]
let ``law 3: an unbounded loop reversed once, twice and thrice runs its steps as often as the binomial optimum says`` (steps: int) =
    // The number of steps is not known before the program runs; 96 states are saved whatever it is.
    let last (y: Tensor) =
        let goes (i: Tensor, _: Tensor) = Tensor.op_LessThan (i, scalar steps)
        sum (snd (whileLoop goes (fun (i, y) -> i + 1, 0.1 * sorting y y) (scalar 0, y)))

    let once = fewest steps 96 + steps
    Assert.Equal(steps, runs last start)
    Assert.Equal(once, runs (derived last) start)
    // The second gradient takes the steps back that lead to the first, saving the states of both in the same slots; so does the third for
    // each of the two that the second runs.
    Assert.Equal(once, runs (derived (derived last)) start)
    Assert.Equal(2 * once, runs (derived (derived (derived last))) start)
    // C(96 + r, 96) steps run r times again: 97 once, 4,753 twice, 156,849 three times.
    Assert.InRange(once, steps, (if steps <= 97 then 2 else 3) * steps)

[<Fact>]
let ``law 3: so does a scan that keeps a few states`` () =
    for slots, steps in [ 1, 6; 2, 30; 7, 120 ] do
        let last (y: Tensor) = sum (fst (scanCheckpointed slots (fun y u -> 0.1 * sorting y u, ()) y (zeros [ steps; 3 ])))
        let once = fewest steps slots + steps
        Assert.Equal(once, runs (derived last) start)
        Assert.Equal(once, runs (derived (derived last)) start)
        Assert.Equal(2 * once, runs (derived (derived (derived last))) start)
