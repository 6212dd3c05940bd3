// Fused programs mean what the graphs they come from mean.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine
open Xunit

module internal Agreement =
    let number (array: NDArray) i = NDArray.elementAt array i

    /// Floats to a tolerance relative to the tensor's largest finite element; everything else exactly.
    let check (what: string) (tolerance: float) (expected: NDArray) (actual: NDArray) =
        let expected, actual = KernelsViews.contiguous expected, KernelsViews.contiguous actual

        Assert.Equal(expected.DType, actual.DType)
        Assert.Equal<int[]>(expected.Shape, actual.Shape)
        let at (a: NDArray) i = number a (a.Offset + i)
        let mutable scale = 1.0

        for i in 0 .. expected.Size - 1 do
            if Double.IsFinite(at expected i) then scale <- max scale (abs (at expected i))

        for i in 0 .. expected.Size - 1 do
            let e, a = at expected i, at actual i

            let same = if DType.isFloat expected.DType then Tolerance.within (tolerance * scale) e a else e = a

            if not same then
                Assert.Fail $"{what}: element {i} of {expected.DType}{Shape.text expected.Shape} is {a}, not {e}."

    let tolerance dtype = if dtype = DType.Float32 then 2e-5 else 1e-12

    let checkGraph what tolerance (graph: Graph) (inputs: NDArray[]) =
        let expected = Evaluate.graph graph inputs
        Graphs.check (Rewrite.graph graph)
        let actual = LoopInterpreter.run (Compile.lower graph) inputs

        for k in 0 .. expected.Length - 1 do
            check $"{what}, output {k}" tolerance expected[k] actual[k]

    /// The same of machine code for vectors of a width.
    let checkCompiled what tolerance width (graph: Graph) (inputs: NDArray[]) =
        let expected = Evaluate.graph graph inputs

        for options in [ Emit.machineCode width; Emit.blocks (max 128 width) ] do
            let compiled = Compile.fresh options graph
            let actual = compiled.Run inputs
            EmitChecked.staysWithinLimits $"{what}, {EmitChecked.name options}" compiled

            for k in 0 .. expected.Length - 1 do
                check $"{what}, {EmitChecked.name options}, output {k}" tolerance expected[k] actual[k]

module CompiledTests =
    let private randomGraphs check (dtype: DType) first last operations =
        let failures = ResizeArray()

        for seed in first..last do
            let random = RandomGraphs(Random seed, dtype)
            let graph = random.Graph(operations)
            let inputs = Graphs.inputs graph |> Array.map random.Array

            try
                check $"seed {seed}" (Agreement.tolerance dtype) graph inputs
            with e ->
                failures.Add $"seed {seed}: {e.GetType().Name} {e.Message}\n{e.StackTrace}\n{Graphs.print graph}"

        if failures.Count > 0 then
            let headers = String.Join("\n", failures |> Seq.map (fun f -> f.Split('\n')[0]))
            Assert.Fail $"{failures.Count} of {last - first + 1} programs.\n{headers}\n{failures[0]}"

    [<Theory>]
    [<InlineData(1)>]
    [<InlineData(3)>]
    [<InlineData(8)>]
    [<InlineData(25)>]
    let ``fused random programs in float64 give what the evaluator gives`` operations =
        randomGraphs Agreement.checkGraph DType.Float64 (1000 * operations) (1000 * operations + 149) operations

    [<Theory>]
    [<InlineData(1)>]
    [<InlineData(6)>]
    [<InlineData(20)>]
    let ``fused random programs in float32 give what the evaluator gives`` operations =
        randomGraphs Agreement.checkGraph DType.Float32 (1000 * operations) (1000 * operations + 99) operations

    [<Theory>]
    [<InlineData(1)>]
    [<InlineData(6)>]
    [<InlineData(20)>]
    let ``compiled random programs give what the evaluator gives`` operations =
        randomGraphs
            (fun what tolerance -> Agreement.checkCompiled what tolerance Emit.defaults.Width)
            DType.Float64
            (2000 * operations)
            (2000 * operations + 99)
            operations

        randomGraphs
            (fun what tolerance -> Agreement.checkCompiled what tolerance 128)
            DType.Float32
            (3000 * operations)
            (3000 * operations + 99)
            operations
