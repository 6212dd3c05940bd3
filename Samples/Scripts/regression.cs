#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// A line through noisy points by full-batch gradient descent: the whole run is one compiled loop.
var keys = new RandomKey(2).Split();
var x = keys[0].Normal<float>([1000, 2]);
var data = new Points(x, x.Dot(Tensor.From([-11f, 12f])) + 3f + keys[1].Normal<float>([1000]));

var fit = Optimizer
    .GradientDescent(0.01)
    .Minimize<Line, Points>((line, d) => (d.X.Dot(line.W) + line.B - d.Y).Square().Mean())
    .From(new Line(Tensor.From([0f, 0f]), Tensor.Scalar(0f)))
    .FullBatch(data)
    .UntilConverged(1e-5)
    .Fit();
Console.WriteLine($"{fit.Status} after {fit.Steps} steps: W {fit.Parameters.W}, b {fit.Parameters.B}");

record Line(Tensor W, Tensor B);

record Points(Tensor X, Tensor Y);
