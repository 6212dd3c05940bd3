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
    public byte* In<TVectors>(byte** bases, nint offset)
        where TVectors : unmanaged, IVectors<TVectors> =>
        TVectors.HasNext ? bases[number] + displacement + (offset & moves) : bases[number] + displacement;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVectors Load<TVectors>(byte** bases, nint offset)
        where TVectors : unmanaged, IVectors<TVectors> => TVectors.Load(In<TVectors>(bases, offset), moves);
}
