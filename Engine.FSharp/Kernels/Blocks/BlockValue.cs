namespace Pipeline.Kernels;

/// <summary>A value that an instruction reads: its slot, and the step between elements (0: one for all of the block).</summary>
internal readonly record struct BlockValue(int Slot, int Step);
