// The order of a graph's equations in which the memory of operands can be taken.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal EquationOrder =
    /// The equations in an order in which nothing is written over before everything else has read it, as far as there is such an order.
    let overwritingLate (equations: Equation[]) : Equation[] =
        let ordered = ResizeArray<Equation>()

        // From the last on, the later ones first.
        for i in equations.Length - 1 .. -1 .. 0 do
            let equation = equations[i]

            if (Traits.ofOp equation.Op equation.Inputs.Length DType.Bool).Overwrites then
                let uses (later: Equation) = Array.contains equation.Outputs[0] later.Inputs

                ordered.Insert(ordered.FindLastIndex uses + 1, equation)
            else
                ordered.Add equation

        ordered.Reverse()
        ordered.ToArray()

    /// The equations in an order in which branches of which one does nothing come as early as their operands allow: before anything that may
    /// take the memory of what they read.
    let choosingEarly (equations: Equation[]) : Equation[] =
        let isEarly (equation: Equation) =
            match equation.Op with
            | Op.Switch branches -> branches |> Array.exists (fun branch -> branch.Equations.Length = 0)
            | _ -> false

        let definitions = Dictionary<int, int>()

        equations
        |> Array.iteri (fun i equation ->
            for v in equation.Outputs do
                definitions[v] <- i)

        let placed: bool[] = Array.zeroCreate equations.Length
        let ordered = ResizeArray<Equation>()

        let place i =
            if not placed[i] then
                placed[i] <- true
                ordered.Add equations[i]

        for i in 0 .. equations.Length - 1 do
            if isEarly equations[i] then
                let needed = Array.zeroCreate (i + 1)
                needed[i] <- true

                for k in i .. -1 .. 0 do
                    if needed[k] then
                        for v in equations[k].Inputs do
                            match definitions.TryGetValue v with
                            | true, definition -> needed[definition] <- true
                            | _ -> ()

                for k in 0..i do
                    if needed[k] then place k

        for i in 0 .. equations.Length - 1 do
            place i

        ordered.ToArray()
