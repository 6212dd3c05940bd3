#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// Derivatives of any order, of functions of numbers and of records of tensors.
var f = (Tensor x) => x * x * x.Sin();
Console.WriteLine($"f'(2) = {Gradient.Of(f)(2.0)}");
Console.WriteLine($"f''(2) = {Gradient.Of(Gradient.Of(f))(2.0)}");

var x = Tensor.From(
    new[,]
    {
        { 1.0, 2.0 },
        { 3.0, 4.0 },
    }
);
var y = Tensor.From([1.0, 0.0]);
var loss = (Layer layer) => (Tensor.Tanh(x.Dot(layer.Weights) + layer.Bias) - y).Square().Mean();
var slope = Gradient.Of(loss)(new Layer(Tensor.From([0.1, -0.2]), 0.3));
Console.WriteLine($"weights {slope.Weights}, bias {slope.Bias}");

record Layer(Tensor Weights, Tensor Bias);
