// The programs that infer and simulate: filters, samplers, equations of motion, densities.
namespace Pipeline.Benchmarks;

internal static partial class WholePrograms
{
    private static readonly Tensor Times = Normal64(40, 100);
    private static readonly Tensor Values = Times.Sin() + 0.1 * Normal64(41, 100);

    /// <summary>The gradient of a Gaussian process's log marginal likelihood of 100 points by its length scale.</summary>
    private static Tensor GaussianProcess(Tensor scale) =>
        Gradient.Of(
            (Tensor scale) =>
            {
                var apart = (Times.ExpandDims(1) - Times) / scale;
                var covariance = (-0.5 * apart.Square()).Exp() + 0.01 * Tensor.Eye(100);
                var root = covariance.Cholesky();
                var logs = (root * Tensor.Eye(100)).Sum(1).Log().Sum();
                return -0.5 * Values.Dot(covariance.Solve(Values)) - logs;
            }
        )(scale);

    private static readonly Tensor Motion = Tensor.From(
        new double[,]
        {
            { 1, 0, 0.1, 0 },
            { 0, 1, 0, 0.1 },
            { 0, 0, 1, 0 },
            { 0, 0, 0, 1 },
        }
    );

    /// <summary>A Kalman filter of position and speed in the plane over 50 sights.</summary>
    private static Tensor Kalman(Tensor sights)
    {
        var seen = Tensor.Eye(4)[..2];
        var (mean, covariance) = (Tensor.Zeros([4]), Tensor.Eye(4));

        for (var step = 0; step < 50; step++)
        {
            mean = Motion.Dot(mean);
            covariance = Motion.Dot(covariance).Dot(Motion.T) + 0.01 * Tensor.Eye(4);
            var spread = seen.Dot(covariance).Dot(seen.T) + 0.25 * Tensor.Eye(2);
            var gain = spread.Solve(seen.Dot(covariance)).T;
            mean += gain.Dot(sights[step] - seen.Dot(mean));
            covariance -= gain.Dot(seen).Dot(covariance);
        }

        return mean;
    }

    /// <summary>1000 pendulums for 100 steps by Runge and Kutta's rule.</summary>
    private static Tensor RungeKutta(Tensor state)
    {
        static (Tensor, Tensor) Slope(Tensor angle, Tensor speed) => (speed, -9.81 * angle.Sin());
        const double h = 0.01;
        var (angle, speed) = (state[0], state[1]);

        for (var step = 0; step < 100; step++)
        {
            var (a1, s1) = Slope(angle, speed);
            var (a2, s2) = Slope(angle + h / 2 * a1, speed + h / 2 * s1);
            var (a3, s3) = Slope(angle + h / 2 * a2, speed + h / 2 * s2);
            var (a4, s4) = Slope(angle + h * a3, speed + h * s3);
            angle += h / 6 * (a1 + 2 * a2 + 2 * a3 + a4);
            speed += h / 6 * (s1 + 2 * s2 + 2 * s3 + s4);
        }

        return angle;
    }

    /// <summary>The first principal component of 1000 rows of 50 by 50 turns of the power iteration.</summary>
    private static Tensor PowerIteration(Tensor rows)
    {
        var centred = rows - rows.Mean(0);
        var covariance = centred.T.Dot(centred) / 999f;
        var v = Tensor.Ones([50], DType.Float32);

        for (var step = 0; step < 50; step++)
        {
            v = covariance.Dot(v);
            v /= v.Norm();
        }

        return v;
    }

    private static readonly Tensor Design = Normal64(42, 200, 10);
    private static readonly Tensor Outcomes = (Normal64(43, 200) > 0.0).AsType(DType.Float64);

    /// <summary>20 leapfrog steps of a sampler for a logistic regression of 200 rows of 10.</summary>
    private static Tensor Leapfrog(Tensor place)
    {
        var force = Gradient.Of(
            (Tensor w) =>
            {
                var score = Design.Dot(w);
                return (score.Softplus() - Outcomes * score).Sum() + 0.5 * w.Square().Sum();
            }
        );
        var speed = Tensor.Ones([10]);

        for (var step = 0; step < 20; step++)
        {
            speed -= 0.005 * force(place);
            place += 0.01 * speed;
            speed -= 0.005 * force(place);
        }

        return place;
    }

    /// <summary>1000 chains of 20 of Metropolis' steps in a double well.</summary>
    private static Tensor Metropolis(Tensor place)
    {
        static Tensor Height(Tensor x) => (x.Square() - 1.0).Square();
        var keys = Key.Split(20);

        foreach (var key in keys)
        {
            var two = key.Split();
            var next = place + 0.5 * two[0].Normal([1_000]);
            var accepted = two[1].Uniform([1_000]).Log() < Height(place) - Height(next);
            place = Tensor.Where(accepted, next, place);
        }

        return place;
    }

    private static readonly Tensor Grid = Tensor.Arange(500).AsType(DType.Float64) / 50.0 - 5.0;

    /// <summary>The density of 1000 points at 500 places.</summary>
    private static Tensor KernelDensity(Tensor points) =>
        (-0.5 * ((Grid.ExpandDims(1) - points) / 0.3).Square()).Exp().Mean(1) / (0.3 * Math.Sqrt(2 * Math.PI));
}
