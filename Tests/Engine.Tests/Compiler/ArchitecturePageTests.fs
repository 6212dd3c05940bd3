/// docs/architecture.md shows one training step of the notebook after every pass, as the passes make it.
module Pipeline.Engine.Tests.ArchitecturePageTests

open System
open System.Collections.Generic
open System.IO
open System.Text
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Kernels
open Xunit

let private page = Path.Combine(__SOURCE_DIRECTORY__, "..", "..", "..", "docs", "architecture.md")

let private vector dtype shape : LeafType = { Type = { DType = dtype; Shape = shape }; IsWeak = false }

/// W, b, x, y -> W, b and the loss after a step of full-batch gradient descent.
let private step (leaves: Tensor[]) =
    let x, y = leaves[2], leaves[3]
    let loss (w: Tensor, b: Tensor) = mean (square (dot x w + b - y))
    let value, (w, b) = valueAndGrad loss (leaves[0], leaves[1])
    [| leaves[0] - w * 0.01f; leaves[1] - b * 0.01f; value |]

let private graph =
    lazy
        (let types = [ [| 2 |]; [| 1 |]; [| 1000; 2 |]; [| 1000 |] ] |> List.map (vector DType.Float32) |> Array.ofList
         (Staging.stage "step" types (fun leaves -> struct (step leaves, Structure.Leaf))).Graph)

let rec private typeName (t: Type) : string =
    let name = t.Name.Split('`')[0]

    if t.IsGenericType then
        let arguments = String.Join(", ", t.GetGenericArguments() |> Array.map typeName)
        $"{name}<{arguments}>"
    else
        name

let private instructions (program: LoopProgram) =
    let text = StringBuilder()
    let line (words: string) = text.Append(words).Append('\n') |> ignore

    let list indent (all: BlockInstruction[]) =
        for instruction in all do
            let terms =
                match instruction with
                | :? BlockExpression as expression -> " " + String.Join(", ", expression.Operations)
                | _ -> ""

            line $"{indent}{typeName (instruction.GetType())}{terms}"

    for step in Emit.blockSteps program do
        match box step with
        | :? NestStep as step ->
            for nest in step.Nests do
                let cut = nest.Extents.Length - 1
                line $"nest of blocks: {nest.Cut} steps of {nest.Extents[cut]}, {nest.Inner} elements each"

                for axis in 0..cut do
                    list "    before  " nest.Before[axis]

                list "    block   " nest.Body

                for axis in cut .. -1 .. 0 do
                    list "    after   " nest.After[axis]
        | step -> line (typeName (step.GetType()))

    text.ToString()

let private passes () =
    let program = Compile.lower graph.Value

    [
        "graph", Graphs.print graph.Value
        "rewritten", Graphs.print (Rewrite.graph graph.Value)
        "loops", LoopPrinting.print program
        "blocks", instructions program
        // The last nest, which is the shortest.
        "code", String.Join("\n", Emit.listing 256 { program with Body = [| Array.last program.Body |] })
    ]

[<Fact>]
let ``the page shows the notebook's step after each pass`` () =
    let shown = File.ReadAllText(page).ReplaceLineEndings "\n"
    let mutable received = shown

    for name, text in passes () do
        let mark = $"<!-- {name} -->\n```text\n"
        let first = received.IndexOf(mark, StringComparison.Ordinal)
        Assert.True(first >= 0, $"The page has no place for {name}.")
        let first = first + mark.Length
        let last = received.IndexOf("```", first, StringComparison.Ordinal)
        received <- received[.. first - 1] + text.ReplaceLineEndings("\n").TrimEnd() + "\n" + received[last..]

    if received <> shown then
        File.WriteAllText(Path.ChangeExtension(page, ".received.md"), received)
        Assert.Fail "docs/architecture.md does not show what the passes make; docs/architecture.received.md does."
