using System.Text.Json;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The losses as optax defines them, with their reverse derivatives, eager and compiled.</summary>
public sealed class LossGoldenTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Losses_and_their_derivatives_agree_with_optax(bool compiled)
    {
        var wrong = new List<string>();
        var (numbers, cases) = (0, 0);
        foreach (var one in OptaxCase.Of("optax-losses.json"))
        {
            var inputs = one.In;
            var loss = Loss(one.Operation["loss.".Length..], one.Arguments);
            var f = compiled ? Compiled.Of(loss) : loss;
            numbers += one.Compare("values", one.Out[0], Numbers(f(inputs)), wrong);
            foreach (var reverse in one.Reverse)
            {
                var cotangent = one.Array(reverse.GetProperty("cotangent")[0]);
                var expected = reverse.GetProperty("in").EnumerateArray().ToArray();
                int[] active =
                [
                    .. Enumerable.Range(0, inputs.Length).Where(i => expected[i].ValueKind == JsonValueKind.Object),
                ];
                var gradient = Gradient.Of(
                    (Tensor[] some) =>
                        (
                            cotangent
                            * loss([
                                .. inputs.Select((x, i) => active.Contains(i) ? some[Array.IndexOf(active, i)] : x),
                            ])
                        ).Sum()
                );
                Tensor[] at = [.. active.Select(i => inputs[i])];
                var computed = (compiled ? Compiled.Of(gradient) : gradient)(at);
                for (var k = 0; k < active.Length; k++)
                    numbers += one.Compare($"derivative {active[k]}", expected[active[k]], Numbers(computed[k]), wrong);
            }

            cases++;
        }

        output.WriteLine($"optax-losses.json: {cases} cases, {numbers} numbers compared, none left out");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(cases >= 72);
    }

    [Fact]
    public void Losses_are_smooth_where_they_are_and_say_what_does_not_fit()
    {
        // log cosh: the second derivative at 0 is 1, and tiny errors keep their digits.
        Assert.Equal(1.0, Derivative.Nth((Tensor x) => Losses.LogCosh(x, 0), 2)(0.0).ToDouble());
        Assert.Equal(5e-19, Losses.LogCosh(1e-9, 0).ToDouble(), 1e-30);
        var logits = Tensor.Zeros([2, 3]);
        Assert.Contains(
            "[3]",
            Assert
                .Throws<ShapeException>(() => Losses.SoftmaxCrossEntropyInteger(logits, Tensor.From([0, 1, 2])))
                .Message
        );
        Assert.StartsWith(
            "SoftmaxCrossEntropyInteger: there is no entry 3 at [1]",
            Assert.Throws<ShapeException>(() => Losses.SoftmaxCrossEntropyInteger(logits, Tensor.From([0, 3]))).Message
        );
        Assert.Equal(
            DType.Float32,
            Losses.SoftmaxCrossEntropyInteger(logits.AsType(DType.Float32), Tensor.From([0, -1])).DType
        );
        Assert.Throws<ArgumentOutOfRangeException>(() => Losses.Huber(1.0, 2.0, 0));
    }

    private static double[] Numbers(Tensor tensor) => tensor.AsType(DType.Float64).ToArray<double>();

    private static Func<Tensor[], Tensor> Loss(string name, JsonElement a) =>
        name switch
        {
            "squared_error" => x => Losses.SquaredError(x[0], x[1]),
            "l2" => x => Losses.L2(x[0], x[1]),
            "huber" => x => Losses.Huber(x[0], x[1], OptaxNames.Number(a, "delta")),
            "log_cosh" => x => Losses.LogCosh(x[0], x[1]),
            "hinge" => x => Losses.Hinge(x[0], x[1]),
            "sigmoid_binary_cross_entropy" => x => Losses.SigmoidBinaryCrossEntropy(x[0], x[1]),
            "softmax_cross_entropy" => x => Losses.SoftmaxCrossEntropy(x[0], x[1]),
            "softmax_cross_entropy_integer" => x => Losses.SoftmaxCrossEntropyInteger(x[0], x[1]),
            "safe_softmax_cross_entropy" => x => Losses.SafeSoftmaxCrossEntropy(x[0], x[1]),
            "sigmoid_focal" => x =>
                Losses.SigmoidFocal(x[0], x[1], OptaxNames.Optional(a, "alpha", null), OptaxNames.Number(a, "gamma")),
            "kl_divergence" => x => Losses.KlDivergence(x[0], x[1]),
            "convex_kl_divergence" => x => Losses.ConvexKlDivergence(x[0], x[1]),
            "cosine_similarity" => x => Losses.CosineSimilarity(x[0], x[1], OptaxNames.Number(a, "epsilon")),
            "cosine_distance" => x => Losses.CosineDistance(x[0], x[1], OptaxNames.Number(a, "epsilon")),
            "poly_cross_entropy" => x => Losses.PolyCrossEntropy(x[0], x[1], OptaxNames.Number(a, "epsilon")),
            "smooth_labels" => x => Losses.SmoothLabels(x[0], OptaxNames.Number(a, "alpha")),
            "triplet_margin" => x =>
                Losses.TripletMargin(
                    x[0],
                    x[1],
                    x[2],
                    OptaxNames.Number(a, "margin"),
                    (int)OptaxNames.Number(a, "norm_degree"),
                    OptaxNames.Number(a, "eps")
                ),
            _ => throw new KeyNotFoundException($"There is no loss by the name {name}."),
        };
}
