namespace Pipeline.Kernels;

/// <summary>A term of an expression: an operation, with its operands, or a count of bits.</summary>
internal readonly record struct BlockTerm(BlockOperation Operation, BlockValue X, BlockValue Z, int Count)
{
    public bool HasZ =>
        Operation
            is BlockOperation.MultiplyAdd
                or BlockOperation.AddProduct
                or BlockOperation.Select
                or BlockOperation.SelectThis
                or BlockOperation.SelectOther;
}
