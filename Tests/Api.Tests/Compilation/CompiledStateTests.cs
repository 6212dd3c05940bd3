using System.Diagnostics;
using System.Text;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Compiled functions read their arguments, and what they hold, as they are at each call.</summary>
public sealed class CompiledStateTests
{
    private static double D(Tensor x) => x.ToDouble();

    private static readonly Tensor One = Tensor.Scalar(1.0);

    private sealed class Rates
    {
        public double Rate { get; set; } = 2.0;
        public string Kind = "times";
        public DayOfWeek Day = DayOfWeek.Monday;
        public Tensor Weight { get; set; } = Tensor.Scalar(1.0);
        public Func<Tensor, Tensor> Then { get; set; } = x => x;
        public double[] Terms { get; } = [1.0, 2.0];
        public List<Tensor> Layers { get; } = [Tensor.Scalar(1.0)];
        public Dictionary<string, double> Named { get; } = new() { ["a"] = 1.0 };
        public Settings Inner { get; } = new();
        public Point At { get; set; } = new(1, 2);
    }

    private sealed class Settings
    {
        public double Scale { get; set; } = 1.0;
        public Limits Limits { get; set; } = new(0.5, [1.0]);
    }

    private sealed record Limits(double Low, double[] Steps);

    private record struct Point(double X, double Y);

    /// <summary>Each way to read state, and each way to change it: the compiled function gives what the function gives.</summary>
    public static TheoryData<string> Changes => [.. Cases.Keys];

    private static readonly Dictionary<string, (Func<Rates, Tensor, Tensor> Read, Action<Rates> Change)> Cases = new()
    {
        ["auto-property"] = ((m, x) => x * m.Rate, m => m.Rate += 1),
        ["field"] = ((m, x) => m.Kind == "times" ? x * 2 : x + 2, m => m.Kind = m.Kind == "times" ? "plus" : "times"),
        ["enum"] = ((m, x) => x * (int)m.Day, m => m.Day++),
        ["tensor"] = ((m, x) => x * m.Weight, m => m.Weight = m.Weight + 1),
        ["delegate"] = (
            (m, x) => m.Then(x),
            m =>
            {
                var before = m.Then;
                m.Then = x => before(x) + 1;
            }
        ),
        ["array"] = ((m, x) => x * m.Terms[0] + m.Terms[1], m => m.Terms[1] += 1),
        ["list"] = ((m, x) => m.Layers.Aggregate(x, (y, w) => y + w), m => m.Layers.Add(Tensor.Scalar(1.5))),
        ["entry of a list"] = ((m, x) => x * m.Layers[0], m => m.Layers[0] = m.Layers[0] + 1),
        ["dictionary"] = ((m, x) => x * m.Named["a"], m => m.Named["a"] += 1),
        ["nested object"] = ((m, x) => x * m.Inner.Scale, m => m.Inner.Scale += 1),
        ["nested record"] = (
            (m, x) => x * m.Inner.Limits.Low,
            m => m.Inner.Limits = m.Inner.Limits with { Low = m.Inner.Limits.Low + 1 }
        ),
        ["array in a nested record"] = ((m, x) => x * m.Inner.Limits.Steps[0], m => m.Inner.Limits.Steps[0] += 1),
        ["record struct"] = ((m, x) => x * m.At.Y, m => m.At = m.At with { Y = m.At.Y + 1 }),
    };

