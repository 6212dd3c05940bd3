using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>Masks of 4 or 8 bytes an element from those of bytes, or bytes 0 and 1, and such bytes from masks, in vectors.</summary>
internal static unsafe class BlockMask
{
    private const MethodImplOptions Full = MethodImplOptions.AggressiveOptimization;

    /// <summary>A mask of such elements, all bits set or all clear, as bytes 0 and 1.</summary>
    internal sealed class Narrowed<T>(BlockValue x, BlockValue result) : BlockInstruction
        where T : unmanaged
    {
        [MethodImpl(Full)]
        public override void Run(BlockFrame* frame)
        {
            var from = x.In(frame);
            var to = result.In(frame);
            nint i = 0;

            if (x.Step == 1 && Vector256.IsHardwareAccelerated)
            {
                for (; i <= frame->Count - 32; i += 32)
                {
                    var p = from + i * sizeof(T);
                    var low = Vector256.Narrow(Ints(p, 0), Ints(p, 8));
                    var high = Vector256.Narrow(Ints(p, 16), Ints(p, 24));
                    (Vector256.Narrow(low, high).AsByte() & Vector256.Create((byte)1)).Store(to + i);
                }
            }

            for (; i < frame->Count; i++)
                to[i] = (byte)(from[i * x.Step * sizeof(T)] & 1);
        }

        /// <summary>The elements from one on as eight of 4 bytes.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static Vector256<int> Ints(byte* p, int first) =>
            sizeof(T) == 4
                ? Vector256.Load((int*)p + first)
                : Vector256.Narrow(Vector256.Load((long*)p + first), Vector256.Load((long*)p + first + 4));
    }

    /// <summary>A mask of bytes, or the bytes 0 and 1, as a mask of such elements.</summary>
    internal sealed class Widened<T>(BlockValue x, BlockValue result) : BlockInstruction
        where T : unmanaged
    {
        [MethodImpl(Full)]
        public override void Run(BlockFrame* frame)
        {
            var from = x.In(frame);
            var to = result.In(frame);
            nint i = 0;

            if (x.Step == 1 && Vector256.IsHardwareAccelerated)
            {
                for (; i <= frame->Count - 16; i += 16)
                {
                    var bytes = ~Vector128.Equals(Vector128.Load((sbyte*)from + i), Vector128<sbyte>.Zero);
                    var (low, high) = Vector256.Widen(Vector256.WidenLower(bytes.ToVector256Unsafe()));

                    if (sizeof(T) == 4)
                    {
                        low.Store((int*)to + i);
                        high.Store((int*)to + i + 8);
                    }
                    else
                    {
                        var (a, b) = Vector256.Widen(low);
                        var (c, d) = Vector256.Widen(high);
                        a.Store((long*)to + i);
                        b.Store((long*)to + i + 4);
                        c.Store((long*)to + i + 8);
                        d.Store((long*)to + i + 12);
                    }
                }
            }

            for (; i < frame->Count; i++)
            {
                var all = from[i * x.Step] == 0 ? 0L : -1L;

                if (sizeof(T) == 4)
                    ((int*)to)[i] = (int)all;
                else
                    ((long*)to)[i] = all;
            }
        }
    }
}
