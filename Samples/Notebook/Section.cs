using System.Globalization;
using Pipeline;

namespace Notebook;

/// <summary>A section of the notebook: what it printed beside what is computed here.</summary>
abstract class Section(string title)
{
    /// <summary>Its key in the JSON object.</summary>
    public abstract string Name { get; }

    /// <summary>Its values in the JSON object.</summary>
    public abstract object Json { get; }

    protected abstract void Body();

    public void Print()
    {
        Console.WriteLine($"\n{title}\n{new string('-', title.Length)}");
        Body();
    }

    /// <summary>One line: what it is, what the notebook printed, what is computed.</summary>
    protected static void Row(string what, string printed, string computed) =>
        Console.WriteLine($"{what, -24} {printed, -58} {computed}");

    protected static void Say(string sentence) => Console.WriteLine(sentence);

    protected static string Text(double value) => value.ToString("G9", CultureInfo.InvariantCulture);

    protected static string Text(IEnumerable<double> values) => string.Join(", ", values.Select(Text));

    protected static double[] Numbers(Tensor values) => values.ToArray<double>();
}

/// <summary>A row that the notebook printed about an epoch, or that is computed.</summary>
sealed record Epoch(double Loss, double[] W, double B)
{
    public static Epoch Of(TrainState<Line> state) =>
        new(state.Loss.ToDouble(), state.Parameters.W.ToArray<double>(), state.Parameters.B[0].ToDouble());

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Loss:G9}; [{W[0]:G8}, {W[1]:G8}], {B:G9}");

    public object Json =>
        new
        {
            loss = Loss,
            W,
            b = B,
        };
}
