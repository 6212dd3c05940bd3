/// Random programs under random nests, by seed; small enough to evaluate from their definitions.
module Pipeline.Engine.Tests.RandomNests

open System
open Pipeline.Engine.Tests.NestPrograms

let private unaries =
    [|
        "exp01"
        "tanh"
        "sin"
        "cos"
        "logistic"
        "softplus"
        "erf"
        "atan"
        "neg"
        "asinh"
        "square"
        "sqrt1p2"
        "log1p2"
        "recip1p2"
        "lgamma3p2"
        "relu_shift"
        "abs_shift"
        "cube"
        "pow1p2_1.7"
    |]

let private binaries =
    [|
        "add"
        "sub"
        "mul"
        "max"
        "min"
        "logaddexp"
        "div1p2"
        "atan2p"
        "where_gt"
        "hypot1"
    |]

let private reductions = [| "sum"; "mean"; "max"; "logsumexp"; "norm1" |]

/// How many times more work the level makes of its function in the oracle, whose products cost three times more with each infinitesimal.
let private cost n level =
    match level with
    | Level.Grad _
    | Level.Jvp _ -> 3.0
    | Level.Hvp _
    | Level.ReverseReverse _ -> 9.0
    | Level.GradNorm -> 3.0 * float n
    | Level.VMap rows -> float rows.Length
    | Level.VMapGrad rows -> 3.0 * float (n * rows.Length)
    | Level.Taylor(k, _) -> Math.Pow(3.0, float k)
    | Level.Jit
    | Level.Checkpoint
    | Level.Cond -> 1.0
    | Level.Scan(_, _, k)
    | Level.While(_, _, k) -> float (max 1 k)
    | Level.Compose -> 2.0

let generate (mostCost: float) (seed: int) : Nest =
    let random = Random seed
    let pick (items: 'T[]) = items[random.Next items.Length]

    let number () =
        Math.Round(2.0 * random.NextDouble() - 1.0, 3)

    let n = random.Next(2, 5)
    let vector () = Array.init n (fun _ -> number ())

    let rows () =
        Array.init (random.Next(1, 4)) (fun _ -> vector ())

    let isVector = ResizeArray [ true ]

    let program =
        Array.init (random.Next(2, 8)) (fun _ ->
            // Later values are likelier, so that programs are deep.
            let any () =
                max (random.Next isVector.Count) (random.Next isVector.Count)

            let vectors =
                [|
                    for i in 0 .. isVector.Count - 1 do
                        if isVector[i] then
                            i
                |]

            let aVector () = pick vectors
            let a = any ()

            let instruction =
                match random.Next 14 with
                | 0
                | 1
                | 2 -> Instruction.Unary(pick unaries, a)
                | 3
                | 4 -> Instruction.Binary(pick binaries, a, any ())
                | 5 -> Instruction.Reduce(pick reductions, a)
                | 6 -> Instruction.MatVec(Array.init n (fun _ -> vector ()), aVector ())
                | 7 -> Instruction.Dot(aVector (), aVector ())
                | 8 -> Instruction.CumulativeSum(aVector ())
                | 9 -> Instruction.Softmax(aVector ())
                | 10 -> Instruction.Roll(random.Next(1, n), aVector ())
                | 11 -> Instruction.Gather(Array.init n (fun _ -> random.Next n), aVector ())
                | 12 ->
                    if random.Next 2 = 0 then
                        Instruction.Scan(0.2 * number (), random.Next(1, 4), a)
                    else
                        Instruction.While(0.2 * number (), random.Next(0, 4), a)
                | _ -> Instruction.Cond a

            let shape =
                match instruction with
                | Instruction.Reduce _
                | Instruction.Dot _ -> false
                | Instruction.MatVec _ -> true
                | Instruction.Binary(_, a, b) -> isVector[a] || isVector[b]
                | Instruction.Unary(_, a)
                | Instruction.CumulativeSum a
                | Instruction.Softmax a
                | Instruction.Roll(_, a)
                | Instruction.Gather(_, a)
                | Instruction.Scan(_, _, a)
                | Instruction.While(_, _, a)
                | Instruction.Cond a -> isVector[a]

            isVector.Add shape
            instruction)

    let mutable left = mostCost

    let levels =
        [|
            for _ in 1 .. random.Next(1, 7) do
                let level =
                    match random.Next 14 with
                    | 0 -> Level.Grad(vector ())
                    | 1 -> Level.Jvp(vector ())
                    | 2 -> Level.Hvp(vector (), vector ())
                    | 3 -> Level.ReverseReverse(vector (), vector ())
                    | 4 -> Level.GradNorm
                    | 5 -> Level.VMap(rows ())
                    | 6 -> Level.VMapGrad(rows ())
                    | 7 -> Level.Taylor(random.Next(1, 4), vector ())
                    | 8 -> Level.Jit
                    | 9 -> Level.Checkpoint
                    | 10 -> Level.Scan(vector (), 0.3 * number (), random.Next(1, 4))
                    | 11 -> Level.While(vector (), 0.3 * number (), random.Next(0, 4))
                    | 12 -> Level.Cond
                    | _ -> Level.Compose

                let cost = cost n level

                if cost <= left then
                    left <- left / cost
                    level
        |]

    {
        Id = seed
        X = Array.init n (fun _ -> Math.Round(1.5 * number (), 3))
        Program = program
        Levels = levels
    }

/// Nests like this one with a level or the last instruction less.
let smaller (nest: Nest) : Nest seq =
    seq {
        for i in 0 .. nest.Levels.Length - 1 do
            { nest with
                Levels = Array.removeAt i nest.Levels
            }

        if nest.Program.Length > 0 then
            { nest with
                Program = Array.removeAt (nest.Program.Length - 1) nest.Program
            }
    }
