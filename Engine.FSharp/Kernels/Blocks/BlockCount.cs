namespace Pipeline.Kernels;

/// <summary>The index of an axis, times a factor, plus an offset.</summary>
/// <param name="Offset">The value at the first element of all.</param>
/// <param name="Around">What a step along each axis around the block adds.</param>
/// <param name="Variable">Where a variable of a loop around the nest stands in the workspace; -1 for none.</param>
/// <param name="Factor">What that variable is multiplied with.</param>
/// <param name="Axis">The axis of the block along which it changes, or none.</param>
internal sealed record BlockCount(long Offset, long[] Around, int Variable, long Factor, BlockAxis? Axis);
