/// Nests evaluated level by level from their definitions: numbers with infinitesimals, every batch and loop a loop. It shares nothing with the engine.
module Pipeline.Engine.Tests.NestOracle

open System
open Pipeline.Engine.Tests.NestPrograms

/// A branch or a maximum so close to its edge that rounding decides it: such a nest has no reference.
exception Ambiguous

/// A polynomial in infinitesimals e_0, e_1, ... with e_i e_i = 0: entry b is the coefficient of the product of the e_i with bit i in b.
/// Each differentiation takes an infinitesimal of its own, so nothing can be confused.
type Number = float[]

module Number =
    let real x : Number = [| x |]

    let private padded length (a: Number) =
        if a.Length = length then
            a
        else
            Array.append a (Array.zeroCreate (length - a.Length))

    let private both f (a: Number) (b: Number) : Number =
        let length = max a.Length b.Length
        Array.map2 f (padded length a) (padded length b)

    let add = both (+)
    let subtract = both (-)
    let scale (c: float) (a: Number) : Number = Array.map (fun x -> c * x) a
    let private low (a: Number) = a[.. a.Length / 2 - 1]
    let private high (a: Number) = a[a.Length / 2 ..]
    let private isZero (a: Number) = Array.forall (fun x -> x = 0.0) a

    let rec multiply (a: Number) (b: Number) : Number =
        if a.Length = 1 then
            scale a[0] b
        elif b.Length = 1 then
            scale b[0] a
        elif a.Length < b.Length then
            multiply b a
        elif a.Length > b.Length || isZero (high b) then
            let b = if a.Length > b.Length then b else low b
            Array.append (multiply (low a) b |> padded (a.Length / 2)) (multiply (high a) b |> padded (a.Length / 2))
        elif isZero (high a) then
            multiply b a
        else
            let cross = add (multiply (low a) (high b)) (multiply (high a) (low b))
            Array.append (multiply (low a) (low b)) cross

    /// f (p + e q) = f p + e f' p q.
    let rec map (f: float -> float) (derivative: Number -> Number) (a: Number) : Number =
        if a.Length = 1 then
            [| f a[0] |]
        else
            let p = map f derivative (low a)
            Array.append p (multiply (derivative (low a)) (high a) |> padded p.Length)

    /// x with an infinitesimal change of v.
    let vary (e: int) (v: float) (x: Number) : Number =
        let one = padded (1 <<< e) [| v |]
        Array.append (padded (1 <<< e) x) one

    /// The derivative with respect to e, the last infinitesimal there is.
    let change (e: int) (a: Number) : Number =
        if a.Length <= (1 <<< e) then real 0.0 else a[1 <<< e ..]

open Number

let private constant c (_: Number) = real c
let rec private exp a = map Math.Exp exp a

let rec private reciprocal a =
    map
        (fun x -> 1.0 / x)
        (fun x ->
            let y = reciprocal x
            scale -1.0 (multiply y y))
        a

let private divide a b = multiply a (reciprocal b)
let private log a = map Math.Log reciprocal a
let private square a = multiply a a
let private oneMinus a = subtract (real 1.0) a
let private onePlus a = add (real 1.0) a

let rec private power p a =
    map (fun x -> Math.Pow(x, p)) (fun x -> scale p (power (p - 1.0) x)) a

let private sqrt a = power 0.5 a
let rec private sin a = map Math.Sin cos a

and private cos a =
    map Math.Cos (fun x -> scale -1.0 (sin x)) a

let rec private tanh a =
    map Math.Tanh (fun x -> oneMinus (square (tanh x))) a

let private atan a =
    map Math.Atan (fun x -> reciprocal (onePlus (square x))) a

let private asinh a =
    map Math.Asinh (fun x -> reciprocal (sqrt (onePlus (square x)))) a

let rec private logistic a =
    map
        (fun x -> 1.0 / (1.0 + Math.Exp(-x)))
        (fun x ->
            let y = logistic x
            multiply y (oneMinus y))
        a

let private softplus a =
    map (fun x -> max x 0.0 + Math.Log(1.0 + Math.Exp(-(abs x)))) logistic a

/// 2 / sqrt pi e^(-x^2) times the sum of 2^n x^(2n+1) / (1 3 5 .. (2n+1)), all of whose terms have one sign.
let private erf a =
    let scalar x =
        let mutable term = x
        let mutable total = x
        let mutable n = 1.0

        while abs term > 1e-18 * abs total do
            term <- term * 2.0 * x * x / (2.0 * n + 1.0)
            total <- total + term
            n <- n + 1.0

        if abs x > 6.0 then
            float (Math.Sign x)
        else
            2.0 / Math.Sqrt Math.PI * Math.Exp(-x * x) * total

    map scalar (fun x -> scale (2.0 / Math.Sqrt Math.PI) (exp (scale -1.0 (square x)))) a

