// The product of a change with a coefficient that is itself a quotient, t n / d: within the range wherever its value is.
namespace Pipeline.Engine

open System
open Pipeline
open Pipeline.Engine.LaneOperators

[<RequireQualifiedAccess>]
module internal QuotientFunction =
    /// x = m 2^e with 1 <= |m| < 2.
    let private split (x: float) =
        let e = Math.ILogB x
        struct (Math.ScaleB(x, -e), e)

    /// t n / d; 0 where t or n is 0 or d is infinite.
    let scalar (t: float) (n: float) (d: float) =
        if t = 0.0 || n = 0.0 || Double.IsInfinity d then
            0.0
        else
            let product = t * n
            let size = abs product

            if (size > 1e-270 && size < 1e270) || not (Double.IsFinite t && Double.IsFinite n) then
                product / d
            elif d = 0.0 then
                t / d * n
            elif Double.IsNaN d then
                nan
            else
                let struct (t, i) = split t
                let struct (n, j) = split n
                let struct (d, k) = split d
                Math.ScaleB(t * n / d, i + j - k)

    let scalar32 (t: float32) (n: float32) (d: float32) =
        if t = 0.0f || n = 0.0f || Single.IsInfinity d then
            0.0f
        else
            let product = t * n
            let size = abs product

            if size > 1e-25f && size < 1e25f then
                product / d
            else
                // Neither leaves the range of float64.
                float32 (float t * float n / float d)

    let private isOne (x: Lane) =
        match x.Op with
        | LaneOp.Constant 1.0 -> true
        | _ -> false

    let private isFinite (x: Lane) =
        Lane.less (Lane.abs x) (x.Number infinity)

    /// The same for lanes: mantissas and exponents apart, the exponents added as unsigned integers.
    let lanes (t: Lane) (n: Lane) (d: Lane) =
        let zero = t.Number 0.0

        let vanishes =
            LaneOperators.(||.)
                (LaneOperators.(||.) (Lane.equal t zero) (Lane.equal n zero))
                (Lane.equal (Lane.abs d) (d.Number infinity))

        if isOne t || isOne n then
            Lane.select vanishes zero ((if isOne t then n else t) /. d)
        else
            let mantissa = LaneFloats.mantissaBits t
            let bias = LaneFloats.bias t
            let raised = mantissa + 2
            let least = LaneFloats.number (Math.ScaleB(1.0, -126)) (Math.ScaleB(1.0, -1022)) t
            let exponents = uint64 (2 * bias + 1)

            /// The mantissa with the sign, and the exponent + bias + raised.
            let split (x: Lane) =
                let isSmall = Lane.less (Lane.abs x) least

                let bits =
                    LaneFloats.asUnsigned (Lane.select isSmall (x *. x.Number(Math.ScaleB(1.0, raised))) x)

                let field = bits.Pattern(exponents <<< mantissa)

                let exponent =
                    Lane.shiftRight mantissa (bits &&. field)
                    +. Lane.select isSmall (bits.Pattern 0UL) (bits.Pattern(uint64 raised))

                let m =
                    LaneFloats.asFloatLike x ((bits &&. Lane.not field) ||. bits.Pattern(uint64 bias <<< mantissa))

                struct (m, exponent)

            let struct (mt, et) = split t
            let struct (mn, en) = split n
            let struct (md, ed) = split d
            // Far above every difference of exponents, so that nothing wraps below 0.
            let lift = 8192
            let number (value: int) = et.Pattern(uint64 value)
            let sum = (et +. en) +. number (bias - raised - 2 + lift) -. ed

            let clamped =
                Lane.min (Lane.max sum (number lift)) (number (lift + 4 * (bias - 1)))
                -. number lift
            // 2^exponent as two powers of two: exponent + 2 (bias - 1) = first + second.
            let first = Lane.shiftRight 1 clamped
            let second = clamped -. first

            let power (e: Lane) =
                LaneFloats.asFloatLike t (Lane.shiftLeft mantissa (e +. number 1))

            let scaled = mt *. mn /. md *. power first *. power second
            let product = t *. n
            let divided = Lane.select (Lane.equal d zero) (t /. d *. n) (product /. d)

            let ordinary =
                (isFinite t &&. isFinite n) &&. (isFinite d &&. Lane.less zero (Lane.abs d))

            Lane.select vanishes zero (Lane.select ordinary scaled divided)
