using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Pipeline.Kernels;

/// <summary>The numbers among the operands of an expression, of which vectors have one in all lanes.</summary>
internal sealed unsafe class ExpressionNumbers
{
    private readonly int width;
    private readonly bool areOfFour;
    private readonly int zero;
    private readonly BlockValue memory;

    /// <summary>Bits that do not change, and vectors of them. Pinned: steps have their address.</summary>
    private readonly BlockValue[] bits;
    private readonly ulong[] vectors;
    private int constants;

    /// <summary>Numbers that lie in memory.</summary>
    private readonly BlockValue[] changing;
    private int changes;

    /// <param name="width">The bits of the widest vectors; 0 if there are none.</param>
    /// <param name="areOfFour">Numbers have 4 bytes, not 8.</param>
    /// <param name="terms">The expression.</param>
    /// <param name="zero">The number of an address that is 0.</param>
    /// <param name="memory">Where the workspace has room for a vector of each.</param>
    public ExpressionNumbers(int width, bool areOfFour, BlockTerm[] terms, int zero, BlockValue memory)
    {
        this.width = width;
        this.areOfFour = areOfFour;
        this.zero = zero;
        this.memory = memory;
        bits = new BlockValue[3 * terms.Length];
        changing = new BlockValue[3 * terms.Length];

        foreach (var term in terms)
        {
            Add(term.First ?? term.X);
            Add(term.X);
            Add(term.Z);
        }

        vectors = GC.AllocateUninitializedArray<ulong>(constants * Words, pinned: true);

        for (var k = 0; k < vectors.Length; k++)
            vectors[k] = Word((ulong)bits[k / Words].Displacement);
    }

    /// <summary>Bytes of the widest vector.</summary>
    public const int Vector = 64;

    private const int Words = Vector / sizeof(ulong);

    /// <summary>Where an operand is read.</summary>
    public BlockValue Placed(BlockValue x) =>
        x.IsBits ? new(zero, 0, (nint)Unsafe.AsPointer(ref vectors[IndexOf(x, bits, constants) * Words]))
        : IsChanging(x) ? PlaceOf(IndexOf(x, changing, changes))
        : x;

    /// <summary>Makes the vectors of what changes.</summary>
    public void Repeat(BlockFrame* frame)
    {
        for (var k = 0; k < changes; k++)
        {
            var from = changing[k].In(frame);
            var to = (ulong*)PlaceOf(k).In(frame);
            var word = areOfFour ? Word(*(uint*)from) : *(ulong*)from;

            if (width == 512)
                Vector512.Create(word).Store(to);
            else
                Vector256.Create(word).Store(to);
        }
    }

    private void Add(BlockValue x)
    {
        if (x.IsBits && IndexOf(x, bits, constants) < 0)
            bits[constants++] = x;
        else if (IsChanging(x) && IndexOf(x, changing, changes) < 0)
            changing[changes++] = x;
    }

    private bool IsChanging(BlockValue x) => !x.IsBits && x.Step == 0 && width > 0;

    private static int IndexOf(BlockValue x, BlockValue[] all, int count)
    {
        for (var k = 0; k < count; k++)
        {
            if (all[k] == x)
                return k;
        }

        return -1;
    }

    private BlockValue PlaceOf(int k) => memory with { Displacement = memory.Displacement + k * Vector };

    private ulong Word(ulong number) => areOfFour ? (uint)number * 0x1_0000_0001UL : number;
}
