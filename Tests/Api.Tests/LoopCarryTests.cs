using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>
/// What loops carry and branches return is never truncated: a plain number starts in the type that the body gives it, a tensor that the
/// body turns into another type is refused by name. Plain numbers are tensors in every overload.
/// </summary>
public sealed class LoopCarryTests
{
    private static readonly Tensor Numbers = Tensor.From([0.5, 1.5, 2.5]);

    private static void Is(double expected, DType dtype, Tensor actual)
    {
        Assert.Equal((expected, dtype), (actual.ToDouble(), actual.DType));
    }

    /// <summary>Eager, compiled, vectorized and under a derivative: the same value and type.</summary>
    private static void Everywhere(double expected, DType dtype, Func<Tensor, Tensor> f)
    {
        Is(expected, dtype, f(0.5));
        Is(expected, dtype, Compiled.Of(f)(0.5));
        Is(expected, dtype, Vectorized.Of(f)(Tensor.From([0.5, 0.5]))[1]);
        Is(expected, dtype, Derivative.Along(f)(0.5, 1.0).Value);
        Is(expected, dtype, Gradient.WithValue(f)(0.5).Value);
    }

    [Fact]
    public void A_plain_number_starts_in_the_type_that_the_body_gives_it()
    {
        Everywhere(2.0, DType.Float64, h => Loop.For(0, 3, (_, s) => s + h, 0.5));
        Everywhere(1.5, DType.Float64, h => Loop.For(0, 3, (_, s) => s + h, 0));
        Everywhere(1.5, DType.Float64, h => Loop.For(0, Tensor.Scalar(3), (_, s) => s + h, 0));
        Everywhere(1.5, DType.Float64, h => Loop.For(0, Tensor.Scalar(3), (_, s) => s + h, 0, bound: 10));
        Everywhere(2.5, DType.Float64, h => Loop.While(s => s < 2.2, s => s + h, 0));
        Everywhere(2.5, DType.Float64, h => Loop.While(s => s < 2.2, s => s + h, 0, bound: 10));
        Everywhere(5.0, DType.Float64, h => Loop.Scan((s, x) => (s + x + h - 0.5, s), 0.5, Numbers).Carry);
        Everywhere(4.5, DType.Float64, h => Loop.ScanBackwards((s, x) => (s + x + h - 0.5, s), 0, Numbers).Carry);
        Everywhere(1.5, DType.Float64, h => Loop.Scan(s => (s + h, s), 0, length: 3).Carry);
        Everywhere(4.5, DType.Float64, h => Checkpoint.Scan((s, x) => (s + x + h - 0.5, s), 0, Numbers).Carry);
        Everywhere(4.5, DType.Float64, h => Checkpoint.Scan((s, x) => (s + x + h - 0.5, s), 0, Numbers, 2).Carry);
        Everywhere(1.5, DType.Float64, h => Checkpoint.Scan(s => (s + h, s), 0, length: 3).Carry);
        Everywhere(2.0, DType.Float64, h => Checkpoint.Scan(s => (s + h, s), 0.5, length: 3, slots: 2).Carry);
    }

    [Fact]
    public void A_plain_number_takes_a_narrower_float_and_keeps_its_fraction()
    {
        var h = Tensor.Scalar(0.5f);
        Is(2.0, DType.Float32, Loop.For(0, 3, (_, s) => s + h, 0.5));
        Is(1.5, DType.Float32, Loop.For(0, 3, (_, s) => s + h, 0));
        // An integer tensor beside a plain 0.5 is float64.
        Is(3.5, DType.Float64, Loop.For(0, 3, (_, s) => s + Tensor.Scalar(1), 0.5));
        Is(6.5, DType.Float64, Loop.While(s => s < 6, s => s + Tensor.Scalar(2), 0.5));
    }

    [Fact]
    public void A_plain_number_of_a_transformation_starts_in_the_type_that_the_body_gives_it()
    {
        // x is weakly typed in every trace; the body makes it firm.
        var one = Tensor.Scalar(1.0);
        Everywhere(3.5, DType.Float64, x => Loop.For(0, 3, (_, s) => s + one, x));
        var narrow = (Tensor x) => Loop.For(0, 3, (_, s) => s + Tensor.Scalar(1f), x);
        Is(3.5, DType.Float32, Compiled.Of(narrow)(0.5));
        Is(3.5, DType.Float32, Gradient.WithValue(narrow)(0.5).Value);
        Everywhere(3.5, DType.Float64, x => Loop.While(s => s < 3, s => s + one, x));
    }

