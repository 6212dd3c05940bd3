// Products, systems and factors as curried functions.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Products, systems and factors as curried functions.</summary>
[<AutoOpen>]
module LinearAlgebra =
    /// <summary>Vectors: the inner product; otherwise the last axis against the second to last (or only) axis. Zero times infinity is NaN here. Integers keep their dtype and wrap.</summary>
    let dot (a: Tensor) (b: Tensor) : Tensor = ProductOperations.dot a b

    /// <summary>The matrix product over the last two axes; leading axes broadcast. Integers keep their dtype and wrap.</summary>
    let matmul (a: Tensor) (b: Tensor) : Tensor = ProductOperations.matrixProduct a b

    /// <summary>The solution of A X = B: <c>solve a b</c>; B is a matrix, or a vector with one axis less than A. Leading axes are a batch.</summary>
    /// <exception cref="T:Pipeline.LinearAlgebraException">A is exactly singular.</exception>
    let solve (a: Tensor) (b: Tensor) : Tensor = ProductOperations.solve a b

    /// <summary>The inverse over the last two axes.</summary>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The matrix is exactly singular.</exception>
    let inverse (a: Tensor) : Tensor = ProductOperations.inverse a

    /// <summary>The determinant over the last two axes; its derivatives of every order are right at singular matrices too (the gradient is the transposed adjugate).</summary>
    let det (a: Tensor) : Tensor = Determinants.determinant a

    /// <summary>The sign and the logarithm of the magnitude of the determinant over the last two axes: 0 and -infinity where the matrix is singular.</summary>
    let slogdet (a: Tensor) : Tensor * Tensor =
        let struct (sign, logarithm) = Determinants.logDeterminant a
        sign, logarithm

    /// <summary>The logarithm of the determinant over the last two axes; NaN where that is negative.</summary>
    let logdet (a: Tensor) : Tensor =
        let struct (sign, logarithm) = Determinants.logDeterminant a
        ShapeOperations.where (Tensor.op_LessThan (sign, Tensor.Number 0.0)) (Tensor.Number nan) logarithm

    /// <summary>The solution of T X = B for a lower triangular T (or an upper one), of which only that triangle is read: <c>triangularSolve lower t b</c>.</summary>
    let triangularSolve (lower: bool) (t: Tensor) (b: Tensor) : Tensor = ProductOperations.triangularSolve lower false false t b

    /// <summary>The lower triangular L with L L' = A; A is symmetrised first.</summary>
    /// <exception cref="T:Pipeline.LinearAlgebraException">A is not positive definite.</exception>
    let cholesky (a: Tensor) : Tensor = ProductOperations.cholesky a

    /// <summary>The reduced QR factors over the last two axes: Q with orthonormal columns and R with zeros below its diagonal, Q R = A, with LAPACK's signs:
    /// <c>let q, r = qr a</c>.</summary>
    /// <exception cref="T:Pipeline.ShapeException">A has fewer than two axes.</exception>
    let qr (a: Tensor) : Tensor * Tensor =
        let struct (q, r) = ProductOperations.qr a
        q, r
