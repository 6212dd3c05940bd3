using Pipeline.Engine;

namespace Pipeline;

/// <summary>Functions of each element, as members of <see cref="Tensor"/>. Integers become float64 where the result is real.</summary>
public static class TensorFunctions
{
    extension(Tensor x)
    {
        /// <summary>|x|, with derivative 0 at 0.</summary>
        public Tensor Abs() => Tensor.Abs(x);

        /// <summary>-1, 0 or 1, with derivative 0.</summary>
        public Tensor Sign() => Tensor.Sign(x);

        /// <summary>e^x.</summary>
        public Tensor Exp() => Tensor.Exp(x);

        /// <summary>e^x - 1, accurate near 0.</summary>
        public Tensor Expm1() => Tensor.Map(Elementwise.expm1, x);

        /// <summary>The natural logarithm.</summary>
        public Tensor Log() => Tensor.Log(x);

        /// <summary>log(1 + x), accurate near 0.</summary>
        public Tensor Log1p() => Tensor.Map(Elementwise.log1p, x);

        /// <summary>The square root, with derivative infinity at 0.</summary>
        public Tensor Sqrt() => Tensor.Sqrt(x);

        /// <summary>x times x.</summary>
        public Tensor Square() => Operations.square(Given.Of(x));

        /// <summary>1 / x.</summary>
        public Tensor Reciprocal() => Tensor.Map(Elementwise.reciprocal, x);

        /// <summary>The sine.</summary>
        public Tensor Sin() => Tensor.Sin(x);

        /// <summary>The cosine.</summary>
        public Tensor Cos() => Tensor.Cos(x);

        /// <summary>The tangent.</summary>
        public Tensor Tan() => Tensor.Tan(x);

        /// <summary>The arc tangent.</summary>
        public Tensor Atan() => Tensor.Atan(x);

        /// <summary>The hyperbolic sine.</summary>
        public Tensor Sinh() => Tensor.Sinh(x);

        /// <summary>The hyperbolic cosine.</summary>
        public Tensor Cosh() => Tensor.Cosh(x);

        /// <summary>The inverse hyperbolic sine.</summary>
        public Tensor Asinh() => Tensor.Map(Elementwise.asinh, x);

        /// <summary>The hyperbolic tangent.</summary>
        public Tensor Tanh() => Tensor.Tanh(x);

        /// <summary>1 / (1 + e^-x), accurate in both tails.</summary>
        public Tensor Logistic() => Tensor.Map(Elementwise.logistic, x);

        /// <summary>log(1 + e^x), without overflow.</summary>
        public Tensor Softplus() => Tensor.Map(Elementwise.softplus, x);

        /// <summary>The error function.</summary>
        public Tensor Erf() => Tensor.Map(SpecialFunctions.erf, x);

        /// <summary>1 - erf(x), with relative accuracy in the right tail.</summary>
        public Tensor Erfc() => Tensor.Map(SpecialFunctions.erfc, x);

        /// <summary>sin(&#960;x) / (&#960;x): 1 at 0, with derivatives 0, -&#960;&#178;/3, 0, &#960;&#8308;/5, ... there; 0 at infinity.</summary>
        public Tensor Sinc() => Tensor.Map(SpecialFunctions.sinc(0), x);

        /// <summary>The modified Bessel function of the first kind of a whole order: I_n' = (I_(n-1) + I_(n+1)) / 2.</summary>
        /// <exception cref="ArgumentOutOfRangeException">The order is negative.</exception>
        public Tensor BesselI(int order)
        {
            Limits.NotNegative(order);
            return Tensor.Map(SpecialFunctions.besselI(order), x);
        }

        /// <summary>The logarithm of the absolute value of the gamma function.</summary>
        public Tensor LogGamma() => Tensor.Map(SpecialFunctions.lgamma, x);

        /// <summary>The derivative of the logarithm of the gamma function.</summary>
        public Tensor Digamma() => Tensor.Map(SpecialFunctions.digamma, x);

        /// <summary>The m-th derivative of the digamma function.</summary>
        public Tensor Polygamma(int m)
        {
            Limits.NotNegative(m);
            return Tensor.Map(SpecialFunctions.polygamma(m), x);
        }

