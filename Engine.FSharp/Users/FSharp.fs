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
let tensor (shape: int seq) (values: 'T seq) : Tensor =
    Operations.import<'T> (Array.ofSeq shape) (ReadOnlySpan(Array.ofSeq values))

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
let zeros (shape: int seq) : Tensor =
    Operations.full DType.Float64 (Array.ofSeq shape) 0.0

/// <summary>float64 ones.</summary>
let ones (shape: int seq) : Tensor =
    Operations.full DType.Float64 (Array.ofSeq shape) 1.0

/// <summary>Zeros of the dtype of a .NET type: <c>zerosOf&lt;float32&gt; [ 784; 128 ]</c>.</summary>
let zerosOf<'T> (shape: int seq) : Tensor =
    Operations.full (Operations.element<'T> "zerosOf") (Array.ofSeq shape) 0.0

/// <summary>Ones of the dtype of a .NET type: <c>onesOf&lt;float32&gt; [ 3 ]</c>.</summary>
let onesOf<'T> (shape: int seq) : Tensor =
    Operations.full (Operations.element<'T> "onesOf") (Array.ofSeq shape) 1.0

/// <summary>One number everywhere, in its own type: <c>full [ 3 ] 0.5</c> is float64, <c>full [ 3 ] 5</c> int32.</summary>
let full (shape: int seq) (value: 'T) : Tensor =
    Operations.fullOf (Array.ofSeq shape) value

/// <summary>Zeros in the shape and the dtype of another tensor.</summary>
let zerosLike (a: Tensor) : Tensor = Operations.fullLike a 0.0

/// <summary>Ones in the shape and the dtype of another tensor.</summary>
let onesLike (a: Tensor) : Tensor = Operations.fullLike a 1.0

/// <summary>One number everywhere, in the shape and the dtype of another tensor.</summary>
let fullLike (a: Tensor) (value: float) : Tensor = Operations.fullLike a value

/// <summary>The identity matrix, float64.</summary>
let eye (size: int) : Tensor =
    ArgumentOutOfRangeException.ThrowIfNegative size

    let index axis =
        Primitive.iota DType.Int32 [| size; size |] axis

    Primitive.convert DType.Float64 (Primitive.compare Relation.Equal (index 0) (index 1))

// F#'s slices.
type Tensor with
    /// <summary><c>z.[a0..a1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option) : Tensor = Slices.take [ Part.Range(a0, a1) ] this

    /// <summary><c>z.[a0..a1, b0..b1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1) ] this

    /// <summary><c>z.[a0..a1, b]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b: int) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b ] this

    /// <summary><c>z.[a, b0..b1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b0: int option, b1: int option) : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1) ] this

    /// <summary><c>z.[a0..a1, b0..b1, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice
        (a0: int option, a1: int option, b0: int option, b1: int option, c0: int option, c1: int option)
        : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Range(c0, c1) ] this

    /// <summary><c>z.[a0..a1, b0..b1, c]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option, c: int) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Entry c ] this

    /// <summary><c>z.[a0..a1, b, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b: int, c0: int option, c1: int option) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Range(c0, c1) ] this

    /// <summary><c>z.[a0..a1, b, c]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b: int, c: int) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Entry c ] this

    /// <summary><c>z.[a, b0..b1, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b0: int option, b1: int option, c0: int option, c1: int option) : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Range(c0, c1) ] this

    /// <summary><c>z.[a, b0..b1, c]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b0: int option, b1: int option, c: int) : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Entry c ] this

    /// <summary><c>z.[a, b, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b: int, c0: int option, c1: int option) : Tensor =
        Slices.take [ Part.Entry a; Part.Entry b; Part.Range(c0, c1) ] this

    /// <summary><c>z.[a0..a1, b0..b1, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice
        (
            a0: int option,
            a1: int option,
            b0: int option,
            b1: int option,
            c0: int option,
            c1: int option,
            d0: int option,
            d1: int option
        ) : Tensor =
        Slices.take
            [
                Part.Range(a0, a1)
                Part.Range(b0, b1)
                Part.Range(c0, c1)
                Part.Range(d0, d1)
            ]
            this

    /// <summary><c>z.[a0..a1, b0..b1, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice
        (a0: int option, a1: int option, b0: int option, b1: int option, c0: int option, c1: int option, d: int)
        : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Range(c0, c1); Part.Entry d ] this

    /// <summary><c>z.[a0..a1, b0..b1, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice
        (a0: int option, a1: int option, b0: int option, b1: int option, c: int, d0: int option, d1: int option)
        : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Entry c; Part.Range(d0, d1) ] this

    /// <summary><c>z.[a0..a1, b0..b1, c, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option, c: int, d: int) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Entry c; Part.Entry d ] this

    /// <summary><c>z.[a0..a1, b, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice
        (a0: int option, a1: int option, b: int, c0: int option, c1: int option, d0: int option, d1: int option)
        : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Range(c0, c1); Part.Range(d0, d1) ] this

    /// <summary><c>z.[a0..a1, b, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b: int, c0: int option, c1: int option, d: int) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Range(c0, c1); Part.Entry d ] this

    /// <summary><c>z.[a0..a1, b, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b: int, c: int, d0: int option, d1: int option) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Entry c; Part.Range(d0, d1) ] this

    /// <summary><c>z.[a0..a1, b, c, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a0: int option, a1: int option, b: int, c: int, d: int) : Tensor =
        Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Entry c; Part.Entry d ] this

    /// <summary><c>z.[a, b0..b1, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice
        (a: int, b0: int option, b1: int option, c0: int option, c1: int option, d0: int option, d1: int option)
        : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Range(c0, c1); Part.Range(d0, d1) ] this

    /// <summary><c>z.[a, b0..b1, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b0: int option, b1: int option, c0: int option, c1: int option, d: int) : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Range(c0, c1); Part.Entry d ] this

    /// <summary><c>z.[a, b0..b1, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b0: int option, b1: int option, c: int, d0: int option, d1: int option) : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Entry c; Part.Range(d0, d1) ] this

    /// <summary><c>z.[a, b0..b1, c, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b0: int option, b1: int option, c: int, d: int) : Tensor =
        Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Entry c; Part.Entry d ] this

    /// <summary><c>z.[a, b, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b: int, c0: int option, c1: int option, d0: int option, d1: int option) : Tensor =
        Slices.take [ Part.Entry a; Part.Entry b; Part.Range(c0, c1); Part.Range(d0, d1) ] this

    /// <summary><c>z.[a, b, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b: int, c0: int option, c1: int option, d: int) : Tensor =
        Slices.take [ Part.Entry a; Part.Entry b; Part.Range(c0, c1); Part.Entry d ] this

    /// <summary><c>z.[a, b, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
    member this.GetSlice(a: int, b: int, c: int, d0: int option, d1: int option) : Tensor =
        Slices.take [ Part.Entry a; Part.Entry b; Part.Entry c; Part.Range(d0, d1) ] this

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

