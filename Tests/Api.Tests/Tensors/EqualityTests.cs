using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Equality of tensors: elementwise by ==, of references by Equals, of numbers by AllClose and SameBits.</summary>
public sealed class EqualityTests
{
    private static readonly Tensor A = Tensor.From([1.0, 2, 3]);
    private static readonly Tensor B = Tensor.From([1.0, 5, 3]);

    private sealed record Line(Tensor W, Tensor B);

    [Fact]
    public void Equality_operators_are_elementwise()
    {
        Assert.Equal([1.0, 0, 1], Tensor.Where(A == B, 1.0, 0.0).ToArray<double>());
        Assert.Equal([0.0, 1, 0], Tensor.Where(A != B, 1.0, 0.0).ToArray<double>());
        Assert.Equal(DType.Bool, (A == B).DType);
        Assert.Equal([false, true, false], (A == 2.0).ToArray<bool>());
        Assert.Equal([false, true, false], (2 == A).ToArray<bool>());
        Assert.Equal([true, false, true], (A != 2L).ToArray<bool>());
        Assert.Equal([2, 3], (Tensor.Ones([2, 1]) == A).Shape);
        Assert.Throws<ShapeException>(() => A == Tensor.Ones([2]));
    }

    [Fact]
    public void Equality_with_NaN_is_false_and_inequality_true()
    {
        var x = Tensor.From([double.NaN, 0.0]);
        var same = x;
        Assert.Equal([false, true], (x == same).ToArray<bool>());
        Assert.Equal([true, false], (x != same).ToArray<bool>());
        Assert.Equal([false, true], (x == -0.0).ToArray<bool>());
    }

    [Fact]
    public void Equality_decides_an_if_and_has_no_derivative()
    {
        Assert.True(Tensor.Scalar(2) == 2 ? true : false);
        var f = (Tensor x) => Tensor.Where(x == 2.0, x * x, 7 * x).Sum();
        Assert.Equal([7.0, 4, 7], Gradient.Of(f)(A).ToArray<double>());
        Assert.Equal([7.0, 4, 7], Compiled.Of(Gradient.Of(f))(A).ToArray<double>());
        var branch = (Tensor x) => x == 3.0 ? x * x : x;
        Assert.Equal(6.0, Gradient.Of(branch)(3.0).ToDouble());
        Assert.Equal([false, true], Vectorized.Of((Tensor x) => x == 2)(Tensor.From([1, 2])).ToArray<bool>());
    }

    [Fact]
    public void A_null_beside_a_tensor_is_a_plain_question()
    {
        Tensor? none = null;
        var some = A;
        bool isNone = none == null;
        bool isSome = some != null;
        Assert.True(isNone && isSome && null == none && null != some && !(some == null) && !(none != null));
    }

    [Fact]
    public void A_null_operand_is_an_argument_exception()
    {
        Tensor none = null!;
        Assert.Throws<ArgumentNullException>(() => A == none);
        Assert.Throws<ArgumentNullException>(() => none != A);
    }

    /// <summary>By the compiler itself: resolution of the operators and null analysis after them.</summary>
    [Fact]
    public void Equality_with_null_compiles_with_right_null_analysis()
    {
        Assert.Empty(
            ProgramText.InCSharp(
                """
                static class Program
                {
                    static Tensor Sum(Tensor? x)
                    {
                        if (x == null)
                            return 0;
                        return x.Sum();
                    }

                    static Tensor Other(Tensor? x) => x != null ? x.Sum() : 0;
                    static Tensor Left(Tensor? x) => null != x ? x.Sum() : 0;
                    static bool Plain(Tensor? x) => x == null || null == x;
                    static Tensor Elementwise(Tensor x, Tensor y) => x == y & x != 1 & 1.0 == x & x != 1f & x == 5L & x == (byte)1;
                }
                """
            )
        );
        Assert.Equal(
            ["3: CS8604", "4: CS8604", "5: CS0266"],
            ProgramText.InCSharp(
                """
                static class Program
                {
                    static Tensor Sum(Tensor? x) => x == null ? x.Sum() : x;
                    static Tensor Other(Tensor? x) => x != null ? x : x.Sum();
                    static bool Wrong(Tensor x, Tensor y) { bool all = x == y; return all; }
                }
                """
            )
        );
    }

