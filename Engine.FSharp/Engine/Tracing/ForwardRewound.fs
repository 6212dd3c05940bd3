// Forward mode through loops taken back.
module internal Pipeline.Engine.ForwardRewound

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward
open Pipeline.Engine.ForwardWhile

/// The steps F and what takes one back, b = B(s, b'), linear in b'. Their change along tangents takes both together: (s, ds) and (b, db).
let private rewoundForward (rules: BodyRules) (loop: While) (back: Graph) sums (mask: bool[]) (wanted: bool[]) : While * Graph =
    let known = mask.Length
    let types = Graphs.inputs back
    let forward = whileForward rules loop mask wanted
    let all = Graphs.inputs forward.Body
    let constants, cotangents = loop.Constants, back.Outputs.Length - sums
    let activeConstants = (choose mask[.. constants - 1] mask[.. constants - 1]).Length

    let cotangentTypes, sumTypes = types[known .. known + cotangents - 1], types[known + cotangents ..]

    let givenTypes = Array.concat [ cotangentTypes; cotangentTypes; sumTypes; sumTypes ]

    let forwardBack =
        Record.closed "While" (Array.append all givenTypes) (fun inputs ->
            let start = constants + activeConstants
            let activeCarries = start + known - constants
            let given = inputs[all.Length ..]
            let sumsGiven = given[2 * cotangents ..]

            let values =
                Array.concat [
                    inputs[.. constants - 1]
                    inputs[start .. activeCarries - 1]
                    given[.. cotangents - 1]
                    sumsGiven[.. sums - 1]
                ]

            let changes =
                Array.concat [
                    spread mask[.. constants - 1] inputs[constants .. start - 1]
                    spread mask[constants..] inputs[activeCarries .. all.Length - 1]
                    Array.sub given cotangents cotangents
                    sumsGiven[sums..]
                ]

            let results, pushed = pushGraph rules back (Array.create back.Outputs.Length true) values changes

            Array.concat [ results[.. sums - 1]; pushed[.. sums - 1]; results[sums..]; pushed[sums..] ])

    forward, forwardBack

/// The transpose in the tangents, for cotangents g of the sums and c of b: c goes forwards with the state, c' = the pullback of B(s, .) of c, and
/// the cotangents of the state backwards with b: what F and B(., b') pull back. So it is a loop taken back as well.
let private rewoundTranspose (rules: BodyRules) (loop: While) (back: Graph) sums (mask: bool[]) (wanted: bool[]) : While * Graph =
    let known, constants = mask.Length, loop.Constants
    let types, results = Graphs.inputs back, Graphs.outputs back
    let cotangentTypes = types[known .. types.Length - sums - 1]
    // What the sums were before changes nothing but the sums.
    let fromZero = types[types.Length - sums ..] |> Array.map Primitive.zeros
    let start = constants + sums
    let carries = known - constants

    let all =
        Array.concat [ types[.. constants - 1]; results[.. sums - 1]; types[constants .. known - 1]; cotangentTypes ]

    let values (inputs: Tensor[]) = Array.append inputs[.. constants - 1] (Array.sub inputs start carries)

    let given (inputs: Tensor[]) = Array.append inputs[constants .. start - 1] (Array.sub inputs (start + carries) cotangentTypes.Length)

    let condition = Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition (values inputs))

    let body =
        Record.closed "While" all (fun inputs ->
            let s = values inputs

            let _, pull =
                pullback
                    rules
                    "Gradient"
                    (fun b -> Primitive.evaluateGraph back (Array.concat [ s; b; fromZero ]))
                    (cotangentTypes |> Array.map Primitive.zeros)

            Array.append (Primitive.evaluateGraph loop.Body s) (Array.map2 Primitive.orZeros cotangentTypes (pull (given inputs))))

    let active = choose (Array.append (Array.zeroCreate constants) wanted) types[.. known - 1]

    let isSum = mask |> Array.mapi (fun i m -> m && i < constants)
    let sumTypes = choose isSum types[.. known - 1]

    let transposeBack =
        Record.closed "While" (Array.concat [ all; cotangentTypes; active; sumTypes ]) (fun inputs ->
            let s = values inputs
            let b = Array.sub inputs all.Length cotangentTypes.Length
            let last = inputs.Length - sumTypes.Length
            let cotangents = spread wanted inputs[all.Length + b.Length .. last - 1]
            let begun = spread isSum inputs[last..]

            let both, pull =
                pullbackOnto
                    rules
                    "Gradient"
                    (fun s ->
                        Array.append
                            (Primitive.evaluateGraph loop.Body s)
                            (Primitive.evaluateGraph back (Array.concat [ s; b; fromZero ])))
                    s

            let pulled =
                pull begun (Array.append cotangents (given inputs)) |> Array.map2 Primitive.orZeros types[.. known - 1]

            Array.concat [
                choose mask[.. constants - 1] pulled[.. constants - 1]
                both[carries + sums ..]
                choose wanted pulled[constants..]
            ])

    { loop with Condition = condition; Body = body; Constants = start }, transposeBack

