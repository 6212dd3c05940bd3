#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// The gradient of each example's loss, as one batched program: parameters shared, examples along axis 0.
var x = Tensor.From(
    new[,]
    {
        { 1.0, 2 },
        { 3, 4 },
        { 5, 6 },
    }
);
var y = Tensor.From([1.0, 2, 3]);
var loss = (Tensor w, Tensor x, Tensor y) => (x.Dot(w) - y).Square();
var each = Vectorized.Of(Gradient.Of(loss), [null, 0, 0])(Tensor.From([0.5, -0.25]), x, y);
Console.WriteLine($"gradients {each}");
Console.WriteLine($"norms {each.Square().Sum(1).Sqrt()}");
Console.WriteLine($"their mean {each.Mean(0)}");