    [Fact]
    public void Integers_stay_integers()
    {
        Is(6, DType.Int64, Loop.For(0, 3, (_, s) => s + 2, 0));
        Is(3, DType.Int32, Loop.For(0, 3, (i, s) => s + i, 0));
        Is(3, DType.Int32, Loop.For(0, 3, (i, s) => s + i, Tensor.Scalar(0)));
    }

    [Fact]
    public void Members_of_a_tree_are_promoted_each()
    {
        var (sum, count) = Loop.For(0, 3, (_, s) => (s.Sum + 0.5, s.Count + 1), (Sum: (Tensor)0, Count: (Tensor)0));
        Is(1.5, DType.Float64, sum);
        Is(3, DType.Int64, count);
    }

    [Fact]
    public void A_tensor_that_the_body_turns_into_another_type_is_refused_by_name()
    {
        var zero = Tensor.Scalar(0);
        void Refuses(string operation, string from, string to, Func<Tensor> loop)
        {
            var message = Assert.Throws<LoopException>(loop).Message;
            Assert.StartsWith(
                $"{operation}: the body turns tensor 0 of what it carries from {from} into {to};",
                message
            );
            Assert.Contains("AsType", message);
        }

        Refuses("For", "int32[]", "float64[]", () => Loop.For(0, 3, (_, s) => s + 0.5, zero));
        Refuses("While", "int32[]", "float64[]", () => Loop.While(s => s < 3, s => s + 0.5, zero));
        Refuses("Scan", "int32[]", "float64[]", () => Loop.Scan((s, x) => (s + x, s), zero, Numbers).Carry);
        Refuses("Scan", "int32[]", "float64[]", () => Loop.Scan(s => (s + 0.5, s), zero, length: 3).Carry);
        Refuses("Scan", "int32[]", "float64[]", () => Checkpoint.Scan((s, x) => (s + x, s), zero, Numbers).Carry);
        Refuses("For", "float32[]", "float64[]", () => Loop.For(0, 3, (_, s) => s + Numbers[0], Tensor.Scalar(0f)));
        Refuses(
            "AssociativeScan",
            "int32[]",
            "float64[]",
            () => Loop.AssociativeScan((Tensor a, Tensor b) => (a + b) / 2, Tensor.From([1, 2, 3]))
        );
        // Plain numbers in the body do not change a tensor's type.
        Is(1.5, DType.Float32, Loop.For(0, 3, (_, s) => s + 0.5, Tensor.Scalar(0f)));
    }

    [Fact]
    public void Branches_take_each_others_type_where_one_is_a_plain_number()
    {
        var x = Tensor.Scalar(0.5f);
        foreach (var predicate in new[] { true, false })
        {
            var f = Compiled.Of((Tensor p) => Branch.Cond(p, () => 0, () => x));
            Is(predicate ? 0 : 0.5, DType.Float32, f(predicate));
            Is(predicate ? 1 : 2, DType.Int64, Compiled.Of((Tensor p) => Branch.Cond(p, () => 1, () => 2))(predicate));
            Is(
                predicate ? 1 : 0.5,
                DType.Float64,
                Compiled.Of((Tensor p) => Branch.Cond(p, () => 1, () => 0.5))(predicate)
            );
            Is(
                predicate ? 3.5 : 3,
                DType.Float64,
                Compiled.Of((Tensor p) => Branch.Cond(p, a => a + 0.5, a => a, 3))(predicate)
            );
        }

        Is(0.5, DType.Float32, Compiled.Of((Tensor i) => Branch.Switch(i, x, a => a, _ => 1, _ => 2.5))(0));
        Is(2.5, DType.Float32, Compiled.Of((Tensor i) => Branch.Switch(i, x, a => a, _ => 1, _ => 2.5))(7));
    }

