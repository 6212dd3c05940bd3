using Pipeline.Engine;

namespace Pipeline;

/// <summary>Functions of each element, as static functions: what <see cref="TensorFunctions"/> has as members.</summary>
public static class StaticFunctions
{
    extension(Tensor)
    {
        /// <summary>e^x - 1, accurate near 0.</summary>
        public static Tensor Expm1(Tensor x) => x.Expm1();

        /// <summary>log(1 + x), accurate near 0.</summary>
        public static Tensor Log1p(Tensor x) => x.Log1p();

        /// <summary>x times x.</summary>
        public static Tensor Square(Tensor x) => x.Square();

        /// <summary>1 / x.</summary>
        public static Tensor Reciprocal(Tensor x) => x.Reciprocal();

        /// <summary>The inverse hyperbolic sine.</summary>
        public static Tensor Asinh(Tensor x) => x.Asinh();

        /// <summary>1 / (1 + e^-x), accurate in both tails.</summary>
        public static Tensor Logistic(Tensor x) => x.Logistic();

        /// <summary>log(1 + e^x), without overflow.</summary>
        public static Tensor Softplus(Tensor x) => x.Softplus();

        /// <summary>The error function.</summary>
        public static Tensor Erf(Tensor x) => x.Erf();

        /// <summary>1 - erf(x), with relative accuracy in the right tail.</summary>
        public static Tensor Erfc(Tensor x) => x.Erfc();

        /// <summary>sin(&#960;x) / (&#960;x): 1 at 0, with derivatives 0, -&#960;&#178;/3, 0, &#960;&#8308;/5, ... there; 0 at infinity.</summary>
        public static Tensor Sinc(Tensor x) => x.Sinc();

        /// <summary>The modified Bessel function of the first kind of a whole order: I_n' = (I_(n-1) + I_(n+1)) / 2.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is negative.</exception>
        public static Tensor BesselI(Tensor x, int order) => x.BesselI(order);

        /// <summary>The logarithm of the absolute value of the gamma function.</summary>
        public static Tensor LogGamma(Tensor x) => x.LogGamma();

        /// <summary>The derivative of the logarithm of the gamma function.</summary>
        public static Tensor Digamma(Tensor x) => x.Digamma();

        /// <summary>The m-th derivative of the digamma function.</summary>
        public static Tensor Polygamma(Tensor x, int m) => x.Polygamma(m);

        /// <summary>The larger of two, with broadcasting; a tie shares its derivative equally.</summary>
        public static Tensor Maximum(Tensor x, Tensor other) => x.Maximum(other);

        /// <summary>The smaller of two, with broadcasting; a tie shares its derivative equally.</summary>
        public static Tensor Minimum(Tensor x, Tensor other) => x.Minimum(other);

        /// <summary>The greatest whole number that is at most x / other, exactly, of integers and floats, with broadcasting and derivative 0; <c>x % other</c> instead goes with the quotient cut off towards zero.</summary>
        /// <remarks>Of integers x / 0 is -1 (all bits set, the largest of an unsigned type), and the least number / -1 wraps to itself; of floats x / 0 is &#177;&#8734; or NaN.</remarks>
        /// <example><code>
        /// Tensor.From([-7, 7]).FloorDivide(2); // [-4, 3]
        /// </code></example>
        public static Tensor FloorDivide(Tensor x, Tensor other) => x.FloorDivide(other);

        /// <summary>log(e^x + e^other), with broadcasting and without overflow.</summary>
        public static Tensor LogAddExp(Tensor x, Tensor other) => x.LogAddExp(other);

        /// <summary>x log(other), with broadcasting; 0 where x is 0, whatever number the other is, with derivative 0 by the other there.</summary>
        public static Tensor XLogY(Tensor x, Tensor other) => x.XLogY(other);

        /// <summary>x log(1 + other), accurate near 0, with broadcasting; 0 where x is 0, whatever number the other is, with derivative 0 by the other there.</summary>
        public static Tensor XLog1PY(Tensor x, Tensor other) => x.XLog1PY(other);

        /// <summary>x = other, elementwise.</summary>
        public static Tensor IsEqualTo(Tensor x, Tensor other) => x.IsEqualTo(other);

        /// <summary>x &#8800; other, elementwise.</summary>
        public static Tensor IsNotEqualTo(Tensor x, Tensor other) => x.IsNotEqualTo(other);

        /// <summary><paramref name="a"/> where the condition is true (not 0), else <paramref name="b"/>; the branch that is not taken contributes nothing to derivatives of any order.</summary>
        public static Tensor Where(Tensor condition, Tensor a, Tensor b) =>
            ShapeOperations.where(Given.Of(condition), Given.Of(a), Given.Of(b));

        /// <summary>The same numbers as another dtype: floats are rounded to the nearest float, and cut off towards zero to integers, which saturate at their least and greatest numbers; NaN becomes the integer 0. Every number but 0 is true.</summary>
        /// <example><code>
        /// Tensor.From([300, -1]).AsType(DType.UInt8); // [255, 0]
        /// </code></example>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public static Tensor AsType(Tensor x, DType dtype) => x.AsType(dtype);

        /// <summary>The same numbers with derivative zero.</summary>
        public static Tensor StopGradient(Tensor x) => x.StopGradient();
    }
}
