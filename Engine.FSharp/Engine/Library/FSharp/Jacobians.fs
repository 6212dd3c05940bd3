// Jacobians, Hessians and their traces as curried functions; the primed forms give the value too, before the derivative.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Jacobians, Hessians and their traces as curried functions; the primed forms give the value too, before the derivative.</summary>
[<AutoOpen>]
module Jacobians =
    /// <summary>The value and the Jacobian of a function of a tree times a direction.</summary>
    let jacobianv' (f: 'T -> 'R) (x: 'T) (v: 'T) : 'R * 'R =
        Curried.refuse<'R> "jacobianv"
        let struct (value, change) = Differentiation.pushforward "jacobianv" f x v
        value, change

    /// <summary>The Jacobian of a function of a tree times a direction.</summary>
    let jacobianv (f: 'T -> 'R) (x: 'T) (v: 'T) : 'R = snd (jacobianv' f x v)

    /// <summary>The value and the map of cotangents of the result by the transposed Jacobian of a function of a tree.</summary>
    let jacobianTv'' (f: 'T -> 'R) (x: 'T) : 'R * ('R -> 'T) =
        Curried.refuse<'R> "jacobianTv"
        let struct (value, back) = Differentiation.pullback "jacobianTv" f x
        value, back

    /// <summary>The value and the transposed Jacobian of a function of a tree times a cotangent.</summary>
    let jacobianTv' (f: 'T -> 'R) (x: 'T) (u: 'R) : 'R * 'T =
        let value, back = jacobianTv'' f x
        value, back u

    /// <summary>The transposed Jacobian of a function of a tree times a cotangent.</summary>
    let jacobianTv (f: 'T -> 'R) (x: 'T) (u: 'R) : 'T = snd (jacobianTv' f x u)

    /// <summary>The value and the Jacobian of a function of a tree, by forward mode: for each tensor the result's axes, then its own.</summary>
    let jacobian' (f: 'T -> Tensor) (x: 'T) : Tensor * 'T =
        let struct (value, j) = Jacobians.forward "jacobian" f x
        value, j

    /// <summary>The Jacobian of a function of a tree, by forward mode: for each tensor the result's axes, then its own.</summary>
    let jacobian (f: 'T -> Tensor) (x: 'T) : 'T = snd (jacobian' f x)

    /// <summary>The value and the transposed Jacobian of a function of a tree, by reverse mode: for each tensor its own axes, then the result's.</summary>
    let jacobianT' (f: 'T -> Tensor) (x: 'T) : Tensor * 'T =
        let struct (value, j) = Jacobians.reverse "jacobianT" f x

        let transposed (part: Tensor) = Primitive.transpose (Array.append [| value.Rank .. part.Rank - 1 |] [| 0 .. value.Rank - 1 |]) part

        value, Pipeline.Engine.Tree.map transposed j

    /// <summary>The transposed Jacobian of a function of a tree, by reverse mode: for each tensor its own axes, then the result's.</summary>
    let jacobianT (f: 'T -> Tensor) (x: 'T) : 'T = snd (jacobianT' f x)

    /// <summary>The value, the gradient and the Hessian of a scalar function, from one evaluation.</summary>
    let gradhessian' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor * Tensor =
        let struct (value, gradient, hessian) = Jacobians.hessian "gradhessian" f x
        value, gradient, hessian

    /// <summary>The gradient and the Hessian of a scalar function, from one evaluation.</summary>
    let gradhessian (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
        let _, gradient, hessian = gradhessian' f x
        gradient, hessian

    /// <summary>The value and the Hessian of a scalar function, from one evaluation.</summary>
    let hessian' (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
        let struct (value, _, hessian) = Jacobians.hessian "hessian" f x
        value, hessian

    /// <summary>The Hessian of a scalar function.</summary>
    let hessian (f: Tensor -> Tensor) (x: Tensor) : Tensor = snd (hessian' f x)

    /// <summary>The value of a scalar function of a tree, its derivative along a direction, and the Hessian times the direction, from one evaluation.</summary>
    let gradhessianv' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * Tensor * 'T =
        // The pair (f, slope along v): its second part's gradient is the product.
        let slope p =
            let value, change = jvp f p v
            struct (change, value)

        let struct (change, value, product) = Differentiation.gradient "gradhessianv" slope x

        value, change, product

    /// <summary>The derivative of a scalar function along a direction, and the Hessian times the direction.</summary>
    let gradhessianv (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * 'T =
        let _, change, product = gradhessianv' f x v
        change, product

    /// <summary>The value of a scalar function of a tree, its gradient, and its Hessian times a direction, from one evaluation.</summary>
    let hessianv'' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * 'T * 'T =
        let struct (value, gradient, product) = Jacobians.hessianProduct "hessianv" f x v
        value, gradient, product

    /// <summary>The value of a scalar function of a tree and its Hessian times a direction.</summary>
    let hessianv' (f: 'T -> Tensor) (x: 'T) (v: 'T) : Tensor * 'T =
        let value, _, product = hessianv'' f x v
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
