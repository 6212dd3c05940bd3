// Forward mode through scans: fused with the values where tangents are numbers, split into a value part and a linear part where they are recorded.
module internal rec Pipeline.Engine.ForwardScan

open Pipeline
open Pipeline.Engine.Mask
open Pipeline.Engine.Pushforward
open Pipeline.Engine.ForwardCalls

/// The body of a scan from its inputs segment by segment.
let private closedOver (segments: TensorType[] list) (f: Tensor[][] -> Tensor[]) : Graph =
    Record.closed "Scan" (Array.concat segments) (fun inputs ->
        let starts = segments |> List.scan (fun start segment -> start + segment.Length) 0

        List.map2 (fun start (segment: TensorType[]) -> Array.sub inputs start segment.Length) starts[.. segments.Length - 1] segments
        |> List.toArray
        |> f)

let throughScan (rules: BodyRules) (scan: Scan) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
    let constants, carries = scan.Constants, scan.Carries
    let fixedCount = constants + carries
    let mask, wanted = Activity.carried scan (present tangents)
    let types = Graphs.inputs scan.Body

    let part (items: 'T[]) = items[.. constants - 1], Array.sub items constants carries, items[fixedCount..]

    let given = given mask (primals |> Array.map _.Type) tangents

    let maskC, maskK, maskX = part mask
    let typesC, typesK, typesX = part types
    let givenC, givenK, givenX = part given
    let primalC, primalK, primalX = part primals
    let stacks = wanted.Length - carries
    let wantedK, wantedY = wanted[.. carries - 1], wanted[carries..]

    if not (recorded tangents) then
        let segments = [ typesC; choose maskC typesC; typesK; choose maskK typesK; typesX; choose maskX typesX ]

        let body =
            closedOver segments (fun parts ->
                let values = Array.concat [ parts[0]; parts[2]; parts[4] ]

                let changes = Array.concat [ spread maskC parts[1]; spread maskK parts[3]; spread maskX parts[5] ]

                let results, pushed = pushGraph rules scan.Body wanted values changes
                let activeCarries = (choose wantedK wantedK).Length

                Array.concat [ results[.. carries - 1]; pushed[.. activeCarries - 1]; results[carries..]; pushed[activeCarries..] ])

        let activeCarries = (choose maskK maskK).Length

        let results =
            Primitive.apply
                (Op.Scan {
                    scan with
                        Body = body
                        Constants = constants + (choose maskC maskC).Length
                        Carries = carries + activeCarries
                })
                (Array.concat [ primalC; choose maskC givenC; primalK; choose maskK givenK; primalX; choose maskX givenX ])

        let y = carries + activeCarries

        struct (Array.append results[.. carries - 1] results[y .. y + stacks - 1],
                Array.append (spread wantedK results[carries .. y - 1]) (spread wantedY results[y + stacks ..]))
    elif scan.Slots > 0 && scan.Length > 1 then
        // One linear node: forwards the scan with tangents, backwards the scan rewound.
        let all = primals |> Array.map _.Type

        let forward =
            Record.closed "Scan" (Array.append all (choose mask all)) (fun inputs ->
                let struct (values, changes) =
                    throughScan rules scan inputs[.. all.Length - 1] (spread mask inputs[all.Length ..])

                choose wanted (Array.map2 (fun (v: Tensor) c -> Primitive.orZeros v.Type c) values changes))

        let back = stepBack rules "Scan" scan.Body constants mask wanted
        let sums = (choose maskC maskC).Length

        let transpose = Rewind.ofScan scan back sums (choose maskK maskK).Length

        let changes =
            Primitive.apply (Op.Call(CallKind.Linear(all.Length, transpose, sums), forward)) (Array.append primals (choose mask given))

        struct (Primitive.apply (Op.Scan scan) primals, spread wanted changes)
    else
        let split = split rules scan.Body mask wanted
        let outputs = wanted.Length
        // Each residual is constant over the steps (an input constant, or computed from constants alone: once, before the loop)
        // or a slice of a stack (an input's, or one that the steps leave behind).
        let varying = Graphs.depends split.Value (Array.init types.Length (fun i -> i >= constants))

        let mutable computed = outputs - 1

        let variables =
            split.Sources
            |> Array.map (fun source ->
                if source >= 0 then
                    source
                else
                    computed <- computed + 1
                    split.Value.Outputs[computed])

        let stacked = variables |> Array.filter (fun v -> varying[v] && not (v >= fixedCount && v < types.Length))

        let invariant = variables |> Array.filter (fun v -> not varying[v] && v >= types.Length)

        let body = Graphs.prune { split.Value with Outputs = Array.append split.Value.Outputs[.. outputs - 1] stacked }

        let results = Primitive.apply (Op.Scan { scan with Body = body }) primals

        let invariants =
            if invariant.Length = 0 then
                [||]
            else
                // Only constants are read; the other inputs may be anything of their types.
                let arguments = Array.init types.Length (fun i -> if i < constants then primals[i] else Primitive.zeros types[i])

                Primitive.evaluateGraph (Graphs.prune { split.Value with Outputs = invariant }) arguments

        let mutable nextStacked = outputs - 1
        let mutable nextInvariant = -1

        let sources =
            variables
            |> Array.map (fun v ->
                if v < constants || (v >= fixedCount && v < types.Length) then
                    struct (v < constants, primals[v])
                elif varying[v] then
                    nextStacked <- nextStacked + 1
                    struct (false, results[nextStacked])
                else
                    nextInvariant <- nextInvariant + 1
                    struct (true, invariants[nextInvariant]))

        let isFixed = sources |> Array.map (fun (struct (f, _)) -> f)
        let operands = sources |> Array.map (fun (struct (_, a)) -> a)
        let residualTypes = (Graphs.inputs split.Linear)[.. sources.Length - 1]

        let fixedTypes, stackedTypes = choose isFixed residualTypes, choose (Array.map not isFixed) residualTypes

        let segments = [ fixedTypes; choose maskC typesC; choose maskK typesK; stackedTypes; choose maskX typesX ]

        let body =
            closedOver segments (fun parts ->
                let fixedResiduals = spread isFixed parts[0]
                let stackedResiduals = spread (Array.map not isFixed) parts[3]

                let all = Array.map2 (fun (a: Tensor) b -> if isNull a then b else a) fixedResiduals stackedResiduals

                Primitive.evaluateGraph split.Linear (Array.concat [ all; parts[1]; parts[2]; parts[4] ]))

        let activeCarries = (choose maskK maskK).Length

        let changes =
            Primitive.apply
                (Op.Scan {
                    scan with
                        Body = body
                        Constants = fixedTypes.Length + (choose maskC maskC).Length
                        Carries = activeCarries
                })
                (Array.concat [
                    choose isFixed operands
                    choose maskC givenC
                    choose maskK givenK
                    choose (Array.map not isFixed) operands
                    choose maskX givenX
                ])

        struct (results[.. outputs - 1],
                Array.append (spread wantedK changes[.. activeCarries - 1]) (spread wantedY changes[activeCarries..]))
