using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Expressions of cheap operations, whose value stays in registers from one to the next: all terms for some vectors, then for the next ones. A method for each
/// number type, vector width and number of vectors, compiled in full at its first use.
/// </summary>
internal static unsafe class ExpressionLoops
{
    /// <summary>From one byte of the block on so many turns; where the next would begin.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static nint Run<TVectors, T>(
        ExpressionStep* steps,
        nint length,
        byte** bases,
        nint offset,
        nint turns,
        int width = 0,
        nint count = 0
    )
        where TVectors : unmanaged, IVectors<TVectors>
        where T : unmanaged
    {
        var last = steps + length;

        for (; turns > 0; turns--, offset += TVectors.Bytes)
        {
            Unsafe.SkipInit(out TVectors v);

            for (var step = steps; step < last; step++)
            {
                if (step->First.IsThere)
                    v = step->First.Load<TVectors>(bases, offset);

                var x = step->X.Load<TVectors>(bases, offset);
                var to = new ExpressionTarget(step, bases, width, count);

                switch (step->Operation)
                {
                    case BlockOperation.Move:
                        break;
                    case BlockOperation.Add:
                        v = TVectors.Of(default(BlockFunctions.Add), to, v, x);
                        break;
                    case BlockOperation.Subtract:
                        v = TVectors.Of(default(BlockFunctions.Subtract), to, v, x);
                        break;
                    case BlockOperation.SubtractFrom:
                        v = TVectors.Of(default(BlockFunctions.Subtract), to, x, v);
                        break;
                    case BlockOperation.Multiply:
                        v = TVectors.Of(default(BlockFunctions.Multiply), to, v, x);
                        break;
                    case BlockOperation.Square:
                        v = TVectors.Of(default(BlockFunctions.Multiply), to, v, v);
                        break;
                    case BlockOperation.Minimum:
                        v = TVectors.Of(default(BlockFunctions.Minimum), to, v, x);
                        break;
                    case BlockOperation.Maximum:
                        v = TVectors.Of(default(BlockFunctions.Maximum), to, v, x);
                        break;
                    case BlockOperation.Negate:
                        v = TVectors.Of(default(BlockFunctions.Negate), to, v);
                        break;
                    case BlockOperation.MultiplyAdd:
                        v = TVectors.Of(
                            default(BlockFunctions.MultiplyAdd),
                            to,
                            v,
                            x,
                            step->Z.Load<TVectors>(bases, offset)
                        );
                        break;
                    case BlockOperation.AddProduct:
                        v = TVectors.Of(
                            default(BlockFunctions.MultiplyAdd),
                            to,
                            x,
                            step->Z.Load<TVectors>(bases, offset),
                            v
                        );
                        break;
                    case BlockOperation.Less:
                        v = TVectors.Of(default(BlockFunctions.Less), to, v, x);
                        break;
                    case BlockOperation.Greater:
                        v = TVectors.Of(default(BlockFunctions.Less), to, x, v);
                        break;
                    case BlockOperation.LessEqual:
                        v = TVectors.Of(default(BlockFunctions.LessEqual), to, v, x);
                        break;
                    case BlockOperation.GreaterEqual:
                        v = TVectors.Of(default(BlockFunctions.LessEqual), to, x, v);
                        break;
                    case BlockOperation.Equal:
                        v = TVectors.Of(default(BlockFunctions.Equal), to, v, x);
                        break;
                    case BlockOperation.NotEqual:
                        v = TVectors.Of(default(BlockFunctions.NotEqual), to, v, x);
                        break;
                    case BlockOperation.Select:
                        v = TVectors.Of(
                            default(BlockFunctions.Select),
                            to,
                            v,
                            x,
                            step->Z.Load<TVectors>(bases, offset)
                        );
                        break;
                    case BlockOperation.SelectThis:
                        v = TVectors.Of(
                            default(BlockFunctions.Select),
                            to,
                            x,
                            v,
                            step->Z.Load<TVectors>(bases, offset)
                        );
                        break;
                    case BlockOperation.SelectOther:
                        v = TVectors.Of(
                            default(BlockFunctions.Select),
                            to,
                            x,
                            step->Z.Load<TVectors>(bases, offset),
                            v
                        );
                        break;
                    case BlockOperation.And:
                        v = TVectors.Of(default(BlockFunctions.And), to, v, x);
                        break;
                    case BlockOperation.Or:
                        v = TVectors.Of(default(BlockFunctions.Or), to, v, x);
                        break;
                    case BlockOperation.Xor:
                        v = TVectors.Of(default(BlockFunctions.Xor), to, v, x);
                        break;
                    case BlockOperation.Not:
                        v = TVectors.Of(default(BlockFunctions.Not), to, v);
                        break;
                    case BlockOperation.ShiftLeft:
                        v = TVectors.Of(new BlockFunctions.ShiftLeft(step->Count), to, v);
                        break;
                    case BlockOperation.ShiftRight:
                        v = TVectors.Of(new BlockFunctions.ShiftRight(step->Count), to, v);
                        break;
                    case BlockOperation.RotateLeft:
                        v = TVectors.Of(new BlockFunctions.RotateLeft(step->Count, 8 * sizeof(T)), to, v);
                        break;
                    default:
                        if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
                            v = OfFloats(step->Operation, to, v, x);

                        break;
                }

                if (step->Target.IsThere)
                    TVectors.Store(step->Target.In<TVectors>(bases, offset), to, v);
            }
        }

        return offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVectors OfFloats<TVectors>(BlockOperation operation, ExpressionTarget to, TVectors v, TVectors x)
        where TVectors : unmanaged, IVectors<TVectors> =>
        operation switch
        {
            BlockOperation.Divide => TVectors.Of(default(BlockFunctions.Divide), to, v, x),
            BlockOperation.DivideInto => TVectors.Of(default(BlockFunctions.Divide), to, x, v),
            BlockOperation.SquareRoot => TVectors.Of(default(BlockFunctions.SquareRoot), to, v),
            BlockOperation.Absolute => TVectors.Of(default(BlockFunctions.Absolute), to, v),
            BlockOperation.Floor => TVectors.Of(default(BlockFunctions.Floor), to, v),
            _ => TVectors.Of(default(BlockFunctions.Round), to, v),
        };
}
