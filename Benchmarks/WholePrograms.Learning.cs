// The programs that learn: networks, regressions, clusters.
namespace Pipeline.Benchmarks;

internal static partial class WholePrograms
{
    private static readonly (Tensor Input, Tensor Hidden, Tensor Bias) Cell = (
        0.2f * Normal(20, 16, 4 * 32),
        0.2f * Normal(21, 32, 4 * 32),
        Normal(22, 4 * 32)
    );

    /// <summary>The gradient of the last output of an LSTM of 32 units by its recurrent weights: 20 steps, a batch of 32.</summary>
    private static Tensor Lstm(Tensor sequence) =>
        Gradient.Of(
            (Tensor weights) =>
            {
                var hidden = Tensor.Zeros([32, 32], DType.Float32);
                var cell = hidden;

                for (var step = 0; step < 20; step++)
                {
                    var gates = sequence[step].Dot(Cell.Input) + hidden.Dot(weights) + Cell.Bias;
                    var keep = gates.Slice(32, 64, 1).Logistic() * cell;
                    cell = keep + gates.Slice(0, 32, 1).Logistic() * gates.Slice(64, 96, 1).Tanh();
                    hidden = gates.Slice(96, 128, 1).Logistic() * cell.Tanh();
                }

                return hidden.Square().Mean();
            }
        )(Cell.Hidden);

    private static readonly Tensor Images = Normal(23, 128, 784);
    private static readonly Tensor Digits = (Normal(24, 128, 10).ArgMax(1).ExpandDims(1) == Tensor.Arange(10)).AsType(
        DType.Float32
    );
    private static readonly Tensor Output = 0.1f * Normal(25, 128, 10);

    /// <summary>A step of descent of a perceptron with a hidden layer, 784 to 128 to 10, on a batch of 128.</summary>
    private static Tensor PerceptronStep(Tensor weights)
    {
        var (slope, slopeOfOutput) = Gradient.OfBoth(
            (Tensor hidden, Tensor output) =>
                -(Images.Dot(hidden).Maximum(0f).Dot(output).LogSoftmax() * Digits).Sum(1).Mean()
        )(weights, Output);
        return (weights - 0.1f * slope).Sum(1) + (Output - 0.1f * slopeOfOutput).Sum(1).Sum();
    }

    private static readonly Tensor Labels = (Normal64(26, 1_000) > 0.0).AsType(DType.Float64);

    /// <summary>Logistic regression of 1000 rows of 10 by five of Newton's steps.</summary>
    private static Tensor NewtonRegression(Tensor x)
    {
        var w = Tensor.Zeros([10]);

        for (var step = 0; step < 5; step++)
        {
            var p = x.Dot(w).Logistic();
            var curvature = x.T.Dot(x * (p * (1.0 - p)).ExpandDims(1)) + 0.1 * Tensor.Eye(10);
            w -= curvature.Solve(x.T.Dot(p - Labels) + 0.1 * w);
        }

        return w;
    }

    private static readonly Tensor Rows = Normal(27, 500, 64);
    private static readonly Tensor Classes = (Normal(28, 500, 10).ArgMax(1).ExpandDims(1) == Tensor.Arange(10)).AsType(
        DType.Float32
    );

    /// <summary>Softmax regression of 500 rows of 64 to 10 classes by 20 steps of descent.</summary>
    private static Tensor SoftmaxRegression(Tensor w)
    {
        var slope = Gradient.Of((Tensor w) => -(Rows.Dot(w).LogSoftmax() * Classes).Sum(1).Mean());

        for (var step = 0; step < 20; step++)
            w -= 0.5f * slope(w);

        return w;
    }

    /// <summary>Ten steps of k-means: 2000 points of 8 numbers, 16 clusters.</summary>
    private static Tensor KMeans(Tensor points)
    {
        var centres = points[..16];
        var clusters = Tensor.Arange(16);

        for (var step = 0; step < 10; step++)
        {
            var distances = centres.Square().Sum(1) - 2f * points.Dot(centres.T);
            var members = (distances.ArgMin(1).ExpandDims(1) == clusters).AsType(DType.Float32);
            centres = members.T.Dot(points) / members.Sum(0).Maximum(1f).ExpandDims(1);
        }

        return centres;
    }

    private static readonly Tensor Places = Patches();

    private static Tensor Patches()
    {
        var places = new int[62 * 62, 9];

        for (var place = 0; place < 62 * 62; place++)
        for (var k = 0; k < 9; k++)
            places[place, k] = (place / 62 + k / 3) * 64 + place % 62 + k % 3;

        return Tensor.From(places);
    }

    private static readonly Tensor Filters = 0.3f * Normal(29, 9, 16);

    /// <summary>16 filters of 3 x 3 over 8 images of 64 x 64: patches gathered, one product, the largest of all places.</summary>
    private static Tensor Convolution(Tensor images) => images.Take(Places, axis: 1).Dot(Filters).Maximum(0f).Max(1);

    private static readonly Tensor Inputs = Normal(30, 64, 32);
    private static readonly Tensor Recurrent = 0.1f * Normal(31, 32, 32);

    /// <summary>A layer of 32 units that is its own input, for a batch of 64: 50 steps to its fixed point.</summary>
    private static Tensor Equilibrium(Tensor z)
    {
        for (var step = 0; step < 50; step++)
            z = (z.Dot(Recurrent) + Inputs).Tanh();

        return z;
    }

    private static readonly Tensor Keys = Normal(32, 4, 64, 32);

    /// <summary>Attention of 64 tokens in 4 heads of 32, with its gradient.</summary>
    private static Tensor Attention(Tensor queries) =>
        Gradient.Of(
            (Tensor q) =>
            {
                var weights = (q.MatMul(Keys.Transpose(0, 2, 1)) / (float)Math.Sqrt(32)).Softmax();
                return weights.MatMul(Keys).Square().Mean();
            }
        )(queries);
}
