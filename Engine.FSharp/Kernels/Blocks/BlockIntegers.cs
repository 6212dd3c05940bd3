using System.Numerics;

namespace Pipeline.Kernels;

/// <summary>The instructions of integers that have no form in lanes, by the type of their elements.</summary>
internal abstract class BlockIntegers
{
    public static BlockIntegers Of(TypeCode type) =>
        type switch
        {
            TypeCode.Byte => new OfType<byte>(),
            TypeCode.UInt16 => new OfType<ushort>(),
            TypeCode.Int32 => new OfType<int>(),
            TypeCode.UInt32 => new OfType<uint>(),
            TypeCode.Int64 => new OfType<long>(),
            TypeCode.UInt64 => new OfType<ulong>(),
            _ => throw new NotSupportedException($"Elements of type {type} are no integers."),
        };

    public abstract BlockInstruction Divide(BlockValue x, BlockValue z, BlockValue r);
    public abstract BlockInstruction Remainder(BlockValue x, BlockValue z, BlockValue r);
    public abstract BlockInstruction ShiftLeftBy(BlockValue x, BlockValue z, BlockValue r);
    public abstract BlockInstruction ShiftRightBy(BlockValue x, BlockValue z, BlockValue r);
    public abstract BlockInstruction Absolute(BlockValue x, BlockValue r);
    public abstract BlockInstruction ShiftLeft(int count, BlockValue x, BlockValue r);
    public abstract BlockInstruction ShiftRight(int count, BlockValue x, BlockValue r);
    public abstract BlockInstruction RotateLeft(int count, BlockValue x, BlockValue r);

    private sealed class OfType<T> : BlockIntegers
        where T : unmanaged, IBinaryInteger<T>
    {
        public override BlockInstruction Divide(BlockValue x, BlockValue z, BlockValue r) =>
            new BlockScalarZip<ScalarFunctions.Divide<T>, T>(default, x, z, r);

        public override BlockInstruction Remainder(BlockValue x, BlockValue z, BlockValue r) =>
            new BlockScalarZip<ScalarFunctions.Remainder<T>, T>(default, x, z, r);

        public override BlockInstruction ShiftLeftBy(BlockValue x, BlockValue z, BlockValue r) =>
            new BlockScalarZip<ScalarFunctions.ShiftLeftBy<T>, T>(default, x, z, r);

        public override BlockInstruction ShiftRightBy(BlockValue x, BlockValue z, BlockValue r) =>
            new BlockScalarZip<ScalarFunctions.ShiftRightBy<T>, T>(default, x, z, r);

        public override BlockInstruction Absolute(BlockValue x, BlockValue r) =>
            new BlockScalarMap<ScalarFunctions.Absolute<T>, T, T>(default, x, r);

        public override BlockInstruction ShiftLeft(int count, BlockValue x, BlockValue r) =>
            new BlockScalarMap<ScalarFunctions.ShiftLeft<T>, T, T>(new(count), x, r);

        public override BlockInstruction ShiftRight(int count, BlockValue x, BlockValue r) =>
            new BlockScalarMap<ScalarFunctions.ShiftRight<T>, T, T>(new(count), x, r);

        public override BlockInstruction RotateLeft(int count, BlockValue x, BlockValue r) =>
            new BlockScalarMap<ScalarFunctions.RotateLeft<T>, T, T>(new(count), x, r);
    }
}
