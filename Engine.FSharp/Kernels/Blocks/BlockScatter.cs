using System.Numerics;
using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// A block to elements of memory, each moved by an index that is kept within those there are, one after the other: they may meet.
/// </summary>
internal sealed unsafe class BlockScatter<T, TIndex>(
    BlockAccess access,
    BlockMove move,
    BlockValue x,
    BlockScattering how
) : BlockInstruction
    where T : unmanaged, INumber<T>
    where TIndex : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)x.In(frame);
        var at = (TIndex*)move.Index.In(frame);
        var to = access.In(frame);
        var (line, stride) = (access.Line(frame->Count), access.Stride);
        var indices = stackalloc nint[access.Extents.Length];

        for (nint done = 0; done < frame->Count; done += line)
        {
            for (nint i = 0; i < line; i++)
            {
                var place = (T*)(to + i * stride + BlockIndex.Of(at + i * move.Index.Step, move.Last) * move.Stride);
                var value = from[i * x.Step];
                *place =
                    how == BlockScattering.Replace ? value
                    : how == BlockScattering.Or ? T.Max(*place, value)
                    : unchecked(*place + value);
            }

            from += line * x.Step;
            at += line * move.Index.Step;
            to = access.Next(to, indices);
        }
    }
}
