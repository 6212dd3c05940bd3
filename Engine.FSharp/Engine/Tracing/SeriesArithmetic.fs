// Arithmetic of power series: the coefficients of functions of series, each order from those before it.
module internal rec Pipeline.Engine.SeriesArithmetic

open System
open System.Collections.Generic
open Pipeline
open Pipeline.Engine.ExprOperators

/// sum over j of weight j * product a_j b_(k-j), zeros left out; many terms as one reduction over a stack.
let internal convolve
    (product: Tensor -> Tensor -> Tensor)
    (weight: int -> float)
    (first: int)
    (last: int)
    (k: int)
    (a: int -> Tensor)
    (b: int -> Tensor)
    : Tensor =
    let weighted w (t: Tensor) = if w = 1.0 then t else Primitive.multiply t (Primitive.fillLike t w)

    let present j = not (isNull (a j) || isNull (b (k - j)))

    // A few terms are added one by one, and without a list of them.
    let terms =
        if last - first < 3 then
            null
        else
            [|
                for j in first..last do
                    if present j then j
            |]

    if isNull terms || terms.Length <= 3 then
        let mutable sum = null

        for j in first..last do
            if present j then sum <- Primitive.addSymbolic sum (weighted (weight j) (product (a j) (b (k - j))))

        sum
    else
        let left = terms |> Array.map a |> Primitive.stack 0
        let right = terms |> Array.map (fun j -> b (k - j)) |> Primitive.stack 0
        let products = product left right
        let weights = terms |> Array.map weight

        let products =
            if weights |> Array.forall (fun w -> w = 1.0) then
                products
            else
                let data: System.Array = if products.DType = DType.Float32 then Array.map float32 weights else weights

                let column = Tensor(NDArray.ofData products.DType [| weights.Length |] data, Literal = true)

                Primitive.multiply products (Primitive.broadcast products.Dims [| 0 |] column)

        Primitive.sum [| 0 |] products

/// A series whose coefficients are computed when they are asked for, each from lower ones.
[<Sealed; AllowNullLiteral>]
type internal Recurrence(next: Recurrence -> int -> Tensor) =
    let known = ResizeArray<Tensor>()

    /// Tells those of one table apart by a number that costs less than an object's own hash.
    member val Place = 0 with get, set

    member this.At(k: int) : Tensor =
        while known.Count <= k do
            known.Add(next this known.Count)

        known[k]

/// What a series is made by, and from which: an operation and up to four series.
[<Struct; CustomEquality; NoComparison>]
type internal Origin = {
    Operation: obj
    A: Recurrence
    B: Recurrence
    C: Recurrence
    D: Recurrence
} with

    interface IEquatable<Origin> with
        member this.Equals other =
            obj.ReferenceEquals(this.A, other.A)
            && obj.ReferenceEquals(this.B, other.B)
            && obj.ReferenceEquals(this.C, other.C)
            && obj.ReferenceEquals(this.D, other.D)
            && this.Operation.Equals other.Operation

    override this.Equals other =
        match other with
        | :? Origin as other -> (this :> IEquatable<Origin>).Equals other
        | _ -> false

    override this.GetHashCode() =
        let place (series: Recurrence) = if isNull series then 0 else series.Place
        (this.Operation.GetHashCode() * 31 + place this.A) * 31 + place this.B

