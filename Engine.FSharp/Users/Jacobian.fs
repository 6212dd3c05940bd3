// Matrices of first and second derivatives: the function is evaluated once, its linear map once for each basis vector, all at the same time.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Jacobians =
    /// Basis vectors at the same time; more are taken in turns, to bound the memory.
    let private chunk = 1024

    /// Rows first .. first + count - 1 of the identity, each in the shape of t.
    let private basis (t: TensorType) first count =
        let n = Shape.size t.Shape
        let row = Primitive.iota DType.Int32 [| count; n |] 0
        let column = Primitive.iota DType.Int32 [| count; n |] 1

        let diagonal =
            Primitive.compare Relation.Equal (Primitive.add row (Primitive.fillLike row (float first))) column

        Primitive.reshape (Array.append [| count |] t.Shape) (Primitive.convert t.DType diagonal)

    /// A linear map on each basis vector of t, side by side along a new leading axis.
    let private onBasis (t: TensorType) (linear: Tensor -> Tensor) =
        let n = Shape.size t.Shape

        let part first =
            let count = min chunk (n - first)

            let results, hidden =
                Batch.map count (fun inputs -> [| linear inputs[0] |]) [| basis t first count |] [| true |]

            if hidden[0] then
                results[0]
            else
                Batch.lead count results[0]

        Primitive.concatenate 0 [| for first in 0..chunk .. max 0 (n - 1) -> part first |]

    /// Derivative axes last: [result, argument].
    let forward operation (f: Tensor -> Tensor) (x: Tensor) =
        Differentiation.requireFloat operation [| x |]
        let mutable result = Unchecked.defaultof<TensorType>

        let columns =
            onBasis x.Type (fun v ->
                let values, changes =
                    Linearize.pushforward operation (fun inputs -> [| f inputs[0] |]) [| x |] [| v |]

                result <- values[0].Type
                Primitive.orZeros values[0].Type changes[0])

        Primitive.transpose
            (Array.append [| for i in 1 .. result.Shape.Length -> i |] [| 0 |])
            (Primitive.reshape (Array.append [| Shape.size x.Dims |] result.Shape) columns)
        |> Primitive.reshape (Array.append result.Shape x.Dims)

    let reverse operation (f: Tensor -> Tensor) (x: Tensor) =
        Differentiation.requireFloat operation [| x |]

        let values, pull =
            Linearize.pullback operation (fun inputs -> [| f inputs[0] |]) [| x |]

        let rows =
            onBasis values[0].Type (fun u -> Primitive.orZeros x.Type (Array.head (pull [| u |])))

        Primitive.reshape (Array.append values[0].Dims x.Dims) rows

namespace Pipeline

open System
open Pipeline.Engine

/// <summary>The matrix of first derivatives of a function from tensor to tensor; its axes are those of the result, then those of the argument.</summary>
[<AbstractClass; Sealed>]
type Jacobian =
    /// <summary>By forward mode: the cheaper way where the argument has fewer entries than the result.</summary>
    static member Forward(f: Func<Tensor, Tensor>) : Func<Tensor, Tensor> =
        ArgumentNullException.ThrowIfNull f
        Func<_, _>(fun x -> Jacobians.forward "Jacobian" f.Invoke x)

    /// <summary>By reverse mode: the cheaper way where the result has fewer entries than the argument.</summary>
    static member Reverse(f: Func<Tensor, Tensor>) : Func<Tensor, Tensor> =
        ArgumentNullException.ThrowIfNull f
        Func<_, _>(fun x -> Jacobians.reverse "Jacobian" f.Invoke x)

/// <summary>Second derivatives of a scalar function.</summary>
[<AbstractClass; Sealed>]
type Hessian =
    /// <summary>The matrix of second derivatives of a scalar function of a tensor, by forward over reverse mode; the argument's axes twice.</summary>
    static member Of(f: Func<Tensor, Tensor>) : Func<Tensor, Tensor> =
        let gradient = Gradient.Of f
        Func<_, _>(fun x -> Jacobians.forward "Hessian" gradient.Invoke x)

    /// <summary>The Hessian at a point times a direction, without the matrix: the change of the gradient along the direction. Trees of parameters too.</summary>
    static member TimesVector<'T>(f: Func<'T, Tensor>) : Func<'T, 'T, 'T> =
        let gradient = Gradient.Of f

        Func<_, _, _>(fun point direction ->
            let struct (_, change) =
                Differentiation.pushforward "Hessian" gradient.Invoke point direction

            change)
