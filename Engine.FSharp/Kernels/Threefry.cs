using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>The threefry-2x32 hash (Salmon et al. 2011, 20 rounds) of many counters under one key.</summary>
internal static unsafe class Threefry
{
    /// <summary>So many pairs are hashed at once; counts are multiples of it.</summary>
    public const int Together = 8;

    /// <summary>Replaces pairs of counters by pairs of noise.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Hash(uint key0, uint key1, uint* x, uint* y, int count)
    {
        var key2 = key0 ^ key1 ^ 0x1BD11BDA;
        var (first, second, third) = (Vector256.Create(key0), Vector256.Create(key1), Vector256.Create(key2));

        for (var i = 0; i < count; i += Together)
        {
            var (a, b) = (Vector256.Load(x + i) + first, Vector256.Load(y + i) + second);
            Even(ref a, ref b);
            a += second;
            b += Vector256.Create(key2 + 1);
            Odd(ref a, ref b);
            a += third;
            b += Vector256.Create(key0 + 2);
            Even(ref a, ref b);
            a += first;
            b += Vector256.Create(key1 + 3);
            Odd(ref a, ref b);
            a += second;
            b += Vector256.Create(key2 + 4);
            Even(ref a, ref b);
            a += third;
            b += Vector256.Create(key0 + 5);
            Vector256.Store(a, x + i);
            Vector256.Store(b, y + i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Even(ref Vector256<uint> a, ref Vector256<uint> b)
    {
        Round(ref a, ref b, 13);
        Round(ref a, ref b, 15);
        Round(ref a, ref b, 26);
        Round(ref a, ref b, 6);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Odd(ref Vector256<uint> a, ref Vector256<uint> b)
    {
        Round(ref a, ref b, 17);
        Round(ref a, ref b, 29);
        Round(ref a, ref b, 16);
        Round(ref a, ref b, 24);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(ref Vector256<uint> a, ref Vector256<uint> b, int rotation)
    {
        a += b;
        b = ((b << rotation) | (b >> (32 - rotation))) ^ a;
    }
}
