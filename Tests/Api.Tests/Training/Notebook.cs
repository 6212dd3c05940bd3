namespace Pipeline.Api.Tests;

/// <summary>The notebook's problem: its parameters, its data from its keys, its loss.</summary>
internal static class Notebook
{
    internal sealed record Line(Tensor W, Tensor B);

    internal sealed record Batch(Tensor X, Tensor Y);

    internal static readonly RandomKey Key = new(2, RandomLayout.Original);

    internal static Tensor Loss(Line line, Batch data) => (data.X.Dot(line.W) + line.B - data.Y).Square().Mean();

    internal static Batch Data()
    {
        var keys = Key.Split();
        Tensor x1 = keys[0].Normal<float>([1000, 1]),
            x2 = keys[1].Normal<float>([1000, 1]);
        return new(Tensor.Concatenate([x1, x2], 1), -11 * x1 + 12 * x2 + 3 + 3 * Key.Normal<float>([1000, 1]));
    }

    internal static Line Start()
    {
        var keys = Key.Split();
        return new(keys[0].Normal<float>([2, 1]), keys[1].Normal<float>([1]));
    }
}