/// B_2, B_4, ...
let private bernoulli =
    [|
        1.0 / 6.0
        -1.0 / 30.0
        1.0 / 42.0
        -1.0 / 30.0
        5.0 / 66.0
        -691.0 / 2730.0
        7.0 / 6.0
    |]

let private factorial n =
    Seq.fold (*) 1.0 (seq { for i in 2..n -> float i })

/// The derivative of order m of log gamma, by Stirling's series beyond 20 and the recurrence below.
let rec private stirling (m: int) (x: float) : float =
    if x < 20.0 then
        // log gamma x = log gamma (x + 1) - log x
        let step =
            if m = 0 then
                Math.Log x
            else
                (if m % 2 = 1 then 1.0 else -1.0) * factorial (m - 1) / Math.Pow(x, float m)

        stirling m (x + 1.0) - step
    else
        let sign = if m % 2 = 0 then 1.0 else -1.0

        let leading =
            match m with
            | 0 -> (x - 0.5) * Math.Log x - x + 0.5 * Math.Log(2.0 * Math.PI)
            | 1 -> Math.Log x - 0.5 / x
            | _ ->
                sign
                * (factorial (m - 2) / Math.Pow(x, float (m - 1))
                   + 0.5 * factorial (m - 1) / Math.Pow(x, float m))

        let rest =
            bernoulli
            |> Array.mapi (fun i b ->
                let k = 2 * (i + 1)
                // The derivative of order m of B_k / (k (k - 1) x^(k-1)).
                let rising = Seq.fold (*) 1.0 (seq { for j in k - 1 .. k - 2 + m -> float j })
                sign * b / float (k * (k - 1)) * rising / Math.Pow(x, float (k - 1 + m)))

        leading + Array.sum rest

let rec private logGamma m a = map (stirling m) (logGamma (m + 1)) a

/// Whether a > b, where it is sure; at equality `tie` says whether that is sure too.
let private greater tie (a: Number) (b: Number) =
    let distance = abs (a[0] - b[0])

    if distance < 1e-7 * (1.0 + abs a[0]) && not tie then
        raise Ambiguous

    a[0] > b[0]

/// Ties of equal numbers share, which changes nothing; other near ties are ambiguous.
let private larger a b =
    let isEqual = Array.forall (fun x -> x = 0.0) (subtract a b)
    if greater isEqual a b then a else b

let private unary name a =
    match name with
    | "exp01" -> exp (scale 0.1 a)
    | "tanh" -> tanh a
    | "sin" -> sin a
    | "cos" -> cos a
    | "logistic" -> logistic a
    | "softplus" -> softplus a
    | "erf" -> erf a
    | "atan" -> atan a
    | "neg" -> scale -1.0 a
    | "asinh" -> asinh a
    | "square" -> square a
    | "sqrt1p2" -> sqrt (onePlus (square a))
    | "log1p2" -> log (onePlus (square a))
    | "recip1p2" -> reciprocal (onePlus (square a))
    | "lgamma3p2" -> logGamma 0 (add (real 3.0) (square a))
    | "relu_shift" ->
        if greater false a (real 0.137) then
            subtract a (real 0.137)
        else
            real 0.0
    | "abs_shift" ->
        let shifted = subtract a (real 0.291)

        if greater false shifted (real 0.0) then
            shifted
        else
            scale -1.0 shifted
    | "cube" -> multiply a (square a)
    | "pow1p2_1.7" -> power 1.7 (onePlus (square a))
    | _ -> invalidOp $"Unknown function {name}."

let private binary name same a b =
    match name with
    | "add" -> add a b
    | "sub" -> subtract a b
    | "mul" -> multiply a b
    | "max" -> larger a b
    | "min" -> scale -1.0 (larger (scale -1.0 a) (scale -1.0 b))
    | "logaddexp" -> add a (softplus (subtract b a))
    | "div1p2" -> divide a (onePlus (square b))
    | "atan2p" -> atan (divide a (add (real 2.0) (square b)))
    | "where_gt" -> if greater same a b then sin a else multiply b a
    | "hypot1" -> sqrt (add (onePlus (square a)) (square b))
    | _ -> invalidOp $"Unknown function {name}."

let private sum (a: Number[]) = Array.fold add (real 0.0) a

