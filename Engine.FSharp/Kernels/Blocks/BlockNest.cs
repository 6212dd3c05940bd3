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

    public required BlockOrigin[] Origins { get; init; }

    /// <summary>By axis, how many bytes a step moves each pointer.</summary>
    public required nint[][] Strides { get; init; }

    /// <summary>By axis: with all axes before it at an index, before the first step along it.</summary>
    public required BlockInstruction[][] Before { get; init; }

    /// <summary>The same after the last step.</summary>
    public required BlockInstruction[][] After { get; init; }
    public required BlockInstruction[] Body { get; init; }

    /// <summary>For each value its place in the workspace; 0 if it has none of its own.</summary>
    public required nint[] Slots { get; init; }

    /// <summary>The place of addresses and indices in the workspace.</summary>
    public required nint Tables { get; init; }

    /// <summary>Where the workspace has the address of a number that is other than 0 when the run is cancelled.</summary>
    public required int Cancellation { get; init; }

    /// <summary>What is thrown then.</summary>
    public required Func<Exception> Cancelled { get; init; }

    /// <summary>Bytes of the tables of a nest.</summary>
    public static nint TableBytes(int slots, int pointers, int axes) => 8 * (slots + pointers + axes);

    public void Run(nint workspace)
    {
        var tables = (byte**)(workspace + Tables);
        BlockFrame frame;
        frame.Workspace = (byte*)workspace;
        frame.Slots = tables;
        frame.Pointers = tables + Slots.Length;
        frame.Indices = (long*)(frame.Pointers + Origins.Length);
        frame.Count = 1;
        frame.First = 0;

        for (var slot = 0; slot < Slots.Length; slot++)
            tables[slot] = (byte*)(workspace + Slots[slot]);

        for (var k = 0; k < Origins.Length; k++)
        {
            var origin = Origins[k];
            var address = ((byte**)workspace)[origin.Buffer] + origin.Start;

            foreach (var (variable, stride) in origin.Variables)
                address += *(nint*)(workspace + variable) * stride;

            frame.Pointers[k] = address;
        }

        Descend(&frame, 0);
    }

    private void Descend(BlockFrame* frame, int axis)
    {
        foreach (var instruction in Before[axis])
            instruction.Run(frame);

        if (axis == Extents.Length - 1)
            RunBlocks(frame, Extents[axis], Strides[axis]);
        else
        {
            var strides = Strides[axis];

            for (var index = 0; index < Extents[axis]; index++)
            {
                frame->Indices[axis] = index;
                Descend(frame, axis + 1);
                Move(frame, strides, 1);
            }

            Move(frame, strides, -Extents[axis]);
        }

        foreach (var instruction in After[axis])
            instruction.Run(frame);
    }

    private void RunBlocks(BlockFrame* frame, int extent, nint[] strides)
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
                Move(frame, strides, steps);
        }

        if (Cut < extent)
            Move(frame, strides, -extent);

        frame->Count = 1;
    }

    private static void Move(BlockFrame* frame, nint[] strides, int steps)
    {
        for (var pointer = 0; pointer < strides.Length; pointer++)
            frame->Pointers[pointer] += steps * strides[pointer];
    }
}