let throughRewound (rules: BodyRules) (loop: While) (back: Graph) sums (primals: Tensor[]) (tangents: Tensor[]) =
    let types, results = Graphs.inputs back, Graphs.outputs back
    let known, constants = (Graphs.inputs loop.Body).Length, loop.Constants
    let firstSum = types.Length - sums
    let cotangents = firstSum - known
    let wanted = Activity.whileCarries loop (present tangents[.. known - 1])
    let maskC = present tangents[.. constants - 1]
    let mask = Array.append maskC wanted
    let every = Array.append mask (Array.create (types.Length - known) true)

    let given = given every types tangents

    let changes (primals: Tensor[]) (given: Tensor[]) =
        let forward, forwardBack = rewoundForward rules loop back sums mask wanted

        let changes =
            Rewind.throughWhile
                forward
                forwardBack
                (2 * sums)
                (Array.concat [
                    primals[.. constants - 1]
                    choose maskC given[.. constants - 1]
                    primals[constants .. known - 1]
                    choose wanted given[constants .. known - 1]
                    primals[known .. firstSum - 1]
                    given[known .. firstSum - 1]
                    primals[firstSum..]
                    given[firstSum..]
                ])

        let first = 2 * sums

        Array.append changes[.. sums - 1] changes[first .. first + cotangents - 1],
        Array.append changes[sums .. first - 1] changes[first + cotangents ..]

    if not (recorded tangents) then
        let values, changes = changes primals given
        struct (values, changes)
    else
        let forward =
            Record.closed "While" (Array.append types (choose every types)) (fun inputs ->
                let known = inputs[.. types.Length - 1]
                snd (changes known (spread every inputs[types.Length ..])))

        let transpose =
            Record.closed "While" (Array.append types results) (fun inputs ->
                let loop', back' = rewoundTranspose rules loop back sums mask wanted
                let given = inputs[types.Length ..]

                let operands =
                    Array.concat [ inputs[.. constants - 1]; given[.. sums - 1]; inputs[constants .. known - 1]; given[sums..] ]

                // What goes forwards ends as the cotangents of the operands that b began with; those of the sums are the sums'.
                let forwards = Primitive.apply (Op.While loop') operands
                let last = Array.append forwards[known - constants ..] given[.. sums - 1]

                if not (Array.contains true mask) then
                    last
                else
                    let zeros (mask: bool[]) (types: TensorType[]) = choose mask types |> Array.map Primitive.zeros

                    let summed = (choose maskC maskC).Length

                    let pulled =
                        Rewind.throughWhile
                            loop'
                            back'
                            summed
                            (Array.concat [
                                operands
                                inputs[known .. firstSum - 1]
                                zeros wanted types[constants .. known - 1]
                                zeros maskC types[.. constants - 1]
                            ])

                    let states = summed + cotangents
                    Array.concat [ pulled[.. summed - 1]; pulled[states..]; last ])

        let values = Rewind.throughWhile loop back sums primals

        let changes =
            Primitive.apply (Op.Call(CallKind.Linear(types.Length, transpose, 0), forward)) (Array.append primals (choose every given))

        struct (values, changes)
