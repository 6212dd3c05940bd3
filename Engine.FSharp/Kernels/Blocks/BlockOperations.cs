using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>
/// The instructions of arithmetic by the type of their elements. Truth values are masks in a block: elements whose bits are all set or all clear.
/// </summary>
internal static class BlockOperations
{
    private static NotSupportedException Refusal(TypeCode type) =>
        new($"No such instruction for elements of type {type}.");

    public static BlockInstruction OfFloats<TFunction>(
        TypeCode type,
        int width,
        TFunction f,
        BlockValue x,
        BlockValue r
    )
        where TFunction : struct, IFunction =>
        type switch
        {
            TypeCode.Single => new BlockMap<TFunction, float>(width, f, x, r),
            TypeCode.Double => new BlockMap<TFunction, double>(width, f, x, r),
            _ => throw Refusal(type),
        };

    /// <summary>A function of floats, or of integers modulo 2^bits.</summary>
    public static BlockInstruction Wrapped<TFunction>(TypeCode type, int width, TFunction f, BlockValue x, BlockValue r)
        where TFunction : struct, IFunction =>
        type switch
        {
            TypeCode.Byte => new BlockMap<TFunction, byte>(width, f, x, r),
            TypeCode.UInt16 => new BlockMap<TFunction, ushort>(width, f, x, r),
            TypeCode.Int32 or TypeCode.UInt32 => new BlockMap<TFunction, int>(width, f, x, r),
            TypeCode.Int64 or TypeCode.UInt64 => new BlockMap<TFunction, long>(width, f, x, r),
            _ => OfFloats(type, width, f, x, r),
        };

    /// <summary>The same of two arguments.</summary>
    public static BlockInstruction Wrapped<TFunction>(
        TypeCode type,
        int width,
        TFunction f,
        BlockValue x,
        BlockValue z,
        BlockValue r
    )
        where TFunction : struct, IFunction2 =>
        type switch
        {
            TypeCode.Single => new BlockZip<TFunction, float>(width, f, x, z, r),
            TypeCode.Double => new BlockZip<TFunction, double>(width, f, x, z, r),
            TypeCode.Byte => new BlockZip<TFunction, byte>(width, f, x, z, r),
            TypeCode.UInt16 => new BlockZip<TFunction, ushort>(width, f, x, z, r),
            TypeCode.Int32 or TypeCode.UInt32 => new BlockZip<TFunction, int>(width, f, x, z, r),
            TypeCode.Int64 or TypeCode.UInt64 => new BlockZip<TFunction, long>(width, f, x, z, r),
            _ => throw Refusal(type),
        };

    /// <summary>A function of numbers by their order.</summary>
    public static BlockInstruction Ordered<TFunction>(
        TypeCode type,
        int width,
        TFunction f,
        BlockValue x,
        BlockValue z,
        BlockValue r
    )
        where TFunction : struct, IFunction2 =>
        type switch
        {
            TypeCode.UInt32 => new BlockZip<TFunction, uint>(width, f, x, z, r),
            TypeCode.UInt64 => new BlockZip<TFunction, ulong>(width, f, x, z, r),
            _ => Wrapped(type, width, f, x, z, r),
        };

    /// <summary>x y + z, of floats rounded once, of integers modulo 2^bits.</summary>
    public static BlockInstruction MultiplyAdd(
        TypeCode type,
        int width,
        BlockValue x,
        BlockValue y,
        BlockValue z,
        BlockValue r
    ) =>
        type switch
        {
            TypeCode.Single => new BlockZip3<BlockFunctions.MultiplyAdd, float>(width, default, x, y, z, r),
            TypeCode.Double => new BlockZip3<BlockFunctions.MultiplyAdd, double>(width, default, x, y, z, r),
            TypeCode.Byte => new BlockZip3<BlockFunctions.MultiplyAdd, byte>(width, default, x, y, z, r),
            TypeCode.UInt16 => new BlockZip3<BlockFunctions.MultiplyAdd, ushort>(width, default, x, y, z, r),
            TypeCode.Int32 or TypeCode.UInt32 => new BlockZip3<BlockFunctions.MultiplyAdd, int>(
                width,
                default,
                x,
                y,
                z,
                r
            ),
            TypeCode.Int64 or TypeCode.UInt64 => new BlockZip3<BlockFunctions.MultiplyAdd, long>(
                width,
                default,
                x,
                y,
                z,
                r
            ),
            _ => throw Refusal(type),
        };

