using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A block to its elements of memory. Of several that share one, the last stays.</summary>
internal sealed unsafe class BlockStore<T>(BlockAccess access, BlockValue x) : BlockInstruction
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)x.In(frame);
        var to = access.In(frame);
        var (line, stride) = (access.Line(frame->Count), access.Stride);
        var indices = stackalloc nint[access.Extents.Length];

        for (nint done = 0; done < frame->Count; done += line)
        {
            if (x.Step == 0 && stride == sizeof(T))
                Loops.Repeat(from, (T*)to, line);
            else if (stride == sizeof(T))
                Buffer.MemoryCopy(from, to, line * sizeof(T), line * sizeof(T));
            else
            {
                for (nint i = 0; i < line; i++)
                    *(T*)(to + i * stride) = from[i * x.Step];
            }

            from += line * x.Step;
            to = access.Next(to, indices);
        }
    }
}
