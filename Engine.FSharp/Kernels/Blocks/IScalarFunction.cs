namespace Pipeline.Kernels;

/// <summary>A function of numbers that have no form in lanes.</summary>
internal interface IScalarFunction<T, TResult>
{
    TResult Of(T x);
}

/// <summary>A function of two such numbers.</summary>
internal interface IScalarFunction2<T>
{
    T Of(T x, T z);
}
