namespace Pipeline;

/// <summary>What reading a table makes of a row in which a value is missing.</summary>
public enum MissingRows
{
    /// <summary>A <see cref="DataException"/> names the first of them. The default: nothing is lost in silence.</summary>
    Refuse,

    /// <summary>The row is left out, and counted: <see cref="Dataset.DroppedRows"/>, <see cref="Dataset.MissingValues"/>.</summary>
    Drop,
}
