namespace Pipeline.Kernels;

/// <summary>One vector or several, to which the same happens.</summary>
internal unsafe interface IVectors<TSelf>
    where TSelf : unmanaged, IVectors<TSelf>
{
    /// <summary>From these vectors to the next ones.</summary>
    static abstract nint Bytes { get; }

    /// <summary>The vectors at an address, side by side if all bits of the last argument are set, one and the same if none is.</summary>
    static abstract TSelf Load(byte* at, nint moves);
    static abstract void Store(byte* at, TSelf value);

    static abstract TSelf Of<TFunction>(TFunction f, TSelf x)
        where TFunction : struct, IFunction;

    static abstract TSelf Of<TFunction>(TFunction f, TSelf x, TSelf z)
        where TFunction : struct, IFunction2;

    static abstract TSelf Of<TFunction>(TFunction f, TSelf x, TSelf y, TSelf z)
        where TFunction : struct, IFunction3;
}
