using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Expressions of cheap operations, whose value stays in registers from one to the next: all terms for some vectors, then for the next ones. A method for each
/// number type, vector width and number of vectors, compiled in full at its first use.
/// </summary>
internal static unsafe class ExpressionLoops
{
    /// <summary>From one byte of the block on as many turns as end before another; where the next would begin.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static nint Run<TVectors, T>(ExpressionStep* steps, nint length, byte** bases, nint offset, nint end)
        where TVectors : unmanaged, IVectors<TVectors>
        where T : unmanaged
    {
        var last = steps + length;

        for (; offset <= end - TVectors.Bytes; offset += TVectors.Bytes)
        {
            Unsafe.SkipInit(out TVectors v);

            for (var step = steps; step < last; step++)
            {
                var at = bases[step->Base] + step->Displacement + (offset & step->Moves);
                var x = TVectors.Load(at, step->Moves);

                switch (step->Operation)
                {
                    case BlockOperation.Load:
                        v = x;
                        break;
                    case BlockOperation.Store:
                        TVectors.Store(at, v);
                        break;
                    case BlockOperation.Add:
                        v = TVectors.Of(default(BlockFunctions.Add), v, x);
                        break;
                    case BlockOperation.Subtract:
                        v = TVectors.Of(default(BlockFunctions.Subtract), v, x);
                        break;
                    case BlockOperation.SubtractFrom:
                        v = TVectors.Of(default(BlockFunctions.Subtract), x, v);
                        break;
                    case BlockOperation.Multiply:
                        v = TVectors.Of(default(BlockFunctions.Multiply), v, x);
                        break;
                    case BlockOperation.Square:
                        v = TVectors.Of(default(BlockFunctions.Multiply), v, v);
                        break;
                    case BlockOperation.Minimum:
                        v = TVectors.Of(default(BlockFunctions.Minimum), v, x);
                        break;
                    case BlockOperation.Maximum:
                        v = TVectors.Of(default(BlockFunctions.Maximum), v, x);
                        break;
                    case BlockOperation.Negate:
                        v = TVectors.Of(default(BlockFunctions.Negate), v);
                        break;
                    case BlockOperation.MultiplyAdd:
                        v = TVectors.Of(
                            default(BlockFunctions.MultiplyAdd),
                            v,
                            x,
                            Third<TVectors>(bases, step, offset)
                        );
                        break;
                    case BlockOperation.AddProduct:
                        v = TVectors.Of(
                            default(BlockFunctions.MultiplyAdd),
                            x,
                            Third<TVectors>(bases, step, offset),
                            v
                        );
                        break;
                    case BlockOperation.Less:
                        v = TVectors.Of(default(BlockFunctions.Less), v, x);
                        break;
                    case BlockOperation.Greater:
                        v = TVectors.Of(default(BlockFunctions.Less), x, v);
                        break;
                    case BlockOperation.LessEqual:
                        v = TVectors.Of(default(BlockFunctions.LessEqual), v, x);
                        break;
                    case BlockOperation.GreaterEqual:
                        v = TVectors.Of(default(BlockFunctions.LessEqual), x, v);
                        break;
                    case BlockOperation.Equal:
                        v = TVectors.Of(default(BlockFunctions.Equal), v, x);
                        break;
                    case BlockOperation.NotEqual:
                        v = TVectors.Of(default(BlockFunctions.NotEqual), v, x);
                        break;
                    case BlockOperation.Select:
                        v = TVectors.Of(default(BlockFunctions.Select), v, x, Third<TVectors>(bases, step, offset));
                        break;
                    case BlockOperation.SelectThis:
                        v = TVectors.Of(default(BlockFunctions.Select), x, v, Third<TVectors>(bases, step, offset));
                        break;
                    case BlockOperation.SelectOther:
                        v = TVectors.Of(default(BlockFunctions.Select), x, Third<TVectors>(bases, step, offset), v);
                        break;
                    case BlockOperation.And:
                        v = TVectors.Of(default(BlockFunctions.And), v, x);
                        break;
                    case BlockOperation.Or:
                        v = TVectors.Of(default(BlockFunctions.Or), v, x);
                        break;
                    case BlockOperation.Xor:
                        v = TVectors.Of(default(BlockFunctions.Xor), v, x);
                        break;
                    case BlockOperation.Not:
                        v = TVectors.Of(default(BlockFunctions.Not), v);
                        break;
                    case BlockOperation.ShiftLeft:
                        v = TVectors.Of(new BlockFunctions.ShiftLeft(step->Count), v);
                        break;
                    case BlockOperation.ShiftRight:
                        v = TVectors.Of(new BlockFunctions.ShiftRight(step->Count), v);
                        break;
                    case BlockOperation.RotateLeft:
                        v = TVectors.Of(new BlockFunctions.RotateLeft(step->Count, 8 * sizeof(T)), v);
                        break;
                    default:
                        if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
                            v = OfFloats(step->Operation, v, x);

                        break;
                }
            }
        }

        return offset;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVectors Third<TVectors>(byte** bases, ExpressionStep* step, nint offset)
        where TVectors : unmanaged, IVectors<TVectors> =>
        TVectors.Load(bases[step->BaseZ] + step->DisplacementZ + (offset & step->MovesZ), step->MovesZ);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVectors OfFloats<TVectors>(BlockOperation operation, TVectors v, TVectors x)
        where TVectors : unmanaged, IVectors<TVectors> =>
        operation switch
        {
            BlockOperation.Divide => TVectors.Of(default(BlockFunctions.Divide), v, x),
            BlockOperation.DivideInto => TVectors.Of(default(BlockFunctions.Divide), x, v),
            BlockOperation.SquareRoot => TVectors.Of(default(BlockFunctions.SquareRoot), v),
            BlockOperation.Absolute => TVectors.Of(default(BlockFunctions.Absolute), v),
            BlockOperation.Floor => TVectors.Of(default(BlockFunctions.Floor), v),
            _ => TVectors.Of(default(BlockFunctions.Round), v),
        };
}
