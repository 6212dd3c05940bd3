// Comparisons entry by entry as operators: F#'s own = and < want bools of whole values, which tensors do not have.
namespace Pipeline.FSharp

open Pipeline

/// <summary>Comparisons entry by entry, of tensors with tensors and with plain numbers, and what a branch asks of them.</summary>
/// <remarks>The results are tensors of bools, which combine by <c>&amp;&amp;&amp;</c>, <c>|||</c> and <c>~~~</c>, choose by <c>where</c> and decide loops and <c>cond</c>.</remarks>
[<AutoOpen>]
module Comparisons =
    /// <summary>Whether a = b, entry by entry; false where either is NaN.</summary>
    let inline (.=) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        Tensor.op_Equality (a, b)

    /// <summary>Whether a &#8800; b, entry by entry; true where either is NaN.</summary>
    let inline (.<>) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        Tensor.op_Inequality (a, b)

    /// <summary>Whether a &lt; b, entry by entry.</summary>
    let inline (.<) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        Tensor.op_LessThan (a, b)

    /// <summary>Whether a &lt;= b, entry by entry.</summary>
    let inline (.<=) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        Tensor.op_LessThanOrEqual (a, b)

    /// <summary>Whether a &gt; b, entry by entry.</summary>
    let inline (.>) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        Tensor.op_GreaterThan (a, b)

    /// <summary>Whether a &gt;= b, entry by entry.</summary>
    let inline (.>=) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        Tensor.op_GreaterThanOrEqual (a, b)

    /// <summary>Whether a tensor of one element is true (not 0), for branches: <c>if isTrue (x .&gt; 0.0) then x else -x</c>.</summary>
    /// <remarks>Inside a differentiated function the value decides and the branch that is taken is differentiated. Compiled and vectorized functions choose with <c>where</c>, <c>cond</c> and <c>whileLoop</c>.</remarks>
    /// <exception cref="T:Pipeline.ShapeException">The tensor has more than one element, or none: ask <c>all</c> or <c>any</c> of it.</exception>
    /// <exception cref="T:Pipeline.TracedValueException">The tensor is being staged or batched and has no value yet.</exception>
    let isTrue (condition: Tensor) : bool =
        System.ArgumentNullException.ThrowIfNull(condition, nameof condition)
        condition.Truth "isTrue"
