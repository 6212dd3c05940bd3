namespace Pipeline.Kernels;

/// <summary>A function of one argument, in lanes.</summary>
internal interface IFunction
{
    TLane Of<TLane>(TLane x)
        where TLane : ILane<TLane>;
}

/// <summary>A function of two arguments, in lanes.</summary>
internal interface IFunction2
{
    TLane Of<TLane>(TLane x, TLane z)
        where TLane : ILane<TLane>;
}

/// <summary>A function of three arguments, in lanes.</summary>
internal interface IFunction3
{
    TLane Of<TLane>(TLane x, TLane y, TLane z)
        where TLane : ILane<TLane>;
}
