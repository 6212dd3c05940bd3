// Forward mode through the solutions of equations: what the equations say, whatever the steps of the search were.
module internal Pipeline.Engine.ForwardImplicit

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward

/// Tensors side by side: [batch.., n].
let joined batch (parts: Tensor[]) : Tensor =
    parts
    |> Array.map (fun a -> Primitive.reshape (Array.append a.Dims[.. batch - 1] [| Shape.size a.Dims[batch..] |]) a)
    |> Primitive.concatenate batch

/// [lead.., batch.., n] as tensors of the types, each with the leading axes.
let private apart batch (lead: int[]) (types: TensorType[]) (a: Tensor) : Tensor[] =
    let ends = types |> Array.map (fun t -> Shape.size t.Shape[batch..]) |> Array.scan (+) 0

    types
    |> Array.mapi (fun i t -> Primitive.sliceAxis (a.Rank - 1) ends[i] ends[i + 1] a |> Primitive.reshape (Array.append lead t.Shape))

/// A[batch.., i, k] = dF_i/dx_k, one push along each unknown.
let private jacobian (rules: BodyRules) (residual: Graph) batch (known: Tensor[]) (x: Tensor[]) : Tensor =
    let types = Graphs.inputs residual
    let unknowns = types[known.Length ..]
    let n = unknowns |> Array.sumBy (fun t -> Shape.size t.Shape[batch..])
    let results = residual.Outputs.Length

    let pushed =
        forwardGraph rules residual (Array.init types.Length (fun i -> i >= known.Length)) (Array.create results true)

    let body = Graphs.prune { pushed with Outputs = pushed.Outputs[results..] }

    let identity = Primitive.convert unknowns[0].DType (Record.triangle Relation.Equal [| n; n |])

    let basis =
        identity
        |> Primitive.broadcast (Array.concat [ [| n |]; unknowns[0].Shape[.. batch - 1]; [| n |] ]) [| 0; batch + 1 |]
        |> apart batch [| n |] unknowns

    let columns = Primitive.apply (Op.Loop(Loop.counted n types.Length 0 body)) (Array.concat [ known; x; basis ])

    joined (batch + 1) columns |> Primitive.transpose (Array.append [| 1 .. batch + 1 |] [| 0 |])

/// solve A b in the shapes of the unknowns, for b in those of the residuals.
let private solved (rules: BodyRules) solve (residual: Graph) batch (known: Tensor[]) (x: Tensor[]) (right: Tensor[]) : Tensor[] =
    let b = joined batch right
    let column = Primitive.reshape (Array.append b.Dims [| 1 |]) b
    let unknowns = Graphs.inputs residual |> Array.skip known.Length

    solve (jacobian rules residual batch known x) column |> Primitive.reshape b.Dims |> apart batch [||] unknowns

/// x - A^-1 F(known, x), A^-1 b being solve A b.
let newtonStepBy (rules: BodyRules) solve (residual: Graph) batch (known: Tensor[]) (x: Tensor[]) : Tensor[] =
    Primitive.evaluateGraph residual (Array.append known x)
    |> solved rules solve residual batch known x
    |> Array.map2 Primitive.subtract x

let newtonStep (rules: BodyRules) residual batch known x = newtonStepBy rules Solve.apply residual batch known x

/// dx = -A^-1 dF, dF being the change of F along the tangents of what is known: the steps of the search have no derivative.
let throughImplicit (rules: BodyRules) (graph: Graph) (residual: Graph) batch (primals: Tensor[]) (tangents: Tensor[]) =
    let x = Primitive.apply (Op.Call(CallKind.Implicit(residual, batch), graph)) primals

    let count = primals.Length - x.Length
    let known = primals[.. count - 1]

    let _, changes =
        pushforward
            rules
            "Implicit"
            (Primitive.evaluateGraph residual)
            (Array.append known x)
            (Array.append tangents[.. count - 1] (Array.zeroCreate x.Length))

    if changes |> Array.forall isNull then
        struct (x, Array.zeroCreate x.Length)
    else
        let right = Array.map2 Primitive.orZeros (Graphs.outputs residual) changes

        struct (x, solved rules Solve.apply residual batch known x right |> Array.map Primitive.negate)
