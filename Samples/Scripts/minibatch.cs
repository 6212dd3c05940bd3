#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// Minibatch descent: every epoch draws its batches from a random key, inside the compiled loop.
var keys = new RandomKey(2).Split(3);
var x = keys[0].Normal<float>([1000, 2]);
var y = x.Dot(Tensor.From([-11f, 12f])) + 3f + keys[1].Normal<float>([1000]);

var epochs = Optimizer
    .GradientDescent(0.01)
    .Minimize<(Tensor W, Tensor B), (Tensor X, Tensor Y)>((p, d) => (d.X.Dot(p.W) + p.B - d.Y).Square().Mean())
    .From((Tensor.From([0f, 0f]), Tensor.Scalar(0f)))
    .Minibatch((x, y), batchSize: 16, batchesPerEpoch: 63, keys[2]);

// A lazy sequence of states, one an epoch.
foreach (var state in epochs.Take(3))
    Console.WriteLine($"loss {state.Loss}, W {state.Parameters.W}, b {state.Parameters.B}");
