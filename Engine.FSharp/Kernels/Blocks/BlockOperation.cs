namespace Pipeline.Kernels;

/// <summary>What a term of an expression does with the value so far, v, and its operands x and z.</summary>
internal enum BlockOperation
{
    /// <summary>Nothing: it is loaded, or stored.</summary>
    Move,
    Add,
    Subtract,

    /// <summary>x - v.</summary>
    SubtractFrom,
    Multiply,
    Square,
    Minimum,
    Maximum,

    /// <summary>v x + z.</summary>
    MultiplyAdd,

    /// <summary>x z + v.</summary>
    AddProduct,
    Less,

    /// <summary>x &lt; v.</summary>
    Greater,
    LessEqual,

    /// <summary>x &lt;= v.</summary>
    GreaterEqual,
    Equal,
    NotEqual,

    /// <summary>x where v is set, else z.</summary>
    Select,

    /// <summary>v where x is set, else z.</summary>
    SelectThis,

    /// <summary>z where x is set, else v.</summary>
    SelectOther,
    And,
    Or,
    Xor,

    /// <summary>By z bits.</summary>
    ShiftLeft,
    ShiftRight,
    RotateLeft,

    // From here on of floats.
    Divide,

    /// <summary>x / v.</summary>
    DivideInto,
    SquareRoot,
    Floor,
    Round,
}