/// The series of one derivative expression and of all it is made of; equal parts are shared.
[<Sealed>]
type internal Recurrences() =
    // Made at the first part: most operations have none that could be shared.
    let mutable known: Dictionary<Origin, Recurrence> = null
    let mutable negated: Dictionary<Recurrence, Recurrence> = null

    let found (operation: obj) a b c d (create: unit -> Recurrence) =
        if isNull known then known <- Dictionary()

        let origin = { Operation = operation; A = a; B = b; C = c; D = d }

        match known.TryGetValue origin with
        | true, y -> y
        | _ ->
            let y = create ()
            known[origin] <- y
            y.Place <- known.Count
            y

    /// y' = sum of d_i a_i': y_k = (1/k) sum over j of j a_j d_(k-j).
    let integrate (k: int) (a: Recurrence) (d: Recurrence) = convolve Primitive.scale (fun j -> float j / float k) 1 k k a.At d.At

    /// a less b, of which null is zero.
    let less (a: Tensor) (b: Tensor) =
        if isNull b then a
        elif isNull a then Primitive.negate b
        else Primitive.subtract a b

    /// x y / d, of as many x and y as there are.
    let over (d: Tensor) (x: Tensor) (y: Tensor) =
        let axes = [| x.Rank - d.Rank .. x.Rank - 1 |]
        Primitive.quotient x y (Primitive.broadcast x.Dims axes d)

    /// q d = t n: q_k = (sum of t_j n_(k-j) - sum over j > 0 of d_j q_(k-j)) / d_0, each term within the range wherever it is.
    member _.Quotient(t: Recurrence, n: Recurrence, d: Recurrence) : Recurrence =
        Recurrence(fun q k ->
            let over = over (d.At 0)

            less (convolve over (fun _ -> 1.0) 0 k k t.At n.At) (convolve over (fun _ -> 1.0) 1 k k d.At q.At))

    /// The part of order k that the argument a adds to y, where y' = coefficient a' + ...
    member private this.Along(coefficient: Expr, a: Recurrence, x, z, y) : int -> Tensor =
        let value expr = this.Expression(expr, x, z, y)

        match coefficient with
        | Expr.Number 0.0 -> fun _ -> null
        | Coefficient.Negated c ->
            let part = this.Along(c, a, x, z, y)

            fun k ->
                let value = part k
                if isNull value then null else Primitive.negate value
        | Coefficient.Quotient(n, d) ->
            let times (a: Tensor) (factor: float) =
                if isNull a || factor = 1.0 then a else Primitive.multiply a (Primitive.fillLike a factor)

            let slope = this.Quotient(Recurrence(fun _ k -> times (a.At(k + 1)) (float (k + 1))), value n, value d)

            fun k ->
                let found = slope.At(k - 1)

                if isNull found || k = 1 then
                    found
                else
                    Primitive.zip Zip.Divide found (Primitive.fillLike found (float k))
        | Coefficient.Chosen(relation, p, q, yes, no) ->
            let p, q = value p, value q
            let condition = lazy Primitive.compare relation (p.At 0) (q.At 0)
            let yes, no = this.Along(yes, a, x, z, y), this.Along(no, a, x, z, y)
            fun k -> choose condition.Value (yes k) (no k)
        | _ ->
            let d = value coefficient
            fun k -> integrate k a d

    /// The root of the sum of squares along axes: y' = sum of x x' / y.
    member this.Norm(axes: int[], x: Recurrence) : Recurrence =
        let repeated (y: Recurrence) =
            Recurrence(fun _ k ->
                let a = y.At k
                let like = x.At 0

                if isNull a then null else Primitive.broadcast like.Dims (Shape.kept axes like.Rank) a)

        let rec y: Recurrence =
            Recurrence(fun _ k ->
                if k = 0 then
                    Primitive.apply1 (Op.Norm axes) (x.At 0)
                else
                    let part = along.Value k
                    if isNull part then null else Primitive.sum axes part)

        and along: Lazy<int -> Tensor> = lazy this.Along(Expr.X /. Expr.Y, x, x, null, repeated y)

        y

    member private this.SharedZip(zip: Zip, a: Recurrence, b: Recurrence) : Recurrence =
        found zip a b null null (fun () -> this.Zip(zip, a, b))

    member this.Zip(zip: Zip, a: Recurrence, b: Recurrence) : Recurrence =
        match zip with
        | Zip.Add -> Recurrence(fun _ k -> Primitive.addSymbolic (a.At k) (b.At k))
        | Zip.Subtract -> Recurrence(fun _ k -> less (a.At k) (b.At k))
        | Zip.Multiply
        | Zip.Scale ->
            Recurrence(fun _ k ->
                if k = 0 then
                    Primitive.zip zip (a.At 0) (b.At 0)
                else
                    convolve Primitive.scale (fun _ -> 1.0) 0 k k a.At b.At)
        | Zip.Divide ->
            // q b = a: q_k = a_k / b_0 - sum over j > 0 of b_j q_(k-j) / b_0.
            Recurrence(fun q k ->
                if k = 0 then
                    Primitive.zip Zip.Divide (a.At 0) (b.At 0)
                else
                    let own = a.At k
                    let over = over (b.At 0)

                    less
                        (if isNull own then null else over own (Primitive.fillLike own 1.0))
                        (convolve over (fun _ -> 1.0) 1 k k b.At q.At))
        | _ ->
            match Zips.partials zip with
            | ValueSome(struct (first, second)) ->
                let rec y: Recurrence =
                    Recurrence(fun self k ->
                        if k = 0 then
                            Primitive.zip zip (a.At 0) (b.At 0)
                        else
                            let alongA, alongB = parts.Value
                            Primitive.addSymbolic (alongA k) (alongB k))

                and parts: Lazy<(int -> Tensor) * (int -> Tensor)> =
                    lazy (this.Along(first, a, a, b, y), this.Along(second, b, a, b, y))

                y
            | ValueNone -> invalidOp $"{zip} has no series."

    member this.Map(row: Row, a: Recurrence) : Recurrence =
        if row.Equals Elementwise.negate then
            if isNull negated then negated <- Dictionary HashIdentity.Reference

            match negated.TryGetValue a with
            | true, b -> b
            | _ ->
                let b = Recurrence(fun _ k -> if isNull (a.At k) then null else Primitive.negate (a.At k))

                negated[a] <- b
                negated[b] <- a
                b
        elif row.Equals Elementwise.square' then
            this.SharedZip(Zip.Multiply, a, a)
        elif row.Equals Elementwise.reciprocal then
            this.Zip(Zip.Divide, Recurrence(fun _ k -> if k = 0 then Primitive.fillLike (a.At 0) 1.0 else null), a)
        else
            found row a null null null (fun () ->
                let rec y: Recurrence = Recurrence(fun _ k -> if k = 0 then Primitive.map row (a.At 0) else along.Value k)

                and along: Lazy<int -> Tensor> =
                    lazy
                        (match row.Composition with
                         | Some composition -> this.Expression(composition.Value, a, null, null).At
                         | None -> this.Along(row.Derivative, a, a, null, y))

                y)

    member this.Expression(expr: Expr, x: Recurrence, z: Recurrence, y: Recurrence) : Recurrence =
        match expr with
        | Expr.X -> x
        | Expr.Z -> z
        | Expr.Y -> y
        | Expr.Number value ->
            found (BitConverter.DoubleToInt64Bits value) x null null null (fun () ->
                Recurrence(fun _ k -> if k = 0 then Primitive.fillLike (x.At 0) value else null))
        | Expr.Map(row, a) -> this.Map(row, this.Expression(a, x, z, y))
        | Expr.Zip(zip, a, b) -> this.SharedZip(zip, this.Expression(a, x, z, y), this.Expression(b, x, z, y))
        | Expr.Choose(relation, a, b, yes, no) ->
            let a, b = this.Expression(a, x, z, y), this.Expression(b, x, z, y)
            let yes, no = this.Expression(yes, x, z, y), this.Expression(no, x, z, y)

            found relation a b yes no (fun () ->
                let condition = lazy Primitive.compare relation (a.At 0) (b.At 0)
                Recurrence(fun _ k -> choose condition.Value (yes.At k) (no.At k)))

let internal choose (condition: Tensor) (yes: Tensor) (no: Tensor) =
    if isNull yes && isNull no then
        null
    else
        let t = (if isNull yes then no else yes).Type
        Primitive.select condition (Primitive.orZeros t yes) (Primitive.orZeros t no)

let internal given (coefficients: Tensor[]) = Recurrence(fun _ k -> coefficients[k])
