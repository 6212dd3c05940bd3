using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Expressions of cheap operations, whose value stays in registers from one to the next: all terms for some vectors, then for the next ones. A method for each
/// number type, vector width and number of vectors, compiled in full at its first use. (The value is eight variables, and so is an operand: the JIT keeps no more
/// than four parts of a structure in registers. Where a turn has fewer vectors, it leaves out the others.)
/// </summary>
internal static unsafe partial class ExpressionLoops<TVectors, TLane, TSize, T>
    where TVectors : struct, IVectors<TLane>
    where TLane : unmanaged, IVectorLane<TLane>
    where TSize : struct, ISize
    where T : unmanaged
{
    // csharpier-ignore-start
    /// <summary>So many bytes of a block: those of the last turn end with it, and some of them may have been in the turn before.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run(ExpressionStep* steps, nint length, byte** bases, nint bytes)
    {
        Unsafe.SkipInit(out TLane a); Unsafe.SkipInit(out TLane b); Unsafe.SkipInit(out TLane c); Unsafe.SkipInit(out TLane d);
        Unsafe.SkipInit(out TLane e); Unsafe.SkipInit(out TLane f); Unsafe.SkipInit(out TLane g); Unsafe.SkipInit(out TLane h);
        Unsafe.SkipInit(out TLane p); Unsafe.SkipInit(out TLane q); Unsafe.SkipInit(out TLane r); Unsafe.SkipInit(out TLane s);
        Unsafe.SkipInit(out TLane t); Unsafe.SkipInit(out TLane u); Unsafe.SkipInit(out TLane v); Unsafe.SkipInit(out TLane w);
        Unsafe.SkipInit(out TLane i); Unsafe.SkipInit(out TLane j); Unsafe.SkipInit(out TLane k); Unsafe.SkipInit(out TLane l);
        Unsafe.SkipInit(out TLane m); Unsafe.SkipInit(out TLane n); Unsafe.SkipInit(out TLane o); Unsafe.SkipInit(out TLane x);
        var end = steps + length;
        var last = bytes - TVectors.Bytes * TSize.Value;

        for (nint offset = 0; ; offset = Math.Min(offset + TVectors.Bytes * TSize.Value, last))
        {
            for (var step = steps; step < end; step++)
            {
                if (step->First.IsThere)
                    Load(&step->First, bases, offset, out a, out b, out c, out d, out e, out f, out g, out h);

                Load(&step->X, bases, offset, out p, out q, out r, out s, out t, out u, out v, out w);

                switch (step->Operation)
                {
                    case BlockOperation.Move:
                        break;
                    case BlockOperation.Add:
                        Zip(default(BlockFunctions.Add), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Subtract:
                        Zip(default(BlockFunctions.Subtract), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.SubtractFrom:
                        ZipWith(default(BlockFunctions.Subtract), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Multiply:
                        Zip(default(BlockFunctions.Multiply), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Square:
                        Zip(default(BlockFunctions.Multiply), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, a, b, c, d, e, f, g, h);
                        break;
                    case BlockOperation.Minimum:
                        Zip(default(BlockFunctions.Minimum), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Maximum:
                        Zip(default(BlockFunctions.Maximum), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Less:
                        Zip(default(BlockFunctions.Less), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Greater:
                        ZipWith(default(BlockFunctions.Less), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.LessEqual:
                        Zip(default(BlockFunctions.LessEqual), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.GreaterEqual:
                        ZipWith(default(BlockFunctions.LessEqual), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Equal:
                        Zip(default(BlockFunctions.Equal), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.NotEqual:
                        Zip(default(BlockFunctions.NotEqual), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.And:
                        Zip(default(BlockFunctions.And), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Or:
                        Zip(default(BlockFunctions.Or), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.Xor:
                        Zip(default(BlockFunctions.Xor), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.ShiftLeft when typeof(T) != typeof(float) && typeof(T) != typeof(double):
                        Map(new BlockFunctions.ShiftLeft(step->Count), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                        break;
                    case BlockOperation.ShiftRight when typeof(T) != typeof(float) && typeof(T) != typeof(double):
                        Map(new BlockFunctions.ShiftRight(step->Count), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                        break;
                    case BlockOperation.RotateLeft when typeof(T) != typeof(float) && typeof(T) != typeof(double):
                        Map(new BlockFunctions.RotateLeft(step->Count, 8 * sizeof(T)), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                        break;
                    case BlockOperation.Divide when typeof(T) == typeof(float) || typeof(T) == typeof(double):
                        Zip(default(BlockFunctions.Divide), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.DivideInto when typeof(T) == typeof(float) || typeof(T) == typeof(double):
                        ZipWith(default(BlockFunctions.Divide), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w);
                        break;
                    case BlockOperation.SquareRoot when typeof(T) == typeof(float) || typeof(T) == typeof(double):
                        Map(default(BlockFunctions.SquareRoot), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                        break;
                    case BlockOperation.Floor when typeof(T) == typeof(float) || typeof(T) == typeof(double):
                        Map(default(BlockFunctions.Floor), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                        break;
                    case BlockOperation.Round when typeof(T) == typeof(float) || typeof(T) == typeof(double):
                        Map(default(BlockFunctions.Round), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h);
                        break;
                    default:
                        Load(&step->Z, bases, offset, out i, out j, out k, out l, out m, out n, out o, out x);

                        switch (step->Operation)
                        {
                            case BlockOperation.MultiplyAdd:
                                First(default(BlockFunctions.MultiplyAdd), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w, i, j, k, l, m, n, o, x);
                                break;
                            case BlockOperation.AddProduct:
                                Third(default(BlockFunctions.MultiplyAdd), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w, i, j, k, l, m, n, o, x);
                                break;
                            case BlockOperation.Select:
                                First(default(BlockFunctions.Select), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w, i, j, k, l, m, n, o, x);
                                break;
                            case BlockOperation.SelectThis:
                                Second(default(BlockFunctions.Select), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w, i, j, k, l, m, n, o, x);
                                break;
                            case BlockOperation.SelectOther:
                                Third(default(BlockFunctions.Select), ref a, ref b, ref c, ref d, ref e, ref f, ref g, ref h, p, q, r, s, t, u, v, w, i, j, k, l, m, n, o, x);
                                break;
                        }

                        break;
                }

                if (step->Target.IsThere)
                    Store(&step->Target, bases, offset, a, b, c, d, e, f, g, h);
            }

            if (offset == last)
                return;
        }
    }
    // csharpier-ignore-end
}
