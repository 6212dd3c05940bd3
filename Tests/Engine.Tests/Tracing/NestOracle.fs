/// Nests evaluated level by level from their definitions: every batch and loop a loop over jets. It shares nothing with the engine.
module Pipeline.Engine.Tests.NestOracle

open System
open Pipeline.Engine.Tests
open Pipeline.Engine.Tests.NestPrograms
open Pipeline.Engine.Tests.Jet

/// Entries in row-major order: 1, n, or n n of them.
type private Value = { Rank: int; Entries: Jet[] }

/// f where a > 0, else g: the other is not looked at.
let private guarded f g a = if isPositive a then f a else g a
let private half = real 0.5
let private none (_: Jet) = real 0.0

let private unary name a =
    let onePlusSquare = lazy onePlus (square a)
    let plusSquare c = add (real c) (square a)

    match name with
    | "exp01" -> exp (scale 0.1 a)
    | "tanh" -> tanh a
    | "sin" -> sin a
    | "cos" -> cos a
    | "logistic" -> logistic a
    | "softplus" -> softplus a
    | "erf" -> erf a
    | "atan" -> atan a
    | "neg" -> negate a
    | "asinh" -> asinh a
    | "square" -> square a
    | "sqrt1p2" -> sqrt onePlusSquare.Value
    | "log1p2" -> log onePlusSquare.Value
    | "recip1p2" -> reciprocal onePlusSquare.Value
    | "lgamma3p2" -> logGamma 0 (plusSquare 3.0)
    | "relu_shift" -> guarded id none (subtract a (real 0.137))
    | "abs_shift" -> abs (subtract a (real 0.291))
    | "cube" -> whole 3 a
    | "pow1p2_1.7" -> power onePlusSquare.Value (real 1.7)
    | "tan" -> tan (multiply half (sin a))
    | "log" -> log (plusSquare 0.25)
    | "expm1" -> subtract (exp (scale 0.25 a)) (real 1.0)
    | "log1p" -> log (onePlus (multiply half (tanh a)))
    | "erf_inv" -> erfInverse (multiply half (sin a))
    | "digamma" -> logGamma 1 (plusSquare 1.5)
    | "trigamma" -> logGamma 2 (plusSquare 1.25)
    | "reciprocal" -> reciprocal (add (real 2.0) (sin a))
    | "sign" -> scale (float (compare a (real 0.0625))) (cos a)
    | "whole-2" -> whole -2 (plusSquare 1.5)
    | "whole4" -> whole 4 a
    | "abs" -> abs a
    | "relu" -> guarded id none a
    | "log_where" -> guarded log none a
    | "xlogx_where" -> guarded (fun a -> multiply a (log a)) none a
    | "sqrt_where" -> guarded sqrt sin a
    | "reciprocal_where" -> guarded reciprocal cos a
    | "power1.5_where" -> guarded (fun a -> power a (real 1.5)) none a
    | "power-0.5_where" -> guarded (fun a -> power a (real -0.5)) square a
    | "power0" -> real 1.0
    | "sinh" -> scale 0.5 (subtract (exp (sin a)) (exp (negate (sin a))))
    | "cosh" -> scale 0.5 (add (exp (sin a)) (exp (negate (sin a))))
    | "erfc" -> subtract (real 1.0) (erf a)
    | "sinc" -> sinc (tanh a)
    | "bessel0" -> besselI 0 (tanh a)
    | "bessel1" -> besselI 1 (tanh a)
    | _ -> invalidOp $"Unknown function {name}."

let private binary name a b =
    match name with
    | "add" -> add a b
    | "sub" -> subtract a b
    | "mul" -> multiply a b
    | "max" -> larger a b
    | "min" -> smaller a b
    | "logaddexp" -> add a (softplus (subtract b a))
    | "div1p2" -> divide a (onePlus (square b))
    | "atan2p" -> atan (divide a (add (real 2.0) (square b)))
    | "where_gt" -> if compare a b > 0 then sin a else multiply b a
    | "hypot1" -> sqrt (add (onePlus (square a)) (square b))
    | "pow" -> power (add (real 1.25) (square a)) b
    | "atan2" -> atan2 a b
    | "divide_where" -> guarded (divide a) (fun b -> add a b) b
    | "xlogy_where" -> guarded (fun b -> multiply a (log b)) none b
    | "hypot" -> sqrt (add (square a) (square b))
    | "xlogy" -> xLogY a (add (real 1.25) (square b))
    | "xlog1py" -> xLogY a (onePlus (square b))
    | _ -> invalidOp $"Unknown function {name}."

