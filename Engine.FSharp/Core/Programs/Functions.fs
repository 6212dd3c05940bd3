// Scalar functions as rows, and their derivatives as data.
namespace Pipeline.Engine

open System
open Pipeline

/// A derivative as data: an expression in the arguments and the result of the operation it belongs to.
[<RequireQualifiedAccess; NoComparison>]
type internal Expr =
    /// The (first) argument.
    | X
    /// The second argument, of a zip.
    | Z
    /// The result.
    | Y
    | Number of float
    | Map of Row * Expr
    | Zip of Zip * Expr * Expr
    /// a relation b ? then : otherwise
    | Choose of Relation * Expr * Expr * Expr * Expr

/// The operations on two tensors of equal shape and dtype: the arithmetic that rules of algebra know, and functions that are rows.
and [<RequireQualifiedAccess; Struct; NoComparison>] internal Zip =
    | Add
    | Subtract
    | Multiply
    | Divide
    | Maximum
    | Minimum
    /// t * c, but 0 where either is 0 (see docs/annihilation.md): the product of every derivative rule.
    | Scale
    /// a - b trunc(a / b), exactly: with the sign of a. Integers: a % 0 is a.
    | Remainder
    /// Integers only, from here on (bool too for the three logical ones).
    | And
    | Or
    | Xor
    | ShiftLeft
    | ShiftRight
    /// Of floats.
    | Function of BinaryFunction

    override this.ToString() =
        match this with
        | Add -> "Add"
        | Subtract -> "Subtract"
        | Multiply -> "Multiply"
        | Divide -> "Divide"
        | Maximum -> "Maximum"
        | Minimum -> "Minimum"
        | Scale -> "Scale"
        | Remainder -> "Remainder"
        | And -> "And"
        | Or -> "Or"
        | Xor -> "Xor"
        | ShiftLeft -> "ShiftLeft"
        | ShiftRight -> "ShiftRight"
        | Function f -> f.Name

/// A scalar function of two arguments: a row, in a file of its own or one that a user made, and what an arithmetic operation is. Equal when the name is.
and [<Sealed; AllowNullLiteral>] internal BinaryFunction
    (
        name: string,
        meaning: Meaning2,
        partials: Lazy<struct (Expr * Expr)>,
        points: struct (float * float)[],
        ?shared: Lazy<Expr>,
        ?commutative: bool
    ) =
    member _.Name = name
    member _.Meaning = meaning
    /// With respect to X and to Z, in X, Z and Y; none of operations on integers.
    member _.Partials: struct (Expr * Expr) voption = if isNull partials then ValueNone else ValueSome partials.Value
    /// Another expression of y in X and Z, by operations that others need too: compiled programs compute them once.
    member _.Shared: Lazy<Expr> option = shared
    /// f(x, z) = f(z, x), to the bit.
    member _.IsCommutative = defaultArg commutative false
    /// Where the laws are tested: smooth points of the domain.
    member _.Points = points
    member this.Zip = Zip.Function this
    override _.ToString() = name
    override _.GetHashCode() = name.GetHashCode()

    override _.Equals other =
        match other with
        | :? BinaryFunction as other -> other.Name = name
        | _ -> false

/// A scalar function of one argument: a row of the table in Elementwise.fs, or one that a user made. Equal when name and parameter are.
and [<Sealed; AllowNullLiteral>] internal Row
    (
        name: string,
        parameter: float,
        meaning: Meaning,
        derivative: Lazy<Expr>,
        points: float[],
        ?composition: Lazy<Expr>,
        ?linear: bool,
        ?integers: bool,
        ?called: string
    ) =
    member _.Name = name
    /// The method that users call, for messages.
    member _.Called = defaultArg called (string (Char.ToUpperInvariant name[0]) + name.Substring 1)
    /// The power of an integer power, the order of a polygamma function; 0 for rows without one.
    member _.Parameter = parameter
    member _.Meaning = meaning
    /// dy/dx in X and Y.
    member _.Derivative = derivative.Value
    /// Another expression of y in X whose parts' Taylor series lose no digits to one another: where series are composed with y, they are composed with it.
    member _.Composition: Lazy<Expr> option = composition
    /// y = c x: what is linear in x goes through it as through a product with a number.
    member _.IsLinear = defaultArg linear false
    /// Whether it takes integers too, exactly.
    member _.TakesIntegers = defaultArg integers false
    /// Where the laws are tested: smooth points of the domain.
    member _.Points = points

    member _.Text =
        if parameter = 0.0 then
            name
        else
            name + "[" + parameter.ToString("R", Globalization.CultureInfo.InvariantCulture) + "]"

    override this.ToString() = this.Text
    override _.GetHashCode() = HashCode.Combine(name, parameter)

    override _.Equals other =
        match other with
        | :? Row as other -> other.Name = name && other.Parameter = parameter
        | _ -> false

/// The arithmetic of derivative expressions in infix form. (F# refuses + and * on internal types.)
module internal ExprOperators =
    let (+.) a b = Expr.Zip(Zip.Add, a, b)
    let (-.) a b = Expr.Zip(Zip.Subtract, a, b)
    let ( *. ) a b = Expr.Zip(Zip.Multiply, a, b)
    let (/.) a b = Expr.Zip(Zip.Divide, a, b)
    let number value = Expr.Number value
