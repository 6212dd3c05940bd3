/// Data that least squares cannot use: each mistake has its own message, which names the columns.
module Pipeline.Engine.Tests.LeastSquaresRefusalTests

open System
open Pipeline
open Pipeline.Engine
open Xunit

let private random = Random 3

let private column () = Array.init 50 (fun _ -> random.NextDouble())

let private a = column ()
let private b = Array.map (fun x -> 1000.0 * x + 1e5) (column ())
let private y = column ()

let private refusal features (target: float[]) =
    let names, columns = Array.unzip features

    let fit () = LeastSquares.fit "y" target names columns true 0.95 |> ignore

    Assert.Throws<DataException>(fit).Message

let private change row value (column: float[]) =
    let changed = Array.copy column
    changed[row] <- value
    changed

[<Fact>]
let ``an equal column is named with its twin`` () =
    Assert.Equal(
        "The coefficients are not determined: column 'c' equals column 'a'. Leave it out of the features.",
        refusal [| "a", a; "b", b; "c", a |] y
    )

[<Fact>]
let ``a constant column is named with its value`` () =
    Assert.Equal(
        "The coefficients are not determined: column 'c' is constant: 0.1 in every row. Leave it out of the features.",
        refusal [| "a", a; "c", Array.create 50 0.1 |] y
    )

[<Fact>]
let ``a column of zeros is named`` () =
    Assert.Equal(
        "The coefficients are not determined: column 'c' is 0 in every row. Leave it out of the features.",
        refusal [| "c", Array.create 50 0.0; "a", a |] y
    )

[<Fact>]
let ``every dependent column is named with its combination`` () =
    let c = Array.map2 (fun x z -> 2.0 * x - 0.1 * z + 3.0) a b
    let d = Array.map (fun x -> -4.0 * x) a

    Assert.Equal(
        "The coefficients are not determined: column 'c' depends on others: c = 3 + 2 * a - 0.1 * b; "
        + "column 'd' depends on others: d = -4 * a. Leave them out of the features.",
        refusal [| "a", a; "b", b; "c", c; "d", d |] y
    )

[<Fact>]
let ``columns that differ from dependence by more than rounding are fitted`` () =
    let nearly = Array.map2 (fun x z -> x + 1e-9 * z) a y
    let fit = LeastSquares.fit "y" y [| "a"; "nearly" |] [| a; nearly |] true 0.95
    // y = (nearly - a) / 1e-9, but for the rounding of nearly.
    Assert.True(abs (fit["nearly"].Estimate / 1e9 - 1.0) < 1e-6)

[<Fact>]
let ``a column that varies beyond the 14th digit is not constant`` () =
    // The same slopes as of the column without its offset, beside another column or alone; the offset is exact.
    let shifts = Array.init 50 (fun i -> float ((7 * i) % 11))

    for offset in [ 1e15; 4e15 ] do
        let far = Array.map (fun s -> offset + s) shifts

        for others in [ [||]; [| "b", b |] ] do
            let names, columns = Array.unzip others

            let slopes column =
                let fit = LeastSquares.fit "y" y (Array.append [| "x" |] names) (Array.append [| column |] columns) true 0.95

                [ fit["x"].Estimate; fit["x"].StandardError; fit["x"].T ]

            for near, distant in Seq.zip (slopes shifts) (slopes far) do
                Assert.Equal(1.0, distant / near, 1e-12)

    // In the last bit of one row.
    let last = Array.create 50 1e16
    last[7] <- 1e16 + 2.0
    let fit = LeastSquares.fit "y" y [| "x" |] [| last |] true 0.95

    let others = y |> Array.indexed |> Array.filter (fun (i, _) -> i <> 7) |> Array.averageBy snd

    Assert.Equal(1.0, fit["x"].Estimate / ((y[7] - others) / 2.0), 1e-12)

    // As a target, it is neither constant nor fitted exactly.
    let target = Array.map2 (fun s x -> 1e15 + round (s + 8.0 * x)) shifts a

    let near = LeastSquares.fit "y" (Array.map (fun t -> t - 1e15) target) [| "s" |] [| shifts |] true 0.95

    let far = LeastSquares.fit "y" target [| "s" |] [| shifts |] true 0.95
    Assert.False far.IsExact
    Assert.Equal(1.0, far["s"].Estimate / near["s"].Estimate, 1e-12)
    Assert.Equal(1.0, far.Sigma / near.Sigma, 1e-12)

[<Fact>]
let ``a constant target is refused`` () =
    Assert.Equal(
        "The target 'y' is 4.1 in every row: there is nothing to explain. Name another target.",
        refusal [| "a", a |] (Array.create 50 4.1)
    )

[<Fact>]
let ``too few rows are refused`` () =
    let first = Array.truncate 3

    Assert.Equal(
        "3 rows cannot determine 3 coefficients and their errors: at least 4 rows are needed.",
        refusal [| "a", first a; "b", first b |] (first y)
    )

[<Fact>]
let ``numbers that are not finite are named with their row`` () =
    for bad, text in [ nan, "NaN"; infinity, "Infinity"; -infinity, "-Infinity" ] do
        Assert.StartsWith($"Column 'a' has {text} in row 18:", refusal [| "b", b; "a", change 17 bad a |] y)
        Assert.StartsWith($"Column 'y' has {text} in row 50:", refusal [| "b", b |] (change 49 bad y))

[<Fact>]
let ``magnitudes whose squares do not fit are refused`` () =
    Assert.StartsWith("The largest magnitude in column 'a' is 1E+101", refusal [| "a", change 0 1e101 a |] y)
    let tiny = Array.map (fun x -> 1e-150 * x) a
    Assert.StartsWith("The largest magnitude in column 'a' is", refusal [| "a", tiny |] y)

[<Fact>]
let ``a confidence level lies between 0 and 1`` () =
    for level in [ 0.0; 1.0; 95.0; nan ] do
        let fit () = LeastSquares.fit "y" y [| "a" |] [| a |] true level |> ignore

        Assert.Throws<ArgumentOutOfRangeException> fit |> ignore
