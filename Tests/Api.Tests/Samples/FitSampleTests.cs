using System.Text.Json;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Samples/Fit with the exact method: certified figures, the table, the JSON object, the plot.</summary>
public sealed class FitSampleTests
{
    private static double[] Doubles(JsonElement numbers) => [.. numbers.EnumerateArray().Select(x => x.GetDouble())];

    private static JsonElement Certified(string name)
    {
        var path = RepositoryFolder.Of("Tests", "Data", "statistics", "nist-linear.json");
        return JsonDocument
            .Parse(File.ReadAllText(path))
            .RootElement.EnumerateArray()
            .Single(data => data.GetProperty("name").GetString() == name);
    }

    private static void Agree(double certified, double computed) => Assert.Equal(1.0, computed / certified, 1e-12);

    /// <summary>NIST's Statistical Reference Datasets through a CSV file; a quadratic as a column of squares.</summary>
    [Theory]
    [InlineData("Norris")]
    [InlineData("Pontius")]
    [InlineData("Longley")]
    public void Certified_values_are_met_to_12_digits(string name)
    {
        var certified = Certified(name);
        var columns = certified.GetProperty("columns").EnumerateArray().Select(Doubles).ToList();
        for (var power = 2; power <= certified.GetProperty("degree").GetInt32(); power++)
            columns.Add([.. columns[0].Select(x => (double)((decimal)x * (decimal)x))]);
        var target = Doubles(certified.GetProperty("target"));
        var header = "y," + string.Join(',', columns.Select((_, k) => $"x{k}"));
        var rows = target.Select((y, row) => $"{y:R},{string.Join(',', columns.Select(x => $"{x[row]:R}"))}");
        using var file = new TextFile("nist.csv", string.Join('\n', rows.Prepend(header)));
        var (code, output, error) = FitProgram.Run(file.Path, "--target", "y", "--json");
        Assert.True(code == 0, error);
        var coefficients = FitProgram.Coefficients(output);
        var estimates = Doubles(certified.GetProperty("estimate"));
        var errors = Doubles(certified.GetProperty("standard_error"));
        Assert.Equal(estimates.Length, coefficients.Length);
        for (var k = 0; k < estimates.Length; k++)
        {
            Agree(estimates[k], coefficients[k].Estimate);
            Agree(errors[k], coefficients[k].Error);
        }

        var json = JsonDocument.Parse(output).RootElement;
        foreach (var figure in new[] { "sigma", "r_squared", "f" })
            Agree(certified.GetProperty(figure).GetDouble(), json.GetProperty(figure).GetDouble());
    }

    [Fact]
    public void Without_a_file_it_fits_Longleys_data()
    {
        var (code, output, error) = FitProgram.Run("--json");
        Assert.Equal(0, code);
        var estimates = Doubles(Certified("Longley").GetProperty("estimate"));
        Assert.All(estimates.Zip(FitProgram.Coefficients(output)), pair => Agree(pair.First, pair.Second.Estimate));
        Assert.Matches(@"^16 rows read in \d+\.\d{3} s, fitted in \d+\.\d{3} s\s$", error);
    }

