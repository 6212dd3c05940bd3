using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>
/// Several cheap operations, element by element, in vectors of at most so many bits. All that is not stored stays in registers.
/// </summary>
internal sealed unsafe class BlockExpression : BlockInstruction
{
    private readonly delegate* <ExpressionStep*, nint, BlockFrame*, int, bool, void> run;

    /// <summary>Elements have 4 bytes, not 8.</summary>
    private readonly bool areOfFour;
    private readonly int width;
    private readonly ExpressionStep[] steps;

    /// <summary>Every operation of few is a loop of its own over a whole block, and has a target.</summary>
    private readonly bool areFew;

    /// <summary>Where numbers of the workspace lie, and where a vector of each goes.</summary>
    private readonly (BlockValue From, BlockValue To)[] repeated;

    /// <summary>A vector of each number that does not change. Pinned: steps have its address.</summary>
    private readonly ulong[] constants;

    /// <param name="type">Of the numbers.</param>
    /// <param name="width">The bits of the widest vectors; of numbers 0.</param>
    /// <param name="terms">What is done, in order.</param>
    /// <param name="zero">The number of an address that is 0.</param>
    /// <param name="memory">A vector for each operand.</param>
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
        areOfFour = type is TypeCode.Single or TypeCode.Int32 or TypeCode.UInt32;
        var targets = width == 0 ? null : Targets(terms);
        areFew = targets is not null;

        BlockValue[] numbers =
        [
            .. terms
                .SelectMany(term => new[] { term.First ?? term.X, term.X, term.Z })
                .Where(x => x.Step == 0)
                .Distinct(),
        ];

        var bits = Array.FindAll(numbers, x => x.IsBits);
        var changing = width == 0 ? [] : Array.FindAll(numbers, x => !x.IsBits);
        constants = GC.AllocateUninitializedArray<ulong>(bits.Length * Words, pinned: true);

        for (var k = 0; k < constants.Length; k++)
        {
            var word = (ulong)bits[k / Words].Displacement;
            constants[k] = areOfFour ? (uint)word * 0x1_0000_0001UL : word;
        }

        BlockValue Vectors(int k) => memory with { Displacement = memory.Displacement + k * Vector };

        BlockValue Placed(BlockValue x) =>
            x.IsBits ? new(zero, 0, (nint)Unsafe.AsPointer(ref constants[Array.IndexOf(bits, x) * Words]))
            : Array.IndexOf(changing, x) is var k and >= 0 ? Vectors(k)
            : x;

        this.width = width;
        steps = GC.AllocateUninitializedArray<ExpressionStep>(terms.Length, pinned: true);

        for (var k = 0; k < terms.Length; k++)
        {
            var term = terms[k];

            steps[k] = new(
                term with
                {
                    First = term.First is { } first ? Placed(first) : null,
                    X = Placed(term.X),
                    Z = Placed(term.Z),
                    Target = targets is null ? term.Target : targets[k],
                }
            );
        }

        repeated = [.. changing.Select((x, k) => (x, Vectors(k)))];
    }

    public BlockOperation[] Operations => [.. steps.Select(step => step.Operation)];

    /// <summary>Bytes of memory that an expression of so many operands works in.</summary>
    public static int MemoryBytes(int operands) => operands * Vector;

    /// <summary>Bytes of the widest vector.</summary>
    private const int Vector = 64;

    private const int Words = Vector / sizeof(ulong);

    /// <summary>Of an operation or two by term where its result is stored, if only by a later one; null if that is read in between, and of more operations.</summary>
    private static BlockValue?[]? Targets(BlockTerm[] terms)
    {
        if (terms.Count(term => term.Operation != BlockOperation.Move) > 2)
            return null;

        var targets = Array.ConvertAll(terms, term => term.Target);

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
        foreach (ref var number in repeated.AsSpan())
            Repeat(number.From.In(frame), number.To.In(frame));

        run((ExpressionStep*)Unsafe.AsPointer(ref steps[0]), steps.Length, frame, width, areFew);
    }

    private void Repeat(byte* number, byte* into)
    {
        var word = areOfFour ? *(uint*)number * 0x1_0000_0001UL : *(ulong*)number;

        if (width == 512)
            Vector512.Create(word).Store((ulong*)into);
        else
            Vector256.Create(word).Store((ulong*)into);
    }
}
