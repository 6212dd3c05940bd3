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

    /// <summary>Of an operation or two, which are loops of their own: the terms, and by term where its result is stored.</summary>
    private readonly BlockTerm[] terms;
    private readonly BlockValue[]? targets;

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
        var numbers = terms.SelectMany(term => new[] { term.X, term.Z }).Where(x => x.Step == 0).Distinct().ToArray();
        var bits = Array.FindAll(numbers, x => x.IsBits);
        constants = GC.AllocateUninitializedArray<ulong>(bits.Length * Words, pinned: true);

        for (var k = 0; k < constants.Length; k++)
        {
            var word = (ulong)bits[k / Words].Displacement;
            constants[k] = sizeof(T) == sizeof(uint) ? (uint)word | word << 32 : word;
        }

        BlockValue Placed(BlockValue x) =>
            x.IsBits ? new(zero, 0, (nint)Unsafe.AsPointer(ref constants[Array.IndexOf(bits, x) * Words])) : x;

        var changing = width == 0 ? [] : Array.FindAll(numbers, x => !x.IsBits);

        BlockValue Vectors(int k) => memory with { Displacement = memory.Displacement + k * Vector };

        ExpressionStep StepOf(BlockTerm term)
        {
            BlockValue Operand(BlockValue x) => Array.IndexOf(changing, x) is var k and >= 0 ? Vectors(k) : Placed(x);

            return new(term, Operand(term.X), Operand(term.Z));
        }

        this.width = width;
        steps = GC.AllocateUninitializedArray<ExpressionStep>(terms.Length, pinned: true);

        for (var k = 0; k < terms.Length; k++)
            steps[k] = StepOf(terms[k]);

        repeated = [.. changing.Select((x, k) => (x, Vectors(k)))];
        this.terms = [.. terms.Select(term => term with { X = Placed(term.X), Z = Placed(term.Z) })];
        targets = width == 0 ? null : TargetsOf(this.terms);
    }

    public BlockOperation[] Operations => [.. steps.Select(step => step.Operation)];

    /// <summary>Bytes of the widest vector.</summary>
    public const int Vector = 64;

    private const int Words = Vector / sizeof(ulong);

    /// <summary>Bytes of a block of which few operations are loops of their own.</summary>
    private const int Short = 256;

    /// <summary>Of an operation or two by term where its result is stored; null if that is read in between, and of more operations.</summary>
    private static BlockValue[]? TargetsOf(BlockTerm[] terms)
    {
        if (terms.Count(IsOperation) > 2)
            return null;

        var targets = new BlockValue[terms.Length];

        for (var k = 0; k < terms.Length; k++)
        {
            if (!IsOperation(terms[k]))
                continue;

            var end = Array.FindIndex(terms, k, term => term.Operation == BlockOperation.Store);
            targets[k] = terms[end].X;

            for (var between = k + 1; between < end; between++)
            {
                if (terms[between].X == targets[k] || terms[between].HasZ && terms[between].Z == targets[k])
                    return null;
            }
        }

        return targets;
    }

    private static bool IsOperation(BlockTerm term) =>
        term.Operation is not (BlockOperation.Load or BlockOperation.Store);

    /// <summary>A loop for each operation.</summary>
    private void RunApart(BlockFrame* frame, BlockValue[] targets)
    {
        OperationLoops.Elements value = default;

        for (var k = 0; k < terms.Length; k++)
        {
            ref var term = ref terms[k];
            var x = ElementsOf(term.X, frame);

            if (term.Operation == BlockOperation.Load)
                value = x;
            else if (term.Operation == BlockOperation.Store)
                Store(value, x, frame->Count);
            else
            {
                var z = term.HasZ ? ElementsOf(term.Z, frame) : x;
                var result = ElementsOf(targets[k], frame);
                OperationLoops.Run(width, term, value, x, z, (T*)result.At, frame->Count);
                value = result;
            }
        }
    }

    private static void Store(OperationLoops.Elements value, OperationLoops.Elements target, nint count)
    {
        if (value.Step == 0)
            Loops.Repeat((T*)value.At, (T*)target.At, count);
        else if (value.At != target.At)
            Buffer.MemoryCopy((void*)value.At, (void*)target.At, count * sizeof(T), count * sizeof(T));
    }

    private static OperationLoops.Elements ElementsOf(BlockValue x, BlockFrame* frame) =>
        new((nint)x.In(frame), x.Step);

    public override void Run(BlockFrame* frame)
    {
        if (width == 0)
            Run<OneNumber<T>>(frame->Bases, 0, sizeof(T));
        else if (targets is not null && frame->Count * sizeof(T) >= Short)
            RunApart(frame, targets);
        else
            RunBlock(frame);
    }

    private void RunBlock(BlockFrame* frame)
    {
        foreach (ref var number in repeated.AsSpan())
            Repeat(number.From.In(frame), number.To.In(frame));

        var bases = frame->Bases;
        var end = frame->Count * sizeof(T);

        // Four vectors a turn, then one, then narrower ones.
        var offset =
            width == 512 ? Run<FourVectors<Lanes512<T>>>(bases, 0, end)
            : width == 256 ? Run<FourVectors<Lanes256<T>>>(bases, 0, end)
            : Run<FourVectors<Lanes128<T>>>(bases, 0, end);

        if (width == 512)
            offset = Run<OneVector<Lanes512<T>>>(bases, offset, end);

        if (width >= 256)
            offset = Run<OneVector<Lanes256<T>>>(bases, offset, end);

        offset = Run<OneVector<Lanes128<T>>>(bases, offset, end);
        Run<OneNumber<T>>(bases, offset, end);
    }

    /// <summary>(What has no turn is not compiled.)</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint Run<TVectors>(byte** bases, nint offset, nint end)
        where TVectors : unmanaged, IVectors<TVectors> =>
        offset > end - TVectors.Bytes
            ? offset
            : ExpressionLoops.Run<TVectors, T>(
                (ExpressionStep*)Unsafe.AsPointer(ref steps[0]),
                steps.Length,
                bases,
                offset,
                end
            );

    private void Repeat(byte* number, byte* into)
    {
        if (width == 512)
            Vector512.Create(*(T*)number).Store((T*)into);
        else
            Vector256.Create(*(T*)number).Store((T*)into);
    }
}
