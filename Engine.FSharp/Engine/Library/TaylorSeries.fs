// A Taylor polynomial and its coefficients.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.CompilerServices

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