    [Fact]
    public void The_JSON_object_has_these_members_in_this_order()
    {
        var json = JsonDocument.Parse(FitProgram.Run("--json").Output).RootElement;
        Assert.Equal(
            ["method", "coefficients", "sigma", "r_squared", "f", "epochs", "converged"],
            json.EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal(
            ["term", "estimate", "standard_error", "t", "p", "log10_p", "interval_95"],
            json.GetProperty("coefficients")[0].EnumerateObject().Select(member => member.Name)
        );
        Assert.Equal("exact", json.GetProperty("method").GetString());
        Assert.Equal(0, json.GetProperty("epochs").GetInt32());
        Assert.True(json.GetProperty("converged").GetBoolean());
        Assert.Equal(2, json.GetProperty("coefficients")[0].GetProperty("interval_95").GetArrayLength());
    }

    [Fact]
    public void What_JSON_has_no_number_for_is_null()
    {
        using var file = new TextFile("line.csv", "y,x,\"é \"\"z\"\"\"\n1,1,0\n2,2,1\n3,3,5\n4,4,2\n");
        var (code, output, error) = FitProgram.Run(file.Path, "--target", "y", "--json");
        Assert.True(code == 0, error);
        var json = JsonDocument.Parse(output).RootElement;
        Assert.Equal(JsonValueKind.Null, json.GetProperty("f").ValueKind);
        var slope = json.GetProperty("coefficients")[1];
        Assert.Equal(1.0, slope.GetProperty("estimate").GetDouble(), 1e-14);
        Assert.Equal(JsonValueKind.Null, slope.GetProperty("t").ValueKind);
        Assert.Equal(0.0, slope.GetProperty("p").GetDouble());
        Assert.Equal(JsonValueKind.Null, slope.GetProperty("log10_p").ValueKind);
        Assert.Equal("é \"z\"", json.GetProperty("coefficients")[2].GetProperty("term").GetString());
    }

    [Fact]
    public void A_users_file_becomes_a_table()
    {
        using var file = new TextFile("data.csv", "name,y,x,z\na,1,1,4\nb,3,2,1\nc,2,3,5\nd,5,4,2\n");
        var (code, output, error) = FitProgram.Run(file.Path, "--target", "y", "--features", "x");
        Assert.Equal(0, code);
        Assert.StartsWith("y ~ x\n", output);
        Assert.Contains("Residual standard error", output);
        Assert.DoesNotContain("z", output);
        Assert.StartsWith("4 rows read in ", error);
    }

    [Theory]
    [InlineData("y;x\n1.5;2\n2;3\n3;5\n4;4\n")]
    [InlineData("\uFEFFy,x\r\n1.5,2\r\n2,3\r\n3,5\r\n4,4\r\n")]
    [InlineData("\"y\",\"x\"\n\"1.5\",\"2\"\n2,3\n\n3,5\n4,4")]
    public void Common_spellings_of_a_table_are_read(string content)
    {
        using var file = new TextFile("data.csv", content);
        var (code, output, _) = FitProgram.Run(file.Path, "--target", "y", "--json");
        Assert.Equal(0, code);
        // Sums of squares: x 5, xy 3.25 about the means 3.5 and 2.625.
        Assert.Equal(0.65, FitProgram.Coefficients(output)[1].Estimate, 1e-12);
    }

    /// <summary>Files as R, pandas and spreadsheets write them: the slope 0.65 of the four rows above, however they are spelled.</summary>
    [Theory]
    [InlineData("\"\",\"y\",\"x\"\n\"1\",1.5,2\n\"2\",2,3\n\"3\",3,5\n\"4\",4,4\n", "--target y --features x")]
    [InlineData("y;x\n1,5;2\n2;3\n3;5\n4;4\n", "--target y")]
    [InlineData("y,x\n1.5,2\n#N/A,1\n2,3\n3,5\n#DIV/0!,8\n4,4\n9,\n", "--target y --missing drop")]
    [InlineData("# made by hand\ny,x\n1.5,2\n2,3\n3,5\n4,4\n", "--target y --comment #")]
    [InlineData(
        "age,\"strength (MPa, 28 days)\"\n1.5,2\n2,3\n3,5\n4,4\n",
        "--target|age|--features|strength (MPa, 28 days)"
    )]
    [InlineData(
        "n,age,\"strength (MPa, 28 days)\"\n,1.5,2\n,2,3\n,3,5\n,4,4\n",
        "--target|age|--features|\"strength (MPa, 28 days)\""
    )]
    [InlineData("a,a,\n1,1.5,2\n1,2,3\n1,3,5\n1,4,4\n", "--target 2 --features 3")]
    [InlineData("y x\n1.5 2\n2 3\n3 5\n4 4\n", "--target y --separator space")]
    public void Files_of_other_programs_are_read(string content, string options)
    {
        using var file = new TextFile("data.csv", content);
        var (code, output, error) = FitProgram.Run([
            file.Path,
            .. options.Split(options.Contains('|') ? '|' : ' '),
            "--json",
        ]);
        Assert.True(code == 0, error);
        Assert.Equal(0.65, FitProgram.Coefficients(output)[1].Estimate, 1e-12);
    }

    [Fact]
    public void Rows_left_out_are_counted_and_reported()
    {
        using var file = new TextFile("data.csv", "y,x\n1.5,2\nNA,1\n2,3\n3,5\n,\n4,4\n");
        var (code, output, error) = FitProgram.Run(file.Path, "--target", "y", "--missing", "drop");
        Assert.Equal(0, code);
        Assert.Contains("4 rows of y, x (2 left out: y missing in 2, x missing in 1)", output);
        Assert.StartsWith("4 rows read, 2 left out, in ", error);
    }

    [Fact]
    public void A_perfect_fit_says_so()
    {
        using var file = new TextFile("data.csv", "x,y\n1,2\n2,4\n3,6\n4,8\n");
        var (code, output, _) = FitProgram.Run(file.Path, "--target", "y");
        Assert.Equal(0, code);
        Assert.Contains("The fit is exact", output);
        Assert.DoesNotContain("NaN", output);
    }

    [Theory]
    [InlineData("exact", 1)]
    [InlineData("minibatch", 2)]
    public void A_plot_shows_the_coefficients_and_the_loss_that_there_was(string method, int pictures)
    {
        using var file = new TextFile("old.svg", "what was there before");
        var (code, _, error) = FitProgram.Run("--method", method, "--epochs", "500", "--plot", file.Path);
        Assert.True(code == 0, error);
        var svg = System.Xml.Linq.XDocument.Load(file.Path).Root!;
        Assert.Equal("svg", svg.Name.LocalName);
        Assert.Equal($"{450 * pictures}", svg.Attribute("height")!.Value);
        Assert.Equal(pictures == 2, svg.Value.Contains("log10 of the mean squared residual"));
        Assert.Contains("armed_forces", svg.Value);
        // A rectangle without a fill is black.
        Assert.DoesNotContain(
            svg.Descendants(),
            e => e.Name.LocalName == "rect" && e.Attribute("width")?.Value == "800" && e.Attribute("fill") is null
        );
    }
}
