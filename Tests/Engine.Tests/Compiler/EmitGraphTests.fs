/// Whole programs, fused and emitted: the bits of the interpreter on every width.
module Pipeline.Engine.Tests.EmitGraphTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.EmitChecked
open Xunit

let private randomGraphs dtype first last operations =
    for seed in first..last do
        let random = RandomGraphs(Random seed, dtype)
        let graph = random.Graph operations
        let inputs = Graphs.inputs graph |> Array.map random.Array
        agrees $"graph {seed}" (Compile.lower graph) inputs

[<Theory>]
[<InlineData(2)>]
[<InlineData(12)>]
let ``random float32 programs`` operations = randomGraphs DType.Float32 (5000 * operations) (5000 * operations + 39) operations

[<Theory>]
[<InlineData(3)>]
[<InlineData(20)>]
let ``random float64 programs`` operations = randomGraphs DType.Float64 (5000 * operations) (5000 * operations + 39) operations
