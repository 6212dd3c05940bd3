// Derivatives of functions whose results hold functions (Manzyuk and others, "Perturbation confusion in forward automatic
// differentiation of higher-order functions", 2019): a function in the result is differentiated anew at each of its applications.
namespace Pipeline.Engine

open System
open System.Reflection
open Pipeline

/// The derivative of a part of a result that is a function.
[<AbstractClass>]
type internal FunctionPart() =
    /// select: the part, from the scalar that the result depends on.
    abstract Derive: select: Func<Tensor, obj> * at: Tensor -> obj

[<Sealed>]
type internal DelegatePart<'A, 'B>() =
    inherit FunctionPart()

    override _.Derive(select, at) =
        box (Func<'A, 'B>(fun a -> FunctionResults.derivative<'B> (fun x -> (select.Invoke x :?> Func<'A, 'B>).Invoke a) at))

and [<Sealed>] internal ClosurePart<'A, 'B>() =
    inherit FunctionPart()

    override _.Derive(select, at) = box (fun (a: 'A) -> FunctionResults.derivative<'B> (fun x -> (select.Invoke x :?> ('A -> 'B)) a) at)

and [<AbstractClass; Sealed>] internal FunctionResults =
    static member private PartOf(value: obj) : FunctionPart =
        let rec closure (t: Type) =
            if isNull t then null
            elif t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<FSharpFunc<_, _>> then t
            else closure t.BaseType

        let make (part: Type) (t: Type) = Activator.CreateInstance(part.MakeGenericType(t.GetGenericArguments())) :?> FunctionPart

        if isNull value then
            Unchecked.defaultof<FunctionPart>
        else
            let t = value.GetType()

            if t.IsGenericType && t.GetGenericTypeDefinition() = typedefof<Func<_, _>> then
                make typedefof<DelegatePart<_, _>> t
            elif isNull (closure t) then
                Unchecked.defaultof<FunctionPart>
            else
                make typedefof<ClosurePart<_, _>> (closure t)

    static member requireScalar(at: Tensor) =
        if isNull at then nullArg "x"

        if at.Rank > 0 then
            raise (
                DifferentiationException
                    $"Derivative: takes a function of a scalar, but the argument has shape {Shape.text at.Dims}. Use Gradient for a scalar result, Jacobian, or Derivative.Along with a direction."
            )

    /// df/dx at a scalar.
    static member derivative<'R> (f: Tensor -> 'R) (at: Tensor) : 'R =
        FunctionResults.requireScalar at

        let struct (_, change) = Differentiation.pushforward "Derivative" f at (Primitive.fillLike at 1.0)

        let struct (changes, structure) = Tree.flatten change

        let replaced =
            structure
            |> Tree.replaceOpaque (fun number value ->
                let part = FunctionResults.PartOf value

                if obj.ReferenceEquals(part, null) then
                    value
                else
                    let select (x: Tensor) =
                        let struct (_, structure) = Tree.flatten (f x)
                        Flattening.opaque structure |> List.item number

                    part.Derive(Func<_, _>(select), at))

        Tree.rebuild<'R> replaced changes
