namespace Pipeline.Kernels;

/// <summary>Where the rows of a product go.</summary>
internal readonly unsafe struct ProductTarget(byte* start, nint row, byte* end, bool hasRoom)
{
    public readonly byte* Start = start;

    /// <summary>Bytes from one row to the next.</summary>
    public readonly nint Row = row;

    /// <summary>Up to there vectors that are longer than a row may be stored, as all that comes behind is stored later; null for nowhere.</summary>
    public readonly byte* End = end;

    /// <summary>Whether rows end with whole vectors that are free.</summary>
    public readonly bool HasRoom = hasRoom;

    /// <summary>From so many bytes of each row on, and whether more than a row may still be stored.</summary>
    public ProductTarget From(nint bytes, bool mayPass) => new(Start + bytes, Row, mayPass ? End : null, HasRoom);
}
