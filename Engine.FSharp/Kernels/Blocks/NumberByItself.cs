namespace Pipeline.Kernels;

/// <summary>The place of a number that has no others beside it.</summary>
internal readonly struct NumberByItself;
