using System.Text.Json;

namespace Pipeline.Api.Tests;

/// <summary>A case of Tests/Data/golden/optax*.json: arrays in and out, reverse derivatives, and the tolerance of a run in a dtype.</summary>
internal sealed class OptaxCase
{
    private readonly JsonElement element;
    private readonly DType dtype;

    private OptaxCase(JsonElement element, DType dtype) => (this.element, this.dtype) = (element, dtype);

    internal string Id => $"{element.GetProperty("id").GetString()} in {dtype}";

    internal string Operation => element.GetProperty("op").GetString()!;

    internal JsonElement Arguments => element.TryGetProperty("args", out var args) ? args : default;

    internal Tensor[] In => [.. element.GetProperty("in").EnumerateArray().Select(Array)];

    internal JsonElement[] Out => [.. element.GetProperty("out").EnumerateArray()];

    internal IEnumerable<JsonElement> Reverse => element.TryGetProperty("vjp", out var vjp) ? vjp.EnumerateArray() : [];

    /// <summary>Compared and printed elsewhere, not required to pass.</summary>
    internal bool IsInformational =>
        Arguments.ValueKind == JsonValueKind.Object && Arguments.TryGetProperty("informational", out _);

    /// <summary>The cases of a file, in float64, and in float32 where that makes sense.</summary>
    internal static IEnumerable<OptaxCase> Of(string file)
    {
        using var document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "golden", file))
        );
        var cases = document.RootElement.Clone().GetProperty("cases").EnumerateArray().ToArray();
        return cases
            .Select(one => new OptaxCase(one, DType.Float64))
            .Concat(
                cases
                    .Where(one =>
                        one.GetProperty("tolerance").TryGetProperty("float32", out var t)
                        && t.ValueKind == JsonValueKind.Object
                    )
                    .Select(one => new OptaxCase(one, DType.Float32))
            );
    }

    internal Tensor Array(JsonElement array)
    {
        int[] shape = [.. array.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
        var data = Numbers(array);
        return array.GetProperty("dtype").GetString() == "int32"
            ? Tensor.From<int>([.. data.Select(x => (int)x)], shape)
            : Tensor.From<double>(data, shape).AsType(dtype);
    }

    internal static double[] Numbers(JsonElement array) =>
        [.. array.GetProperty("data").EnumerateArray().Select(Number)];

    /// <summary>How many numbers agree; a list of what does not.</summary>
    internal int Compare(string what, JsonElement expected, double[] computed, List<string> wrong, int offset = 0)
    {
        var numbers = Numbers(expected);
        var scale = numbers.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        var tolerance = element.GetProperty("tolerance");
        if (dtype == DType.Float32)
            tolerance = tolerance.GetProperty("float32");
        var (relative, absolute) = (
            tolerance.GetProperty("relative").GetDouble(),
            tolerance.GetProperty("absolute").GetDouble()
        );
        for (var i = 0; i < computed.Length; i++)
        {
            var (x, y) = (numbers[offset + i], computed[i]);
            var isRight = double.IsFinite(x)
                ? Math.Abs(x - y) <= absolute + relative * Math.Max(Math.Abs(x), scale)
                : x.Equals(y);
            if (isRight)
                continue;
            wrong.Add($"{Id}, {what}: number {offset + i} is {y:R}, not {x:R}");
            break;
        }

        return computed.Length;
    }

    private static double Number(JsonElement element) =>
        element.ValueKind switch
        {
            JsonValueKind.String => element.GetString() switch
            {
                "inf" => double.PositiveInfinity,
                "-inf" => double.NegativeInfinity,
                _ => double.NaN,
            },
            JsonValueKind.True => 1,
            JsonValueKind.False => 0,
            _ => element.GetDouble(),
        };
}
