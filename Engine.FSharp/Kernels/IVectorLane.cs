namespace Pipeline.Kernels;

/// <summary>A lane that loops load and store.</summary>
internal unsafe interface IVectorLane<TSelf> : ILane<TSelf>
    where TSelf : unmanaged, IVectorLane<TSelf>
{
    /// <summary>Elements a lane.</summary>
    static abstract int Count { get; }
    static abstract TSelf Load(void* source);

    /// <summary>float64 elements from float32 ones.</summary>
    static abstract TSelf LoadWidened(void* source);

    /// <summary>One element in every place.</summary>
    static abstract TSelf Repeat(void* source);
    static abstract void Store(void* target, TSelf value);

    /// <summary>The elements combined by halves, i with i + n for n = half of them, a quarter and so on, to one.</summary>
    static abstract void StoreHalved<TFunction>(TFunction f, void* target, TSelf value)
        where TFunction : struct, IFunction2;

    /// <summary>What changes no number that it is added to: -0 of floats.</summary>
    static abstract TSelf Nothing { get; }
}
