// Zero times anything is zero in a product of a change with a coefficient (docs/annihilation.md): also where users wrote the product, in rules of their own.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Annihilation =
    /// The program with every product of a value that depends on the inputs of the mask and one that does not as such a product.
    let rec products (graph: Graph) (mask: bool[]) : Graph =
        let changes = Graphs.depends graph mask

        let equation (e: Equation) =
            let inner = e.Inputs |> Array.map (fun v -> changes[v])

            match e.Op with
            | Op.Zip Zip.Multiply when inner[0] && not inner[1] -> { e with Op = Op.Zip Zip.Scale }
            | Op.Zip Zip.Multiply when inner[1] && not inner[0] -> { e with Op = Op.Zip Zip.Scale; Inputs = Array.rev e.Inputs }
            | Op.Loop loop -> { e with Op = Op.Loop { loop with Body = products loop.Body (Graphs.carried loop inner) } }
            | Op.Switch branches -> { e with Op = Op.Switch(branches |> Array.map (fun branch -> products branch inner[1..])) }
            | Op.Call((CallKind.Compiled | CallKind.Checkpoint) as kind, body) -> { e with Op = Op.Call(kind, products body inner) }
            // What has rules of its own says itself where zero annihilates.
            | Op.Call _ -> e
            | op when (Graphs.bodies op).Length > 0 -> invalidOp $"Nothing says how zero annihilates in the programs of {Typing.name op}."
            | _ -> e

        { graph with Equations = graph.Equations |> Array.map equation }
