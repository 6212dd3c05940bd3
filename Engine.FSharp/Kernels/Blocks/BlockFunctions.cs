using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>The operations of lanes as functions of a table.</summary>
internal static class BlockFunctions
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public readonly struct Add : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Add(x, z);
    }

    public readonly struct Subtract : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Subtract(x, z);
    }

    public readonly struct Multiply : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Multiply(x, z);
    }

    public readonly struct Divide : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Divide(x, z);
    }

    public readonly struct Remainder : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Remainder(x, z);
    }

    public readonly struct Minimum : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Minimum(x, z);
    }

    public readonly struct Maximum : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Maximum(x, z);
    }

    public readonly struct And : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.And(x, z);
    }

    public readonly struct Or : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Or(x, z);
    }

    public readonly struct Xor : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Xor(x, z);
    }

    /// <summary>Of masks: x is false and z true.</summary>
    public readonly struct LessMask : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.And(TLane.Not(x), z);
    }

    /// <summary>Of masks: x is false or z true.</summary>
    public readonly struct LessEqualMask : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Or(TLane.Not(x), z);
    }

    /// <summary>Of masks: both are true, or both false.</summary>
    public readonly struct EqualMask : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Not(TLane.Xor(x, z));
    }

    public readonly struct Equal : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Equal(x, z);
    }

    public readonly struct NotEqual : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Not(TLane.Equal(x, z));
    }

    public readonly struct Less : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.Less(x, z);
    }

    public readonly struct LessEqual : IFunction2
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane z)
            where TLane : ILane<TLane> => TLane.LessEqual(x, z);
    }

    public readonly struct Negate : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.Negate(x);
    }

    public readonly struct Absolute : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.Absolute(x);
    }

    public readonly struct SquareRoot : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.SquareRoot(x);
    }

    public readonly struct Floor : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.Floor(x);
    }

    public readonly struct Round : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.Round(x);
    }

    public readonly struct Not : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.Not(x);
    }

    /// <summary>Of 4 or 8 bytes.</summary>
    public readonly struct ShiftLeft(int count) : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.ShiftLeft(x, count);
    }

    /// <summary>Of 4 or 8 bytes; zeros come in.</summary>
    public readonly struct ShiftRight(int count) : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.ShiftRight(x, count);
    }

    /// <summary>Of elements of 32 or 64 bits, by more than 0.</summary>
    public readonly struct RotateLeft(int count, int bits) : IFunction
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x)
            where TLane : ILane<TLane> => TLane.Or(TLane.ShiftLeft(x, count), TLane.ShiftRight(x, bits - count));
    }

    public readonly struct MultiplyAdd : IFunction3
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane y, TLane z)
            where TLane : ILane<TLane> => TLane.MultiplyAdd(x, y, z);
    }

    public readonly struct Select : IFunction3
    {
        [MethodImpl(Inline)]
        public TLane Of<TLane>(TLane x, TLane y, TLane z)
            where TLane : ILane<TLane> => TLane.Select(x, y, z);
    }
}
