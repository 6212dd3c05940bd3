namespace Pipeline.Kernels;

/// <summary>
/// Elements that an instruction reads or makes: so many bytes behind one of the frame's addresses, and the step between them (0: one for all of the block). A
/// term of an expression may have the bits of a number in its place.
/// </summary>
/// <param name="Base">The number of the address; -1 of a number's bits.</param>
/// <param name="Step">Elements from one to the next: 1, or 0.</param>
/// <param name="Displacement">Bytes from the address, or the bits.</param>
internal readonly unsafe record struct BlockValue(int Base, int Step, nint Displacement)
{
    public static BlockValue OfBits(ulong bits) => new(-1, 0, (nint)bits);

    public bool IsBits => Base < 0;

    public byte* In(BlockFrame* frame) => frame->Bases[Base] + Displacement;
}
