namespace Pipeline.Kernels;

/// <summary>How indices move the elements of an access.</summary>
/// <param name="Index">Of each element.</param>
/// <param name="Last">The largest that is taken as it is.</param>
/// <param name="Stride">Bytes that 1 stands for.</param>
/// <param name="IsOfLines">The index is the same along the innermost axis.</param>
internal sealed record BlockMove(BlockValue Index, nint Last, nint Stride, bool IsOfLines);
