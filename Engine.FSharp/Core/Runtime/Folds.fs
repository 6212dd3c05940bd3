// Reductions as folds of blocks, and folds over rows in memory.
namespace Pipeline.Engine

open System
open System.Numerics
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
module internal Folds =
    let private reductions = [|
        Reduction.Sum
        Reduction.Product
        Reduction.Maximum
        Reduction.Minimum
        Reduction.ArgMax
        Reduction.ArgMin
    |]

    let private place (reduction: Reduction) =
        match reduction with
        | Reduction.Sum -> 0
        | Reduction.Product -> 1
        | Reduction.Maximum -> 2
        | Reduction.Minimum -> 3
        | Reduction.ArgMax -> 4
        | Reduction.ArgMin -> 5

    let order (order: SumOrder) = BlockOrder(order.Lanes, nativeint order.Row, order.RowsOfBlock, order.Cut, order.Blocks)

    /// An order for what comes to the same in any: 256 bytes of lanes, all entries one row.
    let private anyOrder (bytes: int) (results: int) (entries: int) =
        let lanes = BitOperations.RoundUpToPowerOf2(uint32 (max 1 (256 / (results * bytes))))
        BlockOrder(int lanes, nativeint entries, Int32.MaxValue, 0, 1)

    /// The fold of a reduction with so many results side by side, in an order. Truth values are masks of 4 bytes, or else the bytes 0 and 1.
    let private make width (reduction: Reduction) (dtype: DType) areMasks (kind: BlockTerms) (order: BlockOrder) (results: int) =
        let isBool = dtype = DType.Bool
        let kind = if isBool then BlockTerms.Numbers else kind

        let t =
            if not isBool then BlockArithmetic.typeOf dtype
            elif areMasks then TypeCode.Int32
            else TypeCode.Byte

        let identity = ReductionIdentity.ofMasks reduction dtype
        let results = nativeint results
        let inline sum f : BlockFold = BlockFolds.Sum(t, width, f, kind, order, results, identity, 0n)

        match reduction with
        | Reduction.Sum
        | Reduction.Maximum when isBool -> sum (BlockFunctions.Or())
        | Reduction.Product
        | Reduction.Minimum when isBool -> sum (BlockFunctions.And())
        | Reduction.Sum -> sum (BlockFunctions.Add())
        | Reduction.Product -> sum (BlockFunctions.Multiply())
        | Reduction.Maximum -> sum (BlockFunctions.Maximum())
        | Reduction.Minimum -> sum (BlockFunctions.Minimum())
        | Reduction.ArgMax -> BlockFolds.Argument((if isBool then TypeCode.Byte else t), results, true)
        | Reduction.ArgMin -> BlockFolds.Argument((if isBool then TypeCode.Byte else t), results, false)

    /// With so many results side by side and entries of each.
    let ofReduction width (reduction: Reduction) (dtype: DType) areMasks (kind: BlockTerms) (ordered: SumOrder voption) results entries =
        let order =
            match ordered with
            | ValueSome ordered -> order ordered
            | ValueNone -> anyOrder (if dtype = DType.Bool && areMasks then 4 else DType.bytes dtype) results entries

        make width reduction dtype areMasks kind order results

    /// Folds of rows that are a block each, whatever their extents: made once.
    let private ofBlocks = [|
        for kind in [ BlockTerms.Numbers; BlockTerms.Products ] ->
            DType.table
            |> Array.map (fun row ->
                reductions
                |> Array.map (fun reduction ->
                    lazy (make Loops.Width reduction row.DType false kind (anyOrder row.Bytes 1 Int32.MaxValue) 1)))
    |]

    /// The fold of arrays' rows, of the widest vectors.
    let ofRows (reduction: Reduction) (dtype: DType) (kind: BlockTerms) (ordered: SumOrder voption) results entries : BlockFold =
        let isOneBlock =
            match ordered with
            | ValueSome order -> order.Rows = 1 && order.Row <= order.Cut && order.Lanes > 1
            | ValueNone -> true

        if results = 1 && isOneBlock && (kind = BlockTerms.Numbers || kind = BlockTerms.Products) then
            let folds = if kind = BlockTerms.Numbers then ofBlocks[0] else ofBlocks[1]
            folds[int dtype].[place reduction].Value
        else
            ofReduction Loops.Width reduction dtype false kind ordered results entries

    /// A vector by so many columns of a matrix whose rows are so many elements apart.
    let ofMultiples (dtype: DType) (ordered: SumOrder) (columns: int) (apart: int) : BlockFold =
        let identity = ReductionIdentity.ofNumbers Reduction.Sum dtype
        let t, columns, apart = BlockArithmetic.typeOf dtype, nativeint columns, nativeint apart
        BlockFolds.Sum(t, Loops.Width, BlockFunctions.Add(), BlockTerms.Multiples, order ordered, columns, identity, apart)

    /// What a fold takes that lies in memory: where, and elements from one row to the next.
    [<Struct>]
    type Rows = { Address: nativeint; Row: int }

    /// Folds so many rows of so many entries, beside those of the other factor, and stores what they come to; takes long ones in piece by piece.
    let rows (fold: BlockFold) (x: Rows) (z: Rows) (entries: int) (count: int) (result: nativeint) : unit =
        let struct (bytes, ofResult) = fold.Sizes
        let bytes, ofResult = nativeint bytes, nativeint ofResult
        let wide = int fold.Width
        let pointer (address: nativeint) = NativePtr.ofNativeInt<byte> address
        let rowX, rowZ = nativeint x.Row * bytes, nativeint z.Row * bytes
        let state = ProductMemory.Own.Sums fold.StateBytes
        let mutable handled = 0L

        if int64 entries * int64 wide <= int64 CancellationScope.Block then
            let together = CancellationScope.Block / max 1 (entries * wide)
            let mutable row = 0

            while row < count do
                let n = min together (count - row)
                CancellationScope.CheckAfter(&handled, n * entries * wide)
                let x, z = pointer (x.Address + nativeint row * rowX), pointer (z.Address + nativeint row * rowZ)
                let into = pointer (result + nativeint row * nativeint wide * ofResult)
                fold.Rows(state, x, 1, rowX, z, 1, rowZ, nativeint entries, nativeint n, into)
                row <- row + n
        else
            let piece = max 1 (CancellationScope.Block / wide)

            for row in 0 .. count - 1 do
                fold.Begin state
                let mutable begun = 0

                while begun < entries do
                    let n = min piece (entries - begun)
                    CancellationScope.CheckAfter(&handled, n * wide)
                    let first = nativeint begun * nativeint wide * bytes
                    let x, z = x.Address + nativeint row * rowX + first, z.Address + nativeint row * rowZ + first
                    fold.Take(state, pointer x, 1, pointer z, 1, nativeint n)
                    begun <- begun + n

                fold.End(state, pointer (result + nativeint row * nativeint wide * ofResult))
