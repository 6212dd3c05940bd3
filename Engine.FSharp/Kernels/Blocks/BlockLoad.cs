using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>Elements of memory, side by side.</summary>
internal sealed unsafe class BlockLoad<T>(BlockAccess access, int result) : BlockInstruction
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var to = (T*)frame->Slots[result];
        var from = frame->Pointers[access.Pointer] + access.Displacement;
        var (line, stride) = (access.Line(frame->Count), access.Stride);
        var indices = stackalloc nint[access.Extents.Length];

        for (var end = to + frame->Count; to < end; to += line)
        {
            if (stride == sizeof(T))
                Buffer.MemoryCopy(from, to, line * sizeof(T), line * sizeof(T));
            else if (stride == 0)
                Loops.Repeat((T*)from, to, line);
            else
            {
                for (nint i = 0; i < line; i++)
                    to[i] = *(T*)(from + i * stride);
            }

            from = access.Next(from, indices);
        }
    }
}
