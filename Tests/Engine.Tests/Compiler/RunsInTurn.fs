/// What this assembly's tests compile without a word on how it runs: by its size on blocks, as machine code, or changing over by chance.
namespace Pipeline.Engine.Tests

open System
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

[<Sealed>]
type RunsInTurn() =
    do
        let width = VectorType.widest

        if width > 64 then
            let byChance = Emit.tiers width (CodeByChance(Random 1))

            Compile.runsAs <-
                fun graph ->
                    match graph.Equations.Length % 4 with
                    | 0 -> Emit.blocks width
                    | 1 -> Emit.machineCode width
                    | _ -> byChance

[<assembly: AssemblyFixture(typeof<RunsInTurn>)>]
do ()
