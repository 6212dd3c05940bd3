// Gradients of scalar functions of parameter trees, by reverse mode.
namespace Pipeline

open System
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>The gradient of a function with a scalar result, with respect to its first argument: one backward pass whatever the number of parameters.</summary>
/// <remarks>The argument is a tensor or a tree of tensors: a record, record struct, tuple, array, list or dictionary, nested as you like. The gradient
/// has the same shape; leaves that are not float32 or float64 have gradient zero. Gradients compose: of each other, and with every other transformation.
/// OfSecond, OfBoth and OfAll choose other arguments; any other choice is a lambda of the arguments that are to be differentiated. C# infers no types from a method's name (CS0411): <c>var f = Loss; Gradient.Of(f)</c>.</remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Gradient =
    /// <summary>The function that gives the gradient of <paramref name="f"/>.</summary>
    /// <exception cref="T:Pipeline.DifferentiationException">When called: the result is no float scalar, or the argument holds no float tensor.</exception>
    static member Of<[<Nullable(2uy)>] 'T>(f: Func<'T, Tensor>) : Func<'T, 'T> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _>(fun point ->
            let struct (_, _, gradient) = Differentiation.gradient "Gradient" (fun p -> struct (f.Invoke p, ())) point

            gradient)

    /// <summary>The gradient with respect to the first argument; the second is passed through.</summary>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'A>(f: Func<'T, 'A, Tensor>) : Func<'T, 'A, 'T> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _, _>(fun point a ->
            let struct (_, _, gradient) = Differentiation.gradient "Gradient" (fun p -> struct (f.Invoke(p, a), ())) point

            gradient)

    /// <summary>The gradient with respect to the first argument; the others are passed through.</summary>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B>(f: Func<'T, 'A, 'B, Tensor>) : Func<'T, 'A, 'B, 'T> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _, _, _>(fun point a b ->
            let struct (_, _, gradient) = Differentiation.gradient "Gradient" (fun p -> struct (f.Invoke(p, a, b), ())) point

            gradient)

    /// <summary>The gradient with respect to the second argument; the first is passed through.</summary>
    static member OfSecond<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'T>(f: Func<'A, 'T, Tensor>) : Func<'A, 'T, 'T> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _, _>(fun a point ->
            let struct (_, _, gradient) = Differentiation.gradient "Gradient" (fun p -> struct (f.Invoke(a, p), ())) point

            gradient)

    /// <summary>The gradients with respect to both arguments, from one evaluation.</summary>
    /// <example><code>
    /// var (dw, dx) = Gradient.OfBoth((Tensor w, Tensor x) => (w * x).Sum())(w, x);
    /// </code></example>
    [<return: TupleElementNames([| "First"; "Second" |])>]
    static member OfBoth<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B>(f: Func<'A, 'B, Tensor>) : Func<'A, 'B, struct ('A * 'B)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _, _>(fun a b ->
            let struct (_, _, gradient) =
                Differentiation.gradient "Gradient" (fun struct (p, q) -> struct (f.Invoke(p, q), ())) (struct (a, b))

            gradient)

    /// <summary>The gradients with respect to all three arguments, from one evaluation.</summary>
    [<return: TupleElementNames([| "First"; "Second"; "Third" |])>]
    static member OfAll<[<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'B, [<Nullable(2uy)>] 'C>
        (f: Func<'A, 'B, 'C, Tensor>)
        : Func<'A, 'B, 'C, struct ('A * 'B * 'C)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _, _, _>(fun a b c ->
            let struct (_, _, gradient) =
                Differentiation.gradient "Gradient" (fun struct (p, q, r) -> struct (f.Invoke(p, q, r), ())) (struct (a, b, c))

            gradient)

    /// <summary>The value of <paramref name="f"/> and its gradient, from one evaluation.</summary>
    [<return: TupleElementNames([| "Value"; "Gradient" |])>]
    static member WithValue<[<Nullable(2uy)>] 'T>(f: Func<'T, Tensor>) : Func<'T, struct (Tensor * 'T)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _>(fun point ->
            let struct (value, _, gradient) = Differentiation.gradient "Gradient" (fun p -> struct (f.Invoke p, ())) point

            struct (value, gradient))

    /// <summary>The value and the gradient with respect to the first argument; the second is passed through.</summary>
    [<return: TupleElementNames([| "Value"; "Gradient" |])>]
    static member WithValue<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'A>(f: Func<'T, 'A, Tensor>) : Func<'T, 'A, struct (Tensor * 'T)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)

        Func<_, _, _>(fun point a ->
            let struct (value, _, gradient) = Differentiation.gradient "Gradient" (fun p -> struct (f.Invoke(p, a), ())) point

            struct (value, gradient))

    /// <summary>The value, what else the function returns beside it (carried along, not differentiated), and the gradient.</summary>
    [<return: TupleElementNames([| "Value"; "Auxiliary"; "Gradient" |])>]
    static member WithAuxiliary<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (f: Func<'T, struct (Tensor * 'R)>)
        : Func<'T, struct (Tensor * 'R * 'T)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Func<_, _>(fun point -> Differentiation.gradient "Gradient" f.Invoke point)

    /// <summary>The value, what else the function returns beside it, and the gradient with respect to the first argument.</summary>
    [<return: TupleElementNames([| "Value"; "Auxiliary"; "Gradient" |])>]
    static member WithAuxiliary<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'A, [<Nullable(2uy)>] 'R>
        (f: Func<'T, 'A, struct (Tensor * 'R)>)
        : Func<'T, 'A, struct (Tensor * 'R * 'T)> =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Func<_, _, _>(fun point a -> Differentiation.gradient "Gradient" (fun p -> f.Invoke(p, a)) point)
