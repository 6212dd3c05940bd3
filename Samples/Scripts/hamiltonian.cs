#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// Hamiltonian Monte Carlo: 50 chains of 400 draws from a regression's posterior, one compiled function of a key.
var x = new RandomKey(0).Normal([20, 2]);
var y = x.Dot(Tensor.From([1.0, -0.5])) + 0.5 * new RandomKey(1).Normal([20]);
var potential = (Tensor w) => 2 * (x.Dot(w) - y).Square().Sum() + 0.5 * w.Square().Sum(); // noise 0.5, prior N(0, 1)
var force = Gradient.Of(potential);

(Tensor Q, Tensor P) Leapfrog((Tensor Q, Tensor P) s, double h)
{
    var p = s.P - h / 2 * force(s.Q);
    var q = s.Q + h * p;
    return (q, p - h / 2 * force(q));
}

var move = (Tensor q, RandomKey key) =>
{
    var keys = key.Split();
    var p = keys[0].Normal([2]);
    var end = Loop.For(0, 4, (_, s) => Leapfrog(s, 0.05), (Q: q, P: p));
    var change = potential(end.Q) - potential(q) + 0.5 * (end.P.Square() - p.Square()).Sum();
    var next = Tensor.Where(keys[1].Uniform().Log() < -change, end.Q, q);
    return (next, next);
};
var chain = (RandomKey key) => Loop.Scan(move, Tensor.Zeros([2]), key.SplitBatch(400)).Outputs[50..];
var sample = Compiled.Of((RandomKey key) => Vectorized.Of(chain)(key.SplitBatch(50)));

var draws = sample(new RandomKey(42)); // [50, 350, 2]
var mean = draws.Mean([0, 1]);
var centred = (draws - mean).Reshape(-1, 2);
var spread = (draws.Mean(1) - mean).Square().Mean(0); // of the chains' means
Console.WriteLine($"mean {mean}, standard error {(spread / 49).Sqrt()}");
Console.WriteLine($"covariance {centred.T.Dot(centred) / centred.Shape[0]}");
Console.WriteLine($"the same key again changes them by {(sample(new RandomKey(42)) - draws).Abs().Max()}");
