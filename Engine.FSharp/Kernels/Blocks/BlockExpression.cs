using System.Runtime.CompilerServices;

namespace Pipeline.Kernels;

/// <summary>
/// Several cheap operations, element by element, in vectors of at most so many bits. All that is not stored stays in registers. On numbers everything is read
/// before anything is stored.
/// </summary>
internal sealed unsafe class BlockExpression<T> : BlockInstruction
    where T : unmanaged
{
    private readonly int width;
    private readonly bool isOfNumbers;
    private readonly ExpressionStep[] steps;
    private readonly BlockTerm[] terms;
    private readonly int[]? targets;
    private readonly BlockPlace[] places;
    private readonly nint memory;
    private readonly ulong[] bits;
    private readonly int[] stored;

    /// <param name="width">The bits of the widest vectors; of numbers 0.</param>
    /// <param name="terms">What is done, in order.</param>
    /// <param name="places">The operands.</param>
    /// <param name="memory">Where the workspace has MemoryBytes for it.</param>
    public BlockExpression(int width, BlockTerm[] terms, BlockPlace[] places, nint memory)
    {
        this.width = width;
        isOfNumbers = width == 0;
        steps = GC.AllocateUninitializedArray<ExpressionStep>(terms.Length, pinned: true);

        for (var k = 0; k < terms.Length; k++)
            steps[k] = new(terms[k]);

        this.terms = terms;
        targets = isOfNumbers ? null : TargetsOf(terms);
        this.places = places;
        this.memory = memory;
        bits = GC.AllocateUninitializedArray<ulong>(places.Length, pinned: true);

        for (var k = 0; k < places.Length; k++)
            bits[k] = places[k].Bits;

        stored = [.. Enumerable.Range(0, places.Length).Where(k => places[k].IsWritten && places[k].Pointer >= 0)];
    }

    public BlockOperation[] Operations => [.. steps.Select(step => step.Operation)];

    /// <summary>A vector for each operand, where it is read from, and where it came from.</summary>
    public static nint MemoryBytes(int operands) => operands * (Vector + sizeof(BlockAddress) + sizeof(byte*));

    private const int Vector = 64;

    /// <summary>Bytes of a block of which few operations are loops of their own.</summary>
    private const int Short = 256;

    /// <summary>Of an operation or two by term where its result is stored; null if that is read in between, and of more operations.</summary>
    private static int[]? TargetsOf(BlockTerm[] terms)
    {
        if (terms.Count(IsOperation) > 2)
            return null;

        var targets = new int[terms.Length];

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
    private void RunApart(BlockFrame* frame, int[] targets)
    {
        OperationLoops.Elements value = default;

        for (var k = 0; k < terms.Length; k++)
        {
            var term = terms[k];
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

    private OperationLoops.Elements ElementsOf(int operand, BlockFrame* frame)
    {
        var place = places[operand];
        var isConstant = place.Slot < 0 && place.Pointer < 0;
        return new((nint)(isConstant ? Unsafe.AsPointer(ref bits[operand]) : AddressOf(place, frame)), place.Step);
    }

    public override void Run(BlockFrame* frame)
    {
        if (isOfNumbers)
            RunNumbers(frame);
        else if (targets is not null && frame->Count * sizeof(T) >= Short)
            RunApart(frame, targets);
        else if (width == 512)
            RunBlock<Lanes512<T>>(frame);
        else if (width == 256)
            RunBlock<Lanes256<T>>(frame);
        else
            RunBlock<Lanes128<T>>(frame);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunNumbers(BlockFrame* frame)
    {
        var numbers = frame->Workspace + memory;
        var addresses = (BlockAddress*)(numbers + places.Length * Vector);

        var constants = (byte*)Unsafe.AsPointer(ref bits[0]);

        for (var k = 0; k < places.Length; k++)
        {
            var place = places[k];
            addresses[k].At =
                place.Slot >= 0 ? frame->Slots[place.Slot]
                : place.Pointer < 0 ? constants + k * sizeof(ulong)
                : place.IsWritten ? numbers + k * Vector
                : frame->Pointers[place.Pointer] + place.Displacement;
        }

        Run<OneNumber<T>>(addresses, 1);

        foreach (var k in stored)
            *(T*)AddressOf(places[k], frame) = *(T*)(numbers + k * Vector);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunBlock<TLane>(BlockFrame* frame)
        where TLane : unmanaged, IVectorLane<TLane>
    {
        var numbers = frame->Workspace + memory;
        var addresses = (BlockAddress*)(numbers + places.Length * Vector);

        for (var k = 0; k < places.Length; k++)
        {
            var isNumber = places[k].Step == 0;

            if (isNumber)
                Repeat<TLane>(places[k], frame, numbers + k * Vector);

            addresses[k].At = isNumber ? numbers + k * Vector : AddressOf(places[k], frame);
            addresses[k].Move = isNumber ? 0 : sizeof(TLane);
        }

        var vectors = frame->Count / TLane.Count;

        if (vectors >= 4)
            Run<FourVectors<TLane>>(addresses, vectors / 4);

        if ((vectors & 3) > 0)
            Run<OneVector<TLane>>(addresses, vectors & 3);

        if (frame->Count > vectors * TLane.Count)
            RunRest<TLane>(numbers, addresses, frame->Count - vectors * TLane.Count);
    }

    /// <summary>The elements that do not fill a vector are moved into one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void RunRest<TLane>(byte* numbers, BlockAddress* addresses, nint count)
        where TLane : unmanaged, IVectorLane<TLane>
    {
        var ends = (byte**)(addresses + places.Length);
        var bytes = (uint)(count * sizeof(T));

        for (var k = 0; k < places.Length; k++)
        {
            if (places[k].Step == 0)
                continue;

            ends[k] = addresses[k].At;
            addresses[k].At = numbers + k * Vector;

            if (places[k].IsRead)
                Unsafe.CopyBlockUnaligned(numbers + k * Vector, ends[k], bytes);
        }

        Run<OneVector<TLane>>(addresses, 1);

        for (var k = 0; k < places.Length; k++)
        {
            if (places[k].IsWritten)
                Unsafe.CopyBlockUnaligned(ends[k], numbers + k * Vector, bytes);
        }
    }

    private void Run<TVectors>(BlockAddress* addresses, nint turns)
        where TVectors : unmanaged, IVectors<TVectors> =>
        ExpressionLoops.Run<TVectors, T>(
            (ExpressionStep*)Unsafe.AsPointer(ref steps[0]),
            steps.Length,
            addresses,
            places.Length,
            turns
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Repeat<TLane>(BlockPlace place, BlockFrame* frame, byte* into)
        where TLane : unmanaged, IVectorLane<TLane>
    {
        var bits = place.Bits;
        TLane.Store(into, TLane.Repeat(place.Slot < 0 && place.Pointer < 0 ? (byte*)&bits : AddressOf(place, frame)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* AddressOf(BlockPlace place, BlockFrame* frame) =>
        place.Slot >= 0 ? frame->Slots[place.Slot] : frame->Pointers[place.Pointer] + place.Displacement;
}
