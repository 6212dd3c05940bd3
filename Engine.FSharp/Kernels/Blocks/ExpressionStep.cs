namespace Pipeline.Kernels;

/// <summary>A term as the loops read it.</summary>
internal readonly struct ExpressionStep(BlockTerm term)
{
    public readonly BlockOperation Operation = term.Operation;
    public readonly int Count = term.Count;
    public readonly ExpressionOperand First = new(term.First);
    public readonly ExpressionOperand X = new(term.X);
    public readonly ExpressionOperand Z = new(term.Z);
    public readonly ExpressionOperand Target = new(term.Target);
}
