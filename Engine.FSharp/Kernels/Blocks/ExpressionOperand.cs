using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>An operand as the loops read it: the number of an address, -1 for no operand; bytes behind it; all bits set where it moves with the block.</summary>
internal readonly unsafe struct ExpressionOperand(BlockValue? value)
{
    private readonly nint number = value?.Base ?? -1;
    private readonly nint moves = -(value?.Step ?? 0);
    private readonly nint displacement = value?.Displacement ?? 0;

    public bool IsThere
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => number >= 0;
    }

    /// <summary>Of a block so many bytes from its start.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public byte* In<TVectors, TLane>(byte** bases, nint offset)
        where TVectors : struct, IVectors<TLane>
        where TLane : unmanaged =>
        TVectors.Bytes > 0 ? bases[number] + displacement + (offset & moves) : bases[number] + displacement;

    /// <summary>From one vector to the next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public nint Move<TVectors, TLane>()
        where TVectors : struct, IVectors<TLane>
        where TLane : unmanaged => TVectors.Bytes & moves;
}