    private static void Never<T>(string what, Func<T> expected, Func<T> actual, Action change)
    {
        for (var i = 0; i < 4; i++)
        {
            Assert.True(Equals(expected(), actual()), $"{what}, change {i}: {actual()} for {expected()}");
            Assert.True(Equals(expected(), actual()), $"{what}, change {i}, again: {actual()} for {expected()}");
            change();
        }
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_a_captured_object_holds_never_goes_stale(string name)
    {
        var (read, change) = Cases[name];
        var model = new Rates();
        var f = Compiled.Of((Tensor x) => read(model, x));
        Never(name, () => D(read(model, One)), () => D(f(One)), () => change(model));
        model = new Rates { Rate = 17, Weight = Tensor.Scalar(3.0) };
        Assert.Equal(D(read(model, One)), D(f(One)));
    }

    [Theory]
    [MemberData(nameof(Changes))]
    public void What_an_argument_holds_never_goes_stale(string name)
    {
        var (read, change) = Cases[name];
        if (name is "tensor" or "list" or "entry of a list")
            return; // An object with tensors is a tree, by its own rules.
        var model = new Plain(new Rates());
        var f = Compiled.Of((Plain p, Tensor x) => read(p.Model.Value, x));
        Never(name, () => D(read(model.Model.Value, One)), () => D(f(model, One)), () => change(model.Model.Value));
    }

    private sealed record Plain(StrongBox Model)
    {
        public Plain(Rates rates)
            : this(new StrongBox(rates)) { }
    }

    /// <summary>Holds tensors behind a function, where no tree looks for them.</summary>
    private sealed class StrongBox(object value)
    {
        private readonly Func<object> held = () => value;
        public Rates Value => (Rates)held();
    }

    private sealed class Trainer
    {
        private readonly System.Random random = new(1);
        private readonly Stopwatch watch = Stopwatch.StartNew();
        private readonly StringBuilder log = new();
        private readonly List<double> history = [];
        private double rate = 0.5;

        public double Rate
        {
            get => rate;
            set => rate = value;
        }

        public Tensor Step(Tensor x) => x * Twice() - Offset;

        private double Twice() => 2 * rate;

        public double Offset { get; set; }

        public Tensor Noisy(Tensor x) => x * random.NextDouble();

        public Tensor Timed(Tensor x) => x * watch.Elapsed.TotalSeconds;

        public Tensor Written(Tensor x) => x * log.Length;

        public Tensor Mean(Tensor x) => x * history.Sum();

        public void Note(double value)
        {
            history.Add(value);
            log.Append(value);
            random.Next();
        }
    }

    [Fact]
    public void The_fields_of_this_are_read_and_only_those_that_the_function_names()
    {
        var trainer = new Trainer();
        var runs = 0;
        var f = Compiled.Of(
            (Tensor x) =>
            {
                runs++;
                return trainer.Step(x);
            }
        );
        var direct = Compiled.Of<Tensor, Tensor>(trainer.Step);
        for (var i = 0; i < 3000; i++)
        {
            trainer.Note(i);
            Assert.Equal((1.0, 1.0), (D(f(One)), D(direct(One))));
        }

        Assert.Equal(1, runs);
        trainer.Rate = 0.75;
        Assert.Equal((1.5, 1.5), (D(f(One)), D(direct(One))));
        trainer.Offset = 1.0;
        Assert.Equal((0.5, 0.5), (D(f(One)), D(direct(One))));
    }

    [Fact]
    public void State_that_cannot_be_compared_is_refused_by_name()
    {
        var trainer = new Trainer();
        void Refused(Func<Tensor, Tensor> f, params string[] named)
        {
            var error = Assert.Throws<MutableStateException>(() => Compiled.Of(f)(One));
            Assert.All(named, name => Assert.Contains(name, error.Message));
        }

        Refused(trainer.Noisy, "random", "Random", "RandomKey");
        Refused(trainer.Timed, "watch", "Stopwatch");
        Refused(trainer.Written, "log", "StringBuilder");
        for (var i = 0; i < 2000; i++)
            trainer.Note(i);
        Refused(trainer.Mean, "history", "List<double>", "2000", "Tensor.From");
        var table = new double[1025];
        Refused(x => x * table[0], "table", "double[]", "1025");
        var random = new System.Random(1);
        Refused(x => x * random.NextDouble(), "random");
        var given = Compiled.Of((Tensor x, double[] weights) => x * weights[0]);
        Assert.Contains("weights", Assert.Throws<MutableStateException>(() => given(One, new double[2000])).Message);
        Assert.Equal(0.0, D(given(One, new double[1024])));
    }

    private interface ISchedule
    {
        double At(int step);
    }

    private sealed class Decay : ISchedule
    {
        public double Rate = 0.5;
        public List<string> Unread { get; } = [.. Enumerable.Repeat("", 5000)];

        public double At(int step) => Rate / (1 + step);
    }

    private abstract class Shape
    {
        public abstract double Area { get; }
    }

    private sealed class Square : Shape
    {
        public double Side = 1;
        public override double Area => Side * Side;
    }

    [Fact]
    public void State_behind_interfaces_and_overrides_never_goes_stale()
    {
        var decay = new Decay();
        ISchedule schedule = decay;
        var square = new Square();
        Shape shape = square;
        var f = Compiled.Of((Tensor x) => x * schedule.At(1) + shape.Area);
        Never("interface", () => decay.Rate / 2 + square.Side * square.Side, () => D(f(One)), () => decay.Rate++);
        Never("override", () => decay.Rate / 2 + square.Side * square.Side, () => D(f(One)), () => square.Side++);
    }

    private sealed class Growing : List<double>;

    [Fact]
    public void Collections_of_every_kind_are_compared_by_content()
    {
        var jagged = new double[][] { [1], [2, 3] };
        var plane = new double[2, 2];
        var set = new HashSet<int> { 1 };
        var queue = new Queue<double>([1.0]);
        var sorted = new SortedDictionary<string, double[]> { ["a"] = [1.0] };
        var growing = new Growing { 1.0 };
        var flags = new[] { true, false };
        var pair = Tuple.Create(1.0, new[] { 1.0 });
        ReadOnlyMemory<double> memory = new double[] { 1.0, 2.0 };
        double Sum() =>
            jagged.Sum(row => row.Sum())
            + plane.Cast<double>().Sum()
            + set.Sum()
            + queue.Sum()
            + sorted.Values.Sum(v => v[0])
            + growing.Sum()
            + flags.Count(flag => flag)
            + pair.Item2[0]
            + memory.Span[1];
        var f = Compiled.Of((Tensor x) => x * Sum());
        var at = 0;
        Action[] changes =
        [
            () => jagged[1][1] += 1,
            () => plane[1, 0] += 1,
            () => set.Add(7),
            () => queue.Enqueue(2),
            () => sorted["a"][0]++,
            () => growing.Add(5),
            () => flags[1] = true,
            () => pair.Item2[0]++,
            () => System.Runtime.InteropServices.MemoryMarshal.AsMemory(memory).Span[1]++,
        ];
        foreach (var change in changes)
        {
            Assert.True(Sum() == D(f(One)), $"before change {at}: {D(f(One))} for {Sum()}");
            change();
            Assert.True(Sum() == D(f(One)), $"change {at++}: {D(f(One))} for {Sum()}");
        }
    }

    [Fact]
    public void Numbers_are_compared_by_their_bits()
    {
        var f = Compiled.Of((Tensor x, double by) => x / by);
        Assert.Equal(double.PositiveInfinity, D(f(One, 0.0)));
        Assert.Equal(double.NegativeInfinity, D(f(One, -0.0)));
        var runs = 0;
        var g = Compiled.Of(
            (Tensor x, (double, float) by) =>
            {
                Interlocked.Increment(ref runs);
                return x * by.Item1 * by.Item2;
            }
        );
        for (var i = 0; i < 3; i++)
            Assert.Equal(double.NaN, D(g(One, (double.NaN, float.NaN))));
        Assert.Equal(1, runs);
    }

    [Fact]
    public void Arrays_and_lists_are_arguments_by_content()
    {
        var runs = 0;
        var f = Compiled.Of(
            (Tensor x, double[] a, List<int> b) =>
            {
                runs++;
                return x * a[0] + b[0];
            }
        );
        var array = new[] { 2.0 };
        var list = new List<int> { 1 };
        Assert.Equal(3.0, D(f(One, array, list)));
        Assert.Equal(3.0, D(f(One, [2.0], [1])));
        Assert.Equal(1, runs);
        array[0] = 5;
        Assert.Equal(6.0, D(f(One, array, list)));
        list[0] = 7;
        Assert.Equal(12.0, D(f(One, array, list)));
        Assert.Equal(3.0, D(f(One, [2.0], [1])));
    }

    [Fact]
    public void Queries_and_functions_made_at_run_time_are_read_at_each_call()
    {
        var rates = new List<double> { 1.0, 2.0 };
        var query = rates.Where(r => r > 1);
        var f = Compiled.Of((Tensor x) => x * query.Sum());
        Assert.Equal(2.0, D(f(One)));
        rates.Add(5.0);
        Assert.Equal(7.0, D(f(One)));
        var box = new Rates();
        System.Linq.Expressions.Expression<Func<Tensor, Tensor>> text = x => x * box.Rate;
        var g = Compiled.Of(text.Compile());
        Assert.Equal(2.0, D(g(One)));
        box.Rate = 3.0;
        Assert.Equal(3.0, D(g(One)));
    }

    [Fact]
    public void State_behind_transformations_and_compiled_functions_never_goes_stale()
    {
        var model = new Rates();
        Func<Tensor, Tensor> inner = x => x * x * model.Rate + model.Terms[0];
        var compiled = Compiled.Of(inner);
        var functions = new Dictionary<string, (Func<Tensor, Tensor> F, Func<double> Expected)>
        {
            ["gradient"] = (Compiled.Of(Gradient.Of(inner)), () => 2 * model.Rate),
            ["gradient of compiled"] = (Gradient.Of(compiled), () => 2 * model.Rate),
            ["compiled twice"] = (Compiled.Of(compiled), () => model.Rate + model.Terms[0]),
            ["compiled within"] = (Compiled.Of((Tensor x) => compiled(x) + 1), () => model.Rate + model.Terms[0] + 1),
            ["loop"] = (
                Compiled.Of((Tensor x) => Loop.For(0, 2, (_, y) => y + inner(x), x)),
                () => 1 + 2 * (model.Rate + model.Terms[0])
            ),
        };
        for (var i = 0; i < 3; i++)
        {
            foreach (var (name, (f, expected)) in functions)
                Assert.True(expected() == D(f(One)), $"{name}, change {i}: {D(f(One))} for {expected()}");
            model.Rate += 1;
            model.Terms[0] += 1;
        }
    }

    [Fact]
    public void Threads_that_change_what_is_captured_leave_nothing_stale()
    {
        for (var round = 0; round < 20; round++)
        {
            var model = new Rates();
            var done = false;
            var f = Compiled.Of((Tensor x) => x * model.Rate + model.Terms[0]);
            var readers = Enumerable
                .Range(0, 3)
                .Select(_ => new Thread(() =>
                {
                    while (!Volatile.Read(ref done))
                        f(One);
                }))
                .ToArray();
            Array.ForEach(readers, reader => reader.Start());
            for (var i = 0; i < 200; i++)
            {
                model.Rate = i;
                model.Terms[0] = -i;
            }

            Volatile.Write(ref done, true);
            Array.ForEach(readers, reader => reader.Join());
            Assert.Equal(0.0, D(f(One)));
            model.Rate = 5;
            Assert.Equal(5.0 - 199, D(f(One)));
        }
    }

    private static double shared = 1.0;

    [Fact]
    public void CheckCompiled_names_what_a_compiled_function_does_not_see()
    {
        shared = 1.0;
        var f = CheckCompiled.Of((Tensor x) => x * shared);
        Assert.Equal(1.0, D(f(One)));
        Assert.Equal(1.0, D(f(One)));
        shared = 2.0;
        var error = Assert.Throws<StaleProgramException>(() => f(One));
        Assert.Contains("CompiledStateTests.shared", error.Message);
        Assert.Contains("from 1 to 2", error.Message);
        Assert.Equal(2.0, D(f(One)));

        var compiled = Compiled.Of((Tensor x) => x * shared);
        Assert.Equal(2.0, D(compiled(One)));

        var model = new Rates();
        var seen = CheckCompiled.Of((Tensor x, double a) => x * model.Rate * a);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(model.Rate * i, D(seen(One, i)));
            model.Rate++;
        }

        var path = Path.GetTempFileName();
        var read = CheckCompiled.Of(() => Tensor.Scalar(1.0) * new FileInfo(path).Length);
        Assert.Equal(0.0, D(read()));
        File.WriteAllText(path, "abc");
        Assert.Contains("3", Assert.Throws<StaleProgramException>(() => read()).Message);
        File.Delete(path);
    }

