namespace Pipeline.Kernels;

/// <summary>A term as the loops read it: by operand the number of an address, bytes behind it, and all bits set where it moves with the block.</summary>
internal readonly struct ExpressionStep(BlockTerm term, BlockValue x, BlockValue z)
{
    public readonly BlockOperation Operation = term.Operation;
    public readonly int Count = term.Count;
    public readonly nint Base = x.Base;
    public readonly nint Displacement = x.Displacement;
    public readonly nint Moves = -x.Step;
    public readonly nint BaseZ = z.Base;
    public readonly nint DisplacementZ = z.Displacement;
    public readonly nint MovesZ = -z.Step;
}
