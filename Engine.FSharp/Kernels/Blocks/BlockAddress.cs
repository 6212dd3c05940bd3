namespace Pipeline.Kernels;

/// <summary>Where an expression reads or writes an operand, and the bytes to its next vector: 0 of a number, which is in every lane of one.</summary>
internal unsafe struct BlockAddress
{
    public byte* At;
    public nint Move;
}
