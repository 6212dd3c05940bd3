using System.Numerics;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>A relation of two numbers: a type, so that it is inlined. NaN is equal to nothing, and neither less nor greater.</summary>
internal interface IRelation
{
    static abstract bool Of<T>(T a, T b)
        where T : INumber<T>;

    /// <summary>All bits of a lane where it holds, none elsewhere.</summary>
    static abstract Vector256<T> Of<T>(Vector256<T> a, Vector256<T> b);
}
