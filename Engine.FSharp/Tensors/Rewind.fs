// Reverse mode through a loop whose number of steps is not known beforehand: states are saved at a fixed number of slots and the steps
// between them run again. Three levels of 32 slots rewind 32,768 steps without a repetition beyond three forward passes.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Rewind =
    let private slots = 32
    let private levels = 3

    let private int' (value: int) =
        Primitive.fill DType.Int32 [||] (float value)

    let private less a b = Primitive.compare Relation.Less a b

    /// ceil(n / slots), at least 1.
    let private stride (n: Tensor) =
        let up = Primitive.zip Zip.Divide (Primitive.add n (int' (slots - 1))) (int' slots)
        Primitive.zip Zip.Maximum up (int' 1)

    /// The states after `count` steps of the loop's body, whatever its condition says.
    let private advance (step: Tensor[] -> Tensor[]) (state: Tensor[]) (count: Tensor) : Tensor[] =
        let results =
            Control.whileLoop 0 (Array.append state [| count |]) (fun x -> less (int' 0) x[state.Length]) (fun x ->
                let next = step x[.. state.Length - 1]
                Array.append next [| Primitive.subtract x[state.Length] (int' 1) |])

        results[.. state.Length - 1]

    /// Cotangents carried back over the last `count` steps from `state`. back: state -> cotangents -> cotangents.
    let rec private segment
        level
        (step: Tensor[] -> Tensor[])
        (back: Tensor[] -> Tensor[] -> Tensor[])
        (state: Tensor[])
        (count: Tensor)
        (cotangents: Tensor[])
        : Tensor[] =
        let n = state.Length

        if level = 0 then
            // Each step from the start of the segment again.
            let results =
                Control.whileLoop
                    0
                    (Array.append cotangents [| count |])
                    (fun x -> less (int' 0) x[cotangents.Length])
                    (fun x ->
                        let index = Primitive.subtract x[cotangents.Length] (int' 1)
                        Array.append (back (advance step state index) x[.. cotangents.Length - 1]) [| index |])

            results[.. cotangents.Length - 1]
        else
            let size = stride count

            // Slot j holds the state after j * size steps.
            let filled =
                Control.scan slots false (Array.append state [| count |]) [||] (fun x ->
                    let here, left = x[.. n - 1], x[n]
                    let steps = Primitive.zip Zip.Minimum size left
                    Array.concat [ advance step here steps; [| Primitive.subtract left steps |]; here ])

            let saved = filled[n + 1 ..]

            let used =
                Primitive.zip Zip.Divide (Primitive.add count (Primitive.subtract size (int' 1))) size

            let results =
                Control.whileLoop
                    0
                    (Array.append cotangents [| used |])
                    (fun x -> less (int' 0) x[cotangents.Length])
                    (fun x ->
                        let slot = Primitive.subtract x[cotangents.Length] (int' 1)
                        let start = saved |> Array.map (fun a -> Primitive.gather 0 a slot)
                        let left = Primitive.subtract count (Primitive.multiply slot size)
                        let steps = Primitive.zip Zip.Minimum size left

                        // Most loops are short: a segment of one step needs no slots of its own.
                        let next =
                            Control.switch
                                (Primitive.convert DType.Int32 (less (int' 1) steps))
                                (Array.concat [ start; [| steps |]; x[.. cotangents.Length - 1] ])
                                [|
                                    (fun y -> back y[.. n - 1] y[n + 1 ..])
                                    (fun y -> segment (level - 1) step back y[.. n - 1] y[n] y[n + 1 ..])
                                |]

                        Array.append next [| slot |])

            results[.. cotangents.Length - 1]

    /// constants @ carries @ cotangents of the active carries -> cotangents of the active constants @ of the active carries.
    /// back: constants @ carries @ cotangents of the active carries -> the same results for one step.
    let graph (loop: While) (back: Graph) (activeConstants: TensorType[]) : Graph =
        let types = Typing.graphInputs loop.Body
        let constants, carries = loop.Constants, types.Length - loop.Constants
        let cotangentTypes = (Typing.graphInputs back)[types.Length ..]

        Record.closed "While" (Array.append types cotangentTypes) (fun inputs ->
            let fixedInputs = inputs[.. constants - 1]
            let start = Array.sub inputs constants carries

            let step (state: Tensor[]) =
                Primitive.evaluateGraph loop.Body (Array.append fixedInputs state)

            let counted =
                Control.whileLoop
                    0
                    (Array.append start [| int' 0 |])
                    (fun x -> (Primitive.evaluateGraph loop.Condition (Array.append fixedInputs x[.. carries - 1]))[0])
                    (fun x -> Array.append (step x[.. carries - 1]) [| Primitive.add x[carries] (int' 1) |])

            // Sums for the constants @ cotangents of the carries.
            let sums = activeConstants |> Array.map Primitive.zeros

            let one (state: Tensor[]) (cotangents: Tensor[]) =
                let results =
                    Primitive.evaluateGraph back (Array.concat [ fixedInputs; state; cotangents[sums.Length ..] ])

                Array.mapi (fun i r -> if i < sums.Length then Primitive.add cotangents[i] r else r) results

            segment levels step one start counted[carries] (Array.append sums inputs[types.Length ..]))
