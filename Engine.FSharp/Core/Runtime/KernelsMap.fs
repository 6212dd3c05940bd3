// Table rows, selection, conversion and reinterpretation, element by element.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// The functions of integers, and conversions.
module internal MapFunctions =
    [<Struct>]
    type Square<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IVectorMap<'T> with
            member _.Scalar a = a * a
            member _.Vector a = a * a

    /// Modulo 2^bits.
    [<Struct>]
    type NegateInteger<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IVectorMap<'T> with
            member _.Scalar a = 'T.Zero - a
            member _.Vector a = Vector<'T>.Zero - a

    /// The absolute value of the smallest number wraps to itself.
    [<Struct>]
    type AbsoluteInteger<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IMap<'T, 'T> with
            member _.Scalar a = if 'T.IsNegative a then 'T.Zero - a else a

    [<Struct>]
    type SignInteger<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IMap<'T, 'T> with
            member _.Scalar a =
                if 'T.IsZero a then 'T.Zero
                elif 'T.IsNegative a then 'T.Zero - 'T.One
                else 'T.One

    /// x^n modulo 2^bits; for a negative n 1 / x^-n towards zero, and 0 for x = 0.
    [<Struct>]
    type PowerInteger<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>>(n: int) =
        interface IMap<'T, 'T> with
            member _.Scalar a =
                let mutable result = 'T.One
                let mutable square = a
                let mutable k = abs n

                while k > 0 do
                    if k &&& 1 = 1 then result <- result * square

                    square <- square * square
                    k <- k >>> 1

                if n >= 0 then result
                elif 'T.op_Equality (a, 'T.One) then 'T.One
                elif 'T.IsNegative a && 'T.IsZero(a + 'T.One) then result
                else 'T.Zero

    /// Towards zero, saturating, NaN to 0; to the nearest float.
    [<Struct>]
    type FromFloat<'A, 'R when 'A: unmanaged and 'A :> INumber<'A> and 'R: unmanaged and 'R :> INumber<'R>> =
        interface IMap<'A, 'R> with
            member _.Scalar a = 'R.CreateSaturating a

    /// Modulo 2^bits; to the nearest float.
    [<Struct>]
    type FromInteger<'A, 'R when 'A: unmanaged and 'A :> INumber<'A> and 'R: unmanaged and 'R :> INumber<'R>> =
        interface IMap<'A, 'R> with
            member _.Scalar a = 'R.CreateTruncating a

    [<Struct>]
    type ToBool<'A when 'A: unmanaged and 'A :> INumber<'A>> =
        interface IMap<'A, bool> with
            member _.Scalar a = 'A.op_Inequality (a, 'A.Zero)

