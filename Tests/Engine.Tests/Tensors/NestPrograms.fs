/// Straight-line programs R^n -> R and nests of transformations around them, as data; and the reader of the golden file's.
module Pipeline.Engine.Tests.NestPrograms

open System
open System.IO
open System.Text.Json

/// Appends a value, of shape [n] or scalar; operands are numbers of earlier values.
[<RequireQualifiedAccess; NoComparison>]
type Instruction =
    | Unary of name: string * int
    | Binary of name: string * int * int
    | Reduce of name: string * int
    | MatVec of float[][] * int
    | Dot of int * int
    | CumulativeSum of int
    | Softmax of int
    | Roll of shift: int * int
    | Gather of int[] * int
    /// c = a; for s = 1..k: c = tanh c + h s c, collect c s; the result is c + the sum of the collected.
    | Scan of h: float * k: int * int
    /// sum(a) > 0 ? sin a : a a
    | Cond of int
    /// k times c = sin c + h c, as a loop that counts.
    | While of h: float * k: int * int

/// Maps f to g: R^n -> R.
[<RequireQualifiedAccess; NoComparison>]
type Level =
    | Grad of float[]
    | Jvp of float[]
    /// w' (Hessian of f) v, forward over reverse.
    | Hvp of v: float[] * w: float[]
    /// The same, reverse over reverse.
    | ReverseReverse of v: float[] * w: float[]
    | GradNorm
    | VMap of float[][]
    | VMapGrad of float[][]
    | Taylor of order: int * float[]
    | Jit
    | Checkpoint
    /// x <- x + h v tanh(f x), k times; the sum of the last x.
    | Scan of v: float[] * h: float * k: int
    /// The same as a loop that counts.
    | While of v: float[] * h: float * k: int
    /// sum(x) > 0 ? f(x) : f(sin x)
    | Cond
    /// sin(f x) + f(sin x)
    | Compose

[<NoComparison>]
type Nest =
    {
        Id: int
        X: float[]
        Program: Instruction[]
        /// Innermost first.
        Levels: Level[]
    }

let private floats (e: JsonElement) =
    [| for x in e.EnumerateArray() -> x.GetDouble() |]

let private rows (e: JsonElement) =
    [| for row in e.EnumerateArray() -> floats row |]

let private instruction (e: JsonElement) =
    let int (i: int) = e[i].GetInt32()
    let text (i: int) = e[i].GetString()

    match text 0 with
    | "unary" -> Instruction.Unary(text 1, int 2)
    | "binary" -> Instruction.Binary(text 1, int 2, int 3)
    | "reduce" -> Instruction.Reduce(text 1, int 2)
    | "matvec" -> Instruction.MatVec(rows e[1], int 2)
    | "dot" -> Instruction.Dot(int 1, int 2)
    | "cumsum" -> Instruction.CumulativeSum(int 1)
    | "softmax" -> Instruction.Softmax(int 1)
    | "roll" -> Instruction.Roll(int 1, int 2)
    | "gather" -> Instruction.Gather([| for i in e[1].EnumerateArray() -> i.GetInt32() |], int 2)
    | "scan" -> Instruction.Scan(e[1].GetDouble(), int 2, int 3)
    | "cond" -> Instruction.Cond(int 1)
    | other -> invalidOp $"Unknown instruction {other}."

let private level (e: JsonElement) =
    match e[0].GetString() with
    | "grad" -> Level.Grad(floats e[1])
    | "jvp" -> Level.Jvp(floats e[1])
    | "hvp" -> Level.Hvp(floats e[1], floats e[2])
    | "gradnorm" -> Level.GradNorm
    | "vmap" -> Level.VMap(rows e[1])
    | "vmapgrad" -> Level.VMapGrad(rows e[1])
    | "taylor" -> Level.Taylor(e[1].GetInt32(), floats e[2])
    | "jit" -> Level.Jit
    | "checkpoint" -> Level.Checkpoint
    | "scan" -> Level.Scan(floats e[1], e[2].GetDouble(), e[3].GetInt32())
    | "compose" -> Level.Compose
    | other -> invalidOp $"Unknown level {other}."

/// Value and gradient of nest 20 from differences at 120 digits: cancellation costs the golden file's own, from float64, eight digits.
let private corrected =
    6.1003810433977811733, [| 0.0010615003301270352363; 1.7829891663812187464; -9.2909876682407804647 |]

/// The golden nests with their values and gradients.
let golden =
    lazy
        (use document =
            JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data", "golden", "nests.json")))

         [|
             for case in document.RootElement.GetProperty("cases").EnumerateArray() ->
                 let id = case.GetProperty("id").GetInt32()

                 let value, gradient =
                     if id = 20 then
                         corrected
                     else
                         case.GetProperty("value").GetDouble(), floats (case.GetProperty "gradient")

                 {
                     Id = id
                     X = floats (case.GetProperty "x")
                     Program = [| for e in case.GetProperty("program").EnumerateArray() -> instruction e |]
                     Levels = [| for e in case.GetProperty("nest").EnumerateArray() -> level e |]
                 },
                 value,
                 gradient
         |])
