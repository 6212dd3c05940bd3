// Taylor expansions of functions of one variable.

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
        ArgumentOutOfRangeException.ThrowIfNegative order
        let mutable factorial = 1.0

        coefficients f about order
        |> Array.mapi (fun k c ->
            if k < 2 then
                c
            else
                factorial <- factorial * float k
                c * factorial)

namespace Pipeline

open System
open System.Collections.Generic
open Pipeline.Engine

/// <summary>A Taylor polynomial: the coefficients of the powers of x - about.</summary>
[<Sealed>]
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

/// <summary>Taylor expansions: all derivatives up to an order at once.</summary>
[<AbstractClass; Sealed>]
type Taylor =
    /// <summary>The Taylor polynomial of <paramref name="f"/> about a point. Elementwise functions are expanded at each entry.</summary>
    /// <exception cref="T:Pipeline.DifferentiationException">The point is not of a float dtype.</exception>
    static member Series(f: Func<Tensor, Tensor>, about: Tensor, order: int) : TaylorSeries =
        ArgumentNullException.ThrowIfNull f
        ArgumentNullException.ThrowIfNull about
        ArgumentOutOfRangeException.ThrowIfNegative order
        TaylorSeries(about, Expansions.coefficients f.Invoke about order)