        /// <summary>x raised to a whole number, by exact multiplication.</summary>
        public Tensor Pow(int exponent) => Tensor.Pow(Given.Of(x), exponent);

        /// <summary>x raised to a plain number; a whole number within 1024 of 0 is taken by exact multiplication.</summary>
        public Tensor Pow(double exponent) => Tensor.Pow(Given.Of(x), exponent);

        /// <summary>x raised to a tensor, with broadcasting.</summary>
        public Tensor Pow(Tensor exponent) => Tensor.Pow(Given.Of(x), Given.Of(exponent));

        /// <summary>The larger of two, with broadcasting; a tie shares its derivative equally.</summary>
        public Tensor Maximum(Tensor other) => Operations.maximum(Given.Of(x), Given.Of(other));

        /// <summary>The smaller of two, with broadcasting; a tie shares its derivative equally.</summary>
        public Tensor Minimum(Tensor other) => Operations.minimum(Given.Of(x), Given.Of(other));

        /// <summary>The greatest whole number that is at most x / other, exactly, of integers and floats, with broadcasting and derivative 0; <c>x % other</c> instead goes with the quotient cut off towards zero.</summary>
        /// <remarks>Of integers x / 0 is -1 (all bits set, the largest of an unsigned type), and the least number / -1 wraps to itself; of floats x / 0 is &#177;&#8734; or NaN.</remarks>
        /// <example><code>
        /// Tensor.From([-7, 7]).FloorDivide(2); // [-4, 3]
        /// </code></example>
        public Tensor FloorDivide(Tensor other) => Operations.floorDivide(Given.Of(x), Given.Of(other));

        /// <summary>log(e^x + e^other), with broadcasting and without overflow.</summary>
        public Tensor LogAddExp(Tensor other) => Operations.logAddExp(Given.Of(x), Given.Of(other));

        /// <summary>x log(other), with broadcasting; 0 where x is 0, whatever number the other is, with derivative 0 by the other there.</summary>
        public Tensor XLogY(Tensor other) => Operations.xLogY(Given.Of(x), Given.Of(other));

        /// <summary>x log(1 + other), accurate near 0, with broadcasting; 0 where x is 0, whatever number the other is, with derivative 0 by the other there.</summary>
        public Tensor XLog1PY(Tensor other) => Operations.xLog1PY(Given.Of(x), Given.Of(other));

        /// <summary>x = other, elementwise.</summary>
        public Tensor IsEqualTo(Tensor other) =>
            Tensor.Compare("IsEqualTo", Relation.Equal, Given.Of(x), Given.Of(other));

        /// <summary>x &#8800; other, elementwise.</summary>
        public Tensor IsNotEqualTo(Tensor other) =>
            Tensor.Compare("IsNotEqualTo", Relation.NotEqual, Given.Of(x), Given.Of(other));

        /// <summary><paramref name="a"/> where x is true (not 0), else <paramref name="b"/>; the branch that is not taken contributes nothing to derivatives of any order.</summary>
        public Tensor Where(Tensor a, Tensor b) => ShapeOperations.where(Given.Of(x), Given.Of(a), Given.Of(b));

        /// <summary>atan2(x, other): the angle of the point (other, x), with broadcasting.</summary>
        public Tensor Atan2(Tensor other) => Tensor.Atan2(Given.Of(x), Given.Of(other));

        /// <summary>The same numbers as another dtype: floats are rounded to the nearest float, and cut off towards zero to integers, which saturate at their least and greatest numbers; NaN becomes the integer 0. Every number but 0 is true.</summary>
        /// <example><code>
        /// Tensor.From([300, -1]).AsType(DType.UInt8); // [255, 0]
        /// </code></example>
        /// <exception cref="DTypeException">There is no such dtype.</exception>
        public Tensor AsType(DType dtype) => Operations.asType(dtype, x);

        /// <summary>The same numbers with derivative zero.</summary>
        public Tensor StopGradient() => Operations.stopGradient(x);
    }
}
