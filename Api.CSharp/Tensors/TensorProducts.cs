using Pipeline.Engine;

namespace Pipeline;

/// <summary>Products and linear algebra, as members of <see cref="Tensor"/>.</summary>
public static class TensorProducts
{
    extension(Tensor x)
    {
        /// <summary>Vectors: the inner product. Otherwise the last axis of x against the second to last (or only) axis of the other. Zero times infinity is NaN here, in derivatives too. Integers keep their dtype and wrap, unlike those of <c>Sum</c>.</summary>
        public Tensor Dot(Tensor other) => ProductOperations.dot(Given.Of(x), Given.Of(other));

        /// <summary>The matrix product over the last two axes; leading axes broadcast, a vector is a row on the left and a column on the right. Integers keep their dtype and wrap.</summary>
        public Tensor MatMul(Tensor other) => ProductOperations.matrixProduct(Given.Of(x), Given.Of(other));

        /// <summary>The lower triangular L with L L' = x for a positive definite x, which is symmetrised first.</summary>
        /// <exception cref="LinearAlgebraException">x is not positive definite.</exception>
        public Tensor Cholesky() => ProductOperations.cholesky(x);

        /// <summary>The reduced QR factors of x over its last two axes: Q [.., m, k] with orthonormal columns and R [.., k, n] with zeros below its diagonal, Q R = x, where k is the lesser of m and n.</summary>
        /// <remarks>By Householder's reflections, computed in float64; leading axes are a batch. The signs are LAPACK's, and NumPy's: the diagonal of R is
        /// mostly negative. Q and R are differentiable to every order where the first k columns of x are independent: dQ = dx R^-1 - Q U and dR = U R, U upper
        /// triangular with Q' dx R^-1 = dR R^-1 + (skew). Elsewhere their derivatives are infinite or NaN; their values exist.</remarks>
        /// <returns>Q and R, of x's dtype (float64 of integers).</returns>
        /// <example><code>
        /// var (q, r) = design.QR();
        /// var coefficients = r.SolveTriangular(q.Transpose().Dot(y), lower: false); // least squares
        /// </code></example>
        /// <exception cref="ShapeException">x has fewer than two axes.</exception>
        public (Tensor Q, Tensor R) QR() => ProductOperations.qr(Given.Of(x));

        /// <summary>The solution S of x S = right for a square x (float32 or float64), by elimination with row exchanges: dS = x^-1 (d right - dx S). Leading axes are a batch; the right side is a matrix, or a vector with one axis less than x.</summary>
        /// <remarks><c>a.Solve(b)</c> is more accurate than <c>a.Inverse().MatMul(b)</c>, and cheaper.</remarks>
        /// <exception cref="LinearAlgebraException">x is exactly singular.</exception>
        /// <exception cref="ShapeException">x is not square, or the right side does not fit it.</exception>
        public Tensor Solve(Tensor right) => ProductOperations.solve(Given.Of(x), Given.Of(right));

        /// <summary>The determinant of a square x over its last two axes (1 of an empty one), by elimination with row exchanges.</summary>
        /// <remarks>Its derivatives of every order are right at singular matrices too: the gradient is the transposed adjugate, 0 where two ranks are
        /// missing. They come from an elimination of their own, which costs some n steps of n x n numbers each.</remarks>
        /// <exception cref="ShapeException">x is not square.</exception>
        public Tensor Determinant() => Determinants.determinant(x);

        /// <summary>The sign and the logarithm of the magnitude of the determinant of a square x over its last two axes, which neither overflows nor underflows: d log|det x| = trace(x^-1 dx), and the sign has derivative 0.</summary>
        /// <returns>0 and -&#8734; where x is singular; there the derivative is a <see cref="LinearAlgebraException"/>.</returns>
        /// <example><code>
        /// var (sign, logMagnitude) = covariance.LogDeterminant();
        /// </code></example>
        /// <exception cref="ShapeException">x is not square.</exception>
        public (Tensor Sign, Tensor LogMagnitude) LogDeterminant() => Determinants.logDeterminant(x);

        /// <summary>The inverse of a square x over its last two axes: d(x^-1) = -x^-1 dx x^-1.</summary>
        /// <exception cref="LinearAlgebraException">x is exactly singular.</exception>
        /// <exception cref="ShapeException">x is not square.</exception>
        public Tensor Inverse() => ProductOperations.inverse(x);

        /// <summary>The solution of x S = right for a triangular x, of which only the named triangle is read.</summary>
        public Tensor SolveTriangular(
            Tensor right,
            bool lower = true,
            bool transpose = false,
            bool unitDiagonal = false
        ) => ProductOperations.triangularSolve(lower, transpose, unitDiagonal, Given.Of(x), Given.Of(right));
    }
}
