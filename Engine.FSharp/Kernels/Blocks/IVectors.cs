namespace Pipeline.Kernels;

/// <summary>One vector or several, to which the same happens.</summary>
internal unsafe interface IVectors<TSelf>
    where TSelf : unmanaged, IVectors<TSelf>
{
    static abstract int Vectors { get; }

    /// <summary>The vectors at an address, so many bytes from one to the next.</summary>
    static abstract TSelf Load(byte* at, nint move);
    static abstract void Store(byte* at, nint move, TSelf value);

    static abstract TSelf Of<TFunction>(TFunction f, TSelf x)
        where TFunction : struct, IFunction;

    static abstract TSelf Of<TFunction>(TFunction f, TSelf x, TSelf z)
        where TFunction : struct, IFunction2;

    static abstract TSelf Of<TFunction>(TFunction f, TSelf x, TSelf y, TSelf z)
        where TFunction : struct, IFunction3;
}
