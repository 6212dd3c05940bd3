#:project ../../Api.CSharp/Api.CSharp.csproj
#:property RestorePackagesWithLockFile=false
using Pipeline;

// A double pendulum from its Lagrangian alone: d/dt dL/dv = dL/dq is (d2L/dv2) a = dL/dq - (d2L/dv dq) v.
var places = (Tensor q) => Tensor.Concatenate([q.Sin().CumulativeSum(), -q.Cos().CumulativeSum()]); // x1, x2, y1, y2
var lagrangian = (Tensor q, Tensor v) =>
{
    var (place, speed) = Derivative.Along(places)(q, v);
    return 0.5 * speed.Square().Sum() - 9.81 * place[2..].Sum();
};
var momentum = Gradient.OfSecond(lagrangian);
var acceleration = (Tensor q, Tensor v) =>
{
    var mass = Jacobian.Forward((Tensor v) => momentum(q, v))(v);
    var drift = Derivative.Along((Tensor q) => momentum(q, v))(q, v).Change;
    return mass.Solve(Gradient.Of(lagrangian)(q, v) - drift);
};

// Runge and Kutta's step of the state (angles, speeds), 2000 times as one compiled loop.
var slope = (Tensor s) => Tensor.Concatenate([s[2..], acceleration(s[..2], s[2..])]);
var step = (Tensor s, double h) =>
{
    var a = slope(s);
    var b = slope(s + h / 2 * a);
    var c = slope(s + h / 2 * b);
    return s + h / 6 * (a + 2 * b + 2 * c + slope(s + h * c));
};
var swing = Compiled.Of((Tensor s) => Loop.For(0, 2000, (_, s) => step(s, 0.001), s));
var energy = (Tensor s) => s[2..].Dot(momentum(s[..2], s[2..])) - lagrangian(s[..2], s[2..]);

var start = Tensor.From([2.0, 1.5, 0.0, 0.5]);
var end = swing(start);
Console.WriteLine($"after 2 s angles {end[0].ToDouble():f9}, {end[1].ToDouble():f9}");
Console.WriteLine($"energy {energy(start).ToDouble():f9}, at the end {energy(end).ToDouble():f9}");
