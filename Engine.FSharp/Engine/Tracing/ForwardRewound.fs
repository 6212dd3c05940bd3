// Forward mode through loops taken back.
module internal Pipeline.Engine.ForwardRewound

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward

let private all (items: 'T[]) = Array.create items.Length true

let private nothing (items: 'T[]) = items |> Array.map (fun _ -> false)

/// Of the mask what belongs to the loop itself.
let private ofLoop (mask: Parts<bool>) = { mask with Cotangents = [||]; Sums = [||] }

/// The steps F and what takes one back, b = B(s, b'), linear in b'. Their change along tangents takes both together: (s, ds) and (b, db).
let private push (rules: BodyRules) (rewinding: Rewinding) (mask: Parts<bool>) : Rewinding =
    let types = Rewind.parts rewinding (Graphs.inputs rewinding.Back)
    let wanted = Rewind.results rewinding (all rewinding.Back.Outputs)

    {
        Loop = ForwardLoop.push rules rewinding.Loop (ofLoop mask) mask.Carries
        Back = ForwardLoop.pushBody rules "While" rewinding.Back types mask (Rewind.results rewinding) wanted
        Sums = 2 * rewinding.Sums
    }

/// The transpose in the tangents, for cotangents g of the sums, c of b and h of what is stacked: c goes forwards with the state, c' = the pullback of
/// B(s, .) of (c, g, h), and the cotangents of the state backwards with b: what F and B(., b') pull back. So it is a loop taken back as well.
let private transpose (rules: BodyRules) (rewinding: Rewinding) (mask: Parts<bool>) : Rewinding =
    let { Loop = loop; Back = back } = rewinding
    let types = Rewind.parts rewinding (Graphs.inputs back)
    let results = Rewind.results rewinding (Graphs.outputs back)
    let known = { types with Cotangents = [||]; Sums = [||] }
    // What the sums were before changes nothing but the sums.
    let fromZero = types.Sums |> Array.map Primitive.zeros

    let both = {
        known with
            Constants = Array.append types.Constants results.Sums
            Carries = Array.append types.Carries types.Cotangents
            Inputs = Array.append types.Inputs results.Inputs
    }

    /// What F is given, and the cotangents of what B returns.
    let apart (inputs: Parts<Tensor>) =
        let struct (values, given) = Parts.apart known inputs
        Parts.join { values with Cotangents = [||]; Sums = [||] }, Array.concat [ given.Inputs; given.Carries; given.Constants ]

    let condition (test: Graph) = Record.body "While" both (fun inputs -> Primitive.evaluateGraph test (fst (apart inputs)))

    let body =
        Record.body "While" both (fun inputs ->
            let s, given = apart inputs

            let _, pull =
                pullback
                    rules
                    "Gradient"
                    (fun b -> Primitive.evaluateGraph back (Array.concat [ s; b; fromZero ]))
                    (types.Cotangents |> Array.map Primitive.zeros)

            Array.append (Primitive.evaluateGraph loop.Body s) (Array.map2 Primitive.orZeros types.Cotangents (pull given)))

    let backTypes = {
        both with
            Cotangents = Array.append (choose mask.Carries types.Carries) types.Cotangents
            Sums = choose mask.Constants types.Constants
    }

    let isSum = Parts.join { Parts.map nothing (ofLoop mask) with Constants = mask.Constants }

    let transposedBack =
        Record.body "While" backTypes (fun inputs ->
            let s, given = apart inputs
            let cotangents, b = Array.splitAt (inputs.Cotangents.Length - types.Cotangents.Length) inputs.Cotangents

            let values, pull =
                pullbackOnto
                    rules
                    "Gradient"
                    (fun s ->
                        Array.append
                            (Primitive.evaluateGraph loop.Body s)
                            (Primitive.evaluateGraph back (Array.concat [ s; b; fromZero ])))
                    s

            let pulled =
                pull (spread isSum inputs.Sums) (Array.append (spread mask.Carries cotangents) given)
                |> Array.map2 Primitive.orZeros (Parts.join known)
                |> Loop.parts loop
                |> chooseParts mask

            let before = Rewind.results rewinding values[loop.Carries ..]
            Array.concat [ pulled.Inputs; pulled.Carries; before.Cotangents; pulled.Constants ])

    {
        Loop = {
            loop with
                Condition = ValueOption.map condition loop.Condition
                Body = body
                Constants = both.Constants.Length
                Carries = both.Carries.Length
        }
        Back = transposedBack
        Sums = backTypes.Sums.Length
    }

let private pushMemo = Memo<Rewinding, Rewinding>()
let private linearMemo = Memo<Rewinding, struct (Graph * Graph)>()

/// The values and the changes that a call taken back along tangents has.
let private pushed rules (rewinding: Rewinding) mask (primals: Parts<Tensor>) (given: Parts<Tensor>) =
    let forward = pushMemo.Get(rewinding, Parts.join mask, fun () -> push rules rewinding mask)

    Rewind.through forward (Parts.beside primals given)
    |> Parts.apart (Rewind.results rewinding rewinding.Back.Outputs)

/// known operands @ tangents -> changes, and its transpose.
let private linear rules (rewinding: Rewinding) (mask: Parts<bool>) : struct (Graph * Graph) =
    let types = Rewind.parts rewinding (Graphs.inputs rewinding.Back) |> Rewind.stacked rewinding
    let results = Rewind.results rewinding (Graphs.outputs rewinding.Back) |> Rewind.stacked rewinding
    let operands, changing = Parts.join types, chooseParts mask types

    let forward =
        Record.closed "While" (Array.append operands (Parts.join changing)) (fun inputs ->
            let known, given = Array.splitAt operands.Length inputs
            let struct (_, changes) = pushed rules rewinding mask (Parts.like types known) (Parts.like changing given)
            Parts.join changes)

    let transposed =
        Record.closed "While" (Array.concat [ operands; Parts.join results; Parts.join changing ]) (fun inputs ->
            let known, given = Array.splitAt operands.Length inputs
            let given, received = Array.splitAt (Parts.join results).Length given
            let known, given, received = Parts.like types known, Parts.like results given, Parts.like changing received
            let rewinding = transpose rules rewinding mask

            let both = {
                Constants = Array.append known.Constants given.Sums
                Carries = Array.append known.Carries given.Cotangents
                Inputs = Array.append known.Inputs given.Inputs
                Cotangents = [||]
                Sums = [||]
            }

            // What goes forwards ends as the cotangents of the operands that b began with; those of the sums are the sums'.
            let forwards = Primitive.apply (Op.Loop rewinding.Loop) (Parts.join both)
            let add = Array.map2 Primitive.add
            let last = Array.append (add received.Cotangents forwards[known.Carries.Length ..]) (add received.Sums given.Sums)

            if Array.contains true (Parts.join (ofLoop mask)) then
                let pulled =
                    Rewind.through rewinding {
                        both with
                            Cotangents = Array.append (changing.Carries |> Array.map Primitive.zeros) known.Cotangents
                            Sums = received.Constants
                    }

                Array.concat [
                    pulled.Sums
                    add received.Carries (Array.truncate changing.Carries.Length pulled.Cotangents)
                    add received.Inputs pulled.Inputs
                    last
                ]
            else
                last)

    struct (forward, transposed)

let throughRewound (rules: BodyRules) (rewinding: Rewinding) (primals: Tensor[]) (tangents: Tensor[]) =
    let active = Rewind.parts rewinding (present tangents)
    let mask, _ = Activity.ofLoop rewinding.Loop (Parts.join (ofLoop active))
    let mask = { mask with Cotangents = all active.Cotangents; Sums = all active.Sums }

    let given =
        givenParts mask (Rewind.parts rewinding (primals |> Array.map _.Type)) (Rewind.parts rewinding tangents)

    if not (recorded tangents) then
        let struct (values, changes) = pushed rules rewinding mask (Rewind.parts rewinding primals) given
        struct (Parts.join values, Parts.join changes)
    else
        let struct (forward, transposed) =
            linearMemo.Get(rewinding, Parts.join mask, fun () -> linear rules rewinding mask)

        let kind = CallKind.Linear(primals.Length, transposed)

        struct (Parts.join (Rewind.through rewinding (Rewind.parts rewinding primals)),
                Primitive.apply (Op.Call(kind, forward)) (Array.append primals (Parts.join given)))