let private reduce name (a: Jet[]) =
    match name with
    | "sum" -> sum a
    | "mean" -> Array.map (fun (x: Extended) -> x / float a.Length) (sum a)
    | "max" -> largest a
    | "min" -> negate (largest (Array.map negate a))
    | "logsumexp" -> Array.reduce (fun a b -> add a (softplus (subtract b a))) a
    | "norm1" -> sqrt (onePlus (sum (Array.map square a)))
    | "norm" -> sqrt (sum (Array.map square a))
    | "product" -> Array.reduce multiply a
    | "variance" ->
        let mean (a: Jet[]) = Array.map (fun (x: Extended) -> x / float a.Length) (sum a)

        let middle = mean a
        mean (Array.map (fun x -> square (subtract x middle)) a)
    | _ -> invalidOp $"Unknown reduction {name}."

let private softmax (a: Jet[]) =
    let top = a |> Array.maxBy (fun x -> x[0].High)
    let e = a |> Array.map (fun x -> exp (subtract x [| top[0] |]))
    let total = sum e
    Array.map (fun x -> divide x total) e

/// The stable ascending order.
let private order (a: Jet[]) =
    Array.indexed a
    |> List.ofArray
    |> List.sortWith (fun (_, a) (_, b) -> compare a b)
    |> List.map fst
    |> Array.ofList

let private rows n (a: Jet[]) = Array.chunkBySize n a
let private columns n (a: Jet[]) = Array.transpose (rows n a)

/// f on each line along an axis, put back in place.
let private alongAxis n axis f (a: Value) =
    match a.Rank with
    | 0 -> a
    | 1 -> { a with Entries = f a.Entries }
    | _ when axis = 1 -> { a with Entries = rows n a.Entries |> Array.collect f }
    | _ -> { a with Entries = columns n a.Entries |> Array.map f |> Array.transpose |> Array.concat }

let private dot a b = sum (Array.map2 multiply a b)

/// The lower factor of a symmetric matrix, row by row.
let private cholesky (a: Jet[][]) : Jet[][] =
    let n = a.Length
    let l = Array.init n (fun _ -> Array.create n (real 0.0))

    for i in 0 .. n - 1 do
        for j in 0..i do
            let row, other = l[i], l[j]
            let rest = subtract (Array.item j a[i]) (dot row[.. j - 1] other[.. j - 1])
            row[j] <- if i = j then sqrt rest else divide rest other[j]

    l

/// By substitution.
let private solve (t: Jet[][]) isLower (b: Jet[]) : Jet[] =
    let n = b.Length
    let x = Array.create n (real 0.0)

    for step in 0 .. n - 1 do
        let i = if isLower then step else n - 1 - step
        let known = if isLower then [| 0 .. i - 1 |] else [| i + 1 .. n - 1 |]
        let row = t[i]

        let rest = subtract (Array.item i b) (sum (known |> Array.map (fun j -> multiply row[j] (Array.item j x))))

        x[i] <- divide rest row[i]

    x

/// By the first row and the minors without it.
let rec private determinant (a: Jet[][]) : Jet =
    if a.Length = 0 then
        real 1.0
    else
        a[0]
        |> Array.mapi (fun j x ->
            let minor = determinant (a[1..] |> Array.map (Array.removeAt j))
            let term = multiply x minor
            if j % 2 = 0 then term else negate term)
        |> sum

/// Cramer's rule.
let private solveBy (a: Jet[][]) (b: Jet[]) : Jet[] =
    let whole = determinant a

    Array.init b.Length (fun j ->
        let replaced = a |> Array.mapi (fun i row -> Array.updateAt j b[i] row)
        divide (determinant replaced) whole)

