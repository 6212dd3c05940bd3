namespace Pipeline.Kernels;

/// <summary>What terms of expressions work on at once: vectors side by side, or a number in every lane of one.</summary>
internal unsafe interface IVectors<TLane>
    where TLane : unmanaged
{
    /// <summary>From one of them to the next, and as far beyond them all; 0 where nothing is beside them.</summary>
    static abstract nint Bytes { get; }

    static abstract TLane Load(byte* at);

    static abstract void Store(byte* at, TLane value);
}
