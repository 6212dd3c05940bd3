using System.Globalization;
using Pipeline;

namespace Notebook;

/// <summary>A line through two features.</summary>
sealed record Line(Tensor W, Tensor B);

/// <summary>Rows of features and their targets.</summary>
sealed record Batch(Tensor X, Tensor Y);

/// <summary>The notebook's linear regression: its key, its data, its start and its loss.</summary>
static class Problem
{
    /// <summary>jnr.PRNGKey(2), with the layout that was JAX's default when the notebook ran.</summary>
    public static readonly RandomKey Key = new(2, RandomLayout.Original);

    public static readonly Batch Data = Draw();

    public static Line Start()
    {
        var keys = Key.Split();
        return new(keys[0].Normal<float>([2, 1]), keys[1].Normal<float>([1]));
    }

    public static Tensor Loss(Line line, Batch data) => (data.X.Dot(line.W) + line.B - data.Y).Square().Mean();

    /// <summary>The columns x1, x2, y of JAX's own draws. (One normal draw in a hundred differs from them in the last place.)</summary>
    public static double[][] JaxData()
    {
        var rows = File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data.csv"))
            .Skip(1)
            .Select(line =>
                line.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()
            )
            .ToArray();
        return [.. Enumerable.Range(0, 3).Select(column => rows.Select(row => row[column]).ToArray())];
    }

    private static Batch Draw()
    {
        var keys = Key.Split();
        Tensor x1 = keys[0].Normal<float>([1000, 1]),
            x2 = keys[1].Normal<float>([1000, 1]);
        return new(Tensor.Concatenate([x1, x2], axis: 1), -11 * x1 + 12 * x2 + 3 + 3 * Key.Normal<float>([1000, 1]));
    }
}
