// The modified Bessel functions of the first kind of whole orders: scalar meanings in float64.
namespace Pipeline.Engine

open System

[<RequireQualifiedAccess>]
module internal BesselFunction =
    /// I_n(x) = sum over k of (x/2)^(2k + n) / (k! (k + n)!): all terms of one sign.
    let private series n (x: float) =
        let half = 0.5 * x
        let square = half * half
        let mutable term = 1.0

        for i in 1..n do
            term <- term * (half / float i)

        let mutable sum = term
        let mutable k = 1

        while term > 1e-18 * sum do
            term <- term * (square / float (k * (k + n)))
            sum <- sum + term
            k <- k + 1

        sum

    /// I_n(x) = e^x / sqrt(2 pi x) (1 - (4n^2 - 1) / (8x) + (4n^2 - 1)(4n^2 - 9) / (2! (8x)^2) - ...).
    let private asymptotic n (x: float) =
        let order = 4.0 * float n * float n
        let mutable term = 1.0
        let mutable sum = 1.0
        let mutable k = 1
        let mutable shrinks = true

        while shrinks do
            let odd = float (2 * k - 1)
            let next = -term * (order - odd * odd) / (8.0 * x * float k)
            // The terms of an asymptotic series grow in the end.
            shrinks <- abs next < abs term && abs next > 1e-18 * abs sum

            if abs next < abs term then sum <- sum + next

            term <- next
            k <- k + 1

        // e^x overflows before I_n does.
        let root = Special.exp (0.5 * x)
        root * (sum / Math.Sqrt(2.0 * Math.PI * x)) * root

    /// I_n(x), n >= 0.
    let i (n: int) (x: float) =
        let size = abs x

        let value =
            if Double.IsNaN x then nan
            elif size > 750.0 + float (n * n) then infinity
            elif size < float (max 22 (n * n)) then series n size
            else asymptotic n size

        if x < 0.0 && n % 2 = 1 then -value
        // I_n(-0) is -0 for odd n.
        elif x = 0.0 && n % 2 = 1 then 0.0 * x
        else value
