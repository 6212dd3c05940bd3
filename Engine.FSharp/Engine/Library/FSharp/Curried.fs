// Transformations of curried functions: of one function of all their arguments together, which are then given one by one.
namespace Pipeline.Engine

open System
open Microsoft.FSharp.Reflection

/// What is known of a function by the type of its results.
[<AbstractClass; Sealed>]
type internal CurriedResult<'R> =
    static member val IsFunction = FSharpType.IsFunction typeof<'R>

/// A transformation that keeps the type of a function. source: what the function captures is looked for in it.
[<AbstractClass>]
type internal FunctionTransformation() =
    abstract Of<'T, 'R> : source: Delegate * f: ('T -> 'R) -> ('T -> 'R)

[<AbstractClass>]
type internal CurriedPart<'T, 'R>() =
    abstract Apply: transformation: FunctionTransformation * source: Delegate * f: ('T -> 'R) -> ('T -> 'R)

[<Sealed>]
type internal CurriedPart<'T, 'A, 'B>() =
    inherit CurriedPart<'T, 'A -> 'B>()

    override _.Apply(transformation, source, f) =
        let joined = Curried.apply<struct ('T * 'A), 'B> transformation source (fun (struct (x, a)) -> f x a)

        fun x a -> joined (struct (x, a))

and [<AbstractClass; Sealed>] internal Curried =
    static member apply<'T, 'R> (transformation: FunctionTransformation) (source: Delegate) (f: 'T -> 'R) : 'T -> 'R =
        if CurriedResult<'R>.IsFunction then
            let next, result = FSharpType.GetFunctionElements typeof<'R>

            let part = typedefof<CurriedPart<_, _, _>>.MakeGenericType(typeof<'T>, next, result)

            (Activator.CreateInstance part :?> CurriedPart<'T, 'R>).Apply(transformation, source, f)
        else
            transformation.Of(source, f)

    /// Of the transformations that are of functions of one argument.
    static member refuse<'R>(operation: string) =
        if CurriedResult<'R>.IsFunction then
            raise (
                ArgumentException(
                    $"{operation}: the function is curried: given its first argument it returns a function of the next, and {operation} is of functions of one argument. Take the arguments together, as in {operation} (fun (x, y) -> f x y), and give them together.",
                    "f"
                )
            )
