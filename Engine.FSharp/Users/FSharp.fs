/// <summary>The library for F#: the transformations as curried functions, constructors and operations on tensors. Open it.</summary>
/// <remarks>Elementwise functions (exp, log, sqrt, sin, tanh, abs, atan2, ...) are F#'s own, applied to tensors. Functions of trees take F# records, tuples, lists and arrays.</remarks>
module Pipeline.FSharp

open System
open Pipeline.Engine

// Making tensors.

/// <summary>A scalar of the dtype of its .NET number.</summary>
let scalar (value: 'T) : Tensor =
    Operations.import<'T> [||] (ReadOnlySpan [| value |])

/// <summary>A tensor of a shape from its numbers in row-major order.</summary>
let tensor (shape: int list) (values: 'T seq) : Tensor =
    Operations.import<'T> (Array.ofList shape) (ReadOnlySpan(Array.ofSeq values))

/// <summary>A tensor of rank 1.</summary>
let vector (values: 'T seq) : Tensor =
    let values = Array.ofSeq values
    Operations.import<'T> [| values.Length |] (ReadOnlySpan values)

/// <summary>A tensor of rank 2 from its rows.</summary>
let matrix (rows: 'T seq seq) : Tensor =
    let rows = rows |> Seq.map Array.ofSeq |> Array.ofSeq
    let columns = if rows.Length = 0 then 0 else rows[0].Length

    if rows |> Array.exists (fun row -> row.Length <> columns) then
        raise (ShapeException "matrix: the rows differ in length.")

    Operations.import<'T> [| rows.Length; columns |] (ReadOnlySpan(Array.concat rows))

/// <summary>float64 zeros.</summary>
let zeros (shape: int list) : Tensor =
    Operations.full DType.Float64 (Array.ofList shape) 0.0

/// <summary>float64 ones.</summary>
let ones (shape: int list) : Tensor =
    Operations.full DType.Float64 (Array.ofList shape) 1.0

// Transformations.

/// <summary>The gradient of a scalar function of a tree at a point.</summary>
let grad (f: 'T -> Tensor) (x: 'T) : 'T =
    let struct (_, _, gradient) =
        Differentiation.gradient "grad" (fun p -> struct (f p, ())) x

    gradient

/// <summary>The value of a scalar function of a tree and its gradient.</summary>
let valueAndGrad (f: 'T -> Tensor) (x: 'T) : Tensor * 'T =
    let struct (value, _, gradient) =
        Differentiation.gradient "valueAndGrad" (fun p -> struct (f p, ())) x

    value, gradient

/// <summary>The value, what the function returns beside it, and the gradient.</summary>
let valueAuxAndGrad (f: 'T -> Tensor * 'A) (x: 'T) : Tensor * 'A * 'T =
    let first p =
        let value, aux = f p
        struct (value, aux)

    let struct (value, aux, gradient) =
        Differentiation.gradient "valueAuxAndGrad" first x

    value, aux, gradient

/// <summary>The derivative of a function of a scalar; functions in its result are differentiated at each application.</summary>
let diff (f: Tensor -> 'R) (x: Tensor) : 'R = FunctionResults.derivative f x

/// <summary>The n-th derivative of a function of a scalar.</summary>
let diffn (n: int) (f: Tensor -> Tensor) (x: Tensor) : Tensor =
    Derivative.Nth(Func<_, _> f, n).Invoke x

/// <summary>The value at a point and the change along a direction.</summary>
let jvp (f: 'T -> 'R) (x: 'T) (v: 'T) : 'R * 'R =
    let struct (value, change) = Differentiation.pushforward "jvp" f x v
    value, change

/// <summary>The value at a point and the map from cotangents of the result to those of the argument.</summary>
let vjp (f: 'T -> 'R) (x: 'T) : 'R * ('R -> 'T) =
    let struct (value, back) = Differentiation.pullback "vjp" f x
    value, back

/// <summary>The derivative of a scalar function along a direction.</summary>
let gradv (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor = snd (jvp f x v)
/// <summary>The Jacobian times a vector.</summary>
let jacobianv (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor = snd (jvp f x v)
/// <summary>The transposed Jacobian times a vector.</summary>
let jacobianTv (f: Tensor -> Tensor) (x: Tensor) (u: Tensor) : Tensor = snd (vjp f x) u
/// <summary>The Jacobian, by forward mode: the result's axes, then the argument's.</summary>
let jacobian (f: Tensor -> Tensor) (x: Tensor) : Tensor = Jacobians.forward "jacobian" f x
/// <summary>The Hessian of a scalar function.</summary>
let hessian (f: Tensor -> Tensor) (x: Tensor) : Tensor = Jacobians.forward "hessian" (grad f) x
/// <summary>The Hessian of a scalar function of a tree times a direction.</summary>
let hessianv (f: 'T -> Tensor) (x: 'T) (v: 'T) : 'T = snd (jvp (grad f) x v)
/// <summary>The gradient and the Hessian.</summary>
let gradhessian (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor = grad f x, hessian f x

let private trace (a: Tensor) =
    if a.Rank <> 2 || a.Dims[0] <> a.Dims[1] then
        raise (ShapeException $"trace: takes a square matrix, not {Shape.text a.Dims}.")

    let row, column =
        Primitive.iota DType.Int32 a.Dims 0, Primitive.iota DType.Int32 a.Dims 1

    let diagonal =
        Primitive.select (Primitive.compare Relation.Equal row column) a (Primitive.fillLike a 0.0)

    Operations.sum null false diagonal

/// <summary>The trace of the Hessian.</summary>
let laplacian (f: Tensor -> Tensor) (x: Tensor) : Tensor = trace (hessian f x)
/// <summary>The trace of the Jacobian of a vector field.</summary>
let divergence (f: Tensor -> Tensor) (x: Tensor) : Tensor = trace (jacobian f x)

/// <summary>The curl of a vector field in three dimensions.</summary>
let curl (f: Tensor -> Tensor) (x: Tensor) : Tensor =
    let j = jacobian f x

    if j.Rank <> 2 || j.Dims[0] <> 3 || j.Dims[1] <> 3 then
        raise (ShapeException $"curl: takes a function from 3 to 3 numbers; its Jacobian here is {Shape.text j.Dims}.")

    let at i k =
        Primitive.entry 0 k (Primitive.entry 0 i j)

    Primitive.stack 0 [| at 2 1 - at 1 2; at 0 2 - at 2 0; at 1 0 - at 0 1 |]

/// <summary>The Taylor polynomial of the given order about a point.</summary>
let taylor (order: int) (f: Tensor -> Tensor) (about: Tensor) : TaylorSeries =
    Taylor.Series(Func<_, _> f, about, order)

/// <summary>The function over the leading axis of every tensor of its argument.</summary>
let vmap (f: 'T -> 'R) (x: 'T) : 'R =
    Vectorize.map f x (Vectorize.repeat (Nullable 0) x) 0

/// <summary>The compiled function. Apply it to the function once and keep the result: that holds the cache.</summary>
let jit (f: 'T -> 'R) : 'T -> 'R =
    let compiled = CompiledFunction<'T, 'R>(Func<_, _> f, f)
    fun x -> compiled.Invoke x

/// <summary>The program of a function for arguments like the example.</summary>
let stage (f: 'T -> 'R) (example: 'T) : string = Staged.Print(Func<_, _> f, example)
/// <summary>The same function, computed again in the backward pass instead of being kept.</summary>
let checkpoint (f: 'T -> 'R) : 'T -> 'R = Checkpoint.Of(Func<_, _> f).Invoke

// Control flow.

/// <summary>The body over the slices of the inputs; its second results are stacked.</summary>
let scan (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y =
    let step c x =
        let next, output = body c x
        struct (next, output)

    let struct (last, outputs) = ControlFlow.scan step initial inputs ValueNone false
    last, outputs

/// <summary>The body while the condition holds.</summary>
let whileLoop (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) : 'C =
    ControlFlow.whileLoop condition body initial 0

/// <summary>The body while the condition holds, at most bound times.</summary>
let whileBounded (bound: int) (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) : 'C =
    Loop.While(Func<_, _> condition, Func<_, _> body, initial, bound)

/// <summary>One of two functions of an operand, by a scalar.</summary>
let cond (predicate: Tensor) (ifTrue: 'T -> 'R) (ifFalse: 'T -> 'R) (operand: 'T) : 'R =
    ControlFlow.cond predicate ifTrue ifFalse operand

/// <summary>The function of the given number applied to an operand.</summary>
let switch (index: Tensor) (branches: ('T -> 'R) list) (operand: 'T) : 'R =
    ControlFlow.switch index (Array.ofList branches) operand

// Operations.

/// <summary>The sum of all entries.</summary>
let sum (a: Tensor) : Tensor = Operations.sum null false a

/// <summary>The sum along axes.</summary>
let sumOver (axes: int list) (a: Tensor) : Tensor =
    Operations.sum (Array.ofList axes) false a

/// <summary>The mean of all entries.</summary>
let mean (a: Tensor) : Tensor = Operations.mean null false a

/// <summary>The mean along axes.</summary>
let meanOver (axes: int list) (a: Tensor) : Tensor =
    Operations.mean (Array.ofList axes) false a

/// <summary>The square, exactly x times x.</summary>
let square (a: Tensor) : Tensor = Tensor.Pow(a, 2)
/// <summary>The root of the sum of squares; 0 with gradient 0 at 0.</summary>
let norm (a: Tensor) : Tensor = Operations.norm null false a
/// <summary>Vectors: the inner product; otherwise the last axis against the second to last (or only) axis. Zero times infinity is NaN here.</summary>
let dot (a: Tensor) (b: Tensor) : Tensor = Operations.dot a b
/// <summary>The matrix product over the last two axes; leading axes broadcast.</summary>
let matmul (a: Tensor) (b: Tensor) : Tensor = Operations.matrixProduct a b

/// <summary>Another shape of the same numbers; one size may be -1.</summary>
let reshape (shape: int list) (a: Tensor) : Tensor =
    Operations.reshape (Array.ofList shape) a

/// <summary>The axes reversed.</summary>
let transpose (a: Tensor) : Tensor = Operations.transpose null a

/// <summary>Side by side along an axis.</summary>
let concatenate (axis: int) (parts: Tensor seq) : Tensor =
    Operations.concatenate axis (Array.ofSeq parts)

/// <summary>Side by side along a new axis.</summary>
let stack (axis: int) (parts: Tensor seq) : Tensor =
    Operations.stack axis (Array.ofSeq parts)

/// <summary>The entry of the first axis.</summary>
let entry (index: int) (a: Tensor) : Tensor = Operations.entry 0 index a
/// <summary>The entries of an axis at integer indices.</summary>
let take (axis: int) (indices: Tensor) (a: Tensor) : Tensor = Operations.take axis indices a
/// <summary>The first where the condition holds, else the second; the branch that is not taken contributes nothing to derivatives.</summary>
let where (condition: Tensor) (a: Tensor) (b: Tensor) : Tensor = Operations.where condition a b
/// <summary>The larger of two, elementwise.</summary>
let maximum (a: Tensor) (b: Tensor) : Tensor = Operations.maximum a b
/// <summary>The smaller of two, elementwise.</summary>
let minimum (a: Tensor) (b: Tensor) : Tensor = Operations.minimum a b
/// <summary>log(sum(exp x)) over all entries, without overflow.</summary>
let logSumExp (a: Tensor) : Tensor = Operations.logSumExp null false a
/// <summary>Nonnegative weights with sum 1 along the last axis.</summary>
let softmax (a: Tensor) : Tensor = Operations.softmax -1 a
/// <summary>Converted to a dtype.</summary>
let asType (dtype: DType) (a: Tensor) : Tensor = Operations.asType dtype a
/// <summary>The same number with derivative zero.</summary>
let stopGradient (a: Tensor) : Tensor = Operations.stopGradient a
