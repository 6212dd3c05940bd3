namespace Pipeline.Kernels;

/// <summary>A lane that loops load and store.</summary>
internal unsafe interface IVectorLane<TSelf, T> : ILane<TSelf>
    where TSelf : unmanaged, IVectorLane<TSelf, T>
    where T : unmanaged
{
    /// <summary>Elements a lane.</summary>
    static abstract int Count { get; }
    static abstract TSelf Load(T* source);
    static abstract void Store(T* target, TSelf value);
}
