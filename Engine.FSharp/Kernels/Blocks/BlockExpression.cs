using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>
/// Several cheap operations, element by element, in vectors of at most so many bits. All that is not stored stays in registers.
/// </summary>
internal sealed unsafe class BlockExpression<T> : BlockInstruction
    where T : unmanaged
{
    private readonly int width;
    private readonly ExpressionStep[] steps;

    /// <summary>Every operation of few is a loop of its own over a whole block, and has a target.</summary>
    private readonly bool areFew;

    /// <summary>Where numbers of the workspace lie, and where a vector of each goes.</summary>
    private readonly (BlockValue From, BlockValue To)[] repeated;

    /// <summary>A vector of each number that does not change. Pinned: steps have its address.</summary>
    private readonly ulong[] constants;

    /// <param name="width">The bits of the widest vectors; of numbers 0.</param>
    /// <param name="terms">What is done, in order.</param>
    /// <param name="zero">The number of an address that is 0.</param>
    /// <param name="memory">A vector for each operand.</param>
    public BlockExpression(int width, BlockTerm[] terms, int zero, BlockValue memory)
    {
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
            constants[k] = sizeof(T) == sizeof(uint) ? (uint)word | word << 32 : word;
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

    /// <summary>Bytes of the widest vector.</summary>
    public const int Vector = 64;

    private const int Words = Vector / sizeof(ulong);

    /// <summary>Bytes of a block of which few operations are loops of their own.</summary>
    private const int Short = 256;

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
        var bases = frame->Bases;

        if (width == 0)
        {
            Run<OneNumber<T, NumberByItself>>(bases, 0, 1);
            return;
        }

        foreach (ref var number in repeated.AsSpan())
            Repeat(number.From.In(frame), number.To.In(frame));

        var bytes = frame->Count * sizeof(T);

        if (areFew && bytes >= Short)
            Run<WholeBlock<T>>(bases, 0, 1, frame->Count);
        else if (width == 512)
            RunNarrower(bases, RunVectors<Lanes512<T>>(bases, 0, bytes), bytes);
        else if (width == 256)
            RunNarrower(bases, RunVectors<Lanes256<T>>(bases, 0, bytes), bytes);
        else
            RunNarrower(bases, RunVectors<Lanes128<T>>(bases, 0, bytes), bytes);
    }

    /// <summary>Four vectors a turn, then one.</summary>
    private nint RunVectors<TLane>(byte** bases, nint offset, nint bytes)
        where TLane : unmanaged, IVectorLane<TLane>
    {
        var vectors = (bytes - offset) / sizeof(TLane);

        if (vectors >= 4)
            offset = Run<FourVectors<TLane>>(bases, offset, vectors / 4);

        return (vectors & 3) == 0 ? offset : Run<OneVector<TLane>>(bases, offset, vectors & 3);
    }

    /// <summary>What does not fill a vector.</summary>
    private void RunNarrower(byte** bases, nint offset, nint bytes)
    {
        if (bytes - offset >= sizeof(Lanes256<T>))
            offset = Run<OneVector<Lanes256<T>>>(bases, offset, 1);

        if (bytes - offset >= sizeof(Lanes128<T>))
            offset = Run<OneVector<Lanes128<T>>>(bases, offset, 1);

        if (bytes > offset)
            Run<OneNumber<T, NumberOfBlock>>(bases, offset, (bytes - offset) / sizeof(T));
    }

    private nint Run<TVectors>(byte** bases, nint offset, nint turns, nint count = 0)
        where TVectors : unmanaged, IVectors<TVectors> =>
        ExpressionLoops.Run<TVectors, T>(
            (ExpressionStep*)Unsafe.AsPointer(ref steps[0]),
            steps.Length,
            bases,
            offset,
            turns,
            width,
            count
        );

    private void Repeat(byte* number, byte* into)
    {
        if (width == 512)
            Vector512.Create(*(T*)number).Store((T*)into);
        else
            Vector256.Create(*(T*)number).Store((T*)into);
    }
}
