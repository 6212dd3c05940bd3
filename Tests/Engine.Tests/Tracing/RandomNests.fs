/// Random programs under random nests, by seed; small enough to evaluate from their definitions.
module Pipeline.Engine.Tests.RandomNests

open System
open Pipeline.Engine.Tests.NestPrograms

let private unaries = [|
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
    "tan"
    "log"
    "expm1"
    "log1p"
    "erf_inv"
    "digamma"
    "trigamma"
    "reciprocal"
    "sign"
    "whole-2"
    "whole4"
    "abs"
    "relu"
    "log_where"
    "xlogx_where"
    "sqrt_where"
    "reciprocal_where"
    "power1.5_where"
    "power-0.5_where"
    "power0"
    "sinh"
    "cosh"
    "erfc"
    "sinc"
    "bessel0"
    "bessel1"
|]

let private binaries = [|
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
    "pow"
    "atan2"
    "divide_where"
    "xlogy_where"
    "hypot"
    "xlogy"
    "xlog1py"
|]

let private reductions = [| "sum"; "mean"; "max"; "min"; "logsumexp"; "norm1"; "norm"; "product"; "variance" |]

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
    | Level.Jacobian _
    | Level.Pullback _ -> 3.0
    | Level.Hessian _ -> 9.0
    | Level.Laplacian -> 9.0 * float n
    | Level.ValueAndGrad _ -> 4.0
    | Level.Along(k, _) -> Math.Pow(3.0, float k)
    | Level.Descent(_, k) -> 3.0 * float (n * max 1 k)
    | Level.WhileBelow(_, _, k) -> float (max 1 k)
    | Level.VMapColumns rows -> float rows.Length
    | Level.CustomRule _
    | Level.Switch -> 1.0
    | Level.Linearized _
    | Level.Transposed _ -> 3.0
    | Level.Auxiliary -> 3.0 * float n + 1.0
    | Level.Quadratic _ -> 13.0
    | Level.CheckpointedScan(_, _, k, _) -> float (max 1 k)
    | Level.Root -> 2.0
    | Level.ScanRows(_, rows) -> 2.0 * float rows.Length