    [Fact]
    public void Branches_that_return_tensors_of_different_types_are_refused_by_name_at_once_and_compiled()
    {
        var (one, half, narrow) = (Tensor.Scalar(1), Tensor.Scalar(0.5), Tensor.Scalar(0.5f));
        var truth = Tensor.Scalar(true);
        var cases = new Dictionary<string, Func<Tensor, Tensor>>
        {
            ["int32[] where .* float64[]"] = i => Branch.Cond(i > 0, () => half, () => one),
            ["float64[] where .* int32[]"] = i => Branch.Switch(i, one, a => a, a => a + half),
            ["float32[] where .* float64[]"] = i => Branch.Switch(i, narrow, a => a, _ => half),
            ["bool[] where .* float64[]"] = i => Branch.Cond(i > 0, () => half, () => truth),
            ["int64[] where .* int32[]"] = i => Branch.Switch(i, one, a => a, a => a.AsType(DType.Int64)),
            ["float64[], a plain number where .* int32[]"] = i => Branch.Cond(i > 0, () => 0.5, () => one),
            ["float64[], a plain number where .* int32[] operand"] = i => Branch.Cond(i > 0, a => a + 0.5, a => a, one),
            ["int64[], a plain number where .* bool[]"] = i => Branch.Cond(i > 0, () => truth, () => 1),
        };
        foreach (var (types, choose) in cases)
        {
            var pair = types.Replace(" operand", "").Split(" where .* ");
            foreach (var number in new[] { 0, 1 })
            {
                var message = Assert.Throws<LoopException>(() => choose(number)).Message;
                Assert.Contains("tensor 0 of ", message);
                // Either is named first.
                Assert.Contains(pair[0].Split(',')[0], message);
                Assert.Contains(pair[1], message);
                Assert.Contains("AsType", message);
                Assert.Equal(message, Assert.Throws<LoopException>(() => Compiled.Of(choose)(number)).Message);
                Assert.Equal(
                    message,
                    Assert
                        .Throws<LoopException>(() => Derivative.Along((Tensor x) => choose(number) * x)(1.0, 1.0))
                        .Message
                );
            }
            Assert.Throws<LoopException>(() => Vectorized.Of(choose)(Tensor.From([0, 1])));
        }
    }

    /// <summary>What a choice gives at once and compiled: the same value, dtype, and what becomes of it beside other numbers.</summary>
    private static void EagerIsCompiled(Func<Tensor, Tensor> choose)
    {
        foreach (var number in new[] { 0, 1 })
        {
            var (eager, compiled) = (choose(number), Compiled.Of(choose)(number));
            Assert.True(
                eager.SameBits(compiled),
                $"{number}: {eager.DType} {eager}, compiled {compiled.DType} {compiled}"
            );
            // Weakly typed results are weak in both.
            Assert.Equal((eager * Tensor.Scalar(1f)).DType, (compiled * Tensor.Scalar(1f)).DType);
        }
    }

    [Fact]
    public void Branches_return_the_same_types_at_once_and_compiled()
    {
        var x = Tensor.Scalar(0.5f);
        EagerIsCompiled(i => Branch.Cond(i > 0, () => 0, () => x));
        EagerIsCompiled(i => Branch.Cond(i > 0, () => 1, () => 0.5));
        EagerIsCompiled(i => Branch.Cond(i > 0, () => 1, () => Tensor.Scalar((byte)2)));
        EagerIsCompiled(i => Branch.Cond(i > 0, a => a, a => a + Tensor.Scalar(0.25), 0.5));
        EagerIsCompiled(i => Branch.Switch(i, x, a => a, _ => 2, _ => 1.5));
        // Choices in choices, however deep, and through a function of the user's own.
        static Tensor Pick(Tensor p, Func<Tensor> a, Func<Tensor> b) => Branch.Cond(p, () => a(), () => b());
        EagerIsCompiled(i =>
            Branch.Cond(
                i > 1,
                () => 1,
                () =>
                    Branch.Cond(
                        i > 2,
                        () => 2,
                        () =>
                            Branch.Cond(
                                i > 3,
                                () => 3,
                                () =>
                                    Branch.Cond(
                                        i > 4,
                                        () => 4,
                                        () => Branch.Cond(i > 5, () => 5, () => Branch.Cond(i > 6, () => 6, () => x))
                                    )
                            )
                    )
            )
        );
        EagerIsCompiled(i => Pick(i > 0, () => 1, () => Pick(i > 1, () => 2, () => Pick(i > 2, () => 3, () => x))));
        EagerIsCompiled(i => Branch.Cond(i > 0, t => (A: t, B: (Tensor)1), t => (A: (Tensor)2, B: x), x).B);
        // A plain number that the other branch's type does not hold is refused in both.
        var wide = (Tensor i) => Branch.Cond(i > 0, () => 5_000_000_000, () => Tensor.Scalar(1));
        Assert.Throws<DTypeException>(() => wide(1));
        Assert.Throws<DTypeException>(() => Compiled.Of(wide)(1));
        // Inside of derivatives and batches too.
        Everywhere(0.5, DType.Float64, p => Branch.Cond(p > 0, () => p, () => Tensor.Scalar(1.0)));
        var shapes = (Tensor i) => Branch.Cond(i > 0, () => Tensor.Stack([x, x]), () => x);
        Assert.Equal(
            Assert.Throws<LoopException>(() => Compiled.Of(shapes)(1)).Message,
            Assert.Throws<LoopException>(() => shapes(1)).Message
        );
    }

