namespace Pipeline.Kernels;

/// <summary>A number of rows or vectors that the JIT knows.</summary>
internal interface ISize
{
    static abstract int Value { get; }
}

internal struct One : ISize
{
    public static int Value => 1;
}

internal struct Two : ISize
{
    public static int Value => 2;
}

internal struct Three : ISize
{
    public static int Value => 3;
}

internal struct Four : ISize
{
    public static int Value => 4;
}

internal struct Eight : ISize
{
    public static int Value => 8;
}
