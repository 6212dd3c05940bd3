namespace Pipeline.Kernels;

/// <summary>
/// The arithmetic in which the functions of the table are written, once for every target: vectors of each width, and the builder of
/// lane expressions. Every operation has the same bits on all of them. A mask is a lane whose bits are all set or all clear.
/// </summary>
internal interface ILane<TSelf>
    where TSelf : ILane<TSelf>
{
    /// <summary>Whether numbers are float32. (Otherwise they are float64, or in lane expressions integers.)</summary>
    static abstract bool IsSingle { get; }

    /// <summary>A number, rounded to the lane's type.</summary>
    static abstract TSelf Number(double value);

    /// <summary>The low bits of a pattern.</summary>
    static abstract TSelf Pattern(ulong bits);

    static abstract TSelf Add(TSelf a, TSelf b);
    static abstract TSelf Subtract(TSelf a, TSelf b);
    static abstract TSelf Multiply(TSelf a, TSelf b);
    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary>a b + c, rounded once.</summary>
    static abstract TSelf MultiplyAdd(TSelf a, TSelf b, TSelf c);
    static abstract TSelf Negate(TSelf a);
    static abstract TSelf Absolute(TSelf a);
    static abstract TSelf SquareRoot(TSelf a);

    /// <summary>NaN if either is; -0 is less than +0.</summary>
    static abstract TSelf Minimum(TSelf a, TSelf b);
    static abstract TSelf Maximum(TSelf a, TSelf b);

    /// <summary>The maximum with a constant that is neither 0 nor NaN.</summary>
    static abstract TSelf AtLeast(TSelf a, double constant);

    /// <summary>The minimum with a constant that is neither 0 nor NaN.</summary>
    static abstract TSelf AtMost(TSelf a, double constant);
    static abstract TSelf Floor(TSelf a);

    /// <summary>To the nearest whole number, ties to even.</summary>
    static abstract TSelf Round(TSelf a);

    static abstract TSelf Equal(TSelf a, TSelf b);
    static abstract TSelf Less(TSelf a, TSelf b);
    static abstract TSelf LessEqual(TSelf a, TSelf b);
    static abstract TSelf Select(TSelf mask, TSelf a, TSelf b);

    static abstract TSelf And(TSelf a, TSelf b);
    static abstract TSelf Or(TSelf a, TSelf b);
    static abstract TSelf Xor(TSelf a, TSelf b);
    static abstract TSelf Not(TSelf a);

    /// <summary>The sum of the bits as integers of the lane's width.</summary>
    static abstract TSelf AddBits(TSelf a, TSelf b);
    static abstract TSelf SubtractBits(TSelf a, TSelf b);
    static abstract TSelf ShiftLeft(TSelf a, int count);

    /// <summary>Zeros come in from the left.</summary>
    static abstract TSelf ShiftRight(TSelf a, int count);

    /// <summary>Whether the bits are the same integer.</summary>
    static abstract TSelf EqualBits(TSelf a, TSelf b);

    /// <summary>The bits as a signed integer, to the nearest float.</summary>
    static abstract TSelf FromInteger(TSelf bits);

    /// <summary>a - b trunc(a / b), exactly: with the sign of a.</summary>
    static abstract TSelf Remainder(TSelf a, TSelf b);

    /// <summary>A function without lanes, called once a lane.</summary>
    static abstract TSelf Call(ScalarFunction f, TSelf x);

    /// <summary>The function of x where the mask is set, else y: for arguments, meant to be rare, that a form in lanes is not good for.</summary>
    static abstract TSelf CallWhere(TSelf mask, ScalarFunction f, TSelf x, TSelf y);
}
