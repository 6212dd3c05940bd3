namespace Pipeline.Kernels;

/// <summary>Operations of expressions one by one: a loop over all elements for each. Of an operation or two that takes less than terms do.</summary>
internal static unsafe class OperationLoops
{
    /// <summary>Elements, or one for all.</summary>
    public readonly record struct Elements(nint At, int Step);

    /// <summary>r = the operation of the value v so far and the operands x and z.</summary>
    public static void Run<T>(int width, BlockTerm term, Elements v, Elements x, Elements z, T* r, nint count)
        where T : unmanaged
    {
        switch (term.Operation)
        {
            case BlockOperation.Add:
                Of<BlockFunctions.Add, T>(width, v, x, r, count);
                break;
            case BlockOperation.Subtract:
                Of<BlockFunctions.Subtract, T>(width, v, x, r, count);
                break;
            case BlockOperation.SubtractFrom:
                Of<BlockFunctions.Subtract, T>(width, x, v, r, count);
                break;
            case BlockOperation.Multiply:
                Of<BlockFunctions.Multiply, T>(width, v, x, r, count);
                break;
            case BlockOperation.Minimum:
                Of<BlockFunctions.Minimum, T>(width, v, x, r, count);
                break;
            case BlockOperation.Maximum:
                Of<BlockFunctions.Maximum, T>(width, v, x, r, count);
                break;
            case BlockOperation.Less:
                Of<BlockFunctions.Less, T>(width, v, x, r, count);
                break;
            case BlockOperation.Greater:
                Of<BlockFunctions.Less, T>(width, x, v, r, count);
                break;
            case BlockOperation.LessEqual:
                Of<BlockFunctions.LessEqual, T>(width, v, x, r, count);
                break;
            case BlockOperation.GreaterEqual:
                Of<BlockFunctions.LessEqual, T>(width, x, v, r, count);
                break;
            case BlockOperation.Equal:
                Of<BlockFunctions.Equal, T>(width, v, x, r, count);
                break;
            case BlockOperation.NotEqual:
                Of<BlockFunctions.NotEqual, T>(width, v, x, r, count);
                break;
            case BlockOperation.And:
                Of<BlockFunctions.And, T>(width, v, x, r, count);
                break;
            case BlockOperation.Or:
                Of<BlockFunctions.Or, T>(width, v, x, r, count);
                break;
            case BlockOperation.Xor:
                Of<BlockFunctions.Xor, T>(width, v, x, r, count);
                break;
            case BlockOperation.Square:
                Of<BlockFunctions.Multiply, T>(width, v, v, r, count);
                break;
            case BlockOperation.Negate:
                Of<BlockFunctions.Negate, T>(width, default, v, r, count);
                break;
            case BlockOperation.Not:
                Of<BlockFunctions.Not, T>(width, default, v, r, count);
                break;
            case BlockOperation.ShiftLeft:
                Of<BlockFunctions.ShiftLeft, T>(width, new(term.Count), v, r, count);
                break;
            case BlockOperation.ShiftRight:
                Of<BlockFunctions.ShiftRight, T>(width, new(term.Count), v, r, count);
                break;
            case BlockOperation.RotateLeft:
                Of<BlockFunctions.RotateLeft, T>(width, new(term.Count, 8 * sizeof(T)), v, r, count);
                break;
            case BlockOperation.MultiplyAdd:
                Of<BlockFunctions.MultiplyAdd, T>(width, v, x, z, r, count);
                break;
            case BlockOperation.AddProduct:
                Of<BlockFunctions.MultiplyAdd, T>(width, x, z, v, r, count);
                break;
            case BlockOperation.Select:
                Of<BlockFunctions.Select, T>(width, v, x, z, r, count);
                break;
            case BlockOperation.SelectThis:
                Of<BlockFunctions.Select, T>(width, x, v, z, r, count);
                break;
            case BlockOperation.SelectOther:
                Of<BlockFunctions.Select, T>(width, x, z, v, r, count);
                break;
            default:
                if (typeof(T) == typeof(float) || typeof(T) == typeof(double))
                    OfFloats(width, term.Operation, v, x, r, count);

                break;
        }
    }

    private static void OfFloats<T>(int width, BlockOperation operation, Elements v, Elements x, T* r, nint count)
        where T : unmanaged
    {
        switch (operation)
        {
            case BlockOperation.Divide:
                Of<BlockFunctions.Divide, T>(width, v, x, r, count);
                break;
            case BlockOperation.DivideInto:
                Of<BlockFunctions.Divide, T>(width, x, v, r, count);
                break;
            case BlockOperation.SquareRoot:
                Of<BlockFunctions.SquareRoot, T>(width, default, v, r, count);
                break;
            case BlockOperation.Absolute:
                Of<BlockFunctions.Absolute, T>(width, default, v, r, count);
                break;
            case BlockOperation.Floor:
                Of<BlockFunctions.Floor, T>(width, default, v, r, count);
                break;
            default:
                Of<BlockFunctions.Round, T>(width, default, v, r, count);
                break;
        }
    }

    private static void Of<TFunction, T>(int width, TFunction f, Elements x, T* r, nint count)
        where TFunction : struct, IFunction
        where T : unmanaged => BlockLoops.Map<TFunction, T>(width, f, (T*)x.At, x.Step, r, count);

    private static void Of<TFunction, T>(int width, Elements x, Elements z, T* r, nint count)
        where TFunction : struct, IFunction2
        where T : unmanaged =>
        BlockLoops.Map<TFunction, T>(width, default, (T*)x.At, x.Step, (T*)z.At, z.Step, r, count);

    private static void Of<TFunction, T>(int width, Elements x, Elements y, Elements z, T* r, nint count)
        where TFunction : struct, IFunction3
        where T : unmanaged =>
        BlockLoops.Map<TFunction, T>(width, default, (T*)x.At, x.Step, (T*)y.At, y.Step, (T*)z.At, z.Step, r, count);
}
