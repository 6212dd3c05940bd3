using System.Text;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Tables read from CSV files, and the one message that each bad file gets.</summary>
public sealed class CsvTests
{
    private static Dataset Read(string content, params string[] columns)
    {
        using var file = new TextFile("data.csv", content);
        return Dataset.FromCsv(file.Path, columns);
    }

    private static void Refuses(string message, string content, params string[] columns) =>
        Assert.Equal(message, Assert.Throws<DataException>(() => Read(content, columns)).Message);

    [Fact]
    public void Columns_are_read_by_name()
    {
        var data = Read("y,x1,x2\n1,2.5,-3e-2\n4,+5,.5\n");
        Assert.Equal(["y", "x1", "x2"], data.Columns);
        Assert.Equal(2, data.Rows);
        Assert.Equal([2.5, 5.0], data["x1"].ToArray());
        Assert.Equal([-0.03, 0.5], data["x2"].ToArray());
    }

    [Theory]
    [InlineData("y;x\n1;2\n3;4\n")]
    [InlineData("y\tx\r\n1\t2\r\n3\t4\r\n")]
    [InlineData("y|x\n1|2\n3|4")]
    [InlineData(" y , x \n\n 1 , 2 \n3,4\n\n")]
    [InlineData("sep=;\ny;x\n1;2\n3;4\n")]
    [InlineData("'y','x'\n'1','2'\n3,4\n")]
    [InlineData("\"y\",\"x\"\n\"1\",\"2\"\n3,4\n")]
    [InlineData("\uFEFFy,x\n1,2\n3,4\n")]
    public void Common_spellings_are_understood(string content)
    {
        var data = Read(content);
        Assert.Equal(["y", "x"], data.Columns);
        Assert.Equal([1.0, 3.0], data["y"].ToArray());
        Assert.Equal([2.0, 4.0], data["x"].ToArray());
    }

