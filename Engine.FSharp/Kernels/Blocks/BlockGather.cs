using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Elements of memory, each moved by an index that is kept within those there are.</summary>
internal sealed unsafe class BlockGather<T, TIndex>(BlockAccess access, BlockMove move, BlockValue result)
    : BlockInstruction
    where T : unmanaged
    where TIndex : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var to = (T*)result.In(frame);
        var at = (TIndex*)move.Index.In(frame);
        var from = access.In(frame);
        var (line, stride) = (access.Line(frame->Count), access.Stride);
        var indices = stackalloc nint[access.Extents.Length];

        for (var end = to + frame->Count; to < end; to += line)
        {
            if (move.IsOfLines && stride == sizeof(T))
                Buffer.MemoryCopy(
                    from + BlockIndex.Of(at, move.Last) * move.Stride,
                    to,
                    line * sizeof(T),
                    line * sizeof(T)
                );
            else
            {
                for (nint i = 0; i < line; i++)
                    to[i] = *(T*)(from + i * stride + BlockIndex.Of(at + i * move.Index.Step, move.Last) * move.Stride);
            }

            at += line * move.Index.Step;
            from = access.Next(from, indices);
        }
    }
}
