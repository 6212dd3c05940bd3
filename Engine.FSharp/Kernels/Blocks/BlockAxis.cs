namespace Pipeline.Kernels;

/// <summary>An axis of a block that a counter goes along, so much a step.</summary>
/// <param name="Inner">Elements of the block between two steps.</param>
/// <param name="Extent">Steps until it starts again; of the outermost axis 0.</param>
/// <param name="Step">What a step adds.</param>
internal sealed record BlockAxis(nint Inner, nint Extent, long Step);
