namespace Pipeline.Kernels;

/// <summary>Where an operand of an expression lies: in a slot; or so many bytes behind a pointer, if it has none; or it is a number of these bits.</summary>
/// <param name="Slot">The slot, or -1.</param>
/// <param name="Pointer">The pointer, or -1.</param>
/// <param name="Displacement">Bytes from the pointer.</param>
/// <param name="Bits">The number's bits.</param>
/// <param name="Step">Between elements; 0 of a number.</param>
/// <param name="IsRead">Before anything is stored there.</param>
/// <param name="IsWritten">Something is stored there.</param>
internal sealed record BlockPlace(
    int Slot,
    int Pointer,
    nint Displacement,
    ulong Bits,
    int Step,
    bool IsRead,
    bool IsWritten
);