    [Fact]
    public void Digits_are_rounded_correctly()
    {
        var random = new System.Random(7);
        var numbers = Enumerable
            .Range(0, 2000)
            .Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64(0, 0x7FF0000000000000)))
            .Append(double.Epsilon)
            .Append(double.MaxValue)
            .ToArray();
        Assert.Equal(numbers, Read("x\n" + string.Join('\n', numbers.Select(x => $"{x:R}")))["x"].ToArray());
    }

    [Fact]
    public void Columns_that_are_not_asked_for_may_hold_anything()
    {
        var data = Read("name,y,x\nAda,1,2\n,3,4\n", "x", "y");
        Assert.Equal(["x", "y"], data.Columns);
        Assert.Equal([2.0, 4.0], data["x"].ToArray());
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        var missing = Path.Combine(Path.GetTempPath(), "no-such-file-here.csv");
        var refused = Assert.Throws<FileNotFoundException>(() => Dataset.FromCsv(missing));
        Assert.Equal($"There is no file '{missing}'. Correct the path.", refused.Message);
    }

    [Fact]
    public void A_folder_is_no_file() =>
        Assert.Equal(
            $"'{Path.GetTempPath()}' is a folder, not a file. Name a file in it.",
            Assert.Throws<DataException>(() => Dataset.FromCsv(Path.GetTempPath())).Message
        );

    [Theory]
    [InlineData("", "data.csv is empty. It needs a line that names the columns and a line for each row.")]
    [InlineData("\n\n", "data.csv has no header line. Its first line must name the columns, for example 'y,x1,x2'.")]
    [InlineData("y,x\n", "data.csv has a header but no rows. Add a line for each row.")]
    [InlineData(
        "1,2\n3,4\n",
        "data.csv: the first line holds numbers. It must name the columns, for example 'y,x1,x2'."
    )]
    [InlineData(
        "y,x,x\n1,2,3\n",
        "data.csv, header: the name 'x' stands twice. Ask for one of them by its position: 2 or 3."
    )]
    [InlineData(
        "y,,x\n1,2,3\n",
        "data.csv, header: column 2 has no name. Name the columns to read, or ask for it by its position."
    )]
    [InlineData(
        "y,x\n1,2\n3\n",
        "data.csv, line 3: 1 value where the header names 2 columns. Correct the line: a value that holds the separator ',' stands in quotes."
    )]
    [InlineData(
        "y,x\n1,2\n\n3,4,5\n",
        "data.csv, line 4: 3 values where the header names 2 columns. Correct the line: a value that holds the separator ',' stands in quotes."
    )]
    [InlineData(
        "y,x\na,1,2\nb,3,4\n",
        "data.csv, line 2: 3 values where the header names 2 columns. Name the first column too, if it holds the rows' names; or correct the line."
    )]
    [InlineData(
        "y,x\n1,\"2\n3,4\n",
        "data.csv, line 2: the quotes do not match. Close every quote and double those inside; or name another quote character (Quote = '\\'', for example)."
    )]
    [InlineData(
        "y,x\n1,2\n3,four\n",
        "data.csv, line 3, column 'x': 'four' is not a number. Correct it, or leave the column out of the features."
    )]
    [InlineData(
        "y,x\n1,2\n3,\"4,5\"\n",
        "data.csv, line 3, column 'x': '4,5' has a comma. Write numbers like 1234.5, without separators of thousands, or say that the comma is the decimal mark (Decimal = ',')."
    )]
    [InlineData(
        "y;x\n1;2\n3;1.234,5\n",
        "data.csv, line 3, column 'x': '1.234,5' has a comma. Write numbers like 1234.5, without separators of thousands."
    )]
    [InlineData(
        "y;x\n1;2.5\n3;4,5\n",
        "data.csv: line 3 has '4,5' and line 2 has '2.5'. Write every number with the same decimal mark, without separators of thousands."
    )]
    [InlineData(
        "y;x\n1;2\n3;1,234\n",
        "data.csv: line 3 has '1,234', and no number tells whether its commas are decimal marks or separate thousands. Say that they are decimal marks (Decimal = ','), or write numbers like 1234.5."
    )]
    [InlineData(
        "y,x\n1,2\n3,\n",
        "data.csv, line 3, column 'x': the value is missing. Fill it in, or leave such rows out (Missing = MissingRows.Drop)."
    )]
    [InlineData(
        "y,x\nNA,2\n3,4\n",
        "data.csv, line 2, column 'y': the value is missing ('NA'). Fill it in, or leave such rows out (Missing = MissingRows.Drop)."
    )]
    [InlineData(
        "y,x\n1,nan\n",
        "data.csv, line 2, column 'x': the value is missing ('nan'). Fill it in, or leave such rows out (Missing = MissingRows.Drop)."
    )]
    [InlineData(
        "y,x\n1,-Inf\n",
        "data.csv, line 2, column 'x': -Inf is not a finite number. Correct it, or take the row out of the file."
    )]
    [InlineData(
        "y,x\n1,Infinity\n",
        "data.csv, line 2, column 'x': Infinity is not a finite number. Correct it, or take the row out of the file."
    )]
    [InlineData(
        "y,x\n1,1e999\n",
        "data.csv, line 2, column 'x': 1e999 is too large for a float64. Give the column in other units."
    )]
    public void Each_mistake_has_its_message(string content, string message) => Refuses(message, content);

    [Fact]
    public void An_unknown_column_is_named_with_those_there_are() =>
        Refuses("There is no column 'z'. The columns are y, x.", "y,x\n1,2\n", "y", "z");

    [Fact]
    public void A_column_asked_for_twice_is_refused() =>
        Refuses("The selection: the name 'y' stands twice. Every column needs its own.", "y,x\n1,2\n", "y", "y");

    [Fact]
    public void Binary_rubbish_is_not_text()
    {
        var rubbish = new byte[5000];
        new System.Random(1).NextBytes(rubbish);
        foreach (
            var content in new[] { rubbish, [0x50, 0x4B, 3, 4, 0, 0], Encoding.Latin1.GetBytes("y,\u00E9\n1,2\n") }
        )
        {
            using var file = new TextFile("data.csv", content);
            var refused = Assert.Throws<DataException>(() => Dataset.FromCsv(file.Path));
            Assert.Equal(
                "data.csv is not a text file in UTF-8. Save it as one, or name its encoding (Encoding = Encoding.Latin1, for example).",
                refused.Message
            );
        }
    }
}
