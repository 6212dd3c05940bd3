// The vector forms of the elementary functions, as lane expressions that every target computes to the same bits.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal VectorFunctions =
    /// A function without a vector form: called once a lane.
    let scalar name (f: float -> float) (x: Lane) =
        Lane.call name f (fun x -> float32 (f (float x))) x

    /// x^n by squarings and products.
    let rec power (n: int) (x: Lane) =
        if n < 0 then
            x.Number 1.0 /. power -n x
        elif n = 0 then
            x.Number 1.0
        else
            let rec go k (square: Lane) =
                if k = 1 then square
                elif k &&& 1 = 0 then go (k >>> 1) (square *. square)
                else square *. go (k >>> 1) (square *. square)

            go n x
