// Derivatives as curried functions, in DiffSharp's words: the primed forms give the value too, before the derivative.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Derivatives as curried functions, in DiffSharp's words: the primed forms give the value too, before the derivative.</summary>
[<AutoOpen>]
module Derivatives =

    /// <summary>The gradient of a scalar function of a tree at a point.</summary>
    let grad (f: 'T -> Tensor) (x: 'T) : 'T =
        let struct (_, gradient) = Differentiation.valueAndGradient "grad" f x
        gradient

    /// <summary>The value of a scalar function of a tree and its gradient.</summary>
    let valueAndGrad (f: 'T -> Tensor) (x: 'T) : Tensor * 'T =
        let struct (value, gradient) = Differentiation.valueAndGradient "valueAndGrad" f x
        value, gradient

    /// <summary>The value of a scalar function of a tree and its gradient: <c>valueAndGrad</c> in DiffSharp's words.</summary>
    let grad' (f: 'T -> Tensor) (x: 'T) : Tensor * 'T = valueAndGrad f x

    /// <summary>The value, what the function returns beside it, and the gradient.</summary>
    let valueAuxAndGrad (f: 'T -> Tensor * 'A) (x: 'T) : Tensor * 'A * 'T =
        let first p =
            let value, aux = f p
            struct (value, aux)

        let struct (value, aux, gradient) = Differentiation.gradient "valueAuxAndGrad" first x

        value, aux, gradient


    /// <summary>The derivative of a function of a scalar; functions in its result are differentiated at each application.</summary>
    let diff (f: Tensor -> 'R) (x: Tensor) : 'R = FunctionResults.derivative f x

    /// <summary>The value and the derivative of a function of a scalar, from one evaluation.</summary>
    let diff' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
        FunctionResults.requireScalar x

        let struct (value, slope) = Differentiation.pushforward "diff" f x (Primitive.fillLike x 1.0)

        value, slope

    /// <summary>The n-th derivative of a function of a scalar, by one expansion.</summary>
    let diffn (n: int) (f: Tensor -> Tensor) (x: Tensor) : Tensor =
        Limits.NotNegative(n, "order")
        (Expansions.derivatives f x n)[n]

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

    /// <summary>The value at a point and the change along a direction.</summary>
    let jvp (f: 'T -> 'R) (x: 'T) (v: 'T) : 'R * 'R =
        Curried.refuse<'R> "jvp"
        let struct (value, change) = Differentiation.pushforward "jvp" f x v
        value, change

    /// <summary>The value at a point and the map from cotangents of the result to those of the argument.</summary>
    let vjp (f: 'T -> 'R) (x: 'T) : 'R * ('R -> 'T) =
        Curried.refuse<'R> "vjp"
        let struct (value, back) = Differentiation.pullback "vjp" f x
        value, back

    /// <summary>The value at a point and its change as a linear map of the direction, which does not run f again.</summary>
    let linearize (f: 'T -> 'R) (x: 'T) : 'R * ('T -> 'R) =
        Curried.refuse<'R> "linearize"
        let struct (value, map) = Differentiation.linearize "linearize" f x
        value, map

    /// <summary>The transpose of a linear function of arguments like the example.</summary>
    let linearTranspose (f: 'T -> 'R) (example: 'T) : 'R -> 'T =
        Curried.refuse<'R> "linearTranspose"
        Differentiation.transpose "linearTranspose" f example

    /// <summary>The derivative of a scalar function along a direction.</summary>
    let gradv (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor = snd (jvp f x v)

    /// <summary>The value of a scalar function and its derivative along a direction.</summary>
    let gradv' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * Tensor = jvp f x v

    /// <summary>The Taylor polynomial of the given order about a point.</summary>
    let taylor (order: int) (f: Tensor -> Tensor) (about: Tensor) : TaylorSeries = Expansions.series f about order

    /// <summary>The Taylor polynomial in t about 0 of the solution of y' = slope y, y(0) = start, all orders from one pass (see <c>Taylor.Solution</c>).</summary>
    let taylorSolution (order: int) (slope: Tensor -> Tensor) (start: Tensor) : TaylorSeries = Expansions.solutionSeries slope start order
