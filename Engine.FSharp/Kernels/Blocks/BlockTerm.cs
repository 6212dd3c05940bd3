namespace Pipeline.Kernels;

/// <summary>A term of an expression: an operation, with the numbers of its operands, or z a count of bits.</summary>
internal readonly record struct BlockTerm(BlockOperation Operation, int X, int Z)
{
    public bool HasZ =>
        Operation
            is BlockOperation.MultiplyAdd
                or BlockOperation.AddProduct
                or BlockOperation.Select
                or BlockOperation.SelectThis
                or BlockOperation.SelectOther;
}