let generate (mostCost: float) (seed: int) : Nest =
    let random = Random seed
    let pick (items: 'T[]) = items[random.Next items.Length]

    let number () = Math.Round(2.0 * random.NextDouble() - 1.0, 3)

    let n = random.Next(2, 5)
    let vector () = Array.init n (fun _ -> number ())

    let rows () = Array.init (random.Next(1, 4)) (fun _ -> vector ())

    let ranks = ResizeArray [ 1 ]

    let program =
        Array.init (random.Next(2, 9)) (fun _ ->
            // Later values are likelier, so that programs are deep.
            let any () = max (random.Next ranks.Count) (random.Next ranks.Count)

            let ofRank rank = [|
                for i in 0 .. ranks.Count - 1 do
                    if ranks[i] = rank then i
            |]

            let aVector () = pick (ofRank 1)
            let scalars, matrices = ofRank 0, ofRank 2
            let coin () = random.Next 2 = 0
            let a = any ()

            let onMatrix () =
                let m = pick matrices

                match random.Next 12 with
                | 9 -> Instruction.Solve(coin (), m, (if coin () then m else aVector ()))
                | 10 -> Instruction.Determinant m
                | 11 -> Instruction.LogDeterminant m
                | 0
                | 1 -> Instruction.ReduceAxis(pick reductions, random.Next 2, m)
                | 2 -> Instruction.Transpose m
                | 3 -> Instruction.Product(m, (if coin () then m else aVector ()))
                | 4 -> Instruction.Product(m, pick matrices)
                | 5 -> Instruction.SumFromEnd(random.Next 2, m)
                | 6 -> Instruction.Cholesky m
                | 7 -> Instruction.Sort m
                | _ -> Instruction.TriangularSolve(coin (), coin (), coin (), m, (if coin () then m else aVector ()))

            let instruction =
                match random.Next 26 with
                | 0
                | 1
                | 2
                | 3 -> Instruction.Unary(pick unaries, a)
                | 4
                | 5
                | 6 -> Instruction.Binary(pick binaries, a, any ())
                | 7 -> Instruction.Reduce(pick reductions, a)
                | 8 -> Instruction.MatVec(Array.init n (fun _ -> vector ()), aVector ())
                | 9 -> Instruction.Dot(aVector (), aVector ())
                | 10 -> Instruction.CumulativeSum(aVector ())
                | 11 -> Instruction.Softmax(aVector ())
                | 12 -> Instruction.Roll(random.Next(1, n), aVector ())
                | 13 -> Instruction.Gather(Array.init n (fun _ -> random.Next n), aVector ())
                | 14 ->
                    match random.Next 3 with
                    | 0 -> Instruction.Scan(0.2 * number (), random.Next(1, 4), a)
                    | 1 -> Instruction.While(0.2 * number (), random.Next(0, 4), a)
                    | _ -> Instruction.Shrink(coin (), a)
                | 15 -> if coin () then Instruction.Cond a else Instruction.Switch a
                | 16 -> Instruction.Outer(pick binaries, aVector (), aVector ())
                | 17 ->
                    let step = random.Next(1, 3)
                    Instruction.Splice(random.Next(0, (if step = 1 then n + 1 else 2)), step, aVector (), aVector ())
                | 18 -> Instruction.Spread(random.Next(0, 2), random.Next(0, 2), aVector ())
                | 19 -> if coin () then Instruction.Sort(aVector ()) else Instruction.OrderedBy(aVector (), aVector ())
                | 20 -> Instruction.Scatter(Array.init n (fun _ -> random.Next n), aVector ())
                | 21 -> Instruction.Select(any (), any (), any ())
                | 22 when scalars.Length > 0 -> Instruction.ScanOver(coin (), aVector (), pick scalars)
                | 23 -> if coin () then Instruction.Stop a else Instruction.Custom(coin (), a)
                | 22
                | 24
                | _ when matrices.Length > 0 -> onMatrix ()
                | _ -> Instruction.Outer(pick binaries, aVector (), aVector ())

            let rank =
                match instruction with
                | Instruction.Reduce _
                | Instruction.Determinant _
                | Instruction.LogDeterminant _
                | Instruction.Dot _ -> 0
                | Instruction.MatVec _
                | Instruction.ReduceAxis _
                | Instruction.Splice _
                | Instruction.Spread _
                | Instruction.OrderedBy _
                | Instruction.Scatter _
                | Instruction.ScanOver _ -> 1
                | Instruction.Outer _
                | Instruction.Cholesky _
                | Instruction.Transpose _ -> 2
                | Instruction.Binary(_, a, b) -> max ranks[a] ranks[b]
                | Instruction.Product(a, b) -> ranks[a] + ranks[b] - 2
                | Instruction.Select(a, b, c) -> max ranks[a] (max ranks[b] ranks[c])
                | Instruction.Solve(_, _, b)
                | Instruction.TriangularSolve(_, _, _, _, b) -> ranks[b]
                | Instruction.Unary(_, a)
                | Instruction.CumulativeSum a
                | Instruction.SumFromEnd(_, a)
                | Instruction.Softmax a
                | Instruction.Roll(_, a)
                | Instruction.Gather(_, a)
                | Instruction.Scan(_, _, a)
                | Instruction.While(_, _, a)
                | Instruction.Shrink(_, a)
                | Instruction.Sort a
                | Instruction.Cond a
                | Instruction.Switch a
                | Instruction.Stop a
                | Instruction.Custom(_, a) -> ranks[a]

            ranks.Add rank
            instruction)

    let mutable left = mostCost

    let levels = [|
        for _ in 1 .. random.Next(1, 7) do
            let level =
                match random.Next 33 with
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
                | 13 -> Level.Compose
                | 14 -> Level.Jacobian(random.Next 2 = 0, vector (), vector ())
                | 15 -> Level.Pullback(vector (), vector ())
                | 16 -> Level.Hessian(vector (), vector ())
                | 17 -> Level.Laplacian
                | 18 -> Level.ValueAndGrad(vector ())
                | 19 -> Level.Along(random.Next(1, 4), vector ())
                | 20 -> Level.Descent(0.3 * number (), random.Next(1, 3))
                | 21 -> Level.WhileBelow(vector (), 0.3 * number (), random.Next(0, 4))
                | 22 -> Level.VMapColumns(rows ())
                | 23 -> Level.Switch
                | 24 -> Level.ScanRows(0.3 * number (), rows ())
                | 25 -> Level.Linearized(vector ())
                | 26 -> Level.Transposed(vector ())
                | 27 -> Level.CustomRule(random.Next 2 = 0)
                | 28 -> Level.Auxiliary
                | 29 -> Level.Quadratic(vector ())
                | 30 -> Level.CheckpointedScan(vector (), 0.3 * number (), random.Next(1, 6), random.Next(1, 4))
                | 31 -> Level.Root
                | _ -> Level.Jit

            let cost = cost n level

            if cost <= left then
                left <- left / cost
                level
    |]

    {
        Id = seed
        // One in four at points where functions are singular and numbers tie.
        X =
            if random.Next 4 = 0 then
                Array.init n (fun _ -> pick [| 0.0; 0.0; 0.5; -0.5; 1.0; -0.25 |])
            else
                Array.init n (fun _ -> Math.Round(1.5 * number (), 3))
        Program = program
        Levels = levels
    }

/// Nests like this one with a level or the last instruction less.
let smaller (nest: Nest) : Nest seq =
    seq {
        for i in 0 .. nest.Levels.Length - 1 do
            { nest with Levels = Array.removeAt i nest.Levels }

        if nest.Program.Length > 0 then
            { nest with Program = Array.removeAt (nest.Program.Length - 1) nest.Program }
    }
