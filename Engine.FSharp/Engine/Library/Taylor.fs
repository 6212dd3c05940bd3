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

        let series = (Series.expand order (fun inputs -> [| f inputs[0] |]) [| curve |])[0]
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

        let staged =
            Staging.stage name [| Staging.leafType start |] (fun leaves -> struct ([| f leaves[0] |], Structure.Leaf))

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

namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>A Taylor polynomial: the coefficients of the powers of x - about. It is a tree of tensors: functions that return one can be compiled, batched and differentiated.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type TaylorSeries internal (about: Tensor, coefficients: Tensor[]) =
    /// <summary>The point of expansion.</summary>
    member _.About = about
    /// <summary>The k-th derivative at the point divided by k!, for k from 0 to the order.</summary>
    member _.Coefficients: IReadOnlyList<Tensor> = Array.AsReadOnly coefficients
    /// <summary>The degree of the polynomial.</summary>
    member _.Order = coefficients.Length - 1

    /// <summary>The polynomial at <paramref name="x"/>.</summary>
    member _.Evaluate(x: Tensor) : Tensor =
        let step = x - about
        Array.foldBack (fun (c: Tensor) (sum: Tensor) -> if isNull sum then c else c + step * sum) coefficients null

    /// <summary>The polynomials of order 0, 1, 2, ... at <paramref name="x"/>.</summary>
    member _.PartialSums(x: Tensor) : IReadOnlyList<Tensor> =
        let step = x - about
        let mutable power: Tensor = null
        let mutable sum: Tensor = null

        let sums =
            coefficients
            |> Array.map (fun c ->
                if isNull sum then
                    sum <- c
                else
                    power <- if isNull power then step else power * step
                    sum <- sum + c * power

                sum)

        Array.AsReadOnly sums

    /// <summary>The order, the point and the coefficients.</summary>
    override series.ToString() =
        let terms = coefficients |> Array.map string |> String.concat ", "
        $"TaylorSeries of order {series.Order} about {about}: {terms}"

    interface ITensorTree with
        member _.Parts = Array.append [| box about |] (coefficients |> Array.map box) :> IReadOnlyList<obj>

        member _.WithParts parts =
            let tensors = parts |> Seq.cast<Tensor> |> Array.ofSeq
            TaylorSeries(tensors[0], tensors[1..])

        member _.Distinction = box coefficients.Length

/// <summary>Taylor expansions: all derivatives up to an order at once.</summary>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Taylor =
    /// <summary>The Taylor polynomial of <paramref name="f"/> about a point. Elementwise functions are expanded at each entry.</summary>
    /// <exception cref="T:Pipeline.DifferentiationException">The point is not of a float dtype.</exception>
    static member Series(f: Func<Tensor, Tensor>, about: Tensor, order: int) : TaylorSeries =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        ArgumentNullException.ThrowIfNull(about, nameof about)
        Limits.NotNegative(order, nameof order)
        TaylorSeries(about, Expansions.coefficients f.Invoke about order)

    /// <summary>The Taylor polynomial in t about 0 of the solution y(t) of y' = slope(y), y(0) = <paramref name="start"/>: coefficients of the shape of the start, all from one pass.</summary>
    /// <remarks>Order k of slope(y) divided by k + 1 is order k + 1 of y, so the slope is recorded once and evaluated order by order: n orders cost O(n^2)
    /// (a loop, branch or factorization inside the slope O(n^3)). For an equation that depends on t make t a part of y, with slope 1. The coefficients are differentiable in the start and in what the slope captures.</remarks>
    /// <param name="slope">A function of the state; it is recorded, so it may not read numbers of its argument.</param>
    /// <param name="start">The state at t = 0.</param>
    /// <param name="order">The degree of the polynomial.</param>
    /// <exception cref="T:Pipeline.ShapeException">The slope has another shape than the start.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The slope has another dtype than the start.</exception>
    /// <exception cref="T:Pipeline.DifferentiationException">The start is not of a float dtype.</exception>
    /// <example><code>
    /// var growth = Taylor.Solution(y => y, start: 1.0, order: 10);   // 1, 1, 1/2, 1/6, ...
    /// </code></example>
    static member Solution(slope: Func<Tensor, Tensor>, start: Tensor, order: int) : TaylorSeries =
        ArgumentNullException.ThrowIfNull(slope, nameof slope)
        ArgumentNullException.ThrowIfNull(start, nameof start)
        Limits.NotNegative(order, nameof order)
        TaylorSeries(Tensor.Number 0.0, Expansions.solution slope.Invoke start order)