    [Fact]
    public void A_branch_that_is_not_taken_computes_nothing()
    {
        var singular = Tensor.Zeros([2, 2]);
        var one = Tensor.Scalar(1.0);
        // It would fail, never end, read a number that is not there, or throw.
        Assert.Equal(1.0, (double)Branch.Cond(true, () => one, () => singular.Cholesky().Sum()));
        Assert.Equal(1.0, (double)Branch.Cond(true, () => one, () => Loop.While(s => s > 0, s => s + 1, one)));
        Assert.Equal(1.0, (double)Branch.Cond(true, () => one, () => (double)(one * 2)));
        Assert.Equal(1.0, (double)Branch.Cond(true, () => one, () => throw new InvalidOperationException()));
        Assert.Equal(
            1.0,
            (double)Branch.Cond(true, () => one, () => Compiled.Of((Tensor a) => a.Cholesky())(singular).Sum())
        );
        var huge = Tensor.Ones([3000, 3000]);
        Assert.Equal(
            1.0,
            (double)Branch.Cond(true, () => one, () => Gradient.Of((Tensor a) => a.Dot(a).Sum())(huge).Sum())
        );
    }

    [Fact]
    public void A_plain_number_beside_a_branch_that_reads_one_is_named()
    {
        var one = Tensor.Scalar(1.0);
        // Compiled, the second branch is float32: at once it would have to be computed to tell.
        Tensor Read(Tensor i, Func<Tensor> taken) => Branch.Cond(i > 0, taken, () => Tensor.Scalar((float)(one * 2)));
        var message = Assert.Throws<TracedValueException>(() => Read(1, () => 0.5)).Message;
        Assert.StartsWith("Cond: the first function returns a plain number", message);
        Assert.Contains("Tensor.Scalar", message);
        Is(0.5, DType.Float32, Compiled.Of((Tensor i) => Read(i, () => 0.5))(1));
        Is(2, DType.Float32, Read(0, () => 0.5));
        Is(0.5, DType.Float32, Read(1, () => Tensor.Scalar(0.5f)));
        // What throws cannot be compiled, so there is nothing to differ from.
        Is(0.5, DType.Float64, Branch.Cond(true, () => 0.5, () => throw new NotSupportedException()));
    }

    [Fact]
    public void Recursion_through_branches_ends_at_once_and_is_refused_where_it_is_recorded()
    {
        static Tensor Factorial(Tensor n) => Branch.Cond(n <= 1, () => 1.0, () => n * Factorial(n - 1));
        static Tensor Down(Tensor n) => Branch.Cond(n.IsEqualTo(0), () => 1.0, () => n * Down(n - 1));
        Assert.Equal(120.0, (double)Factorial(5));
        Assert.Equal(120.0, (double)Down(5));
        Assert.Contains(
            "calls itself",
            Assert.Throws<LoopException>(() => Compiled.Of((Tensor n) => Down(n))(5)).Message
        );
    }

