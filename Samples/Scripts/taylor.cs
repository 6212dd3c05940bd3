#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// A Taylor series of any order in one pass, of any program, loops included.
var root = Taylor.Series(Tensor.Sqrt, about: 49.0, order: 5);
Console.WriteLine($"sqrt(50) = {root.Evaluate(50.0)}, from {root.Coefficients.Count} terms");

// A continued fraction of ten levels about 1: 1 + x / (1 + x / (1 + ...)).
var fraction = (Tensor x) => Loop.For(0, 10, (_, rest) => 1.0 + x / rest, x);
var series = Taylor.Series(fraction, about: 1.0, order: 3);
Console.WriteLine(string.Join(", ", series.Coefficients));
Console.WriteLine($"30th derivative of exp(sin x) at 0: {Derivative.Nth(x => x.Sin().Exp(), 30)(0.0)}");
