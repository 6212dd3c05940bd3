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
        let types = Graphs.inputs loop.Body
        let all = Array.append types [| Typing.tensor DType.Int32 [||] |]

        let condition =
            Record.closed "While" all (fun inputs -> Primitive.evaluateGraph loop.Condition.Value inputs[.. types.Length - 1])

        let body =
            Record.closed "While" all (fun inputs ->
                Array.append (Primitive.evaluateGraph loop.Body inputs[.. types.Length - 1]) [| Primitive.add (Array.last inputs) one |])

        Primitive.apply (Op.Loop(Loop.conditional 0 loop.Constants condition body)) (Array.append operands [| int' 0 |])
        |> Array.last

    /// What belongs to the operands of a loop taken back, or to the inputs of a step back.
    let parts (rewinding: Rewinding) (items: 'T[]) : Parts<'T> =
        let own, given = Array.splitAt rewinding.Loop.Body.InputCount items
        let cotangents, sums = Array.splitAt (given.Length - rewinding.Sums) given
        { Loop.parts rewinding.Loop own with Cotangents = cotangents; Sums = sums }

    /// What belongs to its results, or to those of a step back.
    let results (rewinding: Rewinding) (items: 'T[]) : Parts<'T> =
        let cotangents = rewinding.Back.InputCount - rewinding.Loop.Body.InputCount - rewinding.Sums
        let slices, given = Array.splitAt (items.Length - cotangents - rewinding.Sums) items
        let cotangents, sums = Array.splitAt cotangents given

        { Constants = [||]; Carries = [||]; Inputs = slices; Cotangents = cotangents; Sums = sums }

    /// The types of the operands or results of a loop taken back, from those of a step back.
    let stacked (rewinding: Rewinding) (types: Parts<TensorType>) : Parts<TensorType> = {
        types with
            Inputs =
                types.Inputs
                |> Array.map (fun t -> Typing.tensor t.DType (Shape.insert 0 rewinding.Loop.Length.Value t.Shape))
    }

    let private make (rewinding: Rewinding) : Graph =
        let { Loop = loop; Back = back } = rewinding
        let name = Typing.name (Op.Loop loop)
        let slots = if loop.Slots = 0 then slots else loop.Slots

        Record.body name (Graphs.inputs back |> parts rewinding |> stacked rewinding) (fun given ->
            let known = { given with Cotangents = [||]; Sums = [||] }
            let ofStep carries slices = Parts.join { known with Carries = carries; Inputs = slices }

            let step (state: Tensor[]) (number: Tensor) =
                let at = if loop.Reverse then Primitive.subtract (int' (loop.Length.Value - 1)) number else number
                Primitive.evaluateGraph loop.Body (ofStep state (given.Inputs |> Array.map (fun a -> Primitive.gather 0 a at)))

            let steps =
                match loop.Condition with
                | ValueSome _ -> count loop (Parts.join known)
                | ValueNone -> int' loop.Length.Value

            // Carried: the number of the last step, the stack of states before it, cotangents and sums.
            let initial = {
                given with
                    Constants = [| Primitive.subtract steps one |]
                    Carries = stack slots given.Carries
                    Inputs = [||]
            }

            let start = Parts.join initial

            let turned (inputs: Tensor[]) =
                let carried, slices = Array.splitAt start.Length inputs
                let carried = Parts.like initial carried
                let last = carried.Constants[0]
                let states = rise slots step last carried.Carries
                let before = ofStep (Array.truncate given.Carries.Length (top states)) slices

                let results =
                    Primitive.evaluateGraph back (Array.concat [ before; carried.Cotangents; carried.Sums ]) |> results rewinding

                Array.append
                    (Parts.join { results with Constants = [| Primitive.subtract last one |]; Carries = drop states; Inputs = [||] })
                    results.Inputs

            let ended =
                match loop.Condition with
                | ValueSome _ -> Control.whileLoop 0 start (fun carried -> less (int' -1) carried[0]) turned
                // Backwards over the slices, which are read and written where they lie.
                | ValueNone -> Control.scan loop.Length.Value (not loop.Reverse) start given.Inputs turned

            let carried, slices = Array.splitAt start.Length ended
            Parts.join { Parts.like initial carried with Constants = [||]; Carries = [||]; Inputs = slices })

    let private memo = Memo<Rewinding, Graph>()

    /// The program of a call of that kind.
    let program (rewinding: Rewinding) : Graph = memo.Get(rewinding, [||], fun () -> make rewinding)

    /// A loop taken back: every transformation makes such a call of it again, so that the saved states of one loop are never the state of another.
    let through (rewinding: Rewinding) (operands: Parts<Tensor>) : Parts<Tensor> =
        Primitive.apply (Op.Call(CallKind.Rewound rewinding, program rewinding)) (Parts.join operands)
        |> results rewinding
