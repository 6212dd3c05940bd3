/// Polynomials in infinitesimals over numbers of 106 bits: derivatives of every order by their definition. They share nothing with the engine.
namespace Pipeline.Engine.Tests

open System
open System.Collections.Generic

/// How comparisons come out that are so close that rounding decides them: as a script says, in the order in which they are met, and beyond it as they
/// seem to. Two numbers that are compared again come out as before. Any such choice is right for a program that rounds.
/// Where a slope is no number, as those of atan2 at the origin, it depends on the path whether a zero meets it as the change that it multiplies, and
/// annihilates it, or later, behind a sum or a product of matrices: absorbing, no zero does.
[<AllowNullLiteral>]
type CloseChoices(script: int list, isAbsorbing: bool) =
    [<ThreadStatic; DefaultValue>]
    static val mutable private given: CloseChoices

    let known = Dictionary<struct (Extended * Extended), int>()
    let made = ResizeArray<int>()
    let mutable rest = script

    member _.Made = List.ofSeq made

    member _.IsAbsorbing = isAbsorbing

    /// Whether a coefficient of a change was no number.
    member val MetNoNumber = false with get, set

    member _.Choose(a: Extended, b: Extended, seeming: int) : int =
        match known.TryGetValue(struct (a, b)) with
        | true, choice -> choice
        | _ ->
            let choice =
                match rest with
                | next :: others ->
                    rest <- others
                    next
                | [] -> seeming

            known[struct (a, b)] <- choice
            made.Add choice
            choice

    /// Those of the reference that this thread computes.
    static member Given = CloseChoices.given

    /// A result under a script, with the choices that were made.
    static member Under(script: int list, isAbsorbing: bool, compute: unit -> 'T) : 'T * CloseChoices =
        CloseChoices.given <- CloseChoices(script, isAbsorbing)
        let result = compute ()
        result, CloseChoices.given

/// A polynomial in infinitesimals e_0, e_1, ... with e_i e_i = 0: entry b is the coefficient of the product of the e_i with bit i in b.
/// Each differentiation takes an infinitesimal of its own, so nothing can be confused.
type Jet = Extended[]

module Jet =
    let private zero = Extended.real 0.0
    let exactly (x: Extended) : Jet = [| x |]
    let real x : Jet = [| Extended.real x |]

    let private padded length (a: Jet) : Jet = if a.Length = length then a else Array.append a (Array.create (length - a.Length) zero)

    let private both f (a: Jet) (b: Jet) : Jet =
        let length = max a.Length b.Length
        Array.map2 f (padded length a) (padded length b)

    let add = both (fun a b -> a + b)
    let subtract = both (fun a b -> a - b)
    let negate (a: Jet) : Jet = Array.map (~-) a

    let scale (c: float) (a: Jet) : Jet = Array.map (fun (x: Extended) -> x * c) a

    let low (a: Jet) = a[.. a.Length / 2 - 1]
    let high (a: Jet) = a[a.Length / 2 ..]

    /// The product in which zero times anything is zero: that of a change with a coefficient.
    let annihilating (a: Jet) (b: Jet) : Jet =
        let result = Array.create (max a.Length b.Length) zero

        if Double.IsNaN a[0].High || Double.IsNaN b[0].High then CloseChoices.Given.MetNoNumber <- true

        let isAbsorbing = CloseChoices.Given.IsAbsorbing

        for i in 0 .. a.Length - 1 do
            if isAbsorbing || not a[i].IsZero then
                for j in 0 .. b.Length - 1 do
                    let isAbsorbed = isAbsorbing && (Double.IsNaN a[i].High || Double.IsNaN b[j].High)

                    if i &&& j = 0 && (isAbsorbed || not (a[i].IsZero || b[j].IsZero)) then
                        result[i ||| j] <- result[i ||| j] + a[i] * b[j]

        result

    /// The product of two values: plain in its real part.
    let multiply (a: Jet) (b: Jet) : Jet =
        let result = annihilating a b
        result[0] <- a[0] * b[0]
        result

    /// f (p + e q) = f p + e f' p q.
    let rec map (f: Extended -> Extended) (derivative: Jet -> Jet) (a: Jet) : Jet =
        if a.Length = 1 then
            [| f a[0] |]
        else
            let p = map f derivative (low a)
            let change = high a

            if Array.forall (fun (x: Extended) -> x.IsZero) change && not CloseChoices.Given.IsAbsorbing then
                padded a.Length p
            else
                Array.append p (annihilating (derivative (low a)) change)

    /// The same for two arguments.
    let rec map2 f (first: Jet -> Jet -> Jet) (second: Jet -> Jet -> Jet) (a: Jet) (b: Jet) : Jet =
        if a.Length = 1 && b.Length = 1 then
            [| f a[0] b[0] |]
        else
            let length = max a.Length b.Length
            let a, b = padded length a, padded length b
            let p, q = low a, low b

            let change = add (annihilating (first p q) (high a)) (annihilating (second p q) (high b))

            Array.append (map2 f first second p q) (padded (length / 2) change)

    /// f from its derivatives: f (p + q) = sum of f^(m) p q^m / m! for infinitesimal q.
    let compose (derivative: int -> Extended -> Extended) (a: Jet) : Jet =
        let change = Array.mapi (fun i x -> if i = 0 then zero else x) a
        let mutable power = real 1.0
        let mutable total = [| derivative 0 a[0] |]
        let mutable m = 1

        while 1 <<< m <= a.Length do
            power <- Array.map (fun (x: Extended) -> x / float m) (annihilating power change)
            total <- add total (annihilating power [| derivative m a[0] |])
            m <- m + 1

        total

    /// x with an infinitesimal change of v.
    let vary (e: int) (v: float) (x: Jet) : Jet = Array.append (padded (1 <<< e) x) (padded (1 <<< e) (real v))

    /// The derivative with respect to e, the last infinitesimal there is.
    let change (e: int) (a: Jet) : Jet = if a.Length <= (1 <<< e) then real 0.0 else a[1 <<< e ..]

    // Functions by their derivatives.

    let rec exp a = map Extended.exp exp a
    let square a = multiply a a

    let rec reciprocal a = map (fun x -> Extended.real 1.0 / x) (fun x -> negate (square (reciprocal x))) a

    let rec divide a b = map2 (fun a b -> a / b) (fun _ b -> reciprocal b) (fun a b -> negate (divide (divide a b) b)) a b

    let log a = map Extended.log reciprocal a
    let oneMinus a = subtract (real 1.0) a
    let onePlus a = add (real 1.0) a

    let rec sqrt a = map Extended.sqrt (fun x -> scale 0.5 (reciprocal (sqrt x))) a

    let rec sin a = map Extended.sin cos a
    and cos a = map Extended.cos (sin >> negate) a

    let rec tanh a = map Extended.tanh (fun x -> oneMinus (square (tanh x))) a

    let tan a = divide (sin a) (cos a)

    let atan a = map Extended.atan (fun x -> reciprocal (onePlus (square x))) a

    let asinh a = map Extended.asinh (fun x -> reciprocal (sqrt (onePlus (square x)))) a

    let rec logistic a = map Extended.logistic (fun x -> annihilating (logistic x) (logistic (negate x))) a

    let softplus a = map Extended.softplus logistic a

    let erf a = map Extended.erf (fun x -> multiply (exactly Extended.twoOverRootPi) (exp (negate (square x)))) a

    let rec erfInverse a =
        let slope x = divide (exp (square (erfInverse x))) (exactly Extended.twoOverRootPi)

        map Extended.erfInverse slope a

    /// The derivative of order m of log gamma.
    let logGamma m a = compose (fun k x -> Extended.logGamma (m + k) x) a

    /// y = atan2(a, b): b / (a^2 + b^2) and -a / (a^2 + b^2).
    let atan2 a b =
        let norm a b = add (square a) (square b)
        map2 Extended.atan2 (fun a b -> divide b (norm a b)) (fun a b -> negate (divide a (norm a b))) a b

    /// a^b: b a^(b-1) and a^b log a, where zero times anything is zero.
    let rec power a b =
        let value (a: Extended) (b: Extended) =
            if a.High > 0.0 then Extended.exp (b * Extended.log a)
            elif b.IsZero then Extended.real 1.0
            else Extended.real (Math.Pow(a.High, b.High))

        map2 value (fun a b -> annihilating b (power a (subtract b (real 1.0)))) (fun a b -> annihilating (power a b) (log a)) a b

    /// a^n by multiplication.
    let rec whole n a =
        if n < 0 then reciprocal (whole -n a)
        elif n = 0 then real 1.0
        else multiply a (whole (n - 1) a)

    /// sum over j of c_j x^k_j with k_j = first + 2 j, for |x| <= 1, by its derivatives.
    let private powerSeries first (coefficient: int -> Extended) a =
        let coefficients = Array.init 60 coefficient

        let derivative m (x: Extended) =
            let mutable total = zero

            for j in 0 .. coefficients.Length - 1 do
                let k = first + 2 * j

                if k >= m then
                    // k (k - 1) ... x^(k - m)
                    let mutable term = coefficients[j]

                    for i in k - m + 1 .. k do
                        term <- term * float i

                    for _ in 1 .. k - m do
                        term <- term * x

                    total <- total + term

            total

        compose derivative a

    /// sin(pi x) / (pi x) = sum of (-pi^2)^j x^(2j) / (2j + 1)!
    let sinc a =
        let minusSquare = -(Extended.pi * Extended.pi)

        a
        |> powerSeries 0 (fun j -> Seq.fold (fun c i -> c * minusSquare / float (2 * i * (2 * i + 1))) (Extended.real 1.0) (seq { 1..j }))

    /// I_n(x) = sum of (x/2)^(2j + n) / (j! (j + n)!), for n of 0 or 1.
    let besselI n a =
        a
        |> powerSeries n (fun j ->
            Seq.fold (fun c i -> c / float (4 * i * (i + n))) (Extended.real (if n = 1 then 0.5 else 1.0)) (seq { 1..j }))

    /// x log z, 0 where x is, for a positive z: log z and x / z.
    let rec xLogY x z =
        map2 (fun x z -> if x.IsZero then zero else x * Extended.log z) (fun _ z -> log z) (fun x z -> annihilating x (reciprocal z)) x z

    // Choices. A near tie is sure where both sides are the same jet, or small dyadic numbers, whose arithmetic is exact.

    let private isExact (a: Extended) = a.Low = 0.0 && Math.Abs a.High < 1024.0 && a.High * 1024.0 = Math.Round(a.High * 1024.0)

    let private isSame (a: Jet) (b: Jet) = Array.forall (fun (x: Extended) -> x.IsZero) (subtract a b)

    /// The sign of a - b. Numbers are close where nine digits agree, as many as results are judged by. No number is larger or smaller than NaN.
    let compare (a: Jet) (b: Jet) : int =
        let d = a[0] - b[0]

        if not (Double.IsFinite d.High) then
            (if a[0].High > b[0].High then 1
             elif a[0].High < b[0].High then -1
             else 0)
        elif d.IsZero && (isExact a[0] || isSame a b) then
            0
        elif Math.Abs d.High > 1e-9 * (1.0 + Math.Abs a[0].High) then
            Math.Sign d.High
        else
            CloseChoices.Given.Choose(a[0], b[0], Math.Sign d.High)

    let private zeroJet = real 0.0
    let isPositive a = compare a zeroJet > 0

    let sum (a: Jet seq) = Seq.fold add zeroJet a

    /// Ties share equally.
    let largest (a: Jet[]) : Jet =
        let best = a |> Array.reduce (fun best x -> if compare x best > 0 then x else best)
        let tied = a |> Array.filter (fun x -> compare x best = 0)

        if tied.Length = 1 then best else scale (1.0 / float tied.Length) (sum tied)

    let larger a b = largest [| a; b |]

    let smaller a b = negate (largest [| negate a; negate b |])

    /// |a|, with derivative 0 at 0.
    let abs a =
        match compare a zeroJet with
        | 0 -> zeroJet
        | s -> scale (float s) a

    /// The same number, of which no transformation knows a change.
    let stop (a: Jet) : Jet = [| a[0] |]
