// The notebook's regression as the benchmarks of the façade use it: 1000 rows, 2 features, float32.
namespace Pipeline.Benchmarks;

internal sealed record Line(Tensor W, Tensor B);

internal sealed record Batch(Tensor X, Tensor Y);

internal static class Regression
{
    public const int Rows = 1000;

    private static readonly RandomKey Key = new(2, RandomLayout.Original);

    public static Batch Data { get; } = Draw(Rows);

    public static Line Start { get; } = new(Key.Split()[0].Normal<float>([2, 1]), Key.Split()[1].Normal<float>([1]));

    public static Tensor Loss(Line line, Batch data) => (data.X.Dot(line.W) + line.B - data.Y).Square().Mean();

    public static Batch Draw(int rows)
    {
        var keys = Key.Split();
        Tensor x1 = keys[0].Normal<float>([rows, 1]),
            x2 = keys[1].Normal<float>([rows, 1]);
        return new(Tensor.Concatenate([x1, x2], axis: 1), -11 * x1 + 12 * x2 + 3 + 3 * Key.Normal<float>([rows, 1]));
    }
}
