using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>The reductions by the type of their entries.</summary>
internal static unsafe class BlockFolds
{
    /// <summary>By a function that takes the entries in order.</summary>
    /// <param name="type">Of the result.</param>
    /// <param name="width">The bits of the widest vectors.</param>
    /// <param name="f">Of two parts of a result.</param>
    /// <param name="kind">What is taken in.</param>
    /// <param name="order">In which order.</param>
    /// <param name="results">Results side by side.</param>
    /// <param name="identity">The bits of what changes nothing.</param>
    /// <param name="apart">Of multiples the elements from one entry to the next.</param>
    public static BlockFold Sum<TFunction>(
        TypeCode type,
        int width,
        TFunction f,
        BlockTerms kind,
        BlockOrder order,
        nint results,
        ulong identity,
        nint apart
    )
        where TFunction : struct, IFunction2
    {
        BlockSum<TFunction, T> Of<T>(T nothing)
            where T : unmanaged => new(new(width, f, kind, nothing, results, order.Lanes, apart), order);

        return type switch
        {
            TypeCode.Single => Of(*(float*)&identity),
            TypeCode.Double => Of(*(double*)&identity),
            TypeCode.Int32 => Of((int)identity),
            TypeCode.UInt32 => Of((uint)identity),
            TypeCode.Int64 => Of((long)identity),
            TypeCode.UInt64 => Of(identity),
            TypeCode.UInt16 => Of((ushort)identity),
            _ => Of((byte)identity),
        };
    }

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
