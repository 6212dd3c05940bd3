using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Several cheap operations, element by element, in vectors of at most so many bits. All that is not stored stays in registers.
/// </summary>
internal sealed unsafe class BlockExpression : BlockInstruction
{
    private readonly delegate* <ExpressionStep*, nint, BlockFrame*, int, void> run;

    private readonly int width;
    private readonly ExpressionStep[] steps;

    /// <summary>(Their memory is pinned: steps have its address.)</summary>
    private readonly ExpressionNumbers numbers;

    /// <param name="type">Of the numbers.</param>
    /// <param name="width">The bits of the widest vectors; of numbers 0.</param>
    /// <param name="terms">What is done, in order.</param>
    /// <param name="zero">The number of an address that is 0.</param>
    /// <param name="memory">Where the workspace has bytes for it.</param>
    public BlockExpression(TypeCode type, int width, BlockTerm[] terms, int zero, BlockValue memory)
    {
        run = type switch
        {
            TypeCode.Single => width == 0 ? &ExpressionBlocks.RunNumbers<float> : &ExpressionBlocks.Run<float>,
            TypeCode.Double => width == 0 ? &ExpressionBlocks.RunNumbers<double> : &ExpressionBlocks.Run<double>,
            TypeCode.Int32 => width == 0 ? &ExpressionBlocks.RunNumbers<int> : &ExpressionBlocks.Run<int>,
            TypeCode.UInt32 => width == 0 ? &ExpressionBlocks.RunNumbers<uint> : &ExpressionBlocks.Run<uint>,
            TypeCode.Int64 => width == 0 ? &ExpressionBlocks.RunNumbers<long> : &ExpressionBlocks.Run<long>,
            TypeCode.UInt64 => width == 0 ? &ExpressionBlocks.RunNumbers<ulong> : &ExpressionBlocks.Run<ulong>,
            _ => throw new NotSupportedException($"No expressions of elements of type {type}."),
        };
        var areOfFour = type is TypeCode.Single or TypeCode.Int32 or TypeCode.UInt32;

        this.width = width;
        numbers = new(width, areOfFour, terms, zero, memory);
        steps = GC.AllocateUninitializedArray<ExpressionStep>(terms.Length, pinned: true);

        for (var k = 0; k < terms.Length; k++)
        {
            var term = terms[k];

            steps[k] = new(
                term with
                {
                    First = term.First is { } first ? numbers.Placed(first) : null,
                    X = numbers.Placed(term.X),
                    Z = numbers.Placed(term.Z),
                }
            );
        }
    }

    public BlockOperation[] Operations => [.. steps.Select(step => step.Operation)];

    /// <summary>Bytes of memory that an expression of so many terms works in.</summary>
    public static int MemoryBytes(int width, int terms) => width == 0 ? 0 : 3 * terms * ExpressionNumbers.Vector;

    public override void Run(BlockFrame* frame)
    {
        numbers.Repeat(frame);

        run((ExpressionStep*)Unsafe.AsPointer(ref steps[0]), steps.Length, frame, width);
    }
}
