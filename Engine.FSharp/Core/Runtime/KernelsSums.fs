// Sums and products of numbers that lie one behind the other, and inner products, in the order that belongs to the operation (SumOrder.fs).
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsSums =
    /// The first lanes of a vector, so many.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let private mask<'T when 'T: unmanaged> (count: int) : Vector256<'T> =
        Vector256.LessThan(Vector256<sbyte>.Indices, Vector256.Create<sbyte>(sbyte (count * sizeof<'T>))).As<sbyte, 'T>()

    /// Of the last vector of a row of so many terms the lanes that are there.
    let lastLanes<'T when 'T: unmanaged> (row: int) : Vector256<'T> =
        let width = Vector256<'T>.Count
        mask<'T>(row - (row - 1) / width * width)

    /// Lane i with lane i + n, for n = half of a vector's, a quarter, ..: of integers in any order.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let private halves<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged> (f: 'F) (sum: Vector256<'T>) : 'T =
        let mutable f = f

        if Vector256<'T>.Count <= 8 then
            let sum =
                if Vector256<'T>.Count = 8 then
                    f.CombineVectors(sum, Vector256.Create(Vector256.GetUpper sum, Vector256.GetLower sum))
                else
                    sum

            let even = f.Combine(Vector256.GetElement(sum, 0), Vector256.GetElement(sum, 2))
            f.Combine(even, f.Combine(Vector256.GetElement(sum, 1), Vector256.GetElement(sum, 3)))
        else
            let mutable total = Vector256.GetElement(sum, 0)

            for i in 1 .. Vector256<'T>.Count - 1 do
                total <- f.Combine(total, Vector256.GetElement(sum, i))

            total

    let private combine<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged> (f: 'F) (lanes: nativeptr<'T>) : 'T =
        let mutable f = f
        let inline lane v = Vector256.Load(NativePtr.add lanes (v * Vector256<'T>.Count))
        let a, b = f.CombineVectors(lane 0, lane 4), f.CombineVectors(lane 1, lane 5)
        let c, d = f.CombineVectors(lane 2, lane 6), f.CombineVectors(lane 3, lane 7)
        halves f (f.CombineVectors(f.CombineVectors(a, c), f.CombineVectors(b, d)))

    let private start<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged> (f: 'F) (lanes: nativeptr<'T>) =
        let identity = Vector256.Create<'T> f.Identity

        for v in 0..7 do
            Vector256.Store(identity, NativePtr.add lanes (v * Vector256<'T>.Count))

    /// Takes a row, or as much of it as belongs to a block, into the lanes in memory.
    let private take<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (lanes: nativeptr<'T>)
        (first: int)
        (count: int)
        =
        let mutable f = f
        let width = Vector256<'T>.Count
        let inline lane v = NativePtr.add lanes (v * width)
        let whole = count - count % (8 * width)

        if whole > 0 then
            let mutable a0 = Vector256.Load(lane 0)
            let mutable a1 = Vector256.Load(lane 1)
            let mutable a2 = Vector256.Load(lane 2)
            let mutable a3 = Vector256.Load(lane 3)
            let mutable a4 = Vector256.Load(lane 4)
            let mutable a5 = Vector256.Load(lane 5)
            let mutable a6 = Vector256.Load(lane 6)
            let mutable a7 = Vector256.Load(lane 7)
            let mutable i = first

            while i < first + whole do
                a0 <- f.TakeVector(a0, i)
                a1 <- f.TakeVector(a1, i + width)
                a2 <- f.TakeVector(a2, i + 2 * width)
                a3 <- f.TakeVector(a3, i + 3 * width)
                a4 <- f.TakeVector(a4, i + 4 * width)
                a5 <- f.TakeVector(a5, i + 5 * width)
                a6 <- f.TakeVector(a6, i + 6 * width)
                a7 <- f.TakeVector(a7, i + 7 * width)
                i <- i + 8 * width

            Vector256.Store(a0, lane 0)
            Vector256.Store(a1, lane 1)
            Vector256.Store(a2, lane 2)
            Vector256.Store(a3, lane 3)
            Vector256.Store(a4, lane 4)
            Vector256.Store(a5, lane 5)
            Vector256.Store(a6, lane 6)
            Vector256.Store(a7, lane 7)

        let mutable l = 0

        while whole + l <= count - width do
            let place = NativePtr.add lanes l
            Vector256.Store(f.TakeVector(Vector256.Load place, first + whole + l), place)
            l <- l + width

        while whole + l < count do
            NativePtr.set lanes l (f.Take(NativePtr.get lanes l, first + whole + l))
            l <- l + 1

    /// A row that is the whole block, by way of memory: its last vector may not be read.
    let private last<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged> (f: 'F) (first: int) (count: int) : 'T =
        let lanes = NativePtr.ofNativeInt<'T>(NativePtr.toNativeInt (NativePtr.stackalloc<byte> 256))
        start f lanes
        take f lanes first count
        combine f lanes

    /// At most four terms.
    [<MethodImpl(MethodImplOptions.AggressiveInlining)>]
    let private few<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged> (f: 'F) (first: int) (count: int) : 'T =
        let mutable f = f
        let a = f.Take(f.Identity, first)

        if count = 1 then
            a
        else
            let b = f.Take(f.Identity, first + 1)

            if count = 2 then
                f.Combine(a, b)
            else
                let even = f.Combine(a, f.Take(f.Identity, first + 2))

                if count = 3 then
                    f.Combine(even, b)
                else
                    f.Combine(even, f.Combine(b, f.Take(f.Identity, first + 3)))

    /// A row of at most eight vectors that is the whole sum.
    let private short<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (last: inref<Vector256<'T>>)
        (first: int)
        (row: int)
        : 'T =
        let mutable f = f
        let width = Vector256<'T>.Count
        let identity = Vector256.Create<'T> f.Identity
        let vectors = (row + width - 1) / width
        let inline term v = f.TakeVector(identity, first + v * width)
        let rest = Vector256.ConditionalSelect(last, term (vectors - 1), identity)

        if vectors = 1 then
            halves f rest
        elif vectors = 2 then
            halves f (f.CombineVectors(term 0, rest))
        else
            let mutable a = term 0
            let mutable b = term 1
            let mutable c = if vectors = 3 then rest else term 2

            let mutable d =
                if vectors < 4 then identity
                elif vectors = 4 then rest
                else term 3

            if vectors > 4 then
                a <- f.CombineVectors(a, (if vectors = 5 then rest else term 4))

                if vectors > 5 then
                    b <- f.CombineVectors(b, (if vectors = 6 then rest else term 5))

                    if vectors > 6 then
                        c <- f.CombineVectors(c, (if vectors = 7 then rest else term 6))
                        if vectors > 7 then d <- f.CombineVectors(d, rest)

            halves f (f.CombineVectors(f.CombineVectors(a, c), f.CombineVectors(b, d)))

    /// A row of more vectors that is one block.
    let private single<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged> (f: 'F) (first: int) (count: int) : 'T =
        let mutable f = f
        let width = Vector256<'T>.Count
        let identity = Vector256.Create<'T> f.Identity
        let mutable a0 = identity
        let mutable a1 = identity
        let mutable a2 = identity
        let mutable a3 = identity
        let mutable a4 = identity
        let mutable a5 = identity
        let mutable a6 = identity
        let mutable a7 = identity
        let mutable i = first
        let mutable rest = count

        while rest >= 8 * width do
            a0 <- f.TakeVector(a0, i)
            a1 <- f.TakeVector(a1, i + width)
            a2 <- f.TakeVector(a2, i + 2 * width)
            a3 <- f.TakeVector(a3, i + 3 * width)
            a4 <- f.TakeVector(a4, i + 4 * width)
            a5 <- f.TakeVector(a5, i + 5 * width)
            a6 <- f.TakeVector(a6, i + 6 * width)
            a7 <- f.TakeVector(a7, i + 7 * width)
            i <- i + 8 * width
            rest <- rest - 8 * width

        let inline part (sum: Vector256<'T>) v =
            Vector256.ConditionalSelect(mask<'T>(min width (rest - v * width)), f.TakeVector(sum, i + v * width), sum)

        if rest > 0 then a0 <- part a0 0
        if rest > width then a1 <- part a1 1
        if rest > 2 * width then a2 <- part a2 2
        if rest > 3 * width then a3 <- part a3 3
        if rest > 4 * width then a4 <- part a4 4
        if rest > 5 * width then a5 <- part a5 5
        if rest > 6 * width then a6 <- part a6 6
        if rest > 7 * width then a7 <- part a7 7

        let a, b = f.CombineVectors(a0, a4), f.CombineVectors(a1, a5)
        let c, d = f.CombineVectors(a2, a6), f.CombineVectors(a3, a7)
        halves f (f.CombineVectors(f.CombineVectors(a, c), f.CombineVectors(b, d)))

    /// The terms of a block: the first one and their number.
    let block (order: SumOrder) (number: int) : struct (int * int) =
        match order.RowsOfBlock with
        | 0 ->
            let from = number % order.Cuts * order.Cut
            struct (number / order.Cuts * order.Row + from, min order.Cut (order.Row - from))
        | rows -> struct (number * rows * order.Row, min rows (order.Rows - number * rows) * order.Row)

    /// What blocks from one on add up to.
    let rec private blocks<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (order: SumOrder)
        (first: int)
        (number: int)
        (count: int)
        : 'T =
        if count > 1 then
            let left = SumOrder.left count
            let sum = blocks f order first number left
            f.Combine(sum, blocks f order first (number + left) (count - left))
        else
            if int64 order.Row * int64 order.Rows >= int64 CancellationScope.Block then
                CancellationScope.Check()

            let struct (from, terms) = block order number
            let lanes = NativePtr.ofNativeInt<'T>(NativePtr.toNativeInt (NativePtr.stackalloc<byte> 256))
            let mutable taken = 0
            start f lanes

            while taken < terms do
                let row = min order.Row (terms - taken)
                take f lanes (first + from + taken) row
                taken <- taken + row

            combine f lanes

    /// The result made of the order's terms, from one on: with the last vector's lanes, and so many terms that can be read.
    let result<'F, 'T when 'F: struct and 'F :> ITerms<'T> and 'T: unmanaged>
        (f: 'F)
        (order: SumOrder)
        (lastLanes: inref<Vector256<'T>>)
        (readable: int)
        (first: int)
        : 'T =
        let width = Vector256<'T>.Count
        let row = order.Row

        if order.Rows = 1 && row <= 4 then few f first row
        elif order.Rows > 1 || row > order.Cut then blocks f order first 0 order.Blocks
        elif first + (row + width - 1) / width * width > readable then last f first row
        elif row <= 8 * width then short f &lastLanes first row
        else single f first row
