using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Expressions of cheap operations, whose value stays in registers from one to the next: all terms for some vectors, then for the next ones. A method for each
/// number type, vector width and number of vectors, compiled in full at its first use.
/// </summary>
internal static unsafe class ExpressionLoops
{
    /// <summary>So many turns, each for the vectors behind those of the one before; so are the addresses in the end.</summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    public static void Run<TVectors, T>(
        ExpressionStep* steps,
        nint length,
        BlockAddress* addresses,
        nint operands,
        nint turns
    )
        where TVectors : unmanaged, IVectors<TVectors>
        where T : unmanaged
    {
        var end = steps + length;

        for (; turns > 0; turns--)
        {
            Unsafe.SkipInit(out TVectors v);

            for (var step = steps; step < end; step++)
            {
                var operand = (BlockAddress*)((byte*)addresses + step->X);

                var x = TVectors.Load(operand->At, operand->Move);

                switch (step->Operation)
                {
                    case BlockOperation.Load:
                        v = x;
                        break;
                    case BlockOperation.Store:
                        TVectors.Store(operand->At, operand->Move, v);
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
                        v = TVectors.Of(default(BlockFunctions.MultiplyAdd), v, x, Third<TVectors>(addresses, step));
                        break;
                    case BlockOperation.AddProduct:
                        v = TVectors.Of(default(BlockFunctions.MultiplyAdd), x, Third<TVectors>(addresses, step), v);
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
                        v = TVectors.Of(default(BlockFunctions.Select), v, x, Third<TVectors>(addresses, step));
                        break;
                    case BlockOperation.SelectThis:
                        v = TVectors.Of(default(BlockFunctions.Select), x, v, Third<TVectors>(addresses, step));
                        break;
                    case BlockOperation.SelectOther:
                        v = TVectors.Of(default(BlockFunctions.Select), x, Third<TVectors>(addresses, step), v);
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
                        v = TVectors.Of(new BlockFunctions.ShiftLeft((int)step->Z), v);
                        break;
                    case BlockOperation.ShiftRight:
                        v = TVectors.Of(new BlockFunctions.ShiftRight((int)step->Z), v);
                        break;
                    case BlockOperation.RotateLeft:
                        v = TVectors.Of(new BlockFunctions.RotateLeft((int)step->Z, 8 * sizeof(T)), v);
                        break;
                    default:
                        if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
                            v = OfFloats(step->Operation, v, x);

                        break;
                }
            }

            for (nint k = 0; TVectors.Vectors > 0 && k < operands; k++)
                addresses[k].At += TVectors.Vectors * addresses[k].Move;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVectors Third<TVectors>(BlockAddress* addresses, ExpressionStep* step)
        where TVectors : unmanaged, IVectors<TVectors> =>
        TVectors.Load(
            ((BlockAddress*)((byte*)addresses + step->Z))->At,
            ((BlockAddress*)((byte*)addresses + step->Z))->Move
        );

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