    /// <summary>Records, dictionaries, LINQ and Assert.Equal use Equals.</summary>
    [Fact]
    public void Equals_stays_equality_of_references()
    {
        var same = Tensor.From([1.0, 2, 3]);
        Assert.True(A.Equals(A));
        Assert.False(A.Equals(same));
        Assert.True(new Line(A, B) == new Line(A, B));
        Assert.False(new Line(A, B) == new Line(same, B));
        Assert.Single(new[] { A, A }.Distinct());
        Assert.Equal(2, new HashSet<Tensor> { A, same }.Count);
    }

    [Fact]
    public void AllClose_is_by_tolerance()
    {
        Assert.True(Tensor.AllClose(A, A + 1e-9));
        Assert.False(Tensor.AllClose(A, B));
        Assert.True(Tensor.AllClose(A, A * (1 + 0.9e-5), atol: 0));
        Assert.False(Tensor.AllClose(A, A * (1 + 1.1e-5), atol: 0));
        Assert.True(Tensor.AllClose(A, B, atol: 3));
        Assert.False(Tensor.AllClose(A, B, rtol: 0, atol: 2.9));
        Assert.False(Tensor.AllClose(A, A.Reshape(3, 1)));
        Assert.False(Tensor.AllClose(A, Tensor.Scalar(1.0)));
        Assert.True(Tensor.AllClose(Tensor.Ones([2, 3]), 1));
        Assert.True(Tensor.AllClose(A, Tensor.From([1f, 2, 3])));
        Assert.True(Tensor.AllClose(Tensor.Zeros([0]), Tensor.Zeros([0])));
        Assert.True(Tensor.AllClose(Gradient.Of((Tensor x) => Tensor.AllClose(x, 3.0) ? x * x : x)(3.0), 6.0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.AllClose(A, A, rtol: -1));
        Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.AllClose(A, A, atol: double.NaN));
        Assert.Throws<ArgumentNullException>(() => Tensor.AllClose(A, null!));
    }

    [Fact]
    public void AllClose_knows_infinities_NaN_and_large_integers()
    {
        var odd = Tensor.From([double.NaN, double.PositiveInfinity]);
        Assert.False(Tensor.AllClose(odd, odd));
        Assert.True(Tensor.AllClose(odd, odd, equalNaN: true));
        Assert.False(Tensor.AllClose(odd, -odd, equalNaN: true));
        Assert.False(Tensor.AllClose(Tensor.Scalar(1.0), Tensor.Scalar(double.PositiveInfinity)));
        var large = Tensor.Scalar(long.MaxValue);
        Assert.False(Tensor.AllClose(large, Tensor.Scalar(long.MaxValue - 1), rtol: 0, atol: 0));
        Assert.True(Tensor.AllClose(large, Tensor.Scalar((ulong)long.MaxValue), rtol: 0, atol: 0));
    }

    [Fact]
    public void SameBits_is_to_the_bit()
    {
        Assert.True(Tensor.SameBits(A, Tensor.From([1.0, 2, 3])));
        Assert.False(Tensor.SameBits(A, Tensor.From([1f, 2, 3])));
        Assert.False(Tensor.SameBits(A, A.Reshape(1, 3)));
        Assert.False(Tensor.SameBits(Tensor.Scalar(0.0), Tensor.Scalar(-0.0)));
        Assert.True(Tensor.SameBits(Tensor.Scalar(double.NaN), Tensor.Scalar(double.NaN)));
        Assert.True(Tensor.SameBits(Tensor.Ones([2, 2]), Tensor.From([1.0, 1, 1, 1]).Reshape(2, 2).T));
        Assert.True(Tensor.SameBits(Tensor.From([true, false]), A[..2] < 2));
        Assert.Throws<ArgumentNullException>(() => Tensor.SameBits(null!, A));
    }

    /// <summary>Tensors hold no equality that F# would find; what holds tensors compiles and has none either.</summary>
    [Fact]
    public void In_FSharp_a_tensor_and_what_holds_it_have_no_equality_and_no_order()
    {
        Assert.Equal(
            ["5: FS0001", "6: FS0001", "7: FS0001", "8: FS0001", "9: FS0001"],
            ProgramText.InFSharp(
                """
                type Line = { W: Tensor; B: Tensor }
                type Model = Linear of Line | Constant of Tensor
                let line = { W = scalar 1.0; B = scalar 2.0 }
                let fine = isNull line.W, Tensor.SameBits(line.W, line.B), Tensor.AllClose(line.W, line.B, rtol = 1e-3)
                let a = line.W = line.B
                let b = line.W < line.B
                let c = line = line
                let d = Linear line = Constant line.W
                let e = Some line.W = None
                """
            )
        );
    }
}
