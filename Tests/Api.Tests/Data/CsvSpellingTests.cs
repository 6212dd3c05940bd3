using System.Text;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Files as spreadsheets, R and pandas write them: what is found, what is asked for, and what is left out and counted.</summary>
public sealed class CsvSpellingTests
{
    private static Dataset Read(string content, CsvOptions? options = null, params string[] columns)
    {
        using var file = new TextFile("data.csv", content);
        return Dataset.FromCsv(file.Path, options ?? new CsvOptions(), columns);
    }

    private static string Refusal(string content, CsvOptions? options = null, params string[] columns) =>
        Assert.ThrowsAny<Exception>(() => Read(content, options, columns)).Message;

    [Theory]
    [InlineData("a;y\n1;2,5\n-3;,5\n", 2.5, 0.5)]
    [InlineData("a\ty\n1\t2,5e3\n-3\t1234,5\n", 2500, 1234.5)]
    [InlineData("a|y\n1|\"0,125\"\n-3|1,234\n", 0.125, 1.234)]
    [InlineData("a;y\n1;1,2345\n-3;-1,234\n", 1.2345, -1.234)]
    public void Decimal_commas_are_found_where_the_separator_allows_them(string content, double first, double second)
    {
        var data = Read(content);
        Assert.Equal([first, second], data["y"].ToArray());
        Assert.Equal([1.0, -3.0], data["a"].ToArray());
    }

    [Fact]
    public void A_decimal_mark_can_be_asked_for()
    {
        var comma = new CsvOptions { Decimal = ',' };
        Assert.Equal([1.234, 5.0], Read("a;y\n1;1,234\n2;5\n", comma, "y")["y"].ToArray());
        Assert.Equal([2.5, 1.5], Read("a,y\n1,\"2,5\"\n2,\"1,5\"\n", comma, "y")["y"].ToArray());
        Assert.Contains("'2.5' has a point where the comma is the decimal mark", Refusal("a;y\n1;2.5\n", comma));
        Assert.Contains("'2,5' has a comma", Refusal("a;y\n1;2,5\n", new CsvOptions { Decimal = '.' }));
        Assert.StartsWith("Decimal is '.' or ',', not ';'.", Refusal("a,y\n1,2\n", new CsvOptions { Decimal = ';' }));
        Assert.StartsWith(
            "',' cannot be both Decimal and Separator.",
            Refusal("a,y\n1,2\n", new CsvOptions { Decimal = ',', Separator = ',' })
        );
        Assert.StartsWith("Separator is an ASCII", Refusal("a,y\n1,2\n", new CsvOptions { Separator = '\u00A7' }));
    }

    [Fact]
    public void Separator_and_quote_can_be_asked_for()
    {
        Assert.Equal([2.0, 4.0], Read("y x\n1 2\n3 4\n", new CsvOptions { Separator = ' ' })["x"].ToArray());
        Assert.Equal([2.0], Read("y:x\n1:2\n", new CsvOptions { Separator = ':' })["x"].ToArray());
        Assert.Equal([2.0], Read("y,~a, b~\n1,~2~\n", new CsvOptions { Quote = '~' })["a, b"].ToArray());
    }

    [Fact]
    public void Lines_with_a_hash_are_data_unless_comments_are_asked_for()
    {
        const string content = "y,x\n#N/A,1\n2,3\n";
        Assert.Contains("line 2, column 'y': the value is missing ('#N/A')", Refusal(content));
        Assert.Contains("line 2, column 'y': '#12' is not a number", Refusal("y,x\n#12,1\n2,3\n"));
        var dropped = Read(content, new CsvOptions { Missing = MissingRows.Drop });
        Assert.Equal((1, 1), (dropped.Rows, dropped.DroppedRows));
        Assert.Equal(1, dropped.MissingValues["y"]);
        Assert.Equal([2.0], Read("# note\ny,x\n# 5,6\n2,3\n", new CsvOptions { Comment = '#' })["y"].ToArray());
    }

