// What a tensor is to its users, with the words that they read; at the end what the engine itself asks of one.
namespace Pipeline

open System
open System.Collections.Generic
open System.ComponentModel
open System.Diagnostics
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>An immutable array of numbers of one <see cref="T:Pipeline.DType"/> with a shape; or, inside a transformed function, its stand-in.</summary>
/// <remarks>Arithmetic broadcasts as in NumPy and promotes as in JAX with 64-bit types enabled: an integer beside a float takes the float's type, and
/// uint64 beside a signed integer becomes float64, though neither holds every integer of 64 bits. A tensor made from a plain .NET number is weakly
/// typed and takes the other operand's type; a whole number that this type cannot hold is an error. Safe to share between threads. <c>==</c> and <c>!=</c> are elementwise, beside null plain bools;
/// <c>Equals</c>, which records, dictionaries and LINQ use, is equality of references; tests compare with <c>AllClose</c> and <c>SameBits</c>.</remarks>
[<AllowNullLiteral;
  NoEquality;
  NoComparison;
  DebuggerDisplay("{DebuggerText,nq}");
  StructuredFormatDisplay("{Text}");
  AutoSerializable(false);
  NullableContext(1uy)>]
type Tensor =
    interface IFormattable

    /// <summary>The element type.</summary>
    member DType: DType
    /// <summary>The size of each axis; empty for a scalar.</summary>
    member Shape: Shape
    /// <summary>The number of axes.</summary>
    member Rank: int
    /// <summary>The number of elements.</summary>
    member Size: int

    /// <summary>a + b, elementwise with broadcasting.</summary>
    static member (+): a: Tensor * b: Tensor -> Tensor
    /// <summary>a - b, elementwise with broadcasting.</summary>
    static member (-): a: Tensor * b: Tensor -> Tensor
    /// <summary>a * b, elementwise with broadcasting.</summary>
    static member (*): a: Tensor * b: Tensor -> Tensor
    /// <summary>a / b, elementwise with broadcasting; integers are divided as float64.</summary>
    static member (/): a: Tensor * b: Tensor -> Tensor
    /// <summary>The remainder of a / b with the sign of a, as in C#: a - b trunc(a / b), exactly, of integers and floats, with derivatives 1 and -trunc(a / b).</summary>
    /// <remarks>Of integers a % 0 is a, and the least number % -1 is 0; of floats a % 0 is NaN.</remarks>
    static member (%): a: Tensor * b: Tensor -> Tensor
    /// <summary>-a.</summary>
    static member (~-): a: Tensor -> Tensor

    /// <summary>a + b for a plain number b.</summary>
    static member (+): a: Tensor * b: float -> Tensor
    /// <summary>a + b for a plain number a.</summary>
    static member (+): a: float * b: Tensor -> Tensor
    /// <summary>a - b for a plain number b.</summary>
    static member (-): a: Tensor * b: float -> Tensor
    /// <summary>a - b for a plain number a.</summary>
    static member (-): a: float * b: Tensor -> Tensor
    /// <summary>a * b for a plain number b.</summary>
    static member (*): a: Tensor * b: float -> Tensor
    /// <summary>a * b for a plain number a.</summary>
    static member (*): a: float * b: Tensor -> Tensor
    /// <summary>a / b for a plain number b.</summary>
    static member (/): a: Tensor * b: float -> Tensor
    /// <summary>a / b for a plain number a.</summary>
    static member (/): a: float * b: Tensor -> Tensor
    /// <summary>a % b for a plain number b.</summary>
    static member (%): a: Tensor * b: float -> Tensor
    /// <summary>a % b for a plain number a.</summary>
    static member (%): a: float * b: Tensor -> Tensor

    /// <summary>a + b for a plain number b.</summary>
    static member (+): a: Tensor * b: float32 -> Tensor
    /// <summary>a + b for a plain number a.</summary>
    static member (+): a: float32 * b: Tensor -> Tensor
    /// <summary>a - b for a plain number b.</summary>
    static member (-): a: Tensor * b: float32 -> Tensor
    /// <summary>a - b for a plain number a.</summary>
    static member (-): a: float32 * b: Tensor -> Tensor
    /// <summary>a * b for a plain number b.</summary>
    static member (*): a: Tensor * b: float32 -> Tensor
    /// <summary>a * b for a plain number a.</summary>
    static member (*): a: float32 * b: Tensor -> Tensor
    /// <summary>a / b for a plain number b.</summary>
    static member (/): a: Tensor * b: float32 -> Tensor
    /// <summary>a / b for a plain number a.</summary>
    static member (/): a: float32 * b: Tensor -> Tensor
    /// <summary>a % b for a plain number b.</summary>
    static member (%): a: Tensor * b: float32 -> Tensor
    /// <summary>a % b for a plain number a.</summary>
    static member (%): a: float32 * b: Tensor -> Tensor

    /// <summary>a + b for a plain whole number b.</summary>
    static member (+): a: Tensor * b: int -> Tensor
    /// <summary>a + b for a plain whole number a.</summary>
    static member (+): a: int * b: Tensor -> Tensor
    /// <summary>a - b for a plain whole number b.</summary>
    static member (-): a: Tensor * b: int -> Tensor
    /// <summary>a - b for a plain whole number a.</summary>
    static member (-): a: int * b: Tensor -> Tensor
    /// <summary>a * b for a plain whole number b.</summary>
    static member (*): a: Tensor * b: int -> Tensor
    /// <summary>a * b for a plain whole number a.</summary>
    static member (*): a: int * b: Tensor -> Tensor
    /// <summary>a / b for a plain whole number b.</summary>
    static member (/): a: Tensor * b: int -> Tensor
    /// <summary>a / b for a plain whole number a.</summary>
    static member (/): a: int * b: Tensor -> Tensor
    /// <summary>a % b for a plain whole number b.</summary>
    static member (%): a: Tensor * b: int -> Tensor
    /// <summary>a % b for a plain whole number a.</summary>
    static member (%): a: int * b: Tensor -> Tensor

    /// <summary>a + b for a plain whole number b.</summary>
    static member (+): a: Tensor * b: int64 -> Tensor
    /// <summary>a + b for a plain whole number a.</summary>
    static member (+): a: int64 * b: Tensor -> Tensor
    /// <summary>a - b for a plain whole number b.</summary>
    static member (-): a: Tensor * b: int64 -> Tensor
    /// <summary>a - b for a plain whole number a.</summary>
    static member (-): a: int64 * b: Tensor -> Tensor
    /// <summary>a * b for a plain whole number b.</summary>
    static member (*): a: Tensor * b: int64 -> Tensor
    /// <summary>a * b for a plain whole number a.</summary>
    static member (*): a: int64 * b: Tensor -> Tensor
    /// <summary>a / b for a plain whole number b.</summary>
    static member (/): a: Tensor * b: int64 -> Tensor
    /// <summary>a / b for a plain whole number a.</summary>
    static member (/): a: int64 * b: Tensor -> Tensor
    /// <summary>a % b for a plain whole number b.</summary>
    static member (%): a: Tensor * b: int64 -> Tensor
    /// <summary>a % b for a plain whole number a.</summary>
    static member (%): a: int64 * b: Tensor -> Tensor

    /// <summary>a + b for a plain whole number b.</summary>
    static member (+): a: Tensor * b: uint64 -> Tensor
    /// <summary>a + b for a plain whole number a.</summary>
    static member (+): a: uint64 * b: Tensor -> Tensor
    /// <summary>a - b for a plain whole number b.</summary>
    static member (-): a: Tensor * b: uint64 -> Tensor
    /// <summary>a - b for a plain whole number a.</summary>
    static member (-): a: uint64 * b: Tensor -> Tensor
    /// <summary>a * b for a plain whole number b.</summary>
    static member (*): a: Tensor * b: uint64 -> Tensor
    /// <summary>a * b for a plain whole number a.</summary>
    static member (*): a: uint64 * b: Tensor -> Tensor
    /// <summary>a / b for a plain whole number b.</summary>
    static member (/): a: Tensor * b: uint64 -> Tensor
    /// <summary>a / b for a plain whole number a.</summary>
    static member (/): a: uint64 * b: Tensor -> Tensor
    /// <summary>a % b for a plain whole number b.</summary>
    static member (%): a: Tensor * b: uint64 -> Tensor
    /// <summary>a % b for a plain whole number a.</summary>
    static member (%): a: uint64 * b: Tensor -> Tensor

    /// <summary>A weakly typed 0, with which F#'s <c>List.sum</c>, <c>Seq.sumBy</c> and the like start.</summary>
    [<EditorBrowsable(EditorBrowsableState.Never)>]
    static member Zero: Tensor

    /// <summary>A weakly typed 1, with which F#'s <c>pown</c> starts.</summary>
    [<EditorBrowsable(EditorBrowsableState.Never)>]
    static member One: Tensor

    /// <summary>a / n, with which F#'s <c>List.average</c>, <c>Seq.averageBy</c> and the like end.</summary>
    [<EditorBrowsable(EditorBrowsableState.Never)>]
    static member DivideByInt: a: Tensor * n: int -> Tensor

    /// <summary>a raised to b, elementwise with broadcasting; use the overload with an int for exact integer powers.</summary>
    static member Pow: a: Tensor * b: Tensor -> Tensor
    /// <summary>a raised to a plain number; a whole number within 1024 of 0 is taken by exact multiplication.</summary>
    static member Pow: a: Tensor * b: float -> Tensor
    /// <summary>a raised to a whole number by exact multiplication: (-2)^3 is exactly -8.</summary>
    static member Pow: a: Tensor * b: int -> Tensor

    /// <summary>Elementwise a &lt; b.</summary>
    static member op_LessThan: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise a &gt; b.</summary>
    static member op_GreaterThan: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise a &lt;= b.</summary>
    static member op_LessThanOrEqual: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise a &gt;= b.</summary>
    static member op_GreaterThanOrEqual: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise a = b, with broadcasting; false where either is NaN.</summary>
    /// <exception cref="T:System.ArgumentNullException">An operand is null; <c>x == null</c> itself is a plain bool.</exception>
    static member op_Equality: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise a &#8800; b, with broadcasting; true where either is NaN.</summary>
    /// <exception cref="T:System.ArgumentNullException">An operand is null; <c>x != null</c> itself is a plain bool.</exception>
    static member op_Inequality: a: Tensor * b: Tensor -> Tensor

    /// <summary>Whether a is null: what <c>a == null</c> means.</summary>
    static member op_Equality: [<Nullable(2uy)>] a: Tensor * [<Nullable(2uy)>] _b: NoTensor -> bool
    /// <summary>Whether a is not null: what <c>a != null</c> means.</summary>
    static member op_Inequality: [<Nullable(2uy)>] a: Tensor * [<Nullable(2uy)>] _b: NoTensor -> bool
    /// <summary>Whether b is null: what <c>null == b</c> means.</summary>
    static member op_Equality: [<Nullable(2uy)>] _a: NoTensor * [<Nullable(2uy)>] b: Tensor -> bool
    /// <summary>Whether b is not null: what <c>null != b</c> means.</summary>
    static member op_Inequality: [<Nullable(2uy)>] _a: NoTensor * [<Nullable(2uy)>] b: Tensor -> bool

    /// <summary>Whether two tensors agree entry by entry: |a - b| &#8804; atol + rtol |b|, as in NumPy.</summary>
    /// <remarks>Shapes must be the same, or the result is false; a plain number is compared with every entry. Dtypes may differ: numbers count, and
    /// integers are compared in full. Infinities agree with infinities of their sign only. Inside a differentiated function the values are compared.</remarks>
    /// <param name="a">What was computed.</param>
    /// <param name="b">What it should be.</param>
    /// <param name="rtol">The tolerance relative to |b|, at least 0.</param>
    /// <param name="atol">The absolute tolerance, at least 0.</param>
    /// <param name="equalNaN">Whether NaN agrees with NaN.</param>
    /// <example><code>
    /// Assert.True(Tensor.AllClose(x.Solve(b), expected, rtol: 1e-12));
    /// </code></example>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A tolerance is negative or NaN.</exception>
    /// <exception cref="T:Pipeline.TracedValueException">A tensor is being staged or batched and has no numbers yet.</exception>
    static member AllClose:
        a: Tensor *
        b: Tensor *
        [<Optional; DefaultParameterValue(1e-5)>] rtol: float *
        [<Optional; DefaultParameterValue(1e-8)>] atol: float *
        [<Optional; DefaultParameterValue(false)>] equalNaN: bool ->
            bool

    /// <summary>Whether two tensors have the same dtype, shape and numbers to the bit: 0.0 and -0.0 differ, a NaN is the same as itself.</summary>
    /// <example><code>
    /// Assert.True(Tensor.SameBits(f(x), Compiled.Of(f)(x)));
    /// </code></example>
    /// <exception cref="T:Pipeline.TracedValueException">A tensor is being staged or batched and has no numbers yet.</exception>
    static member SameBits: a: Tensor * b: Tensor -> bool

    /// <summary>Elementwise and: of bits, or of booleans.</summary>
    static member op_BitwiseAnd: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise or: of bits, or of booleans.</summary>
    static member op_BitwiseOr: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise exclusive or: of bits, or of booleans.</summary>
    static member op_ExclusiveOr: a: Tensor * b: Tensor -> Tensor
    /// <summary>Elementwise: whether a is false (0).</summary>
    static member op_LogicalNot: a: Tensor -> Tensor

    /// <summary>The entry at a number of each of the first axes, which disappear; negative numbers count from the end.</summary>
    /// <exception cref="T:Pipeline.ShapeException">There are more numbers than axes, or no such entry.</exception>
    member Item: [<ParamArray>] indices: int[] -> Tensor with get
    /// <summary>Places, ranges and tensors of the first axes, such as <c>x[1.., ^1]</c> or <c>scores[Tensor.Arange(n), labels]</c>; the axes of places disappear.</summary>
    /// <remarks>Tensors hold integers, negative ones counted from the end, or booleans, a mask of their axis. They name entries of what places and
    /// ranges leave. Several are broadcast together, and entry i is at the i-th place of each: their axes become one, where they stood, or first
    /// where another lies between.</remarks>
    /// <exception cref="T:Pipeline.ShapeException">There are more of them than axes, or a place, a range or an entry lies outside its axis.</exception>
    /// <exception cref="T:Pipeline.DTypeException">A tensor holds neither integers nor booleans.</exception>
    /// <exception cref="T:Pipeline.TracedValueException">A mask is being staged or batched.</exception>
    member Item: [<ParamArray>] places: AxisIndex[] -> Tensor with get
    /// <summary>The entries of the first axis at integers, in the shape of the index: <c>x[Tensor.From([2, 0, 0])]</c>; or those where a mask of booleans is true: <c>x[x > 0]</c>.</summary>
    /// <remarks>Negative integers count from the end. A mask has the shape of the tensor or of its first axes, which become one axis as long as
    /// the mask is true; while it is staged or batched that length is not known, and <c>Where</c> is what to write. Derivatives go to the entries taken.</remarks>
    /// <exception cref="T:Pipeline.ShapeException">There is no such entry (at the call, of a compiled function too), or the mask does not fit.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The index holds neither integers nor booleans.</exception>
    /// <exception cref="T:Pipeline.TracedValueException">The mask is being staged or batched.</exception>
    member Item: index: Tensor -> Tensor with get

    /// <summary>The entries of the first axis in order, so that <c>foreach (var row in x)</c> goes over the rows of a matrix. A tensor is no <c>IEnumerable</c>: <c>x.Take(indices)</c> is its own.</summary>
    /// <exception cref="T:Pipeline.ShapeException">The tensor is a scalar.</exception>
    member GetEnumerator: unit -> IEnumerator<Tensor>

    /// <summary>The value of a tensor of one element as float64.</summary>
    /// <exception cref="T:Pipeline.ShapeException">The tensor has more than one element, or none.</exception>
    /// <exception cref="T:Pipeline.TracedValueException">The tensor is being staged or batched and has no number yet, or it carries a derivative, which the number would lose (<c>x.StopGradient()</c> first).</exception>
    member ToDouble: unit -> float

    /// <summary>Whether a scalar is true (not 0), so that comparisons may stand in an if.</summary>
    static member op_True: a: Tensor -> bool
    /// <summary>Whether a scalar is false (0).</summary>
    static member op_False: a: Tensor -> bool
    /// <summary>Whether the value of a tensor of one element is not 0.</summary>
    static member op_Explicit: a: Tensor -> bool
    /// <summary>The value of a tensor of one element.</summary>
    static member op_Explicit: a: Tensor -> float
    /// <summary>The value of a tensor of one element, rounded.</summary>
    static member op_Explicit: a: Tensor -> float32
    /// <summary>The value of a tensor of one element, from its own value.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> decimal
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> sbyte
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> byte
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> int16
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> uint16
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> int
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> uint32
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> int64
    /// <summary>The value of a tensor of one element, from its own value; the fraction of a float is cut off.</summary>
    /// <exception cref="T:Pipeline.DTypeException">The type cannot hold it.</exception>
    static member op_Explicit: a: Tensor -> uint64

    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: float -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: float32 -> Tensor
    /// <summary>The entries of an axis that a tensor names, beside places and ranges of others: <c>x[.., Tensor.From([2, 0])]</c>.</summary>
    /// <exception cref="T:System.ArgumentNullException">The tensor is null.</exception>
    static member op_Implicit: index: Tensor -> AxisIndex
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: sbyte -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: byte -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: int16 -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: uint16 -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: int -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: uint32 -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: int64 -> Tensor
    /// <summary>A weakly typed scalar.</summary>
    static member op_Implicit: value: uint64 -> Tensor
    /// <summary>A boolean scalar.</summary>
    static member op_Implicit: value: bool -> Tensor

    // The functions that F# finds behind abs, exp, sqrt, ... ; C# sees them as Tensor.Sqrt and so on.
    /// <summary>|x|, with derivative 0 at 0.</summary>
    static member Abs: x: Tensor -> Tensor
    /// <summary>-1, 0 or 1, with derivative 0.</summary>
    static member Sign: x: Tensor -> Tensor
    /// <summary>e^x.</summary>
    static member Exp: x: Tensor -> Tensor
    /// <summary>The natural logarithm.</summary>
    static member Log: x: Tensor -> Tensor
    /// <summary>The square root, with derivative infinity at 0.</summary>
    static member Sqrt: x: Tensor -> Tensor
    /// <summary>The sine.</summary>
    static member Sin: x: Tensor -> Tensor
    /// <summary>The cosine.</summary>
    static member Cos: x: Tensor -> Tensor
    /// <summary>The tangent.</summary>
    static member Tan: x: Tensor -> Tensor
    /// <summary>The arc tangent.</summary>
    static member Atan: x: Tensor -> Tensor
    /// <summary>The hyperbolic sine.</summary>
    static member Sinh: x: Tensor -> Tensor
    /// <summary>The hyperbolic cosine.</summary>
    static member Cosh: x: Tensor -> Tensor
    /// <summary>The hyperbolic tangent.</summary>
    static member Tanh: x: Tensor -> Tensor
    /// <summary>atan2(y, x): the angle of the point (x, y), elementwise with broadcasting.</summary>
    static member Atan2: y: Tensor * x: Tensor -> Tensor

    /// <summary>The numbers in row-major order, converted to <typeparamref name="T"/> (a .NET number type that is a dtype, or bool): floats are rounded to the nearest float and cut off to integers.</summary>
    /// <exception cref="T:Pipeline.DTypeException">There is no such dtype, or it cannot hold one of the numbers: the message says which, and where.</exception>
    /// <exception cref="T:Pipeline.TracedValueException">The tensor is being staged or batched and has no numbers yet, or it carries a derivative, which the numbers would lose (<c>x.StopGradient()</c> first).</exception>
    member ToArray<[<Nullable(2uy)>] 'T> : unit -> 'T[]
    /// <summary>The numbers as nested brackets by a format of .NET, such as "f3", "e2" or "R" (all digits), in every culture alike; null is six significant digits, and whole numbers in full.</summary>
    /// <remarks>Long axes are shortened. Inside a differentiated function it is marked with its name; what has no numbers yet prints what stands in for them.</remarks>
    /// <example><code>
    /// Console.WriteLine($"{x / 3:f3} {x / 3:R}");   // 0.333 0.3333333333333333
    /// </code></example>
    /// <exception cref="T:System.FormatException">The format is none of .NET's.</exception>
    member ToString: [<Nullable(2uy)>] format: string -> string
    /// <summary>The numbers as nested brackets, six significant digits, long axes shortened; inside a differentiated function marked with its name; or what stands in for them.</summary>
    override ToString: unit -> string

    // What the engine itself asks of a tensor, described where it is done.
    internal new: t: TensorType * trace: Trace<Tensor> * initial: NDArray * recipe: Op voption -> Tensor
    internal new: array: NDArray -> Tensor
    member internal Dims: int[]
    member internal Type: TensorType
    member internal Trace: Trace<Tensor>
    member internal IsKnown: bool
    member internal Recipe: Op voption
    member internal Weak: bool with get, set
    member internal Literal: bool with get, set
    member internal Repeats: Repetition<Tensor> with get, set
    member internal Array: NDArray
    member internal Read: operation: string -> NDArray
    member internal Below: Tensor
    member internal Peek: operation: string -> NDArray
    static member internal Younger: op: Op * known: Trace<Tensor> * operand: Tensor -> Trace<Tensor>
    static member internal Repeating: op: Op * a: Tensor * result: Tensor -> Tensor
    static member internal Apply1: op: Op * a: Tensor -> Tensor
    static member internal Apply1: op: Op * a: Tensor * b: Tensor -> Tensor
    static member internal Number: value: float -> Tensor
    static member internal Through: operations: Op list * a: Tensor -> Tensor
    static member internal BroadcastTo: operation: string * a: Tensor * shape: int[] -> Tensor
    static member internal Convert: a: Tensor * dtype: DType -> Tensor
    static member internal Cast: a: Tensor * dtype: DType * weak: bool -> Tensor
    static member internal Join: operation: string * a: Tensor * b: Tensor -> struct (Tensor * Tensor)
    static member internal Zip: operation: string * zip: Zip * a: Tensor * b: Tensor -> Tensor
    static member internal Compare: operation: string * relation: Relation * a: Tensor * b: Tensor -> Tensor
    static member internal Real: a: Tensor -> Tensor
    static member internal Map: row: Row * a: Tensor -> Tensor
    member internal Truth: operation: string -> bool

/// <summary>The type of no tensor: null alone has it, so that <c>x == null</c> and <c>x != null</c> are plain bools while <c>==</c> of tensors is elementwise.</summary>
and [<Sealed; AllowNullLiteral; NoEquality; NoComparison; AutoSerializable(false); NullableContext(1uy)>] NoTensor =
    class
        inherit Tensor
    end

/// A transformation in progress.
type internal Trace = Trace<Tensor>

/// The branch of a staged choice that a thread records.
type internal Branching = Branching<Tensor>