/// A scalar is an array of one.
let private instruction n (values: Number[][]) instruction =
    let along f (a: Number[]) = if a.Length = 1 then a else f a

    let full (a: Number[]) =
        if a.Length = 1 then Array.create n a[0] else a

    match instruction with
    | Instruction.Unary(name, a) -> Array.map (unary name) values[a]
    | Instruction.Binary(name, a, b) ->
        if values[a].Length = 1 && values[b].Length = 1 then
            [| binary name (a = b) (Array.head values[a]) (Array.head values[b]) |]
        else
            Array.map2 (binary name (a = b)) (full values[a]) (full values[b])
    | Instruction.Reduce(name, a) ->
        let a = values[a]

        let result =
            match name with
            | "sum" -> sum a
            | "mean" -> scale (1.0 / float a.Length) (sum a)
            | "max" -> Array.reduce larger a
            | "logsumexp" -> Array.reduce (fun a b -> add a (softplus (subtract b a))) a
            | "norm1" -> sqrt (onePlus (sum (Array.map square a)))
            | _ -> invalidOp $"Unknown reduction {name}."

        [| result |]
    | Instruction.MatVec(m, a) ->
        let a = values[a]

        if a.Length = 1 && n > 1 then
            invalidOp "A matrix times a scalar."

        m |> Array.map (fun row -> sum (Array.map2 scale row a))
    | Instruction.Dot(a, b) ->
        if values[a].Length <> values[b].Length then
            invalidOp "An inner product with a scalar."

        [| sum (Array.map2 multiply values[a] values[b]) |]
    | Instruction.CumulativeSum a -> along (fun a -> Array.scan add (Array.head a) (Array.tail a)) values[a]
    | Instruction.Softmax a ->
        along
            (fun a ->
                let e =
                    Array.map (fun x -> exp (subtract x (real (Array.max (Array.map Array.head a))))) a

                let total = sum e
                Array.map (fun x -> divide x total) e)
            values[a]
    | Instruction.Roll(k, a) -> along (fun a -> Array.init n (fun i -> a[(((i - k) % n) + n) % n])) values[a]
    | Instruction.Gather(indices, a) -> along (fun a -> indices |> Array.map (fun i -> a[i])) values[a]
    | Instruction.Scan(h, k, a) ->
        values[a]
        |> Array.map (fun a ->
            let mutable c = a
            let mutable collected = real 0.0

            for s in 1..k do
                c <- add (tanh c) (scale (h * float s) c)
                collected <- add collected (scale (float s) c)

            add c collected)
    | Instruction.Cond a ->
        if greater false (sum values[a]) (real 0.0) then
            Array.map sin values[a]
        else
            Array.map square values[a]
    | Instruction.While(h, k, a) ->
        values[a]
        |> Array.map (fun a -> Seq.fold (fun c _ -> add (sin c) (scale h c)) a (seq { 1..k }))

/// A function at a depth: infinitesimals of that number and above are unused.
type private Function = int -> Number[] -> Number

let private program (instructions: Instruction[]) : Function =
    fun _ x ->
        let values = ResizeArray [ x ]

        for i in instructions do
            values.Add(instruction x.Length (values.ToArray()) i)

        sum values[values.Count - 1]

let private along (f: Function) depth (v: float[]) (x: Number[]) =
    change depth (f (depth + 1) (Array.map2 (vary depth) v x))

let private gradient (f: Function) depth (x: Number[]) =
    Array.init x.Length (fun i -> along f depth (Array.init x.Length (fun j -> if i = j then 1.0 else 0.0)) x)

let private level (f: Function) (level: Level) : Function =
    let flow depth (v: float[]) h (x: Number[]) =
        let change = tanh (f depth x)
        Array.map2 (fun x v -> add x (scale (h * v) change)) x v

    match level with
    | Level.Grad v
    | Level.Jvp v -> fun depth x -> along f depth v x
    | Level.Hvp(v, w)
    | Level.ReverseReverse(v, w) -> fun depth x -> along (fun depth x -> along f depth w x) depth v x
    | Level.GradNorm -> fun depth x -> sqrt (onePlus (sum (Array.map square (gradient f depth x))))
    | Level.VMap rows ->
        fun depth x ->
            sum (
                rows
                |> Array.map (fun d -> f depth (Array.map2 (fun x d -> add x (real d)) x d))
            )
    | Level.VMapGrad rows ->
        fun depth x ->
            sum (
                rows
                |> Array.collect (fun d -> gradient f depth (Array.map2 scale d x) |> Array.map tanh)
            )
    | Level.Taylor(k, v) ->
        let derivative =
            Seq.fold (fun f _ -> fun depth x -> along f depth v x) f (seq { 1..k })

        fun depth x -> scale (1.0 / factorial k) (derivative depth x)
    | Level.Jit
    | Level.Checkpoint -> f
    | Level.Scan(v, h, k)
    | Level.While(v, h, k) -> fun depth x -> sum (Seq.fold (fun x _ -> flow depth v h x) x (seq { 1..k }))
    | Level.Cond ->
        fun depth x ->
            if greater false (sum x) (real 0.0) then
                f depth x
            else
                f depth (Array.map sin x)
    | Level.Compose -> fun depth x -> add (sin (f depth x)) (f depth (Array.map sin x))

/// Value and gradient at the nest's point.
let run (nest: Nest) : float * float[] =
    let f = Array.fold level (program nest.Program) nest.Levels
    let x = nest.X |> Array.map real
    (f 0 x)[0], gradient f 0 x |> Array.map Array.head
