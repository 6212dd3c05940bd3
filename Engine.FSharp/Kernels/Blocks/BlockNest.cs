using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// A loop nest as instructions on blocks: its innermost axes are the block, as many as fit whole and a part of the next one; instructions on single numbers run
/// when an axis around the block moves.
/// </summary>
internal sealed unsafe class BlockNest
{
    /// <summary>The extents of the axes around the block, then that of the axis that is cut in blocks.</summary>
    public required int[] Extents { get; init; }

    /// <summary>Steps along the cut axis in a block.</summary>
    public required int Cut { get; init; }

    /// <summary>Elements of such a step.</summary>
    public required nint Inner { get; init; }

    /// <summary>Where accesses start that axes around the block or variables of loops move.</summary>
    public required BlockOrigin[] Origins { get; init; }

    /// <summary>By axis, how many bytes a step moves each of them.</summary>
    public required nint[][] Strides { get; init; }

    /// <summary>By axis: with all axes before it at an index, before the first step along it.</summary>
    public required BlockInstruction[][] Before { get; init; }

    /// <summary>The same after the last step.</summary>
    public required BlockInstruction[][] After { get; init; }
    public required BlockInstruction[] Body { get; init; }

    /// <summary>There is nothing to do but what comes before the first step.</summary>
    public required bool IsOfNumbers { get; init; }

    /// <summary>Where the workspace has their addresses, and behind them indices.</summary>
    public required nint Tables { get; init; }

    /// <summary>Where the workspace has the address of a number that is other than 0 when the run is cancelled.</summary>
    public required int Cancellation { get; init; }

    /// <summary>What is thrown then.</summary>
    public required Func<Exception> Cancelled { get; init; }

    /// <summary>Bytes of the tables of a nest.</summary>
    public static int TableBytes(int origins, int axes) => 8 * (origins + axes);

    [SkipLocalsInit]
    public void Run(nint workspace)
    {
        BlockFrame frame;
        frame.Bases = (byte**)workspace;
        var addresses = (byte**)(workspace + Tables);
        frame.Indices = (long*)(addresses + Origins.Length);
        frame.Count = 1;
        frame.First = 0;

        for (var k = 0; k < Origins.Length; k++)
            addresses[k] = Origins[k].In(workspace);

        if (IsOfNumbers)
        {
            foreach (var instruction in Before[0])
                instruction.Run(&frame);
        }
        else
            Descend(&frame, addresses, 0);
    }

    private void Descend(BlockFrame* frame, byte** addresses, int axis)
    {
        foreach (var instruction in Before[axis])
            instruction.Run(frame);

        if (axis == Extents.Length - 1)
            RunBlocks(frame, addresses, Extents[axis], Strides[axis]);
        else
        {
            var strides = Strides[axis];

            for (var index = 0; index < Extents[axis]; index++)
            {
                frame->Indices[axis] = index;
                Descend(frame, addresses, axis + 1);
                Move(addresses, strides, 1);
            }

            Move(addresses, strides, -Extents[axis]);
        }

        foreach (var instruction in After[axis])
            instruction.Run(frame);
    }

    private void RunBlocks(BlockFrame* frame, byte** addresses, int extent, nint[] strides)
    {
        var flag = *(int**)(frame->Workspace + Cancellation);
        var body = Body;

        // Wider than an extent, which may be the largest int.
        for (nint first = 0; first < extent; first += Cut)
        {
            if (Volatile.Read(ref *flag) != 0)
                throw Cancelled();

            var steps = (int)Math.Min(Cut, extent - first);
            frame->First = first;
            frame->Count = steps * Inner;

            foreach (var instruction in body)
                instruction.Run(frame);

            if (steps < extent)
                Move(addresses, strides, steps);
        }

        if (Cut < extent)
            Move(addresses, strides, -extent);

        frame->Count = 1;
    }

    private static void Move(byte** addresses, nint[] strides, int steps)
    {
        for (var k = 0; k < strides.Length; k++)
            addresses[k] += steps * strides[k];
    }
}