    [Fact]
    public void Functions_of_no_to_six_arguments_compile()
    {
        Tensor N(double x) => Tensor.Scalar(x);
        var rate = 1.0;
        var none = Compiled.Of(() => N(2) * rate);
        Assert.Equal(2.0, D(none()));
        rate = 3.0;
        Assert.Equal(6.0, D(none()));
        Assert.Equal(1.0, D(Compiled.Of((Tensor a) => a)(N(1))));
        Assert.Equal(3.0, D(Compiled.Of((Tensor a, Tensor b) => a + b)(N(1), N(2))));
        Assert.Equal(6.0, D(Compiled.Of((Tensor a, Tensor b, Tensor c) => a + b + c)(N(1), N(2), N(3))));
        var four = Compiled.Of((Tensor a, double b, Tensor c, int d) => a * b + c * d);
        Assert.Equal(14.0, D(four(N(1), 2, N(3), 4)));
        Assert.Equal(17.0, D(four(N(1), 5, N(3), 4)));
        Assert.Equal(
            15.0,
            D(
                Compiled.Of((Tensor a, Tensor b, Tensor c, Tensor d, Tensor e) => a + b + c + d + e)(
                    N(1),
                    N(2),
                    N(3),
                    N(4),
                    N(5)
                )
            )
        );
        var six = Compiled.Of(
            (Tensor a, Tensor b, Tensor c, Tensor d, Tensor e, double[] f) => a + b + c + d + e + f[0]
        );
        Assert.Equal(21.0, D(six(N(1), N(2), N(3), N(4), N(5), [6])));
        Assert.Equal(16.0, D(six(N(1), N(2), N(3), N(4), N(5), [1])));
        Assert.Equal(
            "f",
            Assert.Throws<ArgumentNullException>(() => Compiled.Of((Func<Tensor, Tensor>)null!)).ParamName
        );
        Assert.Equal(
            "f",
            Assert.Throws<ArgumentNullException>(() => CheckCompiled.Of((Func<Tensor, Tensor>)null!)).ParamName
        );
    }
}
