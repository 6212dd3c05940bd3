namespace Pipeline.Kernels;

/// <summary>A term of an expression: an operation on the value so far, or on another, and what it comes to may be stored.</summary>
/// <param name="First">What the value so far is replaced by; null if nothing.</param>
/// <param name="Operation">What is done.</param>
/// <param name="X">An operand beside it.</param>
/// <param name="Z">Another one.</param>
/// <param name="Count">Of bits, in place of operands.</param>
/// <param name="Target">Where the result is stored; null if nowhere.</param>
internal readonly record struct BlockTerm(
    BlockValue? First,
    BlockOperation Operation,
    BlockValue X,
    BlockValue Z,
    int Count,
    BlockValue? Target
);