[<RequireQualifiedAccess>]
module internal KernelsMap =
    open MapFunctions

    let private refuse (row: Row) (x: NDArray) =
        let called =
            match row.Integers with
            | IntegerMap.Negate -> "Negate"
            | IntegerMap.Power -> "Pow"
            | IntegerMap.None
            | IntegerMap.Square
            | IntegerMap.Absolute
            | IntegerMap.Sign -> string (Char.ToUpperInvariant row.Name[0]) + row.Name.Substring 1

        raise (DTypeException $"{called}: does not take {DType.name x.DType}. Convert the tensor first (AsType).")

    let private integers<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> (row: Row) (x: NDArray) =
        match row.Integers with
        | IntegerMap.Negate -> KernelsLoops.mapVector<NegateInteger<'T>, 'T> (NegateInteger()) x
        | IntegerMap.Square -> KernelsLoops.mapVector<Square<'T>, 'T> (Square()) x
        | IntegerMap.Absolute -> KernelsLoops.map<AbsoluteInteger<'T>, 'T, 'T> (AbsoluteInteger()) x.DType x
        | IntegerMap.Sign -> KernelsLoops.map<SignInteger<'T>, 'T, 'T> (SignInteger()) x.DType x
        | IntegerMap.Power -> KernelsLoops.map<PowerInteger<'T>, 'T, 'T> (PowerInteger(int row.Parameter)) x.DType x
        | IntegerMap.None -> refuse row x

    let map (row: Row) (x: NDArray) : NDArray =
        match x.DType with
        | DType.Float32
        | DType.Float64 -> KernelsLoops.mapFunction row.Meaning x
        | DType.Int32 -> integers<int> row x
        | DType.Int64 -> integers<int64> row x
        | DType.UInt8 -> integers<byte> row x
        | DType.UInt16 -> integers<uint16> row x
        | DType.UInt32 -> integers<uint32> row x
        | DType.UInt64 -> integers<uint64> row x
        | _ -> refuse row x

    let private selectWords<'T when 'T: unmanaged and 'T: (new: unit -> 'T) and 'T :> ValueType and 'T: struct>
        (condition: NDArray)
        (a: NDArray)
        (b: NDArray)
        =
        let result = NDArray.allocate a.DType condition.Shape
        let struct (condition, stepC) = KernelsLoops.operand condition
        let struct (a, stepA) = KernelsLoops.operand a
        let struct (b, stepB) = KernelsLoops.operand b
        let c = KernelsLoops.span<bool> condition stepC
        let x = KernelsLoops.span<'T> a stepA
        let z = KernelsLoops.span<'T> b stepB
        let r = KernelsViews.elements<'T> result

        if stepC = 1 && sizeof<'T> >= 4 then
            use c = fixed &MemoryMarshal.GetReference c
            use x = fixed &MemoryMarshal.GetReference x
            use z = fixed &MemoryMarshal.GetReference z
            use r = fixed &MemoryMarshal.GetReference r
            let c = NativePtr.ofNativeInt<byte>(NativePtr.toNativeInt c)
            let mutable first = 0

            while first < result.Size do
                let count = min CancellationScope.Block (result.Size - first)
                let x, z = NativePtr.add x (first * stepA), NativePtr.add z (first * stepB)
                Choices.Select<'T>(NativePtr.add c first, x, stepA, z, stepB, NativePtr.add r first, nativeint count)
                first <- CancellationScope.Next(first + count, result.Size)
        else
            for i in 0 .. r.Length - 1 do
                CancellationScope.CheckAt i
                r[i] <- if c[i * stepC] then x[i * stepA] else z[i * stepB]

        result

    let select (condition: NDArray) (a: NDArray) (b: NDArray) : NDArray =
        if condition.DType <> DType.Bool || a.DType <> b.DType then
            raise (
                DTypeException
                    $"Where takes a bool condition and two operands of one dtype, not {DType.name condition.DType}, {DType.name a.DType} and {DType.name b.DType}."
            )

        match DType.bytes a.DType with
        | 1 -> selectWords<byte> condition a b
        | 2 -> selectWords<uint16> condition a b
        | 4 -> selectWords<uint32> condition a b
        | _ -> selectWords<uint64> condition a b

    let private convertFloat<'A, 'R when 'A: unmanaged and 'A :> INumber<'A> and 'R: unmanaged and 'R :> INumber<'R>> dtype x =
        KernelsLoops.map<FromFloat<'A, 'R>, 'A, 'R> (FromFloat()) dtype x

    let private fromFloat<'A when 'A: unmanaged and 'A :> INumber<'A>> (dtype: DType) (x: NDArray) =
        match dtype with
        | DType.Float32 -> convertFloat<'A, float32> dtype x
        | DType.Float64 -> convertFloat<'A, float> dtype x
        | DType.Int32 -> convertFloat<'A, int> dtype x
        | DType.Int64 -> convertFloat<'A, int64> dtype x
        | DType.UInt8 -> convertFloat<'A, byte> dtype x
        | DType.UInt16 -> convertFloat<'A, uint16> dtype x
        | DType.UInt32 -> convertFloat<'A, uint32> dtype x
        | DType.UInt64 -> convertFloat<'A, uint64> dtype x
        | _ -> KernelsLoops.map<ToBool<'A>, 'A, bool> (ToBool()) dtype x

    let private convertInteger<'A, 'R when 'A: unmanaged and 'A :> INumber<'A> and 'R: unmanaged and 'R :> INumber<'R>> dtype x =
        KernelsLoops.map<FromInteger<'A, 'R>, 'A, 'R> (FromInteger()) dtype x

    let private fromInteger<'A when 'A: unmanaged and 'A :> INumber<'A>> (dtype: DType) (x: NDArray) =
        match dtype with
        | DType.Float32 -> convertInteger<'A, float32> dtype x
        | DType.Float64 -> convertInteger<'A, float> dtype x
        | DType.Int32 -> convertInteger<'A, int> dtype x
        | DType.Int64 -> convertInteger<'A, int64> dtype x
        | DType.UInt8 -> convertInteger<'A, byte> dtype x
        | DType.UInt16 -> convertInteger<'A, uint16> dtype x
        | DType.UInt32 -> convertInteger<'A, uint32> dtype x
        | DType.UInt64 -> convertInteger<'A, uint64> dtype x
        | _ -> KernelsLoops.map<ToBool<'A>, 'A, bool> (ToBool()) dtype x

    let convert (dtype: DType) (x: NDArray) : NDArray =
        if x.DType = dtype then
            x
        elif x.DType = DType.Bool && DType.bytes dtype >= 4 then
            select x (NDArray.repeated dtype x.Shape 1.0) (NDArray.repeated dtype x.Shape 0.0)
        else
            match x.DType with
            | DType.Float32 -> fromFloat<float32> dtype x
            | DType.Float64 -> fromFloat<float> dtype x
            | DType.Int32 -> fromInteger<int> dtype x
            | DType.Int64 -> fromInteger<int64> dtype x
            | DType.UInt16 -> fromInteger<uint16> dtype x
            | DType.UInt32 -> fromInteger<uint32> dtype x
            | DType.UInt64 -> fromInteger<uint64> dtype x
            // uint8, and bool as the bytes 0 and 1.
            | _ -> fromInteger<byte> dtype x

    let reinterpret (dtype: DType) (x: NDArray) : NDArray =
        if DType.bytes x.DType <> DType.bytes dtype then
            raise (DTypeException $"Reinterpret: {DType.name x.DType} and {DType.name dtype} differ in width.")
        // A byte that is neither 0 nor 1 would be no bool.
        elif dtype = DType.Bool then
            convert dtype x
        else
            let result = NDArray.allocate dtype x.Shape
            KernelsViews.copy x result
            result