    /// <summary>A function of the bits of elements of so many bytes, whatever they mean.</summary>
    public static BlockInstruction OfBits<TFunction>(int bytes, int width, TFunction f, BlockValue x, BlockValue r)
        where TFunction : struct, IFunction =>
        bytes switch
        {
            1 => new BlockMap<TFunction, byte>(width, f, x, r),
            2 => new BlockMap<TFunction, ushort>(width, f, x, r),
            4 => new BlockMap<TFunction, float>(width, f, x, r),
            _ => new BlockMap<TFunction, double>(width, f, x, r),
        };

    /// <summary>The same of two arguments.</summary>
    public static BlockInstruction OfBits<TFunction>(
        int bytes,
        int width,
        TFunction f,
        BlockValue x,
        BlockValue z,
        BlockValue r
    )
        where TFunction : struct, IFunction2 =>
        bytes switch
        {
            1 => new BlockZip<TFunction, byte>(width, f, x, z, r),
            2 => new BlockZip<TFunction, ushort>(width, f, x, z, r),
            4 => new BlockZip<TFunction, float>(width, f, x, z, r),
            _ => new BlockZip<TFunction, double>(width, f, x, z, r),
        };

    /// <summary>x where the mask is set, else z.</summary>
    public static BlockInstruction Select(
        int bytes,
        int width,
        BlockValue mask,
        BlockValue x,
        BlockValue z,
        BlockValue r
    ) =>
        bytes switch
        {
            1 => new BlockZip3<BlockFunctions.Select, byte>(width, default, mask, x, z, r),
            2 => new BlockZip3<BlockFunctions.Select, ushort>(width, default, mask, x, z, r),
            4 => new BlockZip3<BlockFunctions.Select, float>(width, default, mask, x, z, r),
            _ => new BlockZip3<BlockFunctions.Select, double>(width, default, mask, x, z, r),
        };

    /// <summary>Whether x and z are in a relation, as the bytes 0 and 1.</summary>
    public static BlockInstruction Compare<TRelation>(TypeCode type, BlockValue x, BlockValue z, BlockValue r)
        where TRelation : struct, IRelation =>
        type switch
        {
            TypeCode.Single => new BlockComparison<TRelation, float>(x, z, r),
            TypeCode.Double => new BlockComparison<TRelation, double>(x, z, r),
            TypeCode.Int32 => new BlockComparison<TRelation, int>(x, z, r),
            TypeCode.UInt32 => new BlockComparison<TRelation, uint>(x, z, r),
            TypeCode.Int64 => new BlockComparison<TRelation, long>(x, z, r),
            TypeCode.UInt64 => new BlockComparison<TRelation, ulong>(x, z, r),
            TypeCode.UInt16 => new BlockComparison<TRelation, ushort>(x, z, r),
            _ => new BlockComparison<TRelation, byte>(x, z, r),
        };

    /// <summary>x where the byte is 1, z where it is 0.</summary>
    public static BlockInstruction Choose(int bytes, BlockValue condition, BlockValue x, BlockValue z, BlockValue r) =>
        bytes switch
        {
            1 => new BlockChoice<byte>(condition, x, z, r),
            2 => new BlockChoice<ushort>(condition, x, z, r),
            4 => new BlockChoice<uint>(condition, x, z, r),
            _ => new BlockChoice<ulong>(condition, x, z, r),
        };

