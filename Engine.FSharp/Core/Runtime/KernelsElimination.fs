// What elimination and substitution do to a row of a matrix of float64.
namespace Pipeline.Engine

open Microsoft.FSharp.NativeInterop
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal KernelsElimination =
    /// A row less multiples of rows that are so many numbers apart, one after the other, by factors a step apart.
    let subtract (row: nativeptr<float>) columns (factors: nativeptr<float>) step (rows: nativeptr<float>) apart (count: int) : unit =
        let together = max 1 (CancellationScope.Block / columns)
        let mutable first = 0

        while first < count do
            let number = min together (count - first)
            let factors, rows = NativePtr.add factors (first * step), NativePtr.add rows (first * apart)
            RowUpdates.Subtract(row, nativeint columns, factors, nativeint step, rows, nativeint apart, nativeint number)
            first <- CancellationScope.Next(first + number, count)
