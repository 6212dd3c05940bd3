// Derivatives along one direction or of one variable, and pullbacks.
namespace Pipeline

open System
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>Derivatives of functions of one real number, of any order, and directional derivatives of functions of trees.</summary>
[<AbstractClass; Sealed>]
type Derivative =
    /// <summary>df/dx of a function of a scalar, by forward mode; the result may be a tensor or a tree of tensors.</summary>
    /// <remarks>A function (<see cref="T:System.Func`2"/>) in the result is differentiated at each of its applications; any other part without a tensor is returned as it is.</remarks>
    /// <exception cref="T:Pipeline.DifferentiationException">When called: the argument is not a scalar, or an integer.</exception>
    static member Of<'R>(f: Func<Tensor, 'R>) : Func<Tensor, 'R> =
        ArgumentNullException.ThrowIfNull f
        Func<_, _>(fun x -> FunctionResults.derivative f.Invoke x)

    /// <summary>The derivative of the given order of a function of a scalar, by one Taylor expansion: the cost grows with the square of the order.</summary>
    static member Nth(f: Func<Tensor, Tensor>, order: int) : Func<Tensor, Tensor> =
        ArgumentNullException.ThrowIfNull f
        ArgumentOutOfRangeException.ThrowIfNegative order

        Func<_, _>(fun x ->
            let coefficients = Expansions.coefficients f.Invoke x order
            let factorial = Seq.fold (fun product k -> product * float k) 1.0 [ 1..order ]
            coefficients[order] * factorial)

    /// <summary>The value of <paramref name="f"/> at a point and its change along a direction (a Jacobian-vector product), by forward mode.</summary>
    [<return: TupleElementNames([| "Value"; "Change" |])>]
    static member Along<'T, 'R>(f: Func<'T, 'R>) : Func<'T, 'T, struct ('R * 'R)> =
        ArgumentNullException.ThrowIfNull f
        Func<_, _, _>(fun point direction -> Differentiation.pushforward "Derivative" f.Invoke point direction)

    /// <summary>The value of <paramref name="f"/> at a point, and the map from cotangents of the result to cotangents of the argument (a vector-Jacobian product), by reverse mode.</summary>
    [<return: TupleElementNames([| "Value"; "Pullback" |])>]
    static member Pullback<'T, 'R>(f: Func<'T, 'R>) : Func<'T, struct ('R * Func<'R, 'T>)> =
        ArgumentNullException.ThrowIfNull f

        Func<_, _>(fun point ->
            let struct (value, back) = Differentiation.pullback "Derivative" f.Invoke point
            struct (value, Func<_, _> back))
