namespace Pipeline.Kernels;

/// <summary>A term as the loops read it: its operands are bytes from the first address, or z a count of bits.</summary>
internal readonly unsafe struct ExpressionStep(BlockTerm term)
{
    public readonly BlockOperation Operation = term.Operation;
    public readonly nint X = term.X * sizeof(BlockAddress);
    public readonly nint Z = term.HasZ ? term.Z * sizeof(BlockAddress) : term.Z;
}