    /// <summary>A function of functions, of which each stands in the next: no recursion, however deep.</summary>
    [Theory, InlineData(1), InlineData(5), InlineData(40)]
    public void A_function_nested_in_itself_in_branches_that_are_not_taken_has_the_types_it_has_compiled(int depth)
    {
        static Func<Tensor, Tensor> Positive(Func<Tensor, Tensor> then) =>
            y => Branch.Cond(y > 0, y => then(y), y => 0, y);
        static Tensor Counted(int left, Tensor y) =>
            left == 0 ? y.AsType(DType.Float32) : Branch.Cond(y > 0, () => 0, () => Counted(left - 1, y));

        Func<Tensor, Tensor> nested = y => y.AsType(DType.Float32);
        for (var i = 0; i < depth; i++)
            nested = Positive(nested);
        foreach (var x in new double[] { -1, 1 })
        {
            Tensor point = Tensor.Scalar(x);
            var atOnce = nested(point);
            Is(x > 0 ? 1 : 0, DType.Float32, atOnce);
            Is(x > 0 ? 1 : 0, DType.Float32, Compiled.Of(nested)(point));
            Is(x > 0 ? 0 : -1, DType.Float32, Counted(depth, point));
            Is(x > 0 ? 0 : -1, DType.Float32, Compiled.Of((Tensor y) => Counted(depth, y))(point));
        }

        // The innermost disagrees with the others: refused at once as it is compiled.
        Func<Tensor, Tensor> other = y => y.AsType(DType.Int32);
        for (var i = 0; i < depth; i++)
            other = Positive(other);
        static Func<Tensor, Tensor> Ending(Func<Tensor, Tensor> f) =>
            y => Branch.Cond(y > 0, f, y => y.AsType(DType.Float32), y);
        Assert.Throws<LoopException>(() => Ending(other)(Tensor.Scalar(-1.0)));
        Assert.Throws<LoopException>(() => Compiled.Of(Ending(other))(Tensor.Scalar(-1.0)));
    }

    [Fact]
    public void Recursion_that_counts_and_is_ended_by_a_number_ends_at_once()
    {
        static Tensor Product(int k, Tensor n) => Branch.Cond(n <= 1, () => 1.0, () => n * Product(k + 1, n - 1));
        static Tensor Fibonacci(int k, Tensor n) =>
            Branch.Cond(n <= 1, () => n, () => Fibonacci(k + 1, n - 1) + Fibonacci(k + 2, n - 2));
        Assert.Equal(120.0, (double)Product(0, 5));
        Assert.Equal(13.0, (double)Fibonacci(0, 7.0));
    }

    [Fact]
    public void The_number_of_a_branch_is_an_integer_scalar()
    {
        Tensor Choose(Tensor i) => Branch.Switch(i, 1.0, a => a, a => 2 * a);
        Assert.Equal(2.0, Choose(1).ToDouble());
        foreach (var call in new Func<Tensor, Tensor>[] { Choose, Compiled.Of((Tensor i) => Choose(i)) })
        {
            Assert.Contains(
                "Switch: the number of a branch is an integer, not float64",
                Assert.Throws<DTypeException>(() => call(0.5)).Message
            );
            Assert.Throws<LoopException>(() => call(Tensor.From([0, 1])));
            Assert.Equal(1.0, call(-5).ToDouble());
            Assert.Equal(2.0, call(Tensor.Scalar(5_000_000_000L)).ToDouble());
        }
    }

    [Fact]
    public void Searches_start_from_plain_numbers()
    {
        Assert.Equal(0.5, Implicit.FixedPoint(x => x / 8 + 0.4375, 0).ToDouble(), 1e-11);
        Is(2.0, DType.Float64, Implicit.FixedPoint((x, p) => (x + p / x) / 2, 1, 4));
        Is(2.0, DType.Float64, Implicit.Root(x => x * x - 4, 1));
        Is(3.0, DType.Float64, Implicit.Root((x, p) => x * x - p, 1, 9));
        Is(2.0, DType.Float64, Implicit.Minimum(x => (x - 2) * (x - 2), 0));
        Is(2.0, DType.Float64, Implicit.Minimum((x, p) => (x - p) * (x - p), 0, 2.0));
    }
}
