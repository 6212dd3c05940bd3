// The arithmetic, logic and comparison of two arrays of one shape and dtype.
namespace Pipeline.Engine

open System
open System.Numerics
open Pipeline

/// The scalar functions of two arguments as types.
module internal ZipFunctions =
    [<Struct>]
    type Add<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IVectorZip<'T> with
            member _.Scalar(a, b) = a + b
            member _.Vector(a, b) = a + b

    [<Struct>]
    type Subtract<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IVectorZip<'T> with
            member _.Scalar(a, b) = a - b
            member _.Vector(a, b) = a - b

    [<Struct>]
    type Multiply<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IVectorZip<'T> with
            member _.Scalar(a, b) = a * b
            member _.Vector(a, b) = a * b

    /// NaN if either is NaN.
    [<Struct>]
    type Maximum<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IZip<'T, 'T> with
            member _.Scalar(a, b) = 'T.Max(a, b)

    /// NaN if either is NaN.
    [<Struct>]
    type Minimum<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IZip<'T, 'T> with
            member _.Scalar(a, b) = 'T.Min(a, b)

    let private isMinusOne<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> (b: 'T) = 'T.IsNegative b && 'T.IsZero(b + 'T.One)

    /// Towards zero; x / 0 = 0; the smallest number divided by -1 wraps to itself.
    [<Struct>]
    type DivideIntegers<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IZip<'T, 'T> with
            member _.Scalar(a, b) =
                if 'T.IsZero b then 'T.Zero
                elif isMinusOne b then 'T.Zero - a
                else a / b

    /// With the sign of the dividend; x % 0 = x.
    [<Struct>]
    type RemainderOfIntegers<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IZip<'T, 'T> with
            member _.Scalar(a, b) =
                if 'T.IsZero b then a
                elif isMinusOne b then 'T.Zero
                else a % b

    [<Struct>]
    type And<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IVectorZip<'T> with
            member _.Scalar(a, b) = a &&& b
            member _.Vector(a, b) = Vector.BitwiseAnd(a, b)

    [<Struct>]
    type Or<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IVectorZip<'T> with
            member _.Scalar(a, b) = a ||| b
            member _.Vector(a, b) = Vector.BitwiseOr(a, b)

    [<Struct>]
    type Xor<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IVectorZip<'T> with
            member _.Scalar(a, b) = a ^^^ b
            member _.Vector(a, b) = Vector.Xor(a, b)

    /// The count as a number of bits, or -1 where it is negative or not below the width.
    let private bits<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> (count: 'T) =
        if 'T.IsNegative count || 'T.op_GreaterThanOrEqual (count, 'T.CreateTruncating(8 * sizeof<'T>)) then
            -1
        else
            Int32.CreateTruncating count

    /// A count that is negative or not below the width gives 0.
    [<Struct>]
    type ShiftLeft<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IZip<'T, 'T> with
            member _.Scalar(a, b) =
                let bits = bits b
                if bits < 0 then 'T.Zero else 'T.op_LeftShift (a, bits)

    /// Arithmetic for signed numbers, logical for unsigned; a count that is negative or not below the width leaves sign bits only.
    [<Struct>]
    type ShiftRight<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> =
        interface IZip<'T, 'T> with
            member _.Scalar(a, b) =
                let bits = bits b

                if bits >= 0 then 'T.op_RightShift (a, bits)
                elif 'T.IsNegative a then 'T.Zero - 'T.One
                else 'T.Zero

