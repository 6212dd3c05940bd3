/// Straight-line programs R^n -> R and nests of transformations around them, as data; and the reader of the golden file's.
module Pipeline.Engine.Tests.NestPrograms

open System
open System.IO
open System.Text.Json

/// Appends a value, of shape [n, n], [n] or scalar; operands are numbers of earlier values, broadcast from the right.
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
    /// A binary function of every entry of a and every entry of b, vectors.
    | Outer of name: string * int * int
    /// A matrix reduced along an axis.
    | ReduceAxis of name: string * axis: int * int
    | Transpose of int
    /// A product of matrices, or of a matrix and a vector on either side.
    | Product of int * int
    /// Running sums along an axis of a matrix or vector, from the end.
    | SumFromEnd of axis: int * int
    /// n entries of a beside b, from a start in steps of 1 or 2.
    | Splice of start: int * step: int * int * int
    /// The first n of zeros around and between the entries.
    | Spread of low: int * interior: int * int
    /// Ascending along the last axis.
    | Sort of int
    /// b in the order of a.
    | OrderedBy of int * int
    /// Zeros with the entries added at indices.
    | Scatter of int[] * int
    /// a > 0 ? b : c
    | Select of int * int * int
    /// The factor of t t' + 2 n, t = tanh of a matrix.
    | Cholesky of int
    /// The solution for b of the system tanh a + 3 on the diagonal, of which one triangle is read.
    | TriangularSolve of lower: bool * transpose: bool * unitDiagonal: bool * int * int
    /// The solution for b of the system tanh a + 3 in the places of a cyclic exchange of rows, or of its transpose.
    | Solve of transpose: bool * int * int
    /// The determinant of tanh of a matrix.
    | Determinant of int
    /// log |det| of the matrix of Solve.
    | LogDeterminant of int
    /// c = sum b; for each entry x of a, from either end: c = tanh (c + x b), all of b captured, collecting c x; what was collected + the last c. b is a scalar.
    | ScanOver of reverse: bool * int * int
    /// c = a; while the sum of squares of c is more than 1/2, at most ten times: c = 0.7 c + 0.05 sin c.
    | Shrink of bounded: bool * int
    /// The branch of that number: 0 for a sum below 0, 1 below 1, else 2: cos, square, sin of half.
    | Switch of int
    /// a times sin a, of which no transformation knows a change.
    | Stop of int
    /// a sin a with a rule of its own.
    | Custom of isForward: bool * int

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
    /// w' J v, J the Jacobian of x -> x + sin x f(x).
    | Jacobian of isForward: bool * v: float[] * w: float[]
    /// The same by a pullback of w alone.
    | Pullback of v: float[] * w: float[]
    /// w' (Hessian of f) v, from the whole matrix.
    | Hessian of v: float[] * w: float[]
    | Laplacian
    /// f(x) + f's derivative along v, of one evaluation.
    | ValueAndGrad of v: float[]
    /// The derivative of order k of t -> f(x + t v) at 0, which captures x.
    | Along of k: int * v: float[]
    /// x <- x - h (gradient of f)(x), k times; the sum of the last x.
    | Descent of h: float * k: int
    /// Like While, but only while the sum of squares of x is below 1.
    | WhileBelow of v: float[] * h: float * k: int
    /// As VMap, over columns.
    | VMapColumns of float[][]
    /// The branch of that number: 0 for a sum below 0, 1 below 1, else 2: f(x / 2), f(sin x), f(x).
    | Switch
    /// The sum of the outputs of a scan over rows d: c <- c + h d f(c), output f(c d).
    | ScanRows of h: float * float[][]
    /// The derivative along v: f linearized, then the map applied.
    | Linearized of v: float[]
    /// The same: the map t -> derivative along t, transposed.
    | Transposed of v: float[]
    /// f with its own derivative as a rule.
    | CustomRule of isForward: bool
    /// The sum of squares of the gradient, with f(sin x) handed out beside f and added.
    | Auxiliary
    /// f + g' v + v' H v, of one evaluation of value, gradient and Hessian.
    | Quadratic of v: float[]
    /// As Scan, saving so many states.
    | CheckpointedScan of v: float[] * h: float * k: int * slots: int
    /// The root y of y + sin(y) / 2 = tanh(f x).
    | Root

[<NoComparison>]
type Nest = {
    Id: int
    X: float[]
    Program: Instruction[]
    /// Innermost first.
    Levels: Level[]
}

let private floats (e: JsonElement) = [| for x in e.EnumerateArray() -> x.GetDouble() |]

let private rows (e: JsonElement) = [| for row in e.EnumerateArray() -> floats row |]

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
