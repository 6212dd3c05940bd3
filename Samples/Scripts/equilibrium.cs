#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// A deep-equilibrium layer: z = tanh(W z + U x + b), a network of infinitely many layers with the same weights.
var zero = Tensor.Zeros([4]);
var apply = (Tensor z, (Net Net, Tensor X) p) => (p.Net.W.Dot(z) + p.Net.U.Dot(p.X) + p.Net.B).Tanh();
var equilibrium = (Net net, Tensor x) => Implicit.FixedPoint(apply, zero, (net, x));
var unrolled = (Net net, Tensor x) => Loop.For(0, 200, (_, z) => apply(z, (net, x)), zero);

// Exclusive or, learned through the equilibrium.
Func<Net, Data, Tensor> Loss(Func<Net, Tensor, Tensor> layer) =>
    (net, d) => (Vectorized.Of(layer, [null, 0])(net, d.X).Dot(net.Out) - d.Y).Square().Mean();
var data = new Data(
    Tensor.From(
        new double[,]
        {
            { -1, -1 },
            { -1, 1 },
            { 1, -1 },
            { 1, 1 },
        }
    ),
    Tensor.From([-1.0, 1, 1, -1])
);
var keys = new RandomKey(1).Split(3);
Tensor Draw(int key, params int[] shape) => 0.4 * keys[key].Normal(shape);
var start = new Net(Draw(0, 4, 4), Draw(1, 4, 2), zero, Draw(2, 4));
var fit = Optimizer.GradientDescent(0.1).Minimize(Loss(equilibrium)).From(start).FullBatch(data).AtMost(60).Fit();
var (before, after) = (Loss(equilibrium)(start, data), Loss(equilibrium)(fit.Parameters, data));
Console.WriteLine($"loss {before.ToDouble():f6}, after {fit.Steps} steps {after.ToDouble():f6}");

// The gradient is that of two hundred layers written out, at the cost of one linear system.
foreach (var layer in new[] { equilibrium, unrolled })
    Console.WriteLine($"slope in W[0, 1] {Gradient.Of(Loss(layer))(start, data).W[0, 1].ToDouble():f12}");

record Net(Tensor W, Tensor U, Tensor B, Tensor Out);

record Data(Tensor X, Tensor Y);
