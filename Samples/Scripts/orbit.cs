#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// A comet's orbit by Taylor series: each step takes 20 orders of the solution and goes as far as the last two allow.
const int order = 20;
var gravity = (Tensor s) => Tensor.Concatenate([s[2..], -s[..2] / s[..2].Norm().Pow(3)]); // of (place, velocity)
var step = ((Tensor State, Tensor Time) now, Tensor end) =>
{
    var solution = Taylor.Solution(gravity, now.State, order);
    var last = Tensor.Stack([.. solution.Coefficients.TakeLast(2).Select(c => c.Abs().Max())]);
    var reach = (1e-16 / last).Pow(1 / Tensor.From([order - 1.0, order])).Min();
    var h = reach.Minimum(end - now.Time);
    return (solution.Evaluate(h), now.Time + h);
};
var flow = Compiled.Of(
    (Tensor start, Tensor end) =>
        Loop.While(now => now.Time < end, now => step(now, end), (State: start, Time: 0 * end))
);

// Eccentricity 0.9, from the perihelion, for ten years of 2 pi and 1 more.
var end = flow(Tensor.From([0.1, 0, 0, Math.Sqrt(19)]), 20 * Math.PI + 1).State;
var energy = end[2..].Square().Sum() / 2 - 1 / end[..2].Norm();
Console.WriteLine($"place {end[0].ToDouble():f11}, {end[1].ToDouble():f11}");
Console.WriteLine($"energy {energy.ToDouble():f13}");
