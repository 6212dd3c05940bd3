using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>A function without lanes, called for every element, or where a mask is set; elsewhere the result is another value.</summary>
internal sealed unsafe class BlockCall<T>(
    Func<T, T> f,
    BlockValue? mask,
    BlockValue x,
    BlockValue otherwise,
    BlockValue result
) : BlockInstruction
    where T : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Run(BlockFrame* frame)
    {
        var from = (T*)x.In(frame);
        var other = (T*)otherwise.In(frame);
        var to = (T*)result.In(frame);
        var condition = mask is null ? null : (T*)mask.Value.In(frame);

        for (nint i = 0; i < frame->Count; i++)
        {
            // A mask's bits are all set or all clear.
            var isCalled = condition == null || *(byte*)(condition + i * mask!.Value.Step) != 0;
            to[i] = isCalled ? f(from[i * x.Step]) : other[i * otherwise.Step];
        }
    }
}