[<RequireQualifiedAccess>]
module internal KernelsZip =
    open ZipFunctions

    let private refuse (zip: Zip) (a: NDArray) =
        raise (DTypeException $"{zip} does not take {DType.name a.DType}. Convert the tensors first (AsType).")

    let private integers<'T when 'T: unmanaged and 'T :> IBinaryInteger<'T>> (zip: Zip) (a: NDArray) (b: NDArray) =
        match zip with
        | Zip.Add -> KernelsLoops.zipVector<Add<'T>, 'T> (Add()) a b
        | Zip.Subtract -> KernelsLoops.zipVector<Subtract<'T>, 'T> (Subtract()) a b
        | Zip.Multiply -> KernelsLoops.zipVector<Multiply<'T>, 'T> (Multiply()) a b
        | Zip.Divide -> KernelsLoops.zip<DivideIntegers<'T>, 'T, 'T> (DivideIntegers()) a.DType a b
        | Zip.Remainder -> KernelsLoops.zip<RemainderOfIntegers<'T>, 'T, 'T> (RemainderOfIntegers()) a.DType a b
        | Zip.Maximum -> KernelsLoops.zip<Maximum<'T>, 'T, 'T> (Maximum()) a.DType a b
        | Zip.Minimum -> KernelsLoops.zip<Minimum<'T>, 'T, 'T> (Minimum()) a.DType a b
        | Zip.And -> KernelsLoops.zipVector<And<'T>, 'T> (And()) a b
        | Zip.Or -> KernelsLoops.zipVector<Or<'T>, 'T> (Or()) a b
        | Zip.Xor -> KernelsLoops.zipVector<Xor<'T>, 'T> (Xor()) a b
        | Zip.ShiftLeft -> KernelsLoops.zip<ShiftLeft<'T>, 'T, 'T> (ShiftLeft()) a.DType a b
        | Zip.ShiftRight -> KernelsLoops.zip<ShiftRight<'T>, 'T, 'T> (ShiftRight()) a.DType a b
        | Zip.Function _
        | Zip.Scale -> refuse zip a

    /// Bytes that are 0 or 1, in the Boolean semiring: a sum is an or, a product an and.
    let private bools (zip: Zip) (a: NDArray) (b: NDArray) =
        match zip with
        | Zip.Add
        | Zip.Maximum
        | Zip.Or -> KernelsLoops.zipVector<Or<byte>, byte> (Or()) a b
        | Zip.Multiply
        | Zip.Minimum
        | Zip.And -> KernelsLoops.zipVector<And<byte>, byte> (And()) a b
        | Zip.Xor -> KernelsLoops.zipVector<Xor<byte>, byte> (Xor()) a b
        | Zip.Subtract
        | Zip.Divide
        | Zip.Function _
        | Zip.Scale
        | Zip.Remainder
        | Zip.ShiftLeft
        | Zip.ShiftRight -> refuse zip a

    let private sameDType what (a: NDArray) (b: NDArray) =
        if a.DType <> b.DType then
            raise (
                DTypeException
                    $"{what} takes operands of one dtype, not {DType.name a.DType} and {DType.name b.DType}. Convert one of them (AsType)."
            )

    let zip (zip: Zip) (a: NDArray) (b: NDArray) : NDArray =
        if a.DType <> b.DType then sameDType (zip.ToString()) a b

        match a.DType with
        | DType.Float32
        | DType.Float64 -> KernelsRows.zipFunction (Zips.meaning zip) a b
        | DType.Int32 -> integers<int> zip a b
        | DType.Int64 -> integers<int64> zip a b
        | DType.UInt8 -> integers<byte> zip a b
        | DType.UInt16 -> integers<uint16> zip a b
        | DType.UInt32 -> integers<uint32> zip a b
        | DType.UInt64 -> integers<uint64> zip a b
        | _ -> bools zip a b

    let compare (relation: Relation) (a: NDArray) (b: NDArray) : NDArray =
        if a.DType <> b.DType then sameDType (relation.ToString()) a b

        match a.DType with
        | DType.Float32 -> KernelsRows.compare<float32> relation a b
        | DType.Float64 -> KernelsRows.compare<float> relation a b
        | DType.Int32 -> KernelsRows.compare<int> relation a b
        | DType.Int64 -> KernelsRows.compare<int64> relation a b
        | DType.UInt16 -> KernelsRows.compare<uint16> relation a b
        | DType.UInt32 -> KernelsRows.compare<uint32> relation a b
        | DType.UInt64 -> KernelsRows.compare<uint64> relation a b
        // uint8, and bool as the bytes 0 and 1.
        | _ -> KernelsRows.compare<byte> relation a b
