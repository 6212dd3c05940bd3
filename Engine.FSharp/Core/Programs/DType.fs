// The element types and the one table of their properties.
namespace Pipeline

/// <summary>The type of a tensor's elements. Float32 and Float64 are differentiable; the others store, convert, compare, index and count.</summary>
/// <remarks>Its zero value is Float64, the type of what does not say its own.</remarks>
type DType =
    /// <summary>IEEE 754 binary64.</summary>
    | Float64 = 0
    /// <summary>IEEE 754 binary32.</summary>
    | Float32 = 1
    /// <summary>Signed 32-bit integer.</summary>
    | Int32 = 2
    /// <summary>Signed 64-bit integer.</summary>
    | Int64 = 3
    /// <summary>Unsigned 8-bit integer.</summary>
    | UInt8 = 4
    /// <summary>Unsigned 16-bit integer.</summary>
    | UInt16 = 5
    /// <summary>Unsigned 32-bit integer.</summary>
    | UInt32 = 6
    /// <summary>Unsigned 64-bit integer.</summary>
    | UInt64 = 7
    /// <summary>True or false, one byte each.</summary>
    | Bool = 8

namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
type internal DTypeClass =
    | Bool
    | Unsigned
    | Signed
    | Float

/// One row of the table of element types.
[<NoComparison>]
type internal DTypeRow = { DType: DType; Name: string; Bytes: int; Class: DTypeClass; Element: Type; Code: TypeCode }

[<RequireQualifiedAccess>]
module internal DType =
    /// In the order of the enumeration.
    let table =
        let row dtype name bytes dtypeClass element = {
            DType = dtype
            Name = name
            Bytes = bytes
            Class = dtypeClass
            Element = element
            Code = Type.GetTypeCode element
        }

        [|
            row DType.Float64 "float64" 8 DTypeClass.Float typeof<float>
            row DType.Float32 "float32" 4 DTypeClass.Float typeof<float32>
            row DType.Int32 "int32" 4 DTypeClass.Signed typeof<int>
            row DType.Int64 "int64" 8 DTypeClass.Signed typeof<int64>
            row DType.UInt8 "uint8" 1 DTypeClass.Unsigned typeof<byte>
            row DType.UInt16 "uint16" 2 DTypeClass.Unsigned typeof<uint16>
            row DType.UInt32 "uint32" 4 DTypeClass.Unsigned typeof<uint32>
            row DType.UInt64 "uint64" 8 DTypeClass.Unsigned typeof<uint64>
            row DType.Bool "bool" 1 DTypeClass.Bool typeof<bool>
        |]

    let undefined (dtype: DType) = raise (DTypeException $"There is no dtype number {int dtype}; use a named value of DType.")

    let row (dtype: DType) =
        let index = int dtype

        if uint index >= uint table.Length then undefined dtype

        table[index]

    let name dtype = (row dtype).Name
    let bytes dtype = (row dtype).Bytes
    let isFloat (dtype: DType) = uint dtype <= uint DType.Float32

    let isInteger (dtype: DType) = dtype > DType.Float32 && dtype < DType.Bool

    /// The dtype whose elements are a .NET type's.
    let ofElement<'T> operation =
        match table |> Array.tryFind (fun row -> row.Element = typeof<'T>) with
        | Some row -> row.DType
        | None ->
            raise (
                DTypeException
                    $"{operation}: there is no dtype for {typeof<'T>.Name}; the types are float, double, int, long, byte, ushort, uint, ulong and bool."
            )

    let isSigned (dtype: DType) = (row dtype).Class = DTypeClass.Signed

    /// The least and the greatest number of an integer dtype.
    let limits (dtype: DType) : struct (Int128 * Int128) =
        let bits = 8 * bytes dtype

        if isSigned dtype then
            struct (-(Int128.One <<< (bits - 1)), (Int128.One <<< (bits - 1)) - Int128.One)
        else
            struct (Int128.Zero, (Int128.One <<< bits) - Int128.One)

    /// JAX's promotion lattice with 64-bit types enabled; a weakly typed operand takes the other's type within its class. uint64 beside a signed
    /// integer is a weak float64, and any integer beside a float takes the float's type: neither holds every integer of 64 bits.
    let promote (a: DType, aWeak: bool) (b: DType, bWeak: bool) : DType * bool =
        let strong (a: DType) (b: DType) =
            let ra, rb = row a, row b

            if a = b then
                a, false
            elif ra.Class = DTypeClass.Bool then
                b, false
            elif rb.Class = DTypeClass.Bool then
                a, false
            elif ra.Class = DTypeClass.Float || rb.Class = DTypeClass.Float then
                if ra.Class <> DTypeClass.Float then b, false
                elif rb.Class <> DTypeClass.Float then a, false
                else DType.Float64, false
            elif ra.Class = rb.Class then
                (if ra.Bytes >= rb.Bytes then a else b), false
            else
                // One signed and one unsigned: the smallest signed type that holds both, float64 where there is none.
                let signed, unsigned = if ra.Class = DTypeClass.Signed then ra, rb else rb, ra

                if unsigned.Bytes < signed.Bytes then signed.DType, false
                elif unsigned.Bytes < 8 then DType.Int64, false
                else DType.Float64, true

        if aWeak = bWeak then
            let dtype, isWeak = strong a b
            dtype, aWeak || isWeak
        else
            let weak, other = if aWeak then a, b else b, a

            let rank dtype =
                match (row dtype).Class with
                | DTypeClass.Bool -> 0
                | DTypeClass.Unsigned
                | DTypeClass.Signed -> 1
                | DTypeClass.Float -> 2

            if rank weak <= rank other then
                other, false
            // A weak float beside an integer tensor: the default float, still weak, as a plain number would be.
            else
                weak, true
