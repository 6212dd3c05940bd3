// Forward mode through while loops: recorded, as scans where the steps are bounded or few, else rewound.
module internal Pipeline.Engine.ForwardWhile

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward
open Pipeline.Engine.ForwardScan

/// A bounded while loop as a scan; steps after the last keep the carries.
let private whileAsScan (loop: While) : Scan =
    let types = Graphs.inputs loop.Body

    let body =
        Record.closed "While" types (fun inputs ->
            let running = (Primitive.evaluateGraph loop.Condition inputs)[0]
            let stay = Record.closed "While" types (fun inputs -> inputs[loop.Constants ..])

            Primitive.apply (Op.Switch [| stay; loop.Body |]) (Array.append [| Primitive.convert DType.Int32 running |] inputs))

    {
        Body = body
        Length = loop.Bound
        Reverse = false
        Constants = loop.Constants
        Carries = types.Length - loop.Constants
        Slots = 0
    }

/// More steps than this are rewound, not saved.
let private savedSteps = 10000

/// How many steps a loop takes, where that can be known now; -1 where it is being staged, or where they are too many to save.
let private countSteps (loop: While) (primals: Tensor[]) : int =
    let types = Graphs.inputs loop.Body
    let counter = Typing.tensor DType.Int32 [||]
    let all = Array.append types [| counter |]

    let condition =
        Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition inputs[.. types.Length - 1])

    let body =
        Record.closed "While" all (fun inputs ->
            let count = inputs[types.Length]
            let next = Primitive.evaluateGraph loop.Body inputs[.. types.Length - 1]
            Array.append next [| Primitive.add count (Primitive.fillLike count 1.0) |])

    let rec value (a: Tensor) =
        match a with
        | :? Dual as dual -> value dual.Primal
        | _ -> a

    let values = primals |> Array.map value

    if values |> Array.exists (fun a -> not (isNull a.Trace)) then
        -1
    else
        let results =
            Primitive.apply (Op.While { loop with Condition = condition; Body = body }) (Array.append values [| Primitive.zeros counter |])

        let steps = int (Array.last results)
        if steps > savedSteps then -1 else steps

/// values and tangents in one loop.
let whileForward (rules: BodyRules) (loop: While) (mask: bool[]) (wanted: bool[]) : While =
    let constants = loop.Constants
    let types = Graphs.inputs loop.Body
    let typesC, typesK = types[.. constants - 1], types[constants..]
    let maskC, maskK = mask[.. constants - 1], mask[constants..]
    let activeC = (choose maskC maskC).Length
    let all = Array.concat [ typesC; choose maskC typesC; typesK; choose maskK typesK ]
    let carries = typesK.Length

    let values (inputs: Tensor[]) = Array.append inputs[.. constants - 1] (Array.sub inputs (constants + activeC) carries)

    let condition = Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition (values inputs))

    let body =
        Record.closed "While" all (fun inputs ->
            let changes =
                Array.append (spread maskC (Array.sub inputs constants activeC)) (spread maskK inputs[constants + activeC + carries ..])

            let results, pushed = pushGraph rules loop.Body wanted (values inputs) changes
            Array.append results pushed)

    { loop with Condition = condition; Body = body; Constants = constants + activeC }

let throughWhile (rules: BodyRules) (loop: While) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let constants = loop.Constants
    let types = Graphs.inputs loop.Body
    let carries = types.Length - constants
    let wanted = Activity.whileCarries loop (present tangents)
    let mask = Array.append (present tangents[.. constants - 1]) wanted

    let given = given mask (primals |> Array.map _.Type) tangents

    let maskC, maskK = mask[.. constants - 1], mask[constants..]

    let operands (primals: Tensor[]) (given: Tensor[]) =
        Array.concat [
            primals[.. constants - 1]
            choose maskC given[.. constants - 1]
            primals[constants..]
            choose maskK given[constants..]
        ]

    if not (recorded tangents) then
        let results = Primitive.apply (Op.While(whileForward rules loop mask wanted)) (operands primals given)

        struct (results[.. carries - 1], spread wanted results[carries..])
    else
        let steps = if loop.Bound > 0 then -1 else countSteps loop primals

        if steps >= 0 then
            throughScan
                rules
                { Body = loop.Body; Length = steps; Reverse = false; Constants = constants; Carries = carries; Slots = 0 }
                primals
                tangents
        elif loop.Bound > 0 then
            // The loop itself runs too, since only it notices that the bound was too low.
            let struct (_, changes) = throughScan rules (whileAsScan loop) primals tangents
            struct (Primitive.apply (Op.While loop) primals, changes)
        else
            // One linear node: forwards the loop with tangents, backwards the loop rewound.
            let activeTypes = choose mask types

            let forward =
                Record.closed "While" (Array.append types activeTypes) (fun inputs ->
                    let tangents = spread mask inputs[types.Length ..]

                    (Primitive.apply (Op.While(whileForward rules loop mask wanted)) (operands inputs[.. types.Length - 1] tangents))[carries..])

            let back = stepBack rules "While" loop.Body constants mask wanted

            let sums = (choose maskC maskC).Length

            let transpose = Record.closed "While" (Graphs.inputs back) (Rewind.throughWhile loop back sums)

            let kind = CallKind.Linear(types.Length, transpose, sums)

            let changes = Primitive.apply (Op.Call(kind, forward)) (Array.append primals (choose mask given))

            struct (Primitive.apply (Op.While loop) primals, spread wanted changes)
