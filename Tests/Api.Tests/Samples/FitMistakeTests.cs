using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>Samples/Fit on bad input: one message, exit code 2, no number, no stack trace.</summary>
public sealed class FitMistakeTests
{
    private static void Refuses(string message, params string[] arguments)
    {
        var (code, output, error) = FitProgram.Run(arguments);
        Assert.Equal((2, "", $"fit: {message}\n"), (code, output, error));
    }

    [Theory]
    [InlineData("--target z", "There is no column 'z'. The columns are y, x.")]
    [InlineData("--target y --features q", "There is no column 'q'. The columns are y, x.")]
    [InlineData("--target y --features y", "Column 'y' is the target: it cannot be a feature too.")]
    [InlineData("--target y --features x,y", "Column 'y' is the target: it cannot be a feature too.")]
    [InlineData("--target y --features x,x", "The features: the name 'x' stands twice. Every column needs its own.")]
    [InlineData(
        "--target y --features x,",
        "The selection: an empty name names no column. Ask for a column without a name by its position, counted from 1."
    )]
    [InlineData("", "Name the column to explain: --target COLUMN.")]
    [InlineData("--target", "Required argument missing for option: '--target'. (--help lists the options.)")]
    [InlineData("--target y --bogus", "Unrecognized command or argument '--bogus'. (--help lists the options.)")]
    [InlineData("--target y again.csv", "Unrecognized command or argument 'again.csv'. (--help lists the options.)")]
    [InlineData(
        "--target y --method newton",
        "Argument 'newton' not recognized. Must be one of:  'exact'  'full-batch'  'minibatch' (--help lists the options.)"
    )]
    [InlineData("--target y --learning-rate -0.1", "The learning rate is a positive number, not -0.1.")]
    [InlineData("--target y --learning-rate nan", "The learning rate is a positive number, not NaN.")]
    [InlineData("--target y --learning-rate fast", "--learning-rate takes a number, not 'fast'.")]
    [InlineData("--target y --epochs 0", "The number of epochs is a positive number, not 0.")]
    [InlineData("--target y --epochs 1.5", "--epochs takes a whole number, not '1.5'.")]
    [InlineData(
        "--target y --method minibatch --batch-size 1 --epochs 2000000000",
        "2000000000 epochs of 4 updates are more than 2^31 updates: fewer epochs or larger batches."
    )]
    [InlineData("--target y --tolerance 0", "The tolerance is a positive number, not 0.")]
    [InlineData("--target y --method minibatch --batch-size 0", "The size of a batch is a positive number, not 0.")]
    [InlineData("--target y --method minibatch --batch-size 5", "A batch of 5 rows is more than the 4 rows there are.")]
    [InlineData(
        "--target 3",
        "There is no column '3', nor a column at that position: they are 1 to 2. The columns are y, x."
    )]
    [InlineData("--target y --separator long", "--separator takes one character, tab or space, not 'long'.")]
    [InlineData("--target y --decimal ;", "Decimal is '.' or ',', not ';'.")]
    [InlineData("--target y --quote ab", "--quote takes one character, tab or space, not 'ab'.")]
    [InlineData(
        "--target y --encoding utf-99",
        "--encoding takes the name of an encoding, latin1 or utf-16 for example, not 'utf-99'."
    )]
    [InlineData("--target y --seed two", "--seed takes a whole number, not 'two'.")]
    [InlineData("--target y --plot fit.png", "--plot takes the name of a file that ends in .svg.")]
    [InlineData(
        "--target y --plot /no/such/folder/fit.svg",
        "Could not find a part of the path '/no/such/folder/fit.svg'."
    )]
    public void Options(string options, string message)
    {
        using var file = new TextFile("data.csv", "y,x\n1,2\n3,4\n4,1\n7,6\n");
        Refuses(message, [file.Path, .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
    }

    [Theory]
    [InlineData("", "data.csv is empty. It needs a line that names the columns and a line for each row.")]
    [InlineData("y,x\n", "data.csv has a header but no rows. Add a line for each row.")]
    [InlineData(
        "y,x\n1,2\n3\n",
        "data.csv, line 3: 1 value where the header names 2 columns. Correct the line: a value that holds the separator ',' stands in quotes."
    )]
    [InlineData(
        "y,x\n1,2\n3,oops\n",
        "data.csv, line 3, column 'x': 'oops' is not a number. Correct it, or leave the column out of the features."
    )]
    [InlineData(
        "y,x\n1,2\n3,\n",
        "data.csv, line 3, column 'x': the value is missing. Fill it in, or leave such rows out (--missing drop)."
    )]
    [InlineData(
        "y,x\n1,nan\n",
        "data.csv, line 2, column 'x': the value is missing ('nan'). Fill it in, or leave such rows out (--missing drop)."
    )]
    [InlineData(
        "y,x\n1,-inf\n",
        "data.csv, line 2, column 'x': -inf is not a finite number. Correct it, or take the row out of the file."
    )]
    [InlineData(
        "y,x,x\n1,2,3\n",
        "data.csv, header: the name 'x' stands twice. Ask for one of them by its position: 2 or 3."
    )]
    [InlineData(
        "y;x\n1.5,5;2\n3;4\n",
        "data.csv, line 2, column 'y': '1.5,5' has a comma. Write numbers like 1234.5, without separators of thousands."
    )]
    [InlineData(
        "y;x\n1,500;2\n3;4\n5;7\n",
        "data.csv: line 2 has '1,500', and no number tells whether its commas are decimal marks or separate thousands. Say that they are decimal marks (--decimal \",\"), or write numbers like 1234.5."
    )]
    [InlineData(
        "# made by hand\ny,x\n1,2\n",
        "data.csv, line 2: 2 values where the header names 1 column. A line that begins with # is data unless comments are asked for (--comment \"#\")."
    )]
    [InlineData(
        "y,x\n\"1,234\",2\n",
        "data.csv, line 2, column 'y': '1,234' has a comma. Write numbers like 1234.5, without separators of thousands, or say that the comma is the decimal mark (--decimal \",\")."
    )]
    [InlineData(
        "y,x\n1,2\n3,4\n",
        "2 rows cannot determine 2 coefficients and their errors: at least 3 rows are needed."
    )]
    [InlineData(
        "y,x\n1,2\n3,2\n2,2\n",
        "The coefficients are not determined: column 'x' is constant: 2 in every row. Leave it out of the features."
    )]
    [InlineData(
        "y,a,b\n1,2,2\n2,3,3\n4,4,4\n3,1,1\n9,5,5\n",
        "The coefficients are not determined: column 'b' equals column 'a'. Leave it out of the features."
    )]
    [InlineData(
        "y,x\n5,1\n5,2\n5,4\n",
        "The target 'y' is 5 in every row: there is nothing to explain. Name another target."
    )]
    [InlineData("y\n1\n2\n4\n", "There is no column besides 'y': a model needs at least one feature.")]
    public void Files(string content, string message)
    {
        using var file = new TextFile("data.csv", content);
        Refuses(message, file.Path, "--target", "y");
        Refuses(message, file.Path, "--target", "y", "--method", "minibatch", "--json");
    }

    [Fact]
    public void A_file_that_is_not_there() =>
        Refuses(
            $"There is no file 'no-such.csv' in '{Directory.GetCurrentDirectory()}'. Correct the path.",
            "no-such.csv",
            "--target",
            "y"
        );

    [Fact]
    public void A_folder() => Refuses("'/' is a folder, not a file. Name a file in it.", "/", "--target", "y");

    [Fact]
    public void Binary_rubbish()
    {
        var rubbish = new byte[3000];
        new System.Random(3).NextBytes(rubbish);
        using var file = new TextFile("data.csv", rubbish);
        Refuses(
            "data.csv is not a text file in UTF-8. Save it as one, or name its encoding (--encoding latin1, for example).",
            file.Path,
            "--target",
            "y"
        );
    }

    [Fact]
    public void A_refused_plot_leaves_no_file_behind()
    {
        using var file = new TextFile("data.csv", "y,x\n1,2\n");
        var plot = Path.Combine(Path.GetDirectoryName(file.Path)!, "fit.svg");
        Assert.Equal(2, FitProgram.Run(file.Path, "--target", "y", "--plot", plot).Code);
        Assert.False(File.Exists(plot));
    }
}
