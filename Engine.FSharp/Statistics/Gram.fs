// The Gram matrix A'A of a tall matrix in one pass over memory, to about 98 bits of its diagonal.
namespace Pipeline.Engine

open System
open System.Runtime.Intrinsics
open System.Threading.Tasks
open Microsoft.FSharp.NativeInterop

/// The columns of a matrix, after a column of ones if there is an intercept.
[<NoComparison; NoEquality>]
type internal Design = {
    Intercept: bool
    Columns: float[][]
} with

    member d.Rows = d.Columns[0].Length

    /// How many columns, the column of ones included.
    member d.Width = d.Columns.Length + (if d.Intercept then 1 else 0)

/// How the digits are kept: every sum starts from an anchor so large that each partial sum lies in the anchor's binade.
/// t = fma(a, b, s) then rounds the exact product to a multiple of the anchor's ulp, s' = t adds without any rounding, and
/// what was rounded off is fma(a, b, s - t): two fused multiply-adds and two additions for a product kept to twice the precision.
/// Blocks, lanes and the order of every sum depend on the number of rows alone, so the bits do not depend on the machine.
[<RequireQualifiedAccess>]
module internal Gram =
    let private lanes = 8
    let private blockRows = 256
    let private chunkRows = 256 * blockRows

    /// 1.5 * 2^6: with |a| < p and |b| < q, powers of two, a lane's 32 products stay below a quarter of the anchor 96 p q.
    let private anchorFactor = 96.0

    /// Copies rows of a column, padded with zeros, and gives their largest magnitude; NaN where one is not finite.
    let private gather (column: float[]) start count (target: nativeptr<float>) =
        use source = fixed &column[start]
        let mutable largest = Vector512<float>.Zero
        let mutable lost = Vector512<float>.Zero
        let whole = count - count % lanes
        let mutable row = 0

        while row < whole do
            let x = Vector512.Load(NativePtr.add source row)
            largest <- Vector512.MaxNative(largest, Vector512.Abs x)
            lost <- Vector512.Add(lost, Vector512.Subtract(x, x))
            Vector512.Store(x, NativePtr.add target row)
            row <- row + lanes

        let mutable maximum = 0.0

        for lane in 0 .. lanes - 1 do
            maximum <- max maximum (largest.GetElement lane)

        let mutable rest = Vector512.Sum lost

        if whole < count then
            for i in whole .. whole + lanes - 1 do
                let x = if i < count then column[start + i] else 0.0
                rest <- rest + (x - x)
                maximum <- max maximum (abs x)
                NativePtr.set target i x

        maximum + rest

    /// Columns whose largest magnitude lies between these, or is 0, keep their digits.
    let least = 1e-100
    let greatest = 1e100

    /// The least power of two above a magnitude; in a block of tiny numbers one at which the anchor keeps its last bits.
    let private powerAbove (magnitude: float) = Math.ScaleB(1.0, Math.ILogB(max magnitude 1e-120) + 1)

    /// high + low += the lanes of one block: its exact sum without the anchor, and what was rounded off.
    let private deposit (sums: nativeptr<float>) (sum: Vector512<float>) (rest: Vector512<float>) =
        let high = Vector512.Load sums
        let low = Vector512.Load(NativePtr.add sums lanes)
        let total = Vector512.Add(high, sum)
        let shift = Vector512.Subtract(total, high)

        let error =
            Vector512.Add(Vector512.Subtract(high, Vector512.Subtract(total, shift)), Vector512.Subtract(sum, shift))

        Vector512.Store(total, sums)
        Vector512.Store(Vector512.Add(low, Vector512.Add(error, rest)), NativePtr.add sums lanes)

    /// The four products of columns (a, b) with columns (x, y), over one block.
    let private tile
        (rows: int)
        (a: nativeptr<float>)
        (b: nativeptr<float>)
        (x: nativeptr<float>)
        (y: nativeptr<float>)
        (anchorAX: float)
        (anchorAY: float)
        (anchorBX: float)
        (anchorBY: float)
        (sums: nativeptr<float>)
        =
        let mutable sumAX = Vector512.Create anchorAX
        let mutable sumAY = Vector512.Create anchorAY
        let mutable sumBX = Vector512.Create anchorBX
        let mutable sumBY = Vector512.Create anchorBY
        let mutable restAX = Vector512<float>.Zero
        let mutable restAY = Vector512<float>.Zero
        let mutable restBX = Vector512<float>.Zero
        let mutable restBY = Vector512<float>.Zero
        let mutable row = 0

        while row < rows do
            let u = Vector512.Load(NativePtr.add a row)
            let v = Vector512.Load(NativePtr.add b row)
            let s = Vector512.Load(NativePtr.add x row)
            let t = Vector512.Load(NativePtr.add y row)
            let nextAX = Vector512.FusedMultiplyAdd(u, s, sumAX)
            let nextAY = Vector512.FusedMultiplyAdd(u, t, sumAY)
            let nextBX = Vector512.FusedMultiplyAdd(v, s, sumBX)
            let nextBY = Vector512.FusedMultiplyAdd(v, t, sumBY)
            restAX <- Vector512.Add(restAX, Vector512.FusedMultiplyAdd(u, s, Vector512.Subtract(sumAX, nextAX)))
            restAY <- Vector512.Add(restAY, Vector512.FusedMultiplyAdd(u, t, Vector512.Subtract(sumAY, nextAY)))
            restBX <- Vector512.Add(restBX, Vector512.FusedMultiplyAdd(v, s, Vector512.Subtract(sumBX, nextBX)))
            restBY <- Vector512.Add(restBY, Vector512.FusedMultiplyAdd(v, t, Vector512.Subtract(sumBY, nextBY)))
            sumAX <- nextAX
            sumAY <- nextAY
            sumBX <- nextBX
            sumBY <- nextBY
            row <- row + lanes

        deposit sums (Vector512.Subtract(sumAX, Vector512.Create anchorAX)) restAX
        deposit (NativePtr.add sums (2 * lanes)) (Vector512.Subtract(sumAY, Vector512.Create anchorAY)) restAY
        deposit (NativePtr.add sums (4 * lanes)) (Vector512.Subtract(sumBX, Vector512.Create anchorBX)) restBX
        deposit (NativePtr.add sums (6 * lanes)) (Vector512.Subtract(sumBY, Vector512.Create anchorBY)) restBY

    /// The sums of rows first .. last - 1, by tiles of two columns by two on and above the diagonal.
    let private chunk (design: Design) first last =
        let width = design.Width
        let ones = if design.Intercept then 1 else 0
        let pairs = (width + 1) / 2
        let buffer = GC.AllocateArray<float>(2 * pairs * blockRows, pinned = true)

        let sums = GC.AllocateArray<float>(pairs * (pairs + 1) / 2 * 8 * lanes, pinned = true)

        use bufferPointer = fixed buffer
        use sumsPointer = fixed sums
        let powers = Array.create (2 * pairs) 2.0
        let largest = Array.zeroCreate<float> width
        let mutable start = first

        while start < last do
            let count = min blockRows (last - start)
            let padded = (count + lanes - 1) / lanes * lanes

            if design.Intercept then
                for i in 0 .. padded - 1 do
                    buffer[i] <- if i < count then 1.0 else 0.0

            for k in 0 .. design.Columns.Length - 1 do
                let target = NativePtr.add bufferPointer ((ones + k) * blockRows)
                let magnitude = gather design.Columns[k] start count target
                // Math.Max hands a NaN on.
                largest[ones + k] <- Math.Max(largest[ones + k], magnitude)
                powers[ones + k] <- powerAbove magnitude

            let mutable place = sumsPointer

            for i in 0 .. pairs - 1 do
                for j in i .. pairs - 1 do
                    let column k = NativePtr.add bufferPointer (k * blockRows)

                    let anchor k l = anchorFactor * powers[k] * powers[l]
                    let a, b, x, y = 2 * i, 2 * i + 1, 2 * j, 2 * j + 1

                    tile padded (column a) (column b) (column x) (column y) (anchor a x) (anchor a y) (anchor b x) (anchor b y) place

                    place <- NativePtr.add place (8 * lanes)

            start <- start + count

        struct (sums, largest)

    /// A'A on and above the diagonal, and the largest magnitude of each column: NaN for one that is not finite.
    let compute (design: Design) =
        let width = design.Width
        let chunks = (design.Rows + chunkRows - 1) / chunkRows
        let parts = Array.zeroCreate<struct (float[] * float[])> chunks

        let run c = parts[c] <- chunk design (c * chunkRows) (min design.Rows ((c + 1) * chunkRows))

        if chunks = 1 then run 0 else Parallel.For(0, chunks, run) |> ignore

        let gram = Array2D.create width width DoubleDouble.zero
        let largest = Array.zeroCreate<float> width
        let pairs = (width + 1) / 2

        for struct (sums, magnitudes) in parts do
            for k in 0 .. width - 1 do
                largest[k] <- Math.Max(largest[k], magnitudes[k])

            let mutable place = 0

            for i in 0 .. pairs - 1 do
                for j in i .. pairs - 1 do
                    for part in 0..3 do
                        let row = 2 * i + part / 2
                        let column = 2 * j + part % 2

                        if row <= column && column < width then
                            for lane in 0 .. lanes - 1 do
                                let sum = DoubleDouble.twoSum sums[place + lane] sums[place + lanes + lane]
                                gram[row, column] <- DoubleDouble.add gram[row, column] sum

                        place <- place + 2 * lanes

        struct (gram, largest)
