namespace Pipeline.Kernels;

/// <summary>The order of a reduction's entries (SumOrder.fs).</summary>
/// <param name="Lanes">A power of two.</param>
/// <param name="Row">Entries of a row.</param>
/// <param name="RowsOfBlock">Whole rows of a block; 0 where a row is cut.</param>
/// <param name="Cut">Entries of a block of a row that is cut.</param>
/// <param name="Blocks">Of all entries.</param>
internal readonly record struct BlockOrder(int Lanes, nint Row, int RowsOfBlock, int Cut, int Blocks);