    [Fact]
    public void Rows_that_lack_a_value_are_left_out_and_counted_where_that_is_asked_for()
    {
        var data = Read(
            "a,b,c,name\n1,2,3,x\nNA,2,3,\n4,,n/a,y\n5,NaN,1,\n#DIV/0!,1,2,z\n7,8,9,\n",
            new CsvOptions { Missing = MissingRows.Drop },
            "a",
            "b",
            "c"
        );
        Assert.Equal([1.0, 7.0], data["a"].ToArray());
        Assert.Equal(4, data.DroppedRows);
        Assert.Equal(
            [("a", 2), ("b", 2), ("c", 1)],
            data.MissingValues.Select(m => (m.Key, m.Value)).OrderBy(m => m.Key)
        );
        Assert.Equal("2 rows of a, b, c (4 left out: a missing in 2, b missing in 2, c missing in 1)", $"{data}");
        Assert.Equal(4, data.Select("c").DroppedRows);
        Assert.Equal(0, Read("a,b\n1,2\n", new CsvOptions { Missing = MissingRows.Drop }).DroppedRows);
        Assert.Equal(
            "data.csv: each of its 2 rows lacks a value. Fill some in, or read fewer columns.",
            Refusal("a,b\n1,\n,2\n", new CsvOptions { Missing = MissingRows.Drop })
        );
        Assert.Contains(
            "'two' is not a number",
            Refusal("a\n\"\"\ntwo\n", new CsvOptions { Missing = MissingRows.Drop })
        );
    }

    [Fact]
    public void Only_columns_that_are_read_are_judged()
    {
        var data = Read("\"\",a,x,x,y\n\"1\",1,,#REF!,3\n\"2\",2,9,8,4\n", null, "y", "a");
        Assert.Equal([3.0, 4.0], data["y"].ToArray());
        Assert.Contains(
            "stands twice. Ask for one of them by its position: 3 or 4.",
            Refusal("\"\",a,x,x\n1,2,3,4\n", null, "x")
        );
        var latin = Encoding.Latin1.GetBytes("gr\u00F6\u00DFe,b,name\n1,2,\u00E9\n");
        using var file = new TextFile("data.csv", latin);
        Assert.Equal([2.0], Dataset.FromCsv(file.Path, "b")["b"].ToArray());
        var named = Dataset.FromCsv(file.Path, new CsvOptions { Encoding = Encoding.Latin1 }, "größe", "b");
        Assert.Equal([1.0], named["größe"].ToArray());
        Assert.Contains(
            "name its encoding",
            Assert.Throws<DataException>(() => Dataset.FromCsv(file.Path, "größe")).Message
        );
    }

    [Fact]
    public void Columns_are_found_by_position_too()
    {
        var data = Read("\"\",a,x,x\n5,6,7,8\n", null, "1", "4", "2");
        Assert.Equal(["column 1", "x (column 4)", "a"], data.Columns);
        Assert.Equal([5.0, 8.0, 6.0], data.Columns.Select(name => data[name].Span[0]));
        Assert.Equal(["7"], Read("7,b\n5,6\n", null, "7").Columns);
        Assert.Contains("where names are numbers a position is not one", Refusal("7,b\n5,6\n", null, "2"));
        Assert.Contains("they are 1 to 2", Refusal("a,b\n5,6\n", null, "3"));
        Assert.Contains("the name 'a' stands twice", Refusal("a,b\n5,6\n", null, "a", "1"));
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("utf-32", true)]
    [InlineData("utf-16", false)]
    [InlineData("utf-16BE", false)]
    public void Encodings_are_found(string name, bool mark)
    {
        var encoding = Encoding.GetEncoding(name);
        var text = encoding.GetBytes("y,größe\n1,2\n3,4\n");
        using var file = new TextFile("data.csv", mark ? [.. encoding.GetPreamble(), .. text] : text);
        Assert.Equal(["y", "größe"], Dataset.ColumnsOfCsv(file.Path));
        Assert.Equal([2.0, 4.0], Dataset.FromCsv(file.Path)["größe"].ToArray());
    }

    [Fact]
    public void The_names_in_a_file_are_told_as_they_stand()
    {
        using var file = new TextFile("data.csv", "a,,\"x, y\",a\n1,2,3,4\n");
        Assert.Equal(["a", "", "x, y", "a"], Dataset.ColumnsOfCsv(file.Path));
    }
}
