// The function sin(pi x) / (pi x) and its derivatives of every order: scalar meanings in float64.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal SincFunction =
    /// The sine of pi x + order pi / 2, exact at multiples of a quarter.
    let private shifted order (x: float) =
        match order % 4 with
        | 0 -> Double.SinPi x
        | 1 -> Double.CosPi x
        | 2 -> -(Double.SinPi x)
        | _ -> -(Double.CosPi x)

    /// The m-th derivative of sin(z) / z =: S at z = pi x > 0 by z S^(k) + k S^(k-1) = sin(z + k pi / 2): upwards from S where z > m,
    /// and downwards from far above m elsewhere; errors shrink by k / z or z / k from step to step.
    let private derivative m (x: float) =
        let z = Math.PI * x

        if z > float (max 1 m) then
            let mutable s = Double.SinPi x / z

            for k in 1..m do
                s <- (shifted k x - float k * s) / z

            s
        else
            let mutable s = 0.0

            for k in m + 40 + int z .. -1 .. m + 1 do
                s <- (shifted k x - z * s) / float k

            s

    /// The m-th derivative of sin(pi x) / (pi x); at 0 it is (-1)^(m/2) pi^m / (m + 1) for even m and 0 for odd m, at infinity 0.
    let sinc (m: int) : float -> float =
        let mutable power = 1.0

        for _ in 1..m do
            power <- power * Math.PI

        let scale = power

        fun x ->
            if Double.IsNaN x then
                nan
            elif Double.IsInfinity x then
                0.0
            else
                let value = scale * derivative m (abs x)
                if m % 2 = 1 && x < 0.0 then -value else value
