#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// Standard errors, tests and intervals from the curvature of the loss; certified figures to the last digits.
var x = Tensor.From(
    new[,]
    {
        { 1.0, 2 },
        { 2, 1 },
        { 3, 5 },
        { 4, 3 },
        { 5, 6 },
        { 6, 4 },
    }
);
var y = Tensor.From([3.1, 3.9, 8.2, 7.0, 11.1, 10.2]);
Console.WriteLine(Inference.LeastSquares(x, y, ["dose", "weight"], "response"));

// The same errors from the Hessian of the loss: sigma^2 times twice its inverse.
var loss = (Tensor b) => (x.Dot(b[1..]) + b[0] - y).Square().Sum();
Console.WriteLine(Hessian.Of(loss)(Tensor.From([0.0, 0, 0])));
