// Reverse mode through long loops with a fixed number of saved states, from which the steps between them run again. The binomial schedule of
// Griewank and Walther (algorithm 799, "revolve", ACM TOMS 26, 2000) runs the fewest steps again: C(s + r, s) steps take s slots and r runs.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Rewind =
    /// The slots of a loop whose number of steps nobody knows beforehand: 156,849 steps within three runs, 3,921,225 within four.
    let slots = 96

    let private int' (value: int) = Primitive.fill DType.Int32 [||] (float value)

    let private less a b = Primitive.compare Relation.Less a b
    let private one = int' 1

    /// How far to go before a state is saved: length steps lie ahead (two or more; the last is the one to take back), and the slots from
    /// the present state's on are free. With c slots and b(c, r) = C(c + r, c), where b(c, r - 1) < length <= b(c, r), any distance m is best
    /// for which m <= b(c, r - 1) and length - m lies between b(c - 1, r - 1) and b(c - 1, r).
    let private distance (length: Tensor) (free: Tensor) : Tensor =
        // float64 holds these numbers exactly.
        let length, c = Primitive.convert DType.Float64 length, Primitive.convert DType.Float64 free

        let one = Primitive.fillLike c 1.0

        let next (b: Tensor) (r: Tensor) = Primitive.zip Zip.Divide (Primitive.multiply b (Primitive.add c r)) r

        let found =
            Control.whileLoop 0 [| one; one |] (fun x -> less (next x[0] x[1]) length) (fun x -> [|
                next x[0] x[1]
                Primitive.add x[1] one
            |])

        let b, r = found[0], found[1]
        // b(c - 1, r - 1) = b(c, r - 1) c / (c + r - 1).
        let least = Primitive.zip Zip.Divide (Primitive.multiply b c) (Primitive.subtract (Primitive.add c r) one)

        Primitive.convert DType.Int32 (Primitive.zip Zip.Minimum b (Primitive.subtract length least))

    /// The state after `count` steps from step number `from` on. step: state -> number -> next state.
    let private advance step (state: Tensor[]) (from: Tensor) (count: Tensor) : Tensor[] =
        let n = state.Length
        let until = Primitive.add from count

        let results =
            Control.whileLoop 0 (Array.append state [| from |]) (fun x -> less x[n] until) (fun x ->
                Array.append (step x[.. n - 1] x[n]) [| Primitive.add x[n] one |])

        results[.. n - 1]

    // A stack of saved states is an array for each tensor of the state, the steps before which the states stand, and the place of the top.

    let private stack slots (state: Tensor[]) : Tensor[] =
        let saved =
            state
            |> Array.map (fun a ->
                let empty = Primitive.fill a.DType (Array.append [| slots + 1 |] a.Dims) 0.0
                Primitive.update 0 empty a (int' 0))

        Array.append saved [| Primitive.fill DType.Int32 [| slots + 1 |] 0.0; int' 0 |]

    let private top (stack: Tensor[]) : Tensor[] =
        let place = stack[stack.Length - 1]
        stack[.. stack.Length - 2] |> Array.map (fun a -> Primitive.gather 0 a place)

    /// The stack with the state before the last step on top. The place behind the slots is for that state alone.
    let private rise slots step (last: Tensor) (initial: Tensor[]) : Tensor[] =
        let n = initial.Length - 2

        Control.whileLoop 0 initial (fun x -> less (Primitive.gather 0 x[n] x[n + 1]) last) (fun x ->
            let present = top x
            let state, from = present[.. n - 1], present[n]
            let length = Primitive.add (Primitive.subtract last from) one
            let count = distance length (Primitive.subtract (int' slots) x[n + 1])
            let place = Primitive.add x[n + 1] one

            Array.append
                (Array.append (advance step state from count) [| Primitive.add from count |]
                 |> Array.map2 (fun a entry -> Primitive.update 0 a entry place) x[..n])
                [| place |])

    /// One step taken back: its pullback at the top of the risen stack, which is then dropped. Values are sums for the active constants @
    /// cotangents of the active carries; back: state -> values -> the values before the step @ others.
    let private turn (back: Tensor[] -> Tensor[] -> Tensor[]) (values: Tensor[]) (stack: Tensor[]) : Tensor[] =
        let n = stack.Length - 2
        let present = top stack
        let results = back present[.. n - 1] values

        Array.concat [
            results[.. values.Length - 1]
            stack[..n]
            [| Primitive.subtract stack[n + 1] one |]
            results[values.Length ..]
        ]

    /// The program of a call of that kind.
    let ofWhile (loop: While) (back: Graph) (sums: int) : Graph =
        let types = Typing.graphInputs loop.Body
        let constants, carries = loop.Constants, types.Length - loop.Constants
        let given = Typing.graphInputs back
        let values = back.Outputs.Length
        let cotangents = values - sums

        Record.closed "While" given (fun inputs ->
            let fixedInputs = inputs[.. constants - 1]
            let start = Array.sub inputs constants carries

            let step (state: Tensor[]) (_: Tensor) = Primitive.evaluateGraph loop.Body (Array.append fixedInputs state)

            let counted =
                Control.whileLoop
                    0
                    (Array.append start [| int' 0 |])
                    (fun x -> (Primitive.evaluateGraph loop.Condition (Array.append fixedInputs x[.. carries - 1]))[0])
                    (fun x -> Array.append (step x[.. carries - 1] null) [| Primitive.add x[carries] one |])

            let back (state: Tensor[]) (values: Tensor[]) =
                Primitive.evaluateGraph back (Array.concat [ fixedInputs; state; values[sums..]; values[.. sums - 1] ])

            let results =
                Control.whileLoop
                    0
                    (Array.concat [
                        [| counted[carries] |]
                        inputs[types.Length + cotangents ..]
                        Array.sub inputs types.Length cotangents
                        stack slots start
                    ])
                    (fun x -> less (int' 0) x[0])
                    (fun x ->
                        let last = Primitive.subtract x[0] one
                        let risen = rise slots step last x[values + 1 ..]
                        Array.append [| last |] (turn back x[1..values] risen))

            results[1..values])

    /// constants @ carries @ cotangents @ sums so far -> sums @ cotangents: every transformation makes such a call of it again, so that the saved
    /// states of one loop are never the state of another.
    let throughWhile (loop: While) (back: Graph) (sums: int) (operands: Tensor[]) : Tensor[] =
        Primitive.apply (Op.Call(CallKind.Rewound(loop, back, sums), ofWhile loop back sums)) operands

    /// constants @ carries @ stacked inputs @ cotangents of the active carries @ of the active stacked results @ sums so far for the active
    /// constants -> those sums @ cotangents of the active carries @ of the active stacked inputs. back: the same for one step, on slices.
    let ofScan (scan: Scan) (back: Graph) (sums: int) (activeCarries: int) : Graph =
        let bodyTypes = Typing.graphInputs scan.Body
        let known = bodyTypes.Length
        let constants, carries = scan.Constants, scan.Carries
        let slices = known - constants - carries
        let values = sums + activeCarries

        let stacked (t: TensorType) = Typing.tensor t.DType (Array.append [| scan.Length |] t.Shape)

        let types =
            Typing.graphInputs back
            |> Array.mapi (fun i t ->
                let isStacked =
                    (i >= constants + carries && i < known) || (i >= known + activeCarries && i < back.InputCount - sums)

                if isStacked then stacked t else t)

        let next = Graphs.prune { scan.Body with Outputs = scan.Body.Outputs[.. carries - 1] }

        Record.closed "Scan" types (fun inputs ->
            let fixedInputs = inputs[.. constants - 1]
            let xs = Array.sub inputs (constants + carries) slices

            let step (state: Tensor[]) (number: Tensor) =
                let at = if scan.Reverse then Primitive.subtract (int' (scan.Length - 1)) number else number

                let slices = xs |> Array.map (fun a -> Primitive.gather 0 a at)
                Primitive.evaluateGraph next (Array.concat [ fixedInputs; state; slices ])

            let initial =
                Array.concat [
                    [| int' (scan.Length - 1) |]
                    inputs[inputs.Length - sums ..]
                    Array.sub inputs known activeCarries
                    stack scan.Slots (Array.sub inputs constants carries)
                ]

            // Backwards over the slices, which are read and written where they lie.
            let results =
                Control.scanSaving
                    scan.Slots
                    scan.Length
                    (not scan.Reverse)
                    initial
                    (Array.append xs inputs[known + activeCarries .. inputs.Length - sums - 1])
                    (fun x ->
                        let here = x[initial.Length ..]

                        let back (state: Tensor[]) (values: Tensor[]) =
                            Primitive.evaluateGraph
                                back
                                (Array.concat [
                                    fixedInputs
                                    state
                                    here[.. slices - 1]
                                    values[sums..]
                                    here[slices..]
                                    values[.. sums - 1]
                                ])

                        let last = x[0]
                        let risen = rise scan.Slots step last x[values + 1 .. initial.Length - 1]
                        Array.append [| Primitive.subtract last one |] (turn back x[1..values] risen))

            Array.append results[1..values] results[initial.Length ..])
