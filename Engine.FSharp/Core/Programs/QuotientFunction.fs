// The product of a change with a coefficient that is itself a quotient, t n / d: within the range wherever its value is.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.LaneOperators

/// n / d is formed first where it is a normal number: then its product with t leaves the range only where the value does, and one
/// coefficient serves every change. Where it is none, n and 1 / d are both above 1, or both below, but for digits that a number below
/// the normal range has lost: then t n lies between t and the value, and (t n) / d leaves the range only where the value does.
[<RequireQualifiedAccess>]
module internal QuotientFunction =
    /// t n / d; 0 where t or n is 0 or d is infinite.
    let scalar (t: float) (n: float) (d: float) =
        let c = n / d

        if t = 0.0 || n = 0.0 || Double.IsInfinity d then 0.0
        elif Double.IsNormal c || d = 0.0 then t * c
        else t * n / d

    let scalar32 (t: float32) (n: float32) (d: float32) =
        let c = n / d

        if t = 0.0f || n = 0.0f || Single.IsInfinity d then 0.0f
        elif Single.IsNormal c || d = 0.0f then t * c
        else t * n / d

    /// The scalar meaning in lanes, with the coefficient: a product, but where that is no number.
    let lanes (t: Lane) (n: Lane) (d: Lane) (coefficient: Lane) = Lane.callWhereNaN "quotient" scalar scalar32 t n d (t *. coefficient)
