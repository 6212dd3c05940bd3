using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Elements of memory, side by side.</summary>
internal sealed unsafe class BlockLoad<T>(BlockAccess access, BlockValue result) : BlockInstruction
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var to = (T*)result.In(frame);
        var from = access.In(frame);
        var (line, stride) = (access.Line(frame->Count), access.Stride);
        var lines = frame->Count / line;

        if (access.Extents.Length == 2 && lines > 1)
        {
            var apart = access.Strides[0];

            if (apart == 0 && stride == sizeof(T))
            {
                Repeated((T*)from, line, to, frame->Count);
                return;
            }

            if (stride == 0 && apart == sizeof(T) && line < StridedLoads.Most)
            {
                StridedLoads.Spread((T*)from, lines, line, to);
                return;
            }

            if (
                apart == sizeof(T)
                && stride != 0
                && stride != apart
                && Transposition.Squares(from, stride, lines, line, to, line)
            )
                return;
        }

        var indices = stackalloc nint[access.Extents.Length];

        for (var end = to + frame->Count; to < end; to += line)
        {
            if (stride == sizeof(T))
                Buffer.MemoryCopy(from, to, line * sizeof(T), line * sizeof(T));
            else if (stride == 0)
                Loops.Repeat((T*)from, to, line);
            else
                StridedLoads.Gather((T*)from, stride, to, line);

            from = access.Next(from, indices);
        }
    }

    /// <summary>A line over and over: what is there already, once more.</summary>
    private static void Repeated(T* from, nint line, T* to, nint count)
    {
        Buffer.MemoryCopy(from, to, line * sizeof(T), line * sizeof(T));

        for (var done = line; done < count; )
        {
            var more = Math.Min(done, count - done);
            Buffer.MemoryCopy(to, to + done, more * sizeof(T), more * sizeof(T));
            done += more;
        }
    }
}
