// Derivatives along one direction or of one variable, and pullbacks.
namespace Pipeline

open System
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>Derivatives of functions of one real number, of any order, and directional derivatives of functions of trees.</summary>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Derivative =
    /// <summary>df/dx of a function of a scalar, by forward mode; the result may be a tensor or a tree of tensors.</summary>
    /// <remarks>A function (<see cref="T:System.Func`2"/>) in the result is differentiated at each of its applications; any other part without a tensor is returned as it is.</remarks>
    /// <exception cref="T:Pipeline.DifferentiationException">When called: the argument is not a scalar, or an integer.</exception>
    static member Of<[<Nullable(2uy)>] 'R>(f: Func<Tensor, 'R>) : Func<Tensor, 'R> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Func<_, _>(fun x -> FunctionResults.derivative f.Invoke x)

    /// <summary>The derivative of the given order of a function of a scalar, by one Taylor expansion: the cost grows with the square of the order.</summary>
    static member Nth(f: Func<Tensor, Tensor>, order: int) : Func<Tensor, Tensor> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Limits.NotNegative(order, nameof order)

        Func<_, _>(fun x -> (Expansions.derivatives f.Invoke x order)[order])

    /// <summary>The value of <paramref name="f"/> at a point and its change along a direction (a Jacobian-vector product), by forward mode.</summary>
    [<return: TupleElementNames([| "Value"; "Change" |])>]
    static member Along<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>) : Func<'T, 'T, struct ('R * 'R)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Func<_, _, _>(fun point direction -> Differentiation.pushforward "Derivative" f.Invoke point direction)

    /// <summary>The value of <paramref name="f"/> at a point, and the map from cotangents of the result to cotangents of the argument (a vector-Jacobian product), by reverse mode.</summary>
    [<return: TupleElementNames([| "Value"; "Pullback" |])>]
    static member Pullback<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>) : Func<'T, struct ('R * Func<'R, 'T>)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _>(fun point ->
            let struct (value, back) = Differentiation.pullback "Derivative" f.Invoke point
            struct (value, Func<_, _> back))

    /// <summary>The value of <paramref name="f"/> at a point and its change as a linear map of the direction, recorded from one evaluation: applying the map does not run <paramref name="f"/> again.</summary>
    /// <remarks>The map is worth it for many directions at one point; for one, <see cref="M:Pipeline.Derivative.Along``2(System.Func{``0,``1})"/> keeps nothing. It can be differentiated, batched and compiled.</remarks>
    /// <example><code>
    /// var (value, map) = Derivative.Linearize((Tensor x) => x * x)(3.0);     // value 9, map(1.0) is 6
    /// </code></example>
    [<return: TupleElementNames([| "Value"; "Map" |])>]
    static member Linearize<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>) : Func<'T, struct ('R * Func<'T, 'R>)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _>(fun point ->
            let struct (value, map) = Differentiation.linearize "Derivative" f.Invoke point
            struct (value, Func<_, _> map))

    /// <summary>The transpose of a linear function: the map g with &lt;u, f(x)&gt; = &lt;g(u), x&gt; for every x and u.</summary>
    /// <param name="f">A linear function of a tree.</param>
    /// <param name="example">An argument; only its structure, shapes and dtypes matter. Leaves that are not float are passed on as they are.</param>
    /// <exception cref="T:Pipeline.DifferentiationException">The function is not linear, found by the equation above at a random x and u
    /// (not inside a function that is being compiled or vectorized, where nothing has numbers).</exception>
    /// <example><code>
    /// var sumBack = Derivative.Transpose((Tensor x) => x.Sum(), Tensor.Zeros([3]));   // sumBack(2.0) is [2, 2, 2]
    /// </code></example>
    static member Transpose<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>(f: Func<'T, 'R>, example: 'T) : Func<'R, 'T> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        let back = Differentiation.transpose "Transpose" f.Invoke example
        Func<_, _> back
