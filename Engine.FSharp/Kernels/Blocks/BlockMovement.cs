namespace Pipeline.Kernels;

/// <summary>The instructions between blocks and memory, by the size or the type of their elements.</summary>
internal static class BlockMovement
{
    public static BlockInstruction Load(int bytes, BlockAccess access, BlockValue result) =>
        bytes switch
        {
            1 => new BlockLoad<byte>(access, result),
            2 => new BlockLoad<ushort>(access, result),
            4 => new BlockLoad<uint>(access, result),
            _ => new BlockLoad<ulong>(access, result),
        };

    public static BlockInstruction Store(int bytes, BlockAccess access, BlockValue x) =>
        bytes switch
        {
            1 => new BlockStore<byte>(access, x),
            2 => new BlockStore<ushort>(access, x),
            4 => new BlockStore<uint>(access, x),
            _ => new BlockStore<ulong>(access, x),
        };

    /// <summary>With indices of 4 or 8 bytes.</summary>
    public static BlockInstruction Gather(
        int bytes,
        int ofIndex,
        BlockAccess access,
        BlockMove move,
        BlockValue result
    ) => ofIndex == 4 ? Gather<int>(bytes, access, move, result) : Gather<long>(bytes, access, move, result);

    private static BlockInstruction Gather<TIndex>(int bytes, BlockAccess access, BlockMove move, BlockValue result)
        where TIndex : unmanaged =>
        bytes switch
        {
            1 => new BlockGather<byte, TIndex>(access, move, result),
            2 => new BlockGather<ushort, TIndex>(access, move, result),
            4 => new BlockGather<uint, TIndex>(access, move, result),
            _ => new BlockGather<ulong, TIndex>(access, move, result),
        };

    /// <summary>With indices of 4 or 8 bytes.</summary>
    public static BlockInstruction Scatter(
        TypeCode type,
        int ofIndex,
        BlockAccess access,
        BlockMove move,
        BlockValue x,
        BlockScattering how
    ) => ofIndex == 4 ? Scatter<int>(type, access, move, x, how) : Scatter<long>(type, access, move, x, how);

    private static BlockInstruction Scatter<TIndex>(
        TypeCode type,
        BlockAccess access,
        BlockMove move,
        BlockValue x,
        BlockScattering how
    )
        where TIndex : unmanaged =>
        type switch
        {
            TypeCode.Single => new BlockScatter<float, TIndex>(access, move, x, how),
            TypeCode.Double => new BlockScatter<double, TIndex>(access, move, x, how),
            TypeCode.Int32 => new BlockScatter<int, TIndex>(access, move, x, how),
            TypeCode.UInt32 => new BlockScatter<uint, TIndex>(access, move, x, how),
            TypeCode.Int64 => new BlockScatter<long, TIndex>(access, move, x, how),
            TypeCode.UInt64 => new BlockScatter<ulong, TIndex>(access, move, x, how),
            TypeCode.UInt16 => new BlockScatter<ushort, TIndex>(access, move, x, how),
            _ => new BlockScatter<byte, TIndex>(access, move, x, how),
        };

    public static BlockInstruction Counter(TypeCode type, BlockCount count, BlockValue result) =>
        type switch
        {
            TypeCode.Single => new BlockCounter<float>(count, result),
            TypeCode.Double => new BlockCounter<double>(count, result),
            TypeCode.Int32 => new BlockCounter<int>(count, result),
            TypeCode.UInt32 => new BlockCounter<uint>(count, result),
            TypeCode.Int64 => new BlockCounter<long>(count, result),
            TypeCode.UInt64 => new BlockCounter<ulong>(count, result),
            TypeCode.UInt16 => new BlockCounter<ushort>(count, result),
            _ => new BlockCounter<byte>(count, result),
        };
}