// Derivatives in DiffSharp's words: the primed forms give the value too, before the derivative.

/// <summary>The derivative of a function of a scalar; functions in its result are differentiated at each application.</summary>
let diff (f: Tensor -> 'R) (x: Tensor) : 'R = FunctionResults.derivative f x

/// <summary>The value and the derivative of a function of a scalar, from one evaluation.</summary>
let diff' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    FunctionResults.requireScalar x

    let struct (value, slope) =
        Differentiation.pushforward "diff" f x (Primitive.fillLike x 1.0)

    value, slope

/// <summary>The n-th derivative of a function of a scalar, by one expansion.</summary>
let diffn (n: int) (f: Tensor -> Tensor) (x: Tensor) : Tensor =
    Derivative.Nth(Func<_, _> f, n).Invoke x

/// <summary>The value and the n-th derivative of a function of a scalar, from one expansion.</summary>
let diffn' (n: int) (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let derivatives = Expansions.derivatives f x n
    derivatives[0], derivatives[n]

/// <summary>The second derivative of a function of a scalar.</summary>
let diff2 (f: Tensor -> Tensor) (x: Tensor) : Tensor = diffn 2 f x
/// <summary>The value and the second derivative of a function of a scalar.</summary>
let diff2' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor = diffn' 2 f x

/// <summary>The value, the first and the second derivative of a function of a scalar.</summary>
let diff2'' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor * Tensor =
    let derivatives = Expansions.derivatives f x 2
    derivatives[0], derivatives[1], derivatives[2]

/// <summary>The value of a scalar function of a tree and its gradient: <c>valueAndGrad</c> in DiffSharp's words.</summary>
let grad' (f: 'T -> Tensor) (x: 'T) : Tensor * 'T = valueAndGrad f x

/// <summary>The value at a point and the change along a direction.</summary>
let jvp (f: 'T -> 'R) (x: 'T) (v: 'T) : 'R * 'R =
    let struct (value, change) = Differentiation.pushforward "jvp" f x v
    value, change

/// <summary>The value at a point and the map from cotangents of the result to those of the argument.</summary>
let vjp (f: 'T -> 'R) (x: 'T) : 'R * ('R -> 'T) =
    let struct (value, back) = Differentiation.pullback "vjp" f x
    value, back

/// <summary>The value at a point and its change as a linear map of the direction, which does not run f again.</summary>
let linearize (f: 'T -> 'R) (x: 'T) : 'R * ('T -> 'R) =
    let struct (value, map) = Differentiation.linearize "linearize" f x
    value, map

/// <summary>The transpose of a linear function of arguments like the example.</summary>
let linearTranspose (f: 'T -> 'R) (example: 'T) : 'R -> 'T =
    Differentiation.transpose "linearTranspose" f example

/// <summary>The derivative of a scalar function along a direction.</summary>
let gradv (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor = snd (jvp f x v)
/// <summary>The value of a scalar function and its derivative along a direction.</summary>
let gradv' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * Tensor = jvp f x v
/// <summary>The Jacobian times a vector.</summary>
let jacobianv (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor = snd (jvp f x v)
/// <summary>The value and the Jacobian times a vector.</summary>
let jacobianv' (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor * Tensor = jvp f x v
/// <summary>The transposed Jacobian times a vector.</summary>
let jacobianTv (f: Tensor -> Tensor) (x: Tensor) (u: Tensor) : Tensor = snd (vjp f x) u

/// <summary>The value and the transposed Jacobian times a vector.</summary>
let jacobianTv' (f: Tensor -> Tensor) (x: Tensor) (u: Tensor) : Tensor * Tensor =
    let value, back = vjp f x
    value, back u

/// <summary>The value and the map of vectors by the transposed Jacobian.</summary>
let jacobianTv'' (f: Tensor -> Tensor) (x: Tensor) : Tensor * (Tensor -> Tensor) = vjp f x

/// <summary>The value and the Jacobian, by forward mode: the result's axes, then the argument's.</summary>
let jacobian' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let struct (value, j) = Jacobians.forward "jacobian" f x
    value, j

/// <summary>The Jacobian, by forward mode: the result's axes, then the argument's.</summary>
let jacobian (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (jacobian' f x)

/// <summary>The value and the transposed Jacobian, by reverse mode: the argument's axes, then the result's.</summary>
let jacobianT' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let struct (value, j) = Jacobians.reverse "jacobianT" f x
    let order = Array.append [| value.Rank .. j.Rank - 1 |] [| 0 .. value.Rank - 1 |]
    value, Primitive.transpose order j

/// <summary>The transposed Jacobian, by reverse mode: the argument's axes, then the result's.</summary>
let jacobianT (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (jacobianT' f x)

/// <summary>The value, the gradient and the Hessian of a scalar function, from one evaluation.</summary>
let gradhessian' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor * Tensor =
    let struct (value, gradient, hessian) = Jacobians.hessian "gradhessian" f x
    value, gradient, hessian

/// <summary>The gradient and the Hessian of a scalar function, from one evaluation.</summary>
let gradhessian (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let _, gradient, hessian = gradhessian' f x
    gradient, hessian

/// <summary>The Hessian of a scalar function.</summary>
let hessian (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (gradhessian f x)

/// <summary>The value and the Hessian of a scalar function, from one evaluation.</summary>
let hessian' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let value, _, hessian = gradhessian' f x
    value, hessian

/// <summary>The value of a scalar function of a tree, its derivative along a direction, and the Hessian times the direction, from one evaluation.</summary>
let gradhessianv' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * Tensor * 'T =
    // The pair (f, slope along v): its second part's gradient is the product.
    let slope p =
        let value, change = jvp f p v
        struct (change, value)

    let struct (change, value, product) =
        Differentiation.gradient "gradhessianv" slope x

    value, change, product

/// <summary>The derivative of a scalar function along a direction, and the Hessian times the direction.</summary>
let gradhessianv (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * 'T =
    let _, change, product = gradhessianv' f x v
    change, product

/// <summary>The value of a scalar function of a tree and its Hessian times a direction.</summary>
let hessianv' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * 'T =
    let struct (value, _, product) = Jacobians.hessianProduct "hessianv" f x v
    value, product

/// <summary>The Hessian of a scalar function of a tree times a direction.</summary>
let hessianv (f: 'T -> Tensor) (x: 'T) (v: 'T) : 'T = snd (hessianv' f x v)

/// <summary>The value and the trace of the Hessian, which is not made.</summary>
let laplacian' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let struct (value, laplacian) = Jacobians.laplacian "laplacian" f x
    value, laplacian

/// <summary>The trace of the Hessian, which is not made.</summary>
let laplacian (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (laplacian' f x)

/// <summary>The value of a vector field and the trace of its Jacobian, which is not made.</summary>
let divergence' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let struct (value, divergence) = Jacobians.divergence "divergence" f x
    value, divergence

/// <summary>The trace of the Jacobian of a vector field, which is not made.</summary>
let divergence (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (divergence' f x)

/// <summary>The value of a vector field in three dimensions, its curl and its divergence.</summary>
let curldivergence' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor * Tensor =
    let struct (value, curl, divergence) = Jacobians.curl "curl" f x
    value, curl, divergence

/// <summary>The curl and the divergence of a vector field in three dimensions.</summary>
let curldivergence (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let _, curl, divergence = curldivergence' f x
    curl, divergence

/// <summary>The value of a vector field in three dimensions and its curl.</summary>
let curl' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let value, curl, _ = curldivergence' f x
    value, curl

/// <summary>The curl of a vector field in three dimensions.</summary>
let curl (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (curl' f x)

/// <summary>The Taylor polynomial of the given order about a point.</summary>
let taylor (order: int) (f: Tensor -> Tensor) (about: Tensor) : TaylorSeries =
    Taylor.Series(Func<_, _> f, about, order)

/// <summary>The Taylor polynomial in t about 0 of the solution of y' = slope y, y(0) = start, all orders from one pass (see <c>Taylor.Solution</c>).</summary>
let taylorSolution (order: int) (slope: Tensor -> Tensor) (start: Tensor) : TaylorSeries =
    Taylor.Solution(Func<_, _> slope, start, order)

/// <summary>The function over the leading axis of every tensor of its argument.</summary>
let vmap (f: 'T -> 'R) (x: 'T) : 'R =
    Vectorize.map f x (Vectorize.repeat (Nullable 0) x) 0

/// <summary>The function over an axis of each tensor of its argument by itself (None: passed whole); each tensor of the result gets its axis (None: the same for all).</summary>
let vmapAxes (axes: int option list) (outputs: int option list) (f: 'T -> 'R) (x: 'T) : 'R =
    let given = List.map Option.toNullable >> Array.ofList
    let outputs = given outputs
    Vectorize.mapLeaves f x (given axes) (fun _ -> outputs)

/// <summary>The compiled function. Apply it to the function once and keep the result: that holds the cache.</summary>
let jit (f: 'T -> 'R) : 'T -> 'R =
    let compiled = CompiledFunction<'T, 'R>(Func<_, _> f, 1, 0, f)
    fun x -> compiled.Invoke x

/// <summary>The program of a function for arguments like the example.</summary>
let stage (f: 'T -> 'R) (example: 'T) : string = Staged.Print(Func<_, _> f, example)
/// <summary>The same function, computed again in the backward pass instead of being kept.</summary>
let checkpoint (f: 'T -> 'R) : 'T -> 'R = Checkpoint.Of(Func<_, _> f).Invoke

/// <summary>The function with a forward rule: from a point and a direction to the value and its change.</summary>
let customForward (f: 'T -> 'R) (rule: 'T -> 'T -> 'R * 'R) : 'T -> 'R =
    let given x dx =
        let value, change = rule x dx
        struct (value, change)

    CustomRules.wrap f (CustomRules.forward f given)

/// <summary>The function with a reverse rule: the value with what is kept, and from that and a cotangent of the result to one of the argument.</summary>
let customReverse (f: 'T -> 'R) (forward: 'T -> 'R * 'S) (backward: 'S -> 'R -> 'T) : 'T -> 'R =
    let ahead x =
        let value, kept = forward x
        struct (value, kept)

    CustomRules.wrap f (CustomRules.reverse f ahead backward)

/// <summary>A function's derivatives to an order, by every mix of modes, held against difference quotients and each other.</summary>
let checkDerivatives (order: int) (f: 'T -> 'R) (at: 'T) : DerivativeCheck =
    CheckDerivatives.Of(Func<_, _> f, at, order)

/// <summary>The function, except that the first operation to make a NaN (or an infinity) from operands without one throws <see cref="T:Pipeline.NonFiniteException"/>.</summary>
let checkNumbers (f: 'T -> 'R) (x: 'T) : 'R = CheckNumbers.Of(Func<_, _> f).Invoke x

/// <summary>The function's result with every place in its derivatives where zero met a NaN or an infinity and was kept as zero.</summary>
let checkAnnihilations (f: 'T -> 'R) (x: 'T) : 'R * Annihilation list =
    let struct (result, found) = CheckNumbers.Annihilations(Func<_, _> f).Invoke x
    result, List.ofSeq found

// Control flow.

/// <summary>The body over the slices of the inputs; its second results are stacked.</summary>
let scan (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y =
    let step c x =
        let next, output = body c x
        struct (next, output)

    let struct (last, outputs) =
        ControlFlow.scan "Scan" step initial inputs ValueNone false (fun _ -> 0)

    last, outputs

/// <summary>scan for long loops: reverse mode keeps at most so many of the carried states and runs the steps between them again, by the binomial schedule; <c>Checkpoint.Slots(steps, 3)</c> is a good number.</summary>
let scanCheckpointed (slots: int) (body: 'C -> 'X -> 'C * 'Y) (initial: 'C) (inputs: 'X) : 'C * 'Y =
    let step c x =
        let next, output = body c x
        struct (next, output)

    let struct (last, outputs) =
        Checkpoint.Scan(Func<_, _, _> step, initial, inputs, slots)

    last, outputs

/// <summary>The body while the condition holds.</summary>
let whileLoop (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) : 'C =
    ControlFlow.whileLoop "While" condition body initial 0

/// <summary>The body while the condition holds, at most bound times.</summary>
let whileBounded (bound: int) (condition: 'C -> Tensor) (body: 'C -> 'C) (initial: 'C) : 'C =
    Loop.While(Func<_, _> condition, Func<_, _> body, initial, bound)

/// <summary>The body for each number from start up to, but without, limit: <c>forLoop start limit body initial</c>.</summary>
let forLoop (start: int) (limit: int) (body: Tensor -> 'C -> 'C) (initial: 'C) : 'C =
    ControlFlow.forLoop start limit body initial 0

/// <summary>The same between limits that are integer scalars, of a compiled, vectorized or differentiated function too.</summary>
let forLoopBetween (start: Tensor) (limit: Tensor) (body: Tensor -> 'C -> 'C) (initial: 'C) : 'C =
    ControlFlow.forLoop start limit body initial 0

/// <summary>All running results of an associative operation of two elements, along the first axis, in logarithmically many rounds.</summary>
let associativeScan (combine: 'T -> 'T -> 'T) (elements: 'T) : 'T =
    AssociativeScan.run combine elements 0 false

/// <summary>The same along an axis, and from its end if reverse.</summary>
let associativeScanAlong (axis: int) (reverse: bool) (combine: 'T -> 'T -> 'T) (elements: 'T) : 'T =
    AssociativeScan.run combine elements axis reverse

/// <summary>The x with <c>x = f x parameters</c>, by iteration from a starting point, differentiated implicitly (see <c>Implicit.FixedPoint</c>).</summary>
let fixedPoint (f: 'T -> 'P -> 'T) (start: 'T) (parameters: 'P) : 'T =
    Implicit.FixedPoint(Func<_, _, _> f, start, parameters)

/// <summary>The x with <c>residual x parameters = 0</c>, by Newton's method from a starting point, differentiated implicitly (see <c>Implicit.Root</c>).</summary>
let root (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T =
    Implicit.Root(Func<_, _, _> residual, start, parameters)

/// <summary>The same with a solver of one's own, from a starting point and the parameters to x.</summary>
let rootBy (solver: 'T -> 'P -> 'T) (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T =
    Implicit.Root(Func<_, _, _> residual, Func<_, _, _> solver, start, parameters)

/// <summary>The x where <c>objective x parameters</c> is least, by Newton's method from a starting point, differentiated implicitly (see <c>Implicit.Minimum</c>).</summary>
let minimizer (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
    Implicit.Minimum(Func<_, _, _> objective, start, parameters)

/// <summary>The same with a solver of one's own, from a starting point and the parameters to x.</summary>
let minimizerBy (solver: 'T -> 'P -> 'T) (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
    Implicit.Minimum(Func<_, _, _> objective, Func<_, _, _> solver, start, parameters)

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

/// <summary>The mean square of the deviations from the mean of all entries.</summary>
let variance (a: Tensor) : Tensor =
    Operations.variance "variance" null false 0 a

/// <summary>The sum of all entries that are not NaN; the others have derivative 0.</summary>
let nanSum (a: Tensor) : Tensor = Operations.nanSum null false a
/// <summary>The mean of all entries that are not NaN; the others have derivative 0.</summary>
let nanMean (a: Tensor) : Tensor = Operations.nanMean null false a

/// <summary>The variance of all entries that are not NaN; the others have derivative 0.</summary>
let nanVariance (a: Tensor) : Tensor =
    Operations.nanVariance "nanVariance" null false 0 a

/// <summary>1 - erf x, with relative accuracy in the right tail.</summary>
let erfc (x: Tensor) : Tensor = Tensor.Map(Elementwise.erfc, x)
/// <summary>sin(pi x) / (pi x), 1 at 0, with derivatives of every order there.</summary>
let sinc (x: Tensor) : Tensor = Tensor.Map(Elementwise.sinc 0, x)

/// <summary>The modified Bessel function of the first kind of order n.</summary>
/// <exception cref="T:System.ArgumentOutOfRangeException">The order is negative.</exception>
let besselI (n: int) (x: Tensor) : Tensor =
    ArgumentOutOfRangeException.ThrowIfNegative n
    Tensor.Map(Elementwise.besselI n, x)

/// <summary>x log y; 0 where x is 0, whatever number y is.</summary>
let xlogy (x: Tensor) (y: Tensor) : Tensor = Operations.xLogY x y
/// <summary>x log(1 + y), accurate near 0; 0 where x is 0, whatever number y is.</summary>
let xlog1py (x: Tensor) (y: Tensor) : Tensor = Operations.xLog1PY x y
/// <summary>The square, exactly x times x.</summary>
let square (a: Tensor) : Tensor = Tensor.Pow(a, 2)
/// <summary>The root of the sum of squares; 0 with gradient 0 at 0.</summary>
let norm (a: Tensor) : Tensor = Operations.norm null false a
/// <summary>Vectors: the inner product; otherwise the last axis against the second to last (or only) axis. Zero times infinity is NaN here.</summary>
let dot (a: Tensor) (b: Tensor) : Tensor = Operations.dot a b
/// <summary>The matrix product over the last two axes; leading axes broadcast.</summary>
let matmul (a: Tensor) (b: Tensor) : Tensor = Operations.matrixProduct a b
/// <summary>The solution of A X = B: <c>solve a b</c>; B is a matrix, or a vector with one axis less than A. Leading axes are a batch.</summary>
/// <exception cref="T:Pipeline.LinearAlgebraException">A is exactly singular.</exception>
let solve (a: Tensor) (b: Tensor) : Tensor = Operations.solve a b
/// <summary>The inverse over the last two axes.</summary>
/// <exception cref="T:Pipeline.LinearAlgebraException">The matrix is exactly singular.</exception>
let inverse (a: Tensor) : Tensor = Operations.inverse a
/// <summary>The determinant over the last two axes; its derivatives of every order are right at singular matrices too (the gradient is the transposed adjugate).</summary>
let det (a: Tensor) : Tensor = Determinants.determinant a

/// <summary>The sign and the logarithm of the magnitude of the determinant over the last two axes: 0 and -infinity where the matrix is singular.</summary>
let slogdet (a: Tensor) : Tensor * Tensor =
    let struct (sign, logarithm) = Determinants.logDeterminant a
    sign, logarithm

/// <summary>The logarithm of the determinant over the last two axes; NaN where that is negative.</summary>
let logdet (a: Tensor) : Tensor =
    let struct (sign, logarithm) = Determinants.logDeterminant a
    Operations.where (Tensor.op_LessThan (sign, Tensor.Number 0.0)) (Tensor.Number nan) logarithm

/// <summary>The solution of T X = B for a lower triangular T (or an upper one), of which only that triangle is read: <c>triangularSolve lower t b</c>.</summary>
let triangularSolve (lower: bool) (t: Tensor) (b: Tensor) : Tensor =
    Operations.triangularSolve lower false false t b

/// <summary>The lower triangular L with L L' = A; A is symmetrised first.</summary>
/// <exception cref="T:Pipeline.LinearAlgebraException">A is not positive definite.</exception>
let cholesky (a: Tensor) : Tensor = Operations.cholesky a

/// <summary>Another shape of the same numbers; one size may be -1.</summary>
let reshape (shape: int seq) (a: Tensor) : Tensor =
    Operations.reshape (Array.ofSeq shape) a

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

/// <summary>The entries of an axis at integer indices: one below 0 takes the first entry, one past the end the last.</summary>
let takeClamped (axis: int) (indices: Tensor) (a: Tensor) : Tensor = Operations.takeClamped axis indices a
/// <summary>The first where the condition holds, else the second; the branch that is not taken contributes nothing to derivatives.</summary>
let where (condition: Tensor) (a: Tensor) (b: Tensor) : Tensor = Operations.where condition a b
/// <summary>The greatest whole number that is at most a / b, exactly, of integers and floats, with derivative 0; of integers a / 0 is -1.</summary>
let floorDivide (a: Tensor) (b: Tensor) : Tensor = Operations.floorDivide a b

/// <summary>The larger of two, elementwise.</summary>
let maximum (a: Tensor) (b: Tensor) : Tensor = Operations.maximum a b
/// <summary>The smaller of two, elementwise.</summary>
let minimum (a: Tensor) (b: Tensor) : Tensor = Operations.minimum a b
/// <summary>Whether every entry is true (not 0).</summary>
let all (a: Tensor) : Tensor = Predicates.all null false a

/// <summary>Whether every entry along axes is true (not 0).</summary>
let allOver (axes: int list) (a: Tensor) : Tensor =
    Predicates.all (Array.ofList axes) false a

/// <summary>Whether an entry is true (not 0).</summary>
let any (a: Tensor) : Tensor = Predicates.any null false a

/// <summary>Whether an entry along axes is true (not 0).</summary>
let anyOver (axes: int list) (a: Tensor) : Tensor =
    Predicates.any (Array.ofList axes) false a

/// <summary>log(sum(exp x)) over all entries, without overflow.</summary>
let logSumExp (a: Tensor) : Tensor = Operations.logSumExp null false a
/// <summary>Nonnegative weights with sum 1 along the last axis.</summary>
let softmax (a: Tensor) : Tensor = Operations.softmax -1 a
/// <summary>Converted to a dtype.</summary>
let asType (dtype: DType) (a: Tensor) : Tensor = Operations.asType dtype a
/// <summary>The same number with derivative zero.</summary>
let stopGradient (a: Tensor) : Tensor = Operations.stopGradient a
