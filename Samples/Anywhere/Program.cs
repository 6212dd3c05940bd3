// What a program can do wherever .NET runs: as it is built, trimmed, and compiled ahead of time, it prints the same lines.
using Pipeline;

// Derivatives of numbers, of records, records in records, tuples, arrays and dictionaries.
var cubic = (Tensor x) => x * x * x.Sin();
Console.WriteLine($"third derivative {Derivative.Nth(cubic, 3)(2.0)}");
Console.WriteLine($"series {string.Join(' ', Taylor.Series(x => x.Sin().Exp(), about: 0.5, order: 4).Coefficients)}");

var x = new RandomKey(0).Normal([8, 2]);
var y = (x.Dot(Tensor.From([1.0, -2.0])) + 0.5).Tanh();
var network = new Network(
    new Layer(Tensor.From([0.1, -0.2]), 0.3),
    [Tensor.From([1.0, 0.5]), 2.0],
    new Scale(1.5, "unit")
);
var loss = (Network n) =>
    (
        (x.Dot(n.Hidden.Weights) + n.Hidden.Bias).Tanh() * n.Scale.Factor
        + n.Penalties[0].Square().Sum() * n.Penalties[1]
        - y
    )
        .Square()
        .Mean();
var slope = Gradient.Of(loss)(network);
Console.WriteLine(
    $"gradient {slope.Hidden.Weights} {slope.Hidden.Bias} {slope.Penalties[0]} {slope.Penalties[1]} {slope.Scale.Factor}"
);

var pairs = Gradient.Of(((Tensor A, Tensor B)[] p) => p[0].A * p[1].B + p[1].A.Exp())([(1.0, 2.0), (3.0, 4.0)]);
Console.WriteLine($"pairs {pairs[0].A} {pairs[0].B} {pairs[1].A} {pairs[1].B}");
var named = Gradient.Of((Dictionary<string, Tensor> p) => p["a"] * p["b"])(new() { ["a"] = 2.0, ["b"] = 5.0 });
Console.WriteLine($"named {named["a"]} {named["b"]}");
var point = Gradient.Of((Point p) => p.X * p.Y.Sin())(new Point(2.0, 3.0));
Console.WriteLine($"struct {point.X} {point.Y}");

var list = Gradient.Of((List<Point> p) => p[0].X * p[1].Y)([new(1.0, 2.0), new(3.0, 4.0)]);
var numbered = Gradient.Of((Dictionary<int, Tensor> p) => p[1] * p[2])(new() { [1] = 2.0, [2] = 5.0 });
Console.WriteLine($"list {list[0].X} {list[1].Y}, by number {numbered[1]} {numbered[2]}");

// Batches, loops, choices, curvature.
Console.WriteLine(
    $"each {Vectorized.Of(Gradient.Of((Tensor w, Tensor x) => (x.Dot(w) - 1).Square()), [null, 0])(Tensor.From([1.0, 2.0]), x[..3])}"
);
var root = (Tensor a) => Loop.While(r => (r * r - a).Abs() > 1e-12, r => (r + a / r) / 2, a);
Console.WriteLine(
    $"root {root(2.0)}, its slope {Derivative.Of((Tensor a) => Loop.For(0, 8, (_, r) => (r + a / r) / 2, a))(2.0)}"
);
var scan = Loop.Scan(
    ((Tensor Sum, Tensor Product) s, Tensor v) => ((s.Sum + v, s.Product * v), s.Sum),
    (0.0, 1.0),
    Tensor.From([1.0, 2, 3, 4])
);
Console.WriteLine($"scan {scan.Carry.Sum} {scan.Carry.Product} {scan.Outputs}");
Console.WriteLine($"choice {Gradient.Of((Tensor v) => Branch.Cond(v > 0, v => v.Log(), v => v, v))(4.0)}");
Console.WriteLine(
    $"curvature {Hessian.Of((Tensor v) => (v[0] * v[1]).Exp() + v.Square().Sum())(Tensor.From([0.5, -1.0])).ToString().ReplaceLineEndings(" ")}"
);

// A compiled function that reads a number which changes, and one with a rule of its own.
var rate = 0.5;
var step = Compiled.Of((Tensor w) => w - rate * Gradient.Of((Tensor w) => w.Square().Sum())(w));
for (var i = 0; i < 3; i++, rate /= 2)
    Console.WriteLine($"step at {rate}: {step(Tensor.From([1.0, -3.0]))}");
var clipped = CustomRule.Reverse((Tensor x) => x * x, x => (x * x, x), (x, u) => (2 * x * u).Minimum(1.0));
Console.WriteLine($"clipped {Compiled.Of(Gradient.Of(clipped))(3.0)}");

// Training, by full batches and by minibatches, and inference.
var fit = Optimizer
    .Adam(0.05)
    .Minimize<(Tensor W, Tensor B), Data>((p, d) => ((d.X.Dot(p.W) + p.B).Tanh() - d.Y).Square().Mean())
    .From((Tensor.Zeros([2]), 0.0))
    .FullBatch(new Data(x, y))
    .AtMost(200)
    .Fit();
Console.WriteLine($"fitted {fit.Parameters.W} {fit.Parameters.B} after {fit.Steps} steps");
var last = Optimizer
    .GradientDescent(0.1)
    .Minimize<Layer, Data>((p, d) => ((d.X.Dot(p.Weights) + p.Bias).Tanh() - d.Y).Square().Mean())
    .From(new Layer(Tensor.Zeros([2]), 0.0))
    .Minibatch(new Data(x, y), batchSize: 4, batchesPerEpoch: 2, new RandomKey(1))
    .ElementAt(20);
Console.WriteLine($"minibatch {last.Parameters.Weights} {last.Parameters.Bias}");
Console.WriteLine(
    Inference.LeastSquares(x, x.Dot(Tensor.From([1.0, -2.0])) + 0.1 * new RandomKey(3).Normal([8]), ["a", "b"], "y")
);

var table = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
File.WriteAllText(table, "a,b,y\n1,2,3.1\n2,1,4\n3,5,9\n4,4,9.1\n5,1,8\n");
Console.WriteLine(Regression.Fit(Dataset.FromCsv(table), "y", ["a", "b"]).ToJson());
File.Delete(table);

// Programs as text.
Console.WriteLine(
    Staged.Print(
        v => Branch.Cond(v.Max() > 0, v => Checkpoint.Of((Tensor v) => v.Sort().Exp())(v).Product(), v => v.Min(), v),
        Tensor.From([1.0, 2.0])
    )
);

// Mistakes say the same.
try
{
    x.Dot(Tensor.From([1.0, 2.0, 3.0]));
}
catch (ShapeException error)
{
    Console.WriteLine(error.Message);
}

try
{
    _ = (x > 0) % (x > 1);
}
catch (DTypeException error)
{
    Console.WriteLine(error.Message);
}

record Layer(Tensor Weights, Tensor Bias);

record Scale(Tensor Factor, string Unit);

record Network(Layer Hidden, Tensor[] Penalties, Scale Scale);

record struct Point(Tensor X, Tensor Y);

record Data(Tensor X, Tensor Y);
