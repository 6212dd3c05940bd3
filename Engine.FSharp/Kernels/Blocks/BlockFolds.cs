using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>The reductions by the type of their entries.</summary>
internal static unsafe class BlockFolds
{
    /// <summary>By a function that takes the entries in order.</summary>
    public static BlockFold Sum<TFunction>(
        TypeCode type,
        int width,
        TFunction f,
        BlockOrder order,
        nint results,
        ulong identity,
        bool isOfProducts
    )
        where TFunction : struct, IFunction2 =>
        type switch
        {
            TypeCode.Single => new BlockSum<TFunction, float>(
                width,
                f,
                order,
                results,
                *(float*)&identity,
                isOfProducts
            ),
            TypeCode.Double => new BlockSum<TFunction, double>(
                width,
                f,
                order,
                results,
                *(double*)&identity,
                isOfProducts
            ),
            TypeCode.Int32 => new BlockSum<TFunction, int>(width, f, order, results, (int)identity, isOfProducts),
            TypeCode.UInt32 => new BlockSum<TFunction, uint>(width, f, order, results, (uint)identity, isOfProducts),
            TypeCode.Int64 => new BlockSum<TFunction, long>(width, f, order, results, (long)identity, isOfProducts),
            TypeCode.UInt64 => new BlockSum<TFunction, ulong>(width, f, order, results, identity, isOfProducts),
            TypeCode.UInt16 => new BlockSum<TFunction, ushort>(
                width,
                f,
                order,
                results,
                (ushort)identity,
                isOfProducts
            ),
            _ => new BlockSum<TFunction, byte>(width, f, order, results, (byte)identity, isOfProducts),
        };

    /// <summary>The position of the largest or smallest.</summary>
    public static BlockFold Argument(TypeCode type, nint results, bool isMaximum) =>
        type switch
        {
            TypeCode.Single => new BlockArgument<float>(results, isMaximum),
            TypeCode.Double => new BlockArgument<double>(results, isMaximum),
            TypeCode.Int32 => new BlockArgument<int>(results, isMaximum),
            TypeCode.UInt32 => new BlockArgument<uint>(results, isMaximum),
            TypeCode.Int64 => new BlockArgument<long>(results, isMaximum),
            TypeCode.UInt64 => new BlockArgument<ulong>(results, isMaximum),
            TypeCode.UInt16 => new BlockArgument<ushort>(results, isMaximum),
            _ => new BlockArgument<byte>(results, isMaximum),
        };
}
