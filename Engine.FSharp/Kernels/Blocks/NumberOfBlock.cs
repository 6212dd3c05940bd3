namespace Pipeline.Kernels;

/// <summary>The place of a number that has others beside it.</summary>
internal readonly struct NumberOfBlock;
