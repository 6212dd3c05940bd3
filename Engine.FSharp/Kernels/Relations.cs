using System.Numerics;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>The relations as types.</summary>
internal static class Relations
{
    public readonly struct Equal : IRelation
    {
        public static bool Of<T>(T a, T b)
            where T : INumber<T> => a == b;

        public static Vector256<T> Of<T>(Vector256<T> a, Vector256<T> b) => Vector256.Equals(a, b);
    }

    public readonly struct NotEqual : IRelation
    {
        public static bool Of<T>(T a, T b)
            where T : INumber<T> => a != b;

        public static Vector256<T> Of<T>(Vector256<T> a, Vector256<T> b) => ~Vector256.Equals(a, b);
    }

    public readonly struct Less : IRelation
    {
        public static bool Of<T>(T a, T b)
            where T : INumber<T> => a < b;

        public static Vector256<T> Of<T>(Vector256<T> a, Vector256<T> b) => Vector256.LessThan(a, b);
    }

    public readonly struct LessEqual : IRelation
    {
        public static bool Of<T>(T a, T b)
            where T : INumber<T> => a <= b;

        public static Vector256<T> Of<T>(Vector256<T> a, Vector256<T> b) => Vector256.LessThanOrEqual(a, b);
    }
}
