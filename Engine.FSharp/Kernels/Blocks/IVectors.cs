namespace Pipeline.Kernels;

/// <summary>What terms of expressions work on: a number, a vector or several, a whole block.</summary>
internal unsafe interface IVectors<TSelf>
    where TSelf : unmanaged, IVectors<TSelf>
{
    /// <summary>Others of the same block follow.</summary>
    static abstract bool HasNext { get; }

    /// <summary>From these vectors to the next ones.</summary>
    static abstract nint Bytes { get; }

    /// <summary>The vectors at an address, side by side if all bits of the last argument are set, one and the same if none is.</summary>
    static abstract TSelf Load(byte* at, nint moves);

    /// <summary>To an address, which is where the term's result goes.</summary>
    static abstract void Store(byte* at, ExpressionTarget to, TSelf value);

    static abstract TSelf Of<TFunction>(TFunction f, ExpressionTarget to, TSelf x)
        where TFunction : struct, IFunction;

    static abstract TSelf Of<TFunction>(TFunction f, ExpressionTarget to, TSelf x, TSelf z)
        where TFunction : struct, IFunction2;

    static abstract TSelf Of<TFunction>(TFunction f, ExpressionTarget to, TSelf x, TSelf y, TSelf z)
        where TFunction : struct, IFunction3;
}
