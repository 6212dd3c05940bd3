// Forward mode through loops taken back.
module internal Pipeline.Engine.ForwardRewound

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward

let private all (items: 'T[]) = Array.create items.Length true

/// The steps F and what takes one back, b = B(s, b'), linear in b'. Their change along tangents takes both together: (s, ds) and (b, db).
let private push (rules: BodyRules) (loop: Loop) (back: Graph) sums (mask: Parts<bool>) : Loop * Graph =
    let results (items: 'T[]) = Rewind.results back loop sums items
    let types = Rewind.parts loop sums (Graphs.inputs back)

    ForwardLoop.push rules loop { mask with Cotangents = [||]; Sums = [||] } mask.Carries,
    ForwardLoop.pushBody rules "While" back types mask results (results (all back.Outputs))

/// The transpose in the tangents, for cotangents g of the sums, c of b and h of what is stacked: c goes forwards with the state, c' = the pullback of
/// B(s, .) of (c, g, h), and the cotangents of the state backwards with b: what F and B(., b') pull back. So it is a loop taken back as well.
let private transpose (rules: BodyRules) (loop: Loop) (back: Graph) sums (mask: Parts<bool>) : Loop * Graph =
    let types = Rewind.parts loop sums (Graphs.inputs back)
    let results = Rewind.results back loop sums (Graphs.outputs back)
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

    let isSum =
        Parts.join {
            Parts.map (Array.map (fun _ -> false)) mask with
                Constants = mask.Constants
                Cotangents = [||]
                Sums = [||]
        }

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

            let before = Rewind.results back loop sums values[loop.Carries ..]
            Array.concat [ pulled.Inputs; pulled.Carries; before.Cotangents; pulled.Constants ])

    {
        loop with
            Condition = ValueOption.map condition loop.Condition
            Body = body
            Constants = both.Constants.Length
            Carries = both.Carries.Length
    },
    transposedBack

let throughRewound (rules: BodyRules) (loop: Loop) (back: Graph) sums (primals: Tensor[]) (tangents: Tensor[]) =
    let operands = primals |> Array.map _.Type
    let results = Parts.join (Rewind.resultTypes loop back sums)
    let types = Rewind.parts loop sums operands
    let parts = Rewind.parts loop sums (present tangents)

    let mask, _ = Activity.ofLoop loop (Parts.join { parts with Cotangents = [||]; Sums = [||] })
    let mask = { mask with Cotangents = all parts.Cotangents; Sums = all parts.Sums }
    let changing = chooseParts mask types

    let changes (primals: Parts<Tensor>) (given: Parts<Tensor>) =
        let forward, forwardBack = push rules loop back sums mask
        let both = Rewind.through forward forwardBack (Parts.beside primals given)
        Parts.apart (Rewind.results back loop sums results) both

    let given = givenParts mask types (Rewind.parts loop sums tangents)

    if not (recorded tangents) then
        let struct (values, changes) = changes (Rewind.parts loop sums primals) given
        struct (Parts.join values, Parts.join changes)
    else
        let forward =
            Record.closed "While" (Array.append operands (Parts.join changing)) (fun inputs ->
                let known, given = Array.splitAt operands.Length inputs
                let struct (_, changes) = changes (Parts.like types known) (Parts.like changing given)
                Parts.join changes)

        let transposed =
            Record.closed "While" (Array.append operands results) (fun inputs ->
                let known, given = Array.splitAt operands.Length inputs
                let known, given = Parts.like types known, Rewind.results back loop sums given
                let loop', back' = transpose rules loop back sums mask

                let both = {
                    Constants = Array.append known.Constants given.Sums
                    Carries = Array.append known.Carries given.Cotangents
                    Inputs = Array.append known.Inputs given.Inputs
                    Cotangents = [||]
                    Sums = [||]
                }

                // What goes forwards ends as the cotangents of the operands that b began with; those of the sums are the sums'.
                let forwards = Primitive.apply (Op.Loop loop') (Parts.join both)
                let last = Array.append forwards[known.Carries.Length ..] given.Sums

                if Array.contains true (Parts.join { mask with Cotangents = [||]; Sums = [||] }) then
                    let pulled =
                        Rewind.through loop' back' {
                            both with
                                Cotangents = Array.append (changing.Carries |> Array.map Primitive.zeros) known.Cotangents
                                Sums = changing.Constants |> Array.map Primitive.zeros
                        }

                    Array.concat [ pulled.Sums; pulled.Cotangents[.. changing.Carries.Length - 1]; pulled.Inputs; last ]
                else
                    last)

        let values = Rewind.through loop back (Rewind.parts loop sums primals)

        let changes =
            Primitive.apply (Op.Call(CallKind.Linear(operands.Length, transposed, 0), forward)) (Array.append primals (Parts.join given))

        struct (Parts.join values, changes)