/// tanh a + 3 in row i, column i + 1, the last row's in the first column.
let private exchanged n (a: Value) =
    rows n a.Entries
    |> Array.mapi (fun i row -> row |> Array.mapi (fun j x -> if j = (i + 1) % n then add (real 3.0) (tanh x) else tanh x))

/// Which of three branches.
let private branch (a: Jet[]) =
    let total = sum a

    if compare total (real 0.0) < 0 then 0
    elif compare total (real 1.0) < 0 then 1
    else 2

let private instruction n (values: Value[]) instruction : Value =
    let each f a = { values[a] with Entries = Array.map f values[a].Entries }

    let vector entries = { Rank = 1; Entries = entries }

    let matrix (rows: Jet[][]) = { Rank = 2; Entries = Array.concat rows }

    let along f a = alongAxis n (values[a].Rank - 1) f values[a]

    /// Repeated to a rank, from the right.
    let full rank (a: Value) =
        let size = pown n rank
        Array.init size (fun i -> a.Entries[i % a.Entries.Length])

    match instruction with
    | Instruction.Unary(name, a) -> each (unary name) a
    | Instruction.Binary(name, a, b) ->
        let rank = max values[a].Rank values[b].Rank

        { Rank = rank; Entries = Array.map2 (binary name) (full rank values[a]) (full rank values[b]) }
    | Instruction.Reduce(name, a) -> { Rank = 0; Entries = [| reduce name values[a].Entries |] }
    | Instruction.MatVec(m, a) -> vector (m |> Array.map (fun row -> sum (Array.map2 scale row values[a].Entries)))
    | Instruction.Dot(a, b) -> { Rank = 0; Entries = [| dot values[a].Entries values[b].Entries |] }
    | Instruction.CumulativeSum a -> alongAxis n 0 (fun a -> Array.scan add (Array.head a) (Array.tail a)) values[a]
    | Instruction.Softmax a -> alongAxis n 0 softmax values[a]
    | Instruction.Roll(k, a) -> alongAxis n 0 (fun a -> Array.init n (fun i -> a[(((i - k) % n) + n) % n])) values[a]
    | Instruction.Gather(indices, a) -> alongAxis n 0 (fun a -> indices |> Array.map (fun i -> a[i])) values[a]
    | Instruction.Scan(h, k, a) ->
        each
            (fun a ->
                let mutable c = a
                let mutable collected = real 0.0

                for s in 1..k do
                    c <- add (tanh c) (scale (h * float s) c)
                    collected <- add collected (scale (float s) c)

                add c collected)
            a
    | Instruction.Cond a -> if isPositive (sum values[a].Entries) then each sin a else each square a
    | Instruction.While(h, k, a) -> each (fun a -> Seq.fold (fun c _ -> add (sin c) (scale h c)) a (seq { 1..k })) a
    | Instruction.Outer(name, a, b) -> matrix (values[a].Entries |> Array.map (fun x -> values[b].Entries |> Array.map (binary name x)))
    | Instruction.ReduceAxis(name, axis, a) ->
        let lines = if axis = 1 then rows n else columns n
        vector (lines values[a].Entries |> Array.map (reduce name))
    | Instruction.Transpose a -> matrix (columns n values[a].Entries)
    | Instruction.Product(a, b) ->
        let a, b = values[a], values[b]
        let left = rows n a.Entries
        let right = if b.Rank = 1 then [| b.Entries |] else columns n b.Entries

        { Rank = a.Rank + b.Rank - 2; Entries = left |> Array.collect (fun row -> right |> Array.map (dot row)) }
    | Instruction.SumFromEnd(axis, a) -> alongAxis n axis (fun a -> Array.scanBack add a[.. n - 2] a[n - 1]) values[a]
    | Instruction.Splice(start, step, a, b) ->
        let both = Array.append values[a].Entries values[b].Entries
        vector (Array.init n (fun i -> both[start + step * i]))
    | Instruction.Spread(low, interior, a) ->
        vector (
            Array.init n (fun i ->
                let place = i - low

                if place >= 0 && place % (interior + 1) = 0 then
                    values[a].Entries[place / (interior + 1)]
                else
                    real 0.0)
        )
    | Instruction.Sort a -> along (fun a -> order a |> Array.map (fun i -> a[i])) a
    | Instruction.OrderedBy(a, b) -> vector (order values[a].Entries |> Array.map (fun i -> values[b].Entries[i]))
    | Instruction.Scatter(indices, a) ->
        let result = Array.create n (real 0.0)
        Array.iter2 (fun i x -> result[i] <- add result[i] x) indices values[a].Entries
        vector result
    | Instruction.Select(a, b, c) ->
        let rank = Seq.max (seq { for v in [ a; b; c ] -> values[v].Rank })

        {
            Rank = rank
            Entries =
                Array.map3 (fun a b c -> if isPositive a then b else c) (full rank values[a]) (full rank values[b]) (full rank values[c])
        }
    | Instruction.Cholesky a ->
        let t = rows n (Array.map tanh values[a].Entries)

        let product =
            Array.init n (fun i ->
                Array.init n (fun j ->
                    let entry = dot t[i] t[j]
                    if i = j then add (real (2.0 * float n)) entry else entry))

        matrix (cholesky product)
    | Instruction.TriangularSolve(lower, transpose, unitDiagonal, a, b) ->
        let t =
            rows n values[a].Entries
            |> Array.mapi (fun i row ->
                row
                |> Array.mapi (fun j x ->
                    if i = j then
                        if unitDiagonal then real 1.0 else add (real 3.0) (tanh x)
                    else
                        tanh x))

        let t = if transpose then Array.transpose t else t
        alongAxis n 0 (solve t (lower <> transpose)) values[b]
    | Instruction.Solve(transpose, a, b) ->
        let system = exchanged n values[a]
        alongAxis n 0 (solveBy (if transpose then Array.transpose system else system)) values[b]
    | Instruction.Determinant a -> { Rank = 0; Entries = [| determinant (rows n (Array.map tanh values[a].Entries)) |] }
    | Instruction.LogDeterminant a -> { Rank = 0; Entries = [| log (abs (determinant (exchanged n values[a]))) |] }
    | Instruction.ScanOver(reverse, a, b) ->
        let b = Array.head values[b].Entries
        let mutable c = b
        let outputs = Array.create n (real 0.0)

        for s in (if reverse then [ n - 1 .. -1 .. 0 ] else [ 0 .. n - 1 ]) do
            let x = values[a].Entries[s]
            c <- tanh (add c (multiply x b))
            outputs[s] <- multiply c x

        vector (Array.map (add c) outputs)
    | Instruction.Shrink(_, a) ->
        let mutable c = values[a].Entries
        let mutable steps = 0

        while steps < 10 && compare (sum (Array.map square c)) half > 0 do
            c <- c |> Array.map (fun c -> add (scale 0.7 c) (scale 0.05 (sin c)))
            steps <- steps + 1

        { values[a] with Entries = c }
    | Instruction.Switch a ->
        match branch values[a].Entries with
        | 0 -> each cos a
        | 1 -> each square a
        | _ -> each (multiply half >> sin) a
    | Instruction.Stop a -> each (fun a -> multiply a (stop (sin a))) a
    | Instruction.Custom(_, a) -> each (fun a -> multiply a (sin a)) a

