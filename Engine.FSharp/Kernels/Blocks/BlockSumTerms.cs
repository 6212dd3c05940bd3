namespace Pipeline.Kernels;

/// <summary>How the lanes of sums take in their terms.</summary>
/// <param name="Width">The bits of the widest vectors.</param>
/// <param name="F">Of two parts of a sum.</param>
/// <param name="Kind">What the terms are.</param>
/// <param name="Identity">What changes no sum.</param>
/// <param name="Results">Sums side by side.</param>
/// <param name="Lanes">Of each sum.</param>
/// <param name="Apart">Of multiples the elements from one entry to the next.</param>
internal readonly unsafe record struct BlockSumTerms<TFunction, T>(
    int Width,
    TFunction F,
    BlockTerms Kind,
    T Identity,
    nint Results,
    int Lanes,
    nint Apart
)
    where TFunction : struct, IFunction2
    where T : unmanaged
{
    /// <summary>Bytes of a number that is taken in.</summary>
    public int Element => Kind == BlockTerms.Wide ? sizeof(T) / 2 : sizeof(T);

    /// <summary>Bytes from an entry to the next, of numbers and of their factors.</summary>
    public (nint X, nint Z) Entry(int stepX, int stepZ) =>
        Kind == BlockTerms.Multiples
            ? (Apart * sizeof(T), sizeof(T))
            : (Results * Element * stepX, Results * sizeof(T) * stepZ);

    /// <summary>Whether the lanes of a block can stay in vectors.</summary>
    public bool AreOfRows(int stepX, int stepZ) =>
        Results == 1
        && stepX == 1
        && (Kind is BlockTerms.Numbers or BlockTerms.Wide || Kind == BlockTerms.Products && stepZ == 1)
        && Lanes * sizeof(T) == RowFolds.Lanes;

    /// <summary>What rows come to that are a block each, so many bytes apart.</summary>
    public void FoldRows(byte* x, nint rowX, byte* z, nint rowZ, nint entries, nint count, T* sums)
    {
        switch (Kind)
        {
            case BlockTerms.Products:
                RowFolds.Fold(Width, default(Terms.Products), Identity, x, rowX, z, rowZ, entries, count, sums);
                break;
            case BlockTerms.Wide:
                RowFolds.Fold(Width, default(Terms.Wide), Identity, x, rowX, x, rowX, entries, count, sums);
                break;
            default:
                var numbers = new Terms.Numbers<TFunction>(F);
                RowFolds.Fold(Width, numbers, Identity, x, rowX, x, rowX, entries, count, sums);
                break;
        }
    }

    /// <summary>Takes in entries one after the other from a lane on, which the first of them belongs to.</summary>
    public void Take(T* sums, nint lane, byte* x, int stepX, byte* z, int stepZ, nint entries)
    {
        if (Kind == BlockTerms.Multiples)
        {
            TakeMultiples(sums, lane, x, z, entries);
            return;
        }

        var (entryX, entryZ) = Entry(stepX, stepZ);

        if (lane > 0)
        {
            var head = Math.Min(entries, Lanes - lane);
            TakeLanes(sums + lane * Results, x, stepX, z, stepZ, head, 1);
            x += head * entryX;
            z += head * entryZ;
            entries -= head;
        }

        var turns = entries / Lanes;

        if (turns > 0)
            TakeLanes(sums, x, stepX, z, stepZ, Lanes, turns);

        var taken = turns * Lanes;

        if (taken < entries)
            TakeLanes(sums, x + taken * entryX, stepX, z + taken * entryZ, stepZ, entries - taken, 1);
    }

    /// <summary>Each lane takes in its entries.</summary>
    private void TakeMultiples(T* sums, nint lane, byte* x, byte* z, nint entries)
    {
        var (entryX, entryZ) = Entry(1, 1);
        var (turnX, turnZ) = (Lanes * entryX, Lanes * entryZ);

        for (nint i = 0; i < Math.Min(entries, Lanes); i++, x += entryX, z += entryZ)
        {
            var to = sums + ((lane + i) & (Lanes - 1)) * Results;
            var turns = (entries - 1 - i) / Lanes + 1;
            ColumnFolds.Fold(Width, default(Terms.Multiples), to, x, turnX, z, turnZ, Results, turns);
        }
    }

    private void TakeLanes(T* sums, byte* x, int stepX, byte* z, int stepZ, nint lanes, nint turns)
    {
        var size = lanes * Results;
        var (entryX, entryZ) = Entry(stepX, stepZ);
        var (turnX, turnZ) = (lanes * entryX, lanes * entryZ);

        switch (Kind, stepX, stepZ)
        {
            case (BlockTerms.Numbers, 1, _):
                ColumnFolds.Fold(Width, new Terms.Numbers<TFunction>(F), sums, x, turnX, x, turnX, size, turns);
                break;
            case (BlockTerms.Numbers, _, _):
                ColumnFolds.Fold(Width, new Terms.Number<TFunction>(F), sums, x, turnX, x, turnX, size, turns);
                break;
            case (BlockTerms.Wide, _, _):
                ColumnFolds.Fold(Width, default(Terms.Wide), sums, x, turnX, x, turnX, size, turns);
                break;
            case (_, 1, 1):
                ColumnFolds.Fold(Width, default(Terms.Products), sums, x, turnX, z, turnZ, size, turns);
                break;
            case (_, 1, _):
                ColumnFolds.Fold(Width, default(Terms.Multiples), sums, x, turnX, z, turnZ, size, turns);
                break;
            case (_, _, 1):
                ColumnFolds.Fold(Width, default(Terms.Multiples), sums, z, turnZ, x, turnX, size, turns);
                break;
            default:
                ColumnFolds.Fold(Width, default(Terms.Product), sums, x, turnX, z, turnZ, size, turns);
                break;
        }
    }

    /// <summary>The lanes of each sum, so many, become one.</summary>
    public void Halve(T* sums, nint lanes)
    {
        if (Results == 1)
        {
            var (row, parts) = (lanes * sizeof(T), new Terms.Numbers<TFunction>(F));
            RowFolds.Fold(Width, parts, Identity, (byte*)sums, row, (byte*)sums, row, lanes, 1, sums);
        }
        else
        {
            for (var half = lanes / 2 * Results; half >= Results; half /= 2)
                BlockLoops.Map<TFunction, T>(Width, F, sums, 1, sums + half, 1, sums, half);
        }
    }

    /// <summary>The function of the sums of a part on the left and others, in the place of the others.</summary>
    public void Combine(T* left, T* sums)
    {
        if (Results == 1)
        {
            var both = F.Of(Lanes128<T>.Repeat(left), Lanes128<T>.Repeat(sums));
            *sums = *(T*)&both;
        }
        else
            BlockLoops.Map<TFunction, T>(Width, F, left, 1, sums, 1, sums, Results);
    }
}
