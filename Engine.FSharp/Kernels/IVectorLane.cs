namespace Pipeline.Kernels;

/// <summary>A lane that loops load and store.</summary>
internal unsafe interface IVectorLane<TSelf> : ILane<TSelf>
    where TSelf : unmanaged, IVectorLane<TSelf>
{
    /// <summary>Elements a lane.</summary>
    static abstract int Count { get; }
    static abstract TSelf Load(void* source);

    /// <summary>One element in every place.</summary>
    static abstract TSelf Repeat(void* source);
    static abstract void Store(void* target, TSelf value);

    /// <summary>What changes no number that it is added to: -0 of floats.</summary>
    static abstract TSelf Nothing { get; }
}
