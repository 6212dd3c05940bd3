// Vector forms as lane expressions, which every target computes to the same bits: calls of scalar functions, products and integer powers.
// The elementary functions are in the Vector files beside this one.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorFunctions =
    /// A function without a vector form: called once a lane.
    let scalar name (f: float -> float) (x: Lane) = Lane.call name f (fun x -> float32 (f (float x))) x

    /// a b, but 0 where either is.
    let scale (a: Lane) (b: Lane) =
        let zero = a.Number 0.0
        Lane.select (Lane.equal a zero ||. Lane.equal b zero) zero (a *. b)

    /// x^n by squarings and products, in the order of the scalar function.
    let rec power (n: int) (x: Lane) =
        if n < 0 then
            let one = x.Number 1.0
            let denominator = power -n x

            if n = -1 then
                one /. denominator
            else
                // Beyond the largest number it has no reciprocal, but the power of the reciprocal may be one.
                Lane.select (Lane.equal (Lane.abs denominator) (x.Number infinity)) (power -n (one /. x)) (one /. denominator)
        elif n = 0 then
            x.Number 1.0
        else
            let rec go k (square: Lane) (product: Lane voption) =
                let product =
                    if k &&& 1 = 0 then
                        product
                    else
                        match product with
                        | ValueNone -> ValueSome square
                        | ValueSome other -> ValueSome(other *. square)

                if k = 1 then product.Value else go (k >>> 1) (square *. square) product

            go n x ValueNone
