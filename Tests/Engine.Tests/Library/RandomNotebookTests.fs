/// The draws of the notebook: original layout, float32, as JAX made and printed them.
module Pipeline.Engine.Tests.RandomNotebookTests

open System
open System.Globalization
open System.IO
open System.Text.Json
open Pipeline
open Pipeline.Engine
open Xunit

let private file name = Path.Combine(AppContext.BaseDirectory, "Data", "seed", name)

let private printed (name: string) =
    use document = JsonDocument.Parse(File.ReadAllText(file "expected.json"))
    document.RootElement.GetProperty("random").GetProperty(name).Clone()

let private floats name = [| for x in (printed name).EnumerateArray() -> x.GetSingle() |]

let private key = RandomKey(2L, RandomLayout.Original)

let private columns =
    let keys = key.Split()

    let x1, x2 = keys[0].Normal<float32> [| 1000; 1 |], keys[1].Normal<float32> [| 1000; 1 |]

    let y = -11.0 * x1 + 12.0 * x2 + 3.0 + 3.0 * key.Normal<float32> [| 1000; 1 |]
    [| x1; x2; y |] |> Array.map _.ToArray<float32>()

/// How many spacings of float32 lie between two numbers. JAX's own versions differ by up to four in a normal draw.
let private spacings (a: float32) (b: float32) = abs (float a - float b) / (float (MathF.BitIncrement(abs b)) - float (abs b))

[<Fact>]
let ``the keys and first draws are the printed ones`` () =
    let words = [|
        for row in (printed "split(PRNGKey(2))").EnumerateArray() do
            for w in row.EnumerateArray() -> w.GetUInt32()
    |]

    Assert.Equal<uint32[]>(words, (key.SplitBatch 2).Data.ToArray<uint32>())

    for name, column in [ "normal(X1_key)[:3]", 0; "normal(X2_key)[:3]", 1 ] do
        for expected, drawn in Seq.zip (floats name) columns[column] do
            Assert.True(spacings drawn expected <= 4.0, $"{name}: {drawn}, not {expected}")

[<Fact>]
let ``the rows of the data are drawn again`` () =
    let rows = [|
        for line in Seq.skip 1 (File.ReadLines(file "data.csv")) ->
            line.Split(',') |> Array.map (fun x -> Single.Parse(x, CultureInfo.InvariantCulture))
    |]

    Assert.Equal(1000, rows.Length)
    let mutable same = 0

    for i in 0..999 do
        for column in 0..1 do
            let drawn, expected = columns[column][i], rows[i][column]
            Assert.True(spacings drawn expected <= 4.0, $"x{column + 1}[{i}] is {drawn}, not {expected}")
            same <- same + (if drawn = expected then 1 else 0)

        // Sums of terms of up to 36: what their roundings leave.
        Assert.True(abs (columns[2][i] - rows[i][2]) <= 1e-5f, $"y[{i}] is {columns[2][i]}, not {rows[i][2]}")

    Assert.True(same >= 1980, $"only {same} of 2,000 draws are equal bit for bit")

[<Fact>]
let ``the minibatches are the printed ones`` () =
    for seed in 0..1 do
        let expected = [| for x in (printed $"randint(PRNGKey({seed}), (100,16), 0, 1000)[0]").EnumerateArray() -> x.GetInt32() |]

        let drawn = RandomKey(int64 seed, RandomLayout.Original).Integers([| 100; 16 |], 0L, 1000L)

        Assert.Equal<int[]>(expected, (ShapeOperations.entry 0 0 drawn).ToArray<int>())
