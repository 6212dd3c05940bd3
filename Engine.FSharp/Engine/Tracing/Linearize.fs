// Forward and reverse mode of functions on tensors, through every operation.
module internal Pipeline.Engine.Linearize

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward

let private rules = {
    new BodyRules with
        member rules.Through(op, primals, tangents) =
            match op with
            | Op.Loop loop -> ForwardLoop.throughLoop rules loop primals tangents
            | Op.Switch branches -> ForwardCalls.throughSwitch rules branches primals tangents
            | Op.Call(kind, graph) ->
                match kind with
                | CallKind.CustomForward rule -> ForwardCalls.throughCustomForward rules graph rule primals tangents
                | CallKind.CustomReverse(forward, backward) ->
                    ForwardCalls.throughCustomReverse rules graph forward backward primals tangents
                | CallKind.Implicit(residual, batch) -> ForwardImplicit.throughImplicit rules graph residual batch primals tangents
                | CallKind.Rewound rewinding -> ForwardRewound.throughRewound rules rewinding primals tangents
                | CallKind.Compiled
                | CallKind.Checkpoint
                | CallKind.Linear _ -> ForwardCalls.throughPlainCall rules kind graph primals tangents
            | _ -> invalidOp $"{Typing.name op} has no body."
}

/// f's values and their change along the tangents (null: zero), under a trace of its own.
let pushforward name f primals tangents = Pushforward.pushforward rules name f primals tangents

/// f's values, and the map from cotangents of its results to those of its arguments (null: zero).
let pullback name f primals = Pushforward.pullback rules name f primals

/// f's values, and the map from tangents of its arguments to those of its results (null: zero), which does not evaluate f again.
let linearize name f primals = Pushforward.linearize rules name f primals

/// x - A^-1 F(known, x), A^-1 b being solve A b.
let newtonStepBy solve residual batch known x = ForwardImplicit.newtonStepBy rules solve residual batch known x

let newtonStep residual batch known x = ForwardImplicit.newtonStep rules residual batch known x

/// inputs @ a tangent of each float input -> the change of each float result, as the rule of the call says.
let changes kind (graph: Graph) : Graph =
    let types, results = Graphs.inputs graph, Graphs.outputs graph
    let mask = floats types

    Record.closed "Derivative" (Array.append types (choose mask types)) (fun inputs ->
        let struct (_, changes) =
            rules.Through(Op.Call(kind, graph), inputs[.. types.Length - 1], spread mask inputs[types.Length ..])

        choose (floats results) (Array.map2 Primitive.orZeros results changes))
