/// Tail probabilities and quantiles against 60-digit values, at ordinary and at extreme arguments.
module Pipeline.Engine.Tests.TailsTests

open System
open System.Globalization
open System.IO
open System.Text.Json
open Pipeline.Engine
open Xunit

/// The largest error of a function over its reference rows: arguments, then the value as a string of 20 digits.
let private worst name (f: float[] -> float) (error: float -> float -> float) =
    let path = Path.Combine(AppContext.BaseDirectory, "Data", "statistics", "tails.json")

    use document = JsonDocument.Parse(File.ReadAllText path)

    [|
        for row in document.RootElement.GetProperty(name: string).EnumerateArray() do
            let last = row.GetArrayLength() - 1
            let arguments = Array.init last (fun i -> row[i].GetDouble())
            let expected = Double.Parse(row[last].GetString(), CultureInfo.InvariantCulture)
            error (f arguments) expected
    |]
    |> Array.max

/// A relative error; of NaN infinite.
let private relative (actual: float) (expected: float) = if Double.IsNaN actual then infinity else abs (actual - expected) / abs expected

let private assertBelow (limit: float) (error: float) = Assert.True(error < limit, $"the largest error is {error}, not below {limit}")

let private log10 (x: float) = x / Math.Log 10.0

[<Fact>]
let ``Student's two-sided tail has 14 digits in its logarithm`` () =
    worst "student" (fun a -> log10 (Tails.student a[0] a[1])) relative |> assertBelow 1e-14

[<Fact>]
let ``Fisher's tail has 13 digits in its logarithm`` () =
    worst "fisher" (fun a -> log10 (Tails.fisher a[0] a[1] a[2])) relative |> assertBelow 1e-13

[<Fact>]
let ``the normal tail has 15 digits in its logarithm`` () =
    worst "normal" (fun a -> log10 (Tails.normal a[0])) relative |> assertBelow 1e-15

[<Fact>]
let ``Student's quantile has 14 digits`` () = worst "quantile" (fun a -> Tails.studentQuantile a[0] a[1]) relative |> assertBelow 1e-14

[<Fact>]
let ``tails are 1 at zero and 0 at infinity`` () =
    for f in [ Tails.student 7.0; Tails.fisher 2.0 9.0; Tails.normal ] do
        Assert.Equal(0.0, f 0.0)
        Assert.Equal(-infinity, f infinity)

[<Fact>]
let ``a tail of NaN is NaN`` () =
    for f in [ Tails.student 7.0; Tails.fisher 2.0 9.0; Tails.normal ] do
        Assert.Equal(nan, f nan)
