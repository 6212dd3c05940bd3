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

    let private drop (stack: Tensor[]) : Tensor[] =
        let place = stack.Length - 1
        Array.updateAt place (Primitive.subtract stack[place] one) stack

    /// The steps of a loop with a condition.
    let count (loop: Loop) (operands: Tensor[]) : Tensor =
        let types = Typing.graphInputs loop.Body
        let all = Array.append types [| Typing.tensor DType.Int32 [||] |]

        let condition =
            Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition.Value inputs[.. types.Length - 1])

        let body =
            Record.closed "While" all (fun inputs ->
                Array.append (Primitive.evaluateGraph loop.Body inputs[.. types.Length - 1]) [| Primitive.add (Array.last inputs) one |])

        Primitive.apply (Op.Loop(Loop.conditional 0 loop.Constants condition body)) (Array.append operands [| int' 0 |])
        |> Array.last

    /// What belongs to the operands of a loop taken back, or to the inputs of a step back: those of the loop @ cotangents of what it carries @ sums.
    let parts (loop: Loop) (sums: int) (items: 'T[]) : Parts<'T> =
        let given = items[loop.Body.InputCount ..]

        {
            Loop.parts loop items[.. loop.Body.InputCount - 1] with
                Cotangents = given[.. given.Length - sums - 1]
                Sums = given[given.Length - sums ..]
        }

    /// What belongs to its results, or to those of a step back: cotangents of slices @ of what the loop carries @ the sums with what was added to them.
    let results (back: Graph) (loop: Loop) (sums: int) (items: 'T[]) : Parts<'T> =
        let cotangents = back.InputCount - loop.Body.InputCount - sums
        let slices = back.Outputs.Length - cotangents - sums

        {
            Constants = [||]
            Carries = [||]
            Inputs = items[.. slices - 1]
            Cotangents = items[slices .. slices + cotangents - 1]
            Sums = items[slices + cotangents ..]
        }

    let private stacked (loop: Loop) (types: TensorType[]) =
        types |> Array.map (fun t -> Typing.tensor t.DType (Shape.insert 0 loop.Length.Value t.Shape))

    /// The types of the results.
    let resultTypes (loop: Loop) (back: Graph) (sums: int) : Parts<TensorType> =
        let results = results back loop sums (Typing.graphOutputs back)
        { results with Inputs = stacked loop results.Inputs }

    /// The program of a call of that kind.
    let ofLoop (loop: Loop) (back: Graph) (sums: int) : Graph =
        let name = Typing.name (Op.Loop loop)
        let slots = if loop.Slots = 0 then slots else loop.Slots
        let slices = parts loop sums (Typing.graphInputs back)

        Record.body name { slices with Inputs = stacked loop slices.Inputs } (fun given ->
            let ofStep (carries: Tensor[]) (slices: Tensor[]) = {
                Constants = given.Constants
                Carries = carries
                Inputs = slices
                Cotangents = [||]
                Sums = [||]
            }

            let step (state: Tensor[]) (number: Tensor) =
                let at = if loop.Reverse then Primitive.subtract (int' (loop.Length.Value - 1)) number else number
                let slices = given.Inputs |> Array.map (fun a -> Primitive.gather 0 a at)
                Primitive.evaluateGraph loop.Body (Parts.join (ofStep state slices))

            let steps =
                match loop.Condition with
                | ValueSome _ -> count loop (Parts.join (ofStep given.Carries [||]))
                | ValueNone -> int' loop.Length.Value

            // Carried: the number of the last step, the stack of states before it, cotangents and sums.
            let initial = {
                given with
                    Constants = [| Primitive.subtract steps one |]
                    Carries = stack slots given.Carries
                    Inputs = [||]
            }

            let turned (carried: Tensor[]) (slices: Tensor[]) =
                let carried = Parts.like initial carried
                let last = carried.Constants[0]
                let states = rise slots step last carried.Carries
                let before = ofStep (Array.truncate given.Carries.Length (top states)) slices

                let results =
                    Primitive.evaluateGraph back (Parts.join { before with Cotangents = carried.Cotangents; Sums = carried.Sums })
                    |> results back loop sums

                Array.append
                    (Parts.join { results with Constants = [| Primitive.subtract last one |]; Carries = drop states; Inputs = [||] })
                    results.Inputs

            let start = Parts.join initial

            let ended =
                match loop.Condition with
                | ValueSome _ -> Control.whileLoop 0 start (fun carried -> less (int' -1) carried[0]) (fun carried -> turned carried [||])
                | ValueNone ->
                    // Backwards over the slices, which are read and written where they lie.
                    Control.scan loop.Length.Value (not loop.Reverse) start given.Inputs (fun inputs ->
                        turned inputs[.. start.Length - 1] inputs[start.Length ..])

            let carried = Parts.like initial ended[.. start.Length - 1]
            Parts.join { carried with Constants = [||]; Carries = [||]; Inputs = ended[start.Length ..] })

    /// constants @ carries @ stacked inputs @ cotangents @ sums so far -> cotangents of stacked inputs @ of carries @ sums: every transformation makes
    /// such a call of it again, so that the saved states of one loop are never the state of another.
    let through (loop: Loop) (back: Graph) (operands: Parts<Tensor>) : Parts<Tensor> =
        let sums = operands.Sums.Length

        Primitive.apply (Op.Call(CallKind.Rewound(loop, back, sums), ofLoop loop back sums)) (Parts.join operands)
        |> results back loop sums
