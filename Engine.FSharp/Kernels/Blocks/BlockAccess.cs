namespace Pipeline.Kernels;

/// <summary>
/// The elements of memory that those of a block stand for, so many bytes behind one of the frame's addresses: an extent and a stride for each axis, the outermost first, whose
/// extent is what the block's count leaves to it.
/// </summary>
internal sealed record BlockAccess(int Base, nint Displacement, int[] Extents, nint[] Strides)
{
    public unsafe byte* In(BlockFrame* frame) => frame->Bases[Base] + Displacement;

    /// <summary>Elements of the innermost axis, of a block of so many.</summary>
    public nint Line(nint count) => Extents.Length == 1 ? count : Extents[^1];

    /// <summary>The stride of the innermost axis.</summary>
    public nint Stride => Strides[^1];

    /// <summary>From the start of a line, whose place among the lines the indices are, to that of the next.</summary>
    public unsafe byte* Next(byte* line, nint* indices)
    {
        for (var axis = Extents.Length - 2; axis > 0; axis--)
        {
            line += Strides[axis];

            if (++indices[axis] < Extents[axis])
                return line;

            line -= Strides[axis] * Extents[axis];
            indices[axis] = 0;
        }

        return Extents.Length == 1 ? line : line + Strides[0];
    }
}
