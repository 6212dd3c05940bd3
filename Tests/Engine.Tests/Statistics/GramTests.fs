/// The one-pass Gram matrix against exact integer sums.
module Pipeline.Engine.Tests.GramTests

open System
open System.Numerics
open Pipeline.Engine
open Xunit

/// Integers of up to 53 bits, whose sizes vary by the given number of bits within a column.
let private columns (random: Random) count rows (spread: int) =
    Array.init count (fun _ ->
        Array.init rows (fun _ ->
            let size = 53 - random.Next(spread + 1)
            float (random.NextInt64(-(1L <<< size), 1L <<< size))))

let private exact (a: float[]) (b: float[]) =
    Array.fold2 (fun sum (x: float) (y: float) -> sum + BigInteger x * BigInteger y) BigInteger.Zero a b

let private largestError intercept (columns: float[][]) =
    let struct (gram, _) = Gram.compute { Intercept = intercept; Columns = columns }

    let all = if intercept then Array.append [| Array.create columns[0].Length 1.0 |] columns else columns

    [|
        for j in 0 .. all.Length - 1 do
            for i in 0..j do
                let entry = gram[i, j]
                let error = exact all[i] all[j] - BigInteger entry.High - BigInteger entry.Low
                let scale = sqrt (gram[i, i].High * gram[j, j].High)
                abs (float error) / scale
    |]
    |> Array.max

[<Theory>]
[<InlineData(1, 1, 0)>]
[<InlineData(2, 7, 3)>]
[<InlineData(5, 255, 10)>]
[<InlineData(4, 257, 40)>]
[<InlineData(3, 3000, 30)>]
[<InlineData(2, 70000, 20)>]
let ``entries are exact to 28 digits of the diagonal`` count rows spread =
    for intercept in [ true; false ] do
        let error = largestError intercept (columns (Random 11) count rows spread)
        Assert.True(error < 1e-28, $"{error}")

[<Fact>]
let ``a number that is not finite makes its column's magnitude NaN`` () =
    for bad in [ nan; infinity; -infinity ] do
        for row in [ 0; 8; 299 ] do
            let column = Array.create 300 1.0
            column[row] <- bad

            let struct (_, largest) = Gram.compute { Intercept = false; Columns = [| Array.create 300 -2.0; column |] }

            Assert.Equal(2.0, largest[0])
            Assert.True(Double.IsNaN largest[1])
