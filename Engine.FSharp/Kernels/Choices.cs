using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>Comparisons of elements that lie side by side, or of one that is repeated (steps 1 and 0), and choices by them. Truth values are bytes 0 and 1.</summary>
internal static unsafe class Choices
{
    /// <summary>r[i] = whether x[i stepX] and z[i stepZ] are in the relation.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Compare<TRelation, T>(T* x, int stepX, T* z, int stepZ, byte* r, nint count)
        where TRelation : struct, IRelation
        where T : unmanaged, INumber<T>
    {
        nint i = 0;

        if (Vector256.IsHardwareAccelerated && sizeof(T) >= 4 && count >= 8)
        {
            var (oneX, oneZ) = (Vector256.Create(*x), Vector256.Create(*z));

            for (; i <= count - 8; i += 8)
            {
                uint bits = 0;

                for (var k = 0; k < 8; k += Vector256<T>.Count)
                {
                    var holds = TRelation.Of(
                        stepX == 0 ? oneX : Vector256.Load(x + i + k),
                        stepZ == 0 ? oneZ : Vector256.Load(z + i + k)
                    );
                    bits |= holds.ExtractMostSignificantBits() << k;
                }

                Unsafe.WriteUnaligned(r + i, Bytes(bits));
            }
        }

        for (; i < count; i++)
            r[i] = TRelation.Of(x[i * stepX], z[i * stepZ]) ? (byte)1 : (byte)0;
    }

    /// <summary>r[i] = c[i stepC] is 1 ? x[i stepX] : z[i stepZ].</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Select<T>(byte* c, int stepC, T* x, int stepX, T* z, int stepZ, T* r, nint count)
        where T : unmanaged
    {
        nint i = 0;

        if (Vector256.IsHardwareAccelerated && sizeof(T) >= 4 && stepC == 1 && count >= Vector256<T>.Count)
        {
            var (oneX, oneZ) = (Vector256.Create(*x), Vector256.Create(*z));

            for (; i <= count - Vector256<T>.Count; i += Vector256<T>.Count)
            {
                var chosen = Vector256.ConditionalSelect(
                    Mask<T>(c + i),
                    stepX == 0 ? oneX : Vector256.Load(x + i),
                    stepZ == 0 ? oneZ : Vector256.Load(z + i)
                );
                Vector256.Store(chosen, r + i);
            }
        }

        for (; i < count; i++)
            r[i] = c[i * stepC] != 0 ? x[i * stepX] : z[i * stepZ];
    }

    /// <summary>Eight bits as eight bytes 0 and 1: each byte keeps its own bit, and whatever it is carries into the byte's highest.</summary>
    private static ulong Bytes(uint bits) =>
        ((((bits * 0x0101010101010101UL) & 0x8040201008040201UL) + 0x7F7F7F7F7F7F7F7FUL) >> 7) & 0x0101010101010101UL;

    /// <summary>Lanes of all bits or none from as many truth values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> Mask<T>(byte* c)
        where T : unmanaged
    {
        if (sizeof(T) == 4)
        {
            var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(c)).AsByte();
            var lanes = Vector256.WidenLower(Vector128.WidenLower(bytes).ToVector256Unsafe());
            return (Vector256<uint>.Zero - lanes).As<uint, T>();
        }
        else
        {
            var bytes = Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<uint>(c)).AsByte();
            var words = Vector128.WidenLower(Vector128.WidenLower(bytes));
            return (Vector256<ulong>.Zero - Vector256.WidenLower(words.ToVector256Unsafe())).As<ulong, T>();
        }
    }
}
