using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>Conversions between the types that programs convert most, in vectors. They have the same bits as those of single numbers.</summary>
internal static unsafe class BlockConversion
{
    /// <summary>The instruction, or null where there is none in vectors.</summary>
    public static BlockInstruction? Of(TypeCode from, TypeCode to, BlockValue x, BlockValue r) =>
        (from, to) switch
        {
            (TypeCode.Single, TypeCode.Double) => new Widened(x, r),
            (TypeCode.Double, TypeCode.Single) => new Narrowed(x, r),
            (TypeCode.Int32, TypeCode.Single) => new Floats(x, r),
            _ => null,
        };

    private sealed class Widened(BlockValue x, BlockValue result) : BlockInstruction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(BlockFrame* frame)
        {
            var from = (float*)x.In(frame);
            var to = (double*)result.In(frame);
            nint i = 0;

            if (x.Step == 1 && Vector512.IsHardwareAccelerated)
            {
                for (; i <= frame->Count - Vector512<double>.Count; i += Vector512<double>.Count)
                    Vector512.WidenLower(Vector256.Load(from + i).ToVector512Unsafe()).Store(to + i);
            }
            else if (x.Step == 1)
            {
                for (; i <= frame->Count - Vector256<float>.Count; i += Vector256<float>.Count)
                {
                    var (low, high) = Vector256.Widen(Vector256.Load(from + i));
                    low.Store(to + i);
                    high.Store(to + i + Vector256<double>.Count);
                }
            }

            for (; i < frame->Count; i++)
                to[i] = from[i * x.Step];
        }
    }

    private sealed class Narrowed(BlockValue x, BlockValue result) : BlockInstruction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(BlockFrame* frame)
        {
            var from = (double*)x.In(frame);
            var to = (float*)result.In(frame);
            nint i = 0;

            if (x.Step == 1)
            {
                for (; i <= frame->Count - Vector256<float>.Count; i += Vector256<float>.Count)
                {
                    var low = Vector256.Load(from + i);
                    var high = Vector256.Load(from + i + Vector256<double>.Count);
                    Vector256.Narrow(low, high).Store(to + i);
                }
            }

            for (; i < frame->Count; i++)
                to[i] = (float)from[i * x.Step];
        }
    }

    private sealed class Floats(BlockValue x, BlockValue result) : BlockInstruction
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public override void Run(BlockFrame* frame)
        {
            var from = (int*)x.In(frame);
            var to = (float*)result.In(frame);
            nint i = 0;

            if (x.Step == 1)
            {
                for (; i <= frame->Count - Vector256<float>.Count; i += Vector256<float>.Count)
                    Vector256.ConvertToSingle(Vector256.Load(from + i)).Store(to + i);
            }

            for (; i < frame->Count; i++)
                to[i] = from[i * x.Step];
        }
    }
}
