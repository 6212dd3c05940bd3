using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Several cheap operations, element by element, in vectors of at most so many bits. All that is not stored stays in registers.
/// </summary>
internal sealed unsafe class BlockExpression : BlockInstruction
{
    private readonly delegate* <ExpressionStep*, nint, BlockFrame*, int, bool, void> run;

    private readonly int width;
    private readonly ExpressionStep[] steps;

    /// <summary>Every operation of few is a loop of its own over a whole block, and has a target.</summary>
    private readonly bool areFew;

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
        var targets = width == 0 ? null : Targets(terms);
        areFew = targets is not null;

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
                    Target = targets is null ? term.Target : targets[k],
                }
            );
        }
    }

    public BlockOperation[] Operations => [.. steps.Select(step => step.Operation)];

    /// <summary>Bytes of memory that an expression of so many terms works in.</summary>
    public static int MemoryBytes(int width, int terms) => width == 0 ? 0 : 3 * terms * ExpressionNumbers.Vector;

    /// <summary>Of an operation or two by term where its result is stored, if only by a later one; null if that is read in between, and of more operations.</summary>
    private static BlockValue?[]? Targets(BlockTerm[] terms)
    {
        var (operations, targets) = (0, new BlockValue?[terms.Length]);

        for (var k = 0; k < terms.Length; k++)
        {
            operations += terms[k].Operation == BlockOperation.Move ? 0 : 1;
            targets[k] = terms[k].Target;
        }

        if (operations > 2)
            return null;

        for (var k = terms.Length - 2; k >= 0; k--)
        {
            if (targets[k] is not null || terms[k].Operation == BlockOperation.Move)
                continue;

            targets[k] = targets[k + 1];
            var next = terms[k + 1];

            if (targets[k] == next.X || targets[k] == next.Z)
                return null;
        }

        return targets;
    }

    public override void Run(BlockFrame* frame)
    {
        numbers.Repeat(frame);

        run((ExpressionStep*)Unsafe.AsPointer(ref steps[0]), steps.Length, frame, width, areFew);
    }
}
