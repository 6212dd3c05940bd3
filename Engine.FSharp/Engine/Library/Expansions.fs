// Taylor expansions of functions of one variable, and of the solutions of differential equations.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Expansions =
    /// f^(k)(about) / k! for k to the order; elementwise where about is no scalar.
    let coefficients (f: Tensor -> Tensor) (about: Tensor) (order: int) : Tensor[] =
        Differentiation.requireFloat "Taylor" [| about |]

        let curve =
            Array.init (order + 1) (fun k ->
                if k = 0 then about
                elif k = 1 then Primitive.fillLike about 1.0
                else null)

        let expanded (inputs: Tensor[]) =
            let struct (outputs, _) = Tree.flattenResult "Taylor" (f inputs[0])
            outputs

        let series = (Series.expand order expanded [| curve |])[0]
        series |> Array.map (Primitive.orZeros series[0].Type)

    /// f^(k)(about) for k to the order.
    let derivatives (f: Tensor -> Tensor) (about: Tensor) (order: int) : Tensor[] =
        Limits.NotNegative(order, nameof order)
        let mutable factorial = 1.0

        coefficients f about order
        |> Array.mapi (fun k c ->
            if k < 2 then
                c
            else
                factorial <- factorial * float k
                c * factorial)

    /// Coefficients of the solution of y' = f(y), which is recorded once.
    let rec solution (f: Tensor -> Tensor) (start: Tensor) (order: int) : Tensor[] =
        let name = "Taylor.Solution"
        Differentiation.requireFloat name [| start |]

        let staged = Staging.stage name [| Staging.leafType start |] (fun leaves -> Tree.flattenResult name (f leaves[0]))

        let slope = (Graphs.outputs staged.Graph)[0]

        if not (Shape.equal slope.Shape start.Dims) then
            raise (
                ShapeException
                    $"{name}: the slope has shape {Shape.text slope.Shape} where the start has {Shape.text start.Dims}; they must be the same."
            )

        if slope.DType = start.DType then
            Flow.solve staged.Graph staged.Captured start order
        elif start.Weak then
            solution f (Tensor.Cast(start, slope.DType, false)) order
        else
            raise (
                DTypeException
                    $"{name}: the slope is {DType.name slope.DType} where the start is {DType.name start.DType}; convert one of them (AsType)."
            )

    /// The Taylor polynomial of a function about a point.
    let series (f: Tensor -> Tensor) (about: Tensor) (order: int) : TaylorSeries =
        ArgumentNullException.ThrowIfNull(about, nameof about)
        Limits.NotNegative(order, nameof order)
        TaylorSeries(about, coefficients f about order)

    /// The Taylor polynomial in t about 0 of the solution of y' = slope y, y(0) = start.
    let solutionSeries (slope: Tensor -> Tensor) (start: Tensor) (order: int) : TaylorSeries =
        ArgumentNullException.ThrowIfNull(start, nameof start)
        Limits.NotNegative(order, nameof order)
        TaylorSeries(Tensor.Number 0.0, solution slope start order)