    /// <summary>A mask, or the bytes 0 and 1, as a mask of elements of other sizes.</summary>
    public static BlockInstruction Resize(int from, int to, BlockValue x, BlockValue r) =>
        from switch
        {
            1 when to == 4 => new BlockMask.Widened<int>(x, r),
            1 when to == 8 => new BlockMask.Widened<long>(x, r),
            1 => Resize<sbyte>(to, x, r),
            2 => Resize<short>(to, x, r),
            4 => Resize<int>(to, x, r),
            _ => Resize<long>(to, x, r),
        };

    private static BlockInstruction Resize<T>(int to, BlockValue x, BlockValue r)
        where T : unmanaged, IBinaryInteger<T> =>
        to switch
        {
            1 => new BlockScalarMap<ScalarFunctions.Resize<T, sbyte>, T, sbyte>(default, x, r),
            2 => new BlockScalarMap<ScalarFunctions.Resize<T, short>, T, short>(default, x, r),
            4 => new BlockScalarMap<ScalarFunctions.Resize<T, int>, T, int>(default, x, r),
            _ => new BlockScalarMap<ScalarFunctions.Resize<T, long>, T, long>(default, x, r),
        };

    /// <summary>A mask as the bytes 0 and 1.</summary>
    public static BlockInstruction Narrow(int from, BlockValue x, BlockValue r) =>
        from switch
        {
            1 => new BlockScalarMap<ScalarFunctions.Narrow<sbyte>, sbyte, byte>(default, x, r),
            2 => new BlockScalarMap<ScalarFunctions.Narrow<short>, short, byte>(default, x, r),
            4 => new BlockMask.Narrowed<int>(x, r),
            _ => new BlockMask.Narrowed<long>(x, r),
        };

    /// <summary>Numbers of one type as those of another.</summary>
    public static BlockInstruction Convert(TypeCode from, TypeCode to, BlockValue x, BlockValue r) =>
        BlockConversion.Of(from, to, x, r)
        ?? from switch
        {
            TypeCode.Single => From<float>(to, x, r),
            TypeCode.Double => From<double>(to, x, r),
            TypeCode.Byte => From<byte>(to, x, r),
            TypeCode.UInt16 => From<ushort>(to, x, r),
            TypeCode.Int32 => From<int>(to, x, r),
            TypeCode.UInt32 => From<uint>(to, x, r),
            TypeCode.Int64 => From<long>(to, x, r),
            TypeCode.UInt64 => From<ulong>(to, x, r),
            _ => throw Refusal(from),
        };

    private static BlockInstruction From<T>(TypeCode to, BlockValue x, BlockValue r)
        where T : unmanaged, INumber<T> =>
        to switch
        {
            TypeCode.Single => new BlockScalarMap<ScalarFunctions.Convert<T, float>, T, float>(default, x, r),
            TypeCode.Double => new BlockScalarMap<ScalarFunctions.Convert<T, double>, T, double>(default, x, r),
            TypeCode.Byte => new BlockScalarMap<ScalarFunctions.Convert<T, byte>, T, byte>(default, x, r),
            TypeCode.UInt16 => new BlockScalarMap<ScalarFunctions.Convert<T, ushort>, T, ushort>(default, x, r),
            TypeCode.Int32 => new BlockScalarMap<ScalarFunctions.Convert<T, int>, T, int>(default, x, r),
            TypeCode.UInt32 => new BlockScalarMap<ScalarFunctions.Convert<T, uint>, T, uint>(default, x, r),
            TypeCode.Int64 => new BlockScalarMap<ScalarFunctions.Convert<T, long>, T, long>(default, x, r),
            TypeCode.UInt64 => new BlockScalarMap<ScalarFunctions.Convert<T, ulong>, T, ulong>(default, x, r),
            _ => throw Refusal(to),
        };
}
