namespace Pipeline.Kernels;

/// <summary>
/// Elements of memory to others that run across them: those of the last axis lie side by side where they go, those of the axis before it where
/// they come from. Accesses with all axes of the block.
/// </summary>
internal sealed unsafe class BlockTurn(int bytes, BlockAccess from, BlockAccess to) : BlockInstruction
{
    public override void Run(BlockFrame* frame)
    {
        var last = from.Extents.Length - 1;
        nint columns = from.Extents[last];
        var rows = last == 1 ? frame->Count / columns : from.Extents[last - 1];
        var indices = stackalloc nint[last];
        var source = from.In(frame);
        var target = to.In(frame);

        for (nint done = 0; done < frame->Count; done += rows * columns)
        {
            Moves.Copy(
                bytes,
                source,
                from.Strides[last - 1] / bytes,
                from.Strides[last] / bytes,
                target,
                to.Strides[last - 1] / bytes,
                to.Strides[last] / bytes,
                rows,
                columns
            );

            // The next matrix.
            for (var axis = last - 2; axis >= 0; axis--)
            {
                source += from.Strides[axis];
                target += to.Strides[axis];

                if (axis == 0 || ++indices[axis] < from.Extents[axis])
                    break;

                source -= from.Strides[axis] * from.Extents[axis];
                target -= to.Strides[axis] * to.Extents[axis];
                indices[axis] = 0;
            }
        }
    }
}