/// A function at a depth: infinitesimals of that number and above are unused.
type private Function = int -> Jet[] -> Jet

let private program (instructions: Instruction[]) : Function =
    fun _ x ->
        let values = ResizeArray [ { Rank = 1; Entries = x } ]

        for i in instructions do
            values.Add(instruction x.Length (values.ToArray()) i)

        sum values[values.Count - 1].Entries

let private along (f: Function) depth (v: float[]) (x: Jet[]) = change depth (f (depth + 1) (Array.map2 (vary depth) v x))

let private unit n i = Array.init n (fun j -> if i = j then 1.0 else 0.0)

let private gradient (f: Function) depth (x: Jet[]) = Array.init x.Length (fun i -> along f depth (unit x.Length i) x)

let rec private repeatedly k (f: Function) (v: float[]) : Function =
    if k = 0 then f else repeatedly (k - 1) (fun depth x -> along f depth v x) v

let private level (f: Function) (level: Level) : Function =
    let flow depth (v: float[]) h (x: Jet[]) =
        let change = tanh (f depth x)
        Array.map2 (fun x v -> add x (scale (h * v) change)) x v

    let second v w depth x = along (fun depth x -> along f depth w x) depth v x

    match level with
    | Level.Grad v
    | Level.Jvp v
    | Level.Linearized v
    | Level.Transposed v -> fun depth x -> along f depth v x
    | Level.Hvp(v, w)
    | Level.Hessian(v, w)
    | Level.ReverseReverse(v, w) -> second v w
    | Level.GradNorm -> fun depth x -> sqrt (onePlus (sum (Array.map square (gradient f depth x))))
    | Level.VMap rows
    | Level.VMapColumns rows -> fun depth x -> sum (rows |> Array.map (fun d -> f depth (Array.map2 (fun x d -> add x (real d)) x d)))
    | Level.VMapGrad rows -> fun depth x -> sum (rows |> Array.collect (fun d -> gradient f depth (Array.map2 scale d x) |> Array.map tanh))
    | Level.Taylor(k, v) -> fun depth x -> Array.map (fun (c: Extended) -> c / Extended.factorial k) (repeatedly k f v depth x)
    | Level.Along(k, v) -> repeatedly k f v
    | Level.Jit
    | Level.CustomRule _
    | Level.Checkpoint -> f
    | Level.Auxiliary -> fun depth x -> add (f depth (Array.map sin x)) (sum (gradient f depth x |> Array.map square))
    | Level.Quadratic v -> fun depth x -> Array.reduce add [| f depth x; along f depth v x; second v v depth x |]
    | Level.Root ->
        fun depth x ->
            let right = tanh (f depth x)
            let mutable y = right

            // Newton's method doubles the digits, then the orders.
            for _ in 1..16 do
                let residual = subtract (add y (scale 0.5 (sin y))) right
                y <- subtract y (divide residual (onePlus (scale 0.5 (cos y))))

            y
    | Level.CheckpointedScan(v, h, k, _)
    | Level.Scan(v, h, k)
    | Level.While(v, h, k) -> fun depth x -> sum (Seq.fold (fun x _ -> flow depth v h x) x (seq { 1..k }))
    | Level.WhileBelow(v, h, k) ->
        fun depth x ->
            let mutable x = x
            let mutable steps = 0

            while steps < k && compare (sum (Array.map square x)) (real 1.0) < 0 do
                x <- flow depth v h x
                steps <- steps + 1

            sum x
    | Level.Cond -> fun depth x -> if isPositive (sum x) then f depth x else f depth (Array.map sin x)
    | Level.Switch ->
        fun depth x ->
            match branch x with
            | 0 -> f depth (Array.map (multiply half) x)
            | 1 -> f depth (Array.map sin x)
            | _ -> f depth x
    | Level.Compose -> fun depth x -> add (sin (f depth x)) (f depth (Array.map sin x))
    | Level.Jacobian(_, v, w)
    | Level.Pullback(v, w) ->
        // w' J v is the change of w' F along v.
        let image: Function =
            fun depth x ->
                let y = f depth x
                sum (Array.map2 (fun w x -> scale w (add x (multiply (sin x) y))) w x)

        fun depth x -> along image depth v x
    | Level.Laplacian -> fun depth x -> sum (Seq.init x.Length (fun i -> second (unit x.Length i) (unit x.Length i) depth x))
    | Level.ValueAndGrad v -> fun depth x -> add (f depth x) (along f depth v x)
    | Level.Descent(h, k) ->
        fun depth x -> sum (Seq.fold (fun x _ -> Array.map2 (fun x g -> subtract x (scale h g)) x (gradient f depth x)) x (seq { 1..k }))
    | Level.ScanRows(h, rows) ->
        fun depth x ->
            let mutable c = x
            let mutable total = real 0.0

            for d in rows do
                total <- add total (f depth (Array.map2 scale d c))
                let y = f depth c
                c <- Array.map2 (fun c d -> add c (scale (h * d) y)) c d

            add total (sum c)

/// Value and gradient at the nest's point.
let run (nest: Nest) : float * float[] =
    let f = Array.fold level (program nest.Program) nest.Levels
    let x = nest.X |> Array.map real
    let y = f 0 x
    y[0].High, gradient f 0 x |> Array.map (fun g -> g[0].High)
