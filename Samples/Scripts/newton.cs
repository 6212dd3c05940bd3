#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// Newton's method by nested derivatives: the minimum of f is where its slope has a root.
static Func<Tensor, Tensor> Newton(Func<Tensor, Tensor> f) => x => x - f(x) / Derivative.Of(f)(x);
var f = (Tensor x) => x.Square().Square() / 4 - x.Exp() + 3 * x.Cos();
var step = Compiled.Of(Newton(Derivative.Of(f)));
Tensor x = 2.5;
for (var i = 0; i < 6; i++)
    Console.WriteLine($"{x = step(x)}");
Console.WriteLine($"slope {Math.Abs(Derivative.Of(f)(x).ToDouble()):e0}, curvature {Derivative.Nth(f, 2)(x)}");
