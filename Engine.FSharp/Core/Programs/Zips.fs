// The operations on two arguments as one table: scalar meaning, vector form and partial derivatives of each.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open Pipeline
open Pipeline.Engine.ExprOperators

/// What one zip means.
[<NoComparison; NoEquality>]
type internal ZipRow = {
    /// In float64; an error for operations on integers.
    Scalar: float -> float -> float
    /// The form that compiled code uses, for arguments of any dtype that the operation takes.
    Lanes: Lane -> Lane -> Lane
    /// With respect to the first argument and to the second; none for operations on integers.
    Partials: struct (Expr * Expr) voption
}

[<RequireQualifiedAccess>]
module internal Zips =
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let private real scalar lanes first second = { Scalar = scalar; Lanes = lanes; Partials = ValueSome(struct (first, second)) }

    let private integer (zip: Zip) op = {
        Scalar = fun _ _ -> raise (DTypeException $"{zip} takes integers, not floats; convert its operands.")
        Lanes = Lane.Binary op
        Partials = ValueNone
    }

    /// 1 where a wins against b, 1/2 at a tie, 0 elsewhere.
    let private share relation (a: Expr) (b: Expr) =
        let first, second = if relation = Zip.Maximum then b, a else a, b
        Expr.Choose(Relation.Less, first, second, number 1.0, Expr.Choose(Relation.Equal, a, b, number 0.5, number 0.0))

    let private scaleLanes (a: Lane) (b: Lane) =
        let zero = a.Number 0.0
        let product = LaneOperators.( *. ) a b
        Lane.select (LaneOperators.(||.) (Lane.equal a zero) (Lane.equal b zero)) zero product

    /// x f(z) for a logarithm f, but 0 where x is 0 and z is a number, with the derivatives f(z) and x / argument.
    let private xTimes (f: float -> float) (lanes: Lane -> Lane) (logarithm: Expr) (argument: Expr) =
        let form (x: Lane) (z: Lane) =
            let zero = x.Number 0.0
            let isZero = LaneOperators.(&&.) (Lane.equal x zero) (Lane.equal z z)
            Lane.select isZero zero (LaneOperators.( *. ) x (lanes z))

        real (fun x z -> if x = 0.0 && not (Double.IsNaN z) then 0.0 else x * f z) form logarithm (Expr.X /. argument)

    /// The table.
    let private define (zip: Zip) =
        let lanes op = Lane.Binary op

        match zip with
        | Zip.Add -> real (+) (lanes LaneOp.Add) (number 1.0) (number 1.0)
        | Zip.Subtract -> real (-) (lanes LaneOp.Subtract) (number 1.0) (number -1.0)
        | Zip.Multiply -> real (*) (lanes LaneOp.Multiply) Expr.Z Expr.X
        | Zip.Scale -> real (fun a b -> if a = 0.0 || b = 0.0 then 0.0 else a * b) scaleLanes Expr.Z Expr.X
        | Zip.Divide ->
            real (/) (lanes LaneOp.Divide) (Expr.Map(Elementwise.reciprocal, Expr.Z)) (Expr.Map(Elementwise.negate, Expr.Y /. Expr.Z))
        // z x^(z-1) and y log x, with Scale so that x^0 at 0 and 0^z for z > 0 have derivative 0; so has 0^z at z = 0, by convention.
        | Zip.Power ->
            let distance = Expr.Map(Elementwise.abs, Expr.X) +. Expr.Map(Elementwise.abs, Expr.Z)

            let logarithm = Expr.Map(Elementwise.log, Expr.Choose(Relation.Equal, distance, number 0.0, number 1.0, Expr.X))

            // z x^z / x where x^(z-1) leaves the range first; but not at x = 0, where x^z / x has no value, nor for ordinary z > 0, where
            // the terms of its own derivative, z^2 x^z / x^2 and -z x^z / x^2, leave the range against one another.
            let first =
                Expr.Choose(
                    Relation.Less,
                    Expr.Z,
                    Expr.Choose(Relation.Equal, Expr.X, number 0.0, number -infinity, number 0.001),
                    Expr.Zip(Zip.Scale, Expr.Z, Expr.Y) /. Expr.X,
                    Expr.Zip(Zip.Scale, Expr.Z, Expr.Zip(Zip.Power, Expr.X, Expr.Z -. number 1.0))
                )

            real (fun a b -> Math.Pow(a, b)) (Lane.call2 "pow" (fun a b -> Math.Pow(a, b))) first (Expr.Zip(Zip.Scale, Expr.Y, logarithm))
        | Zip.Maximum -> real (fun a b -> Math.Max(a, b)) (lanes LaneOp.Maximum) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Minimum -> real (fun a b -> Math.Min(a, b)) (lanes LaneOp.Minimum) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        // y = atan2(x, z): z / (x^2 + z^2) and -x / (x^2 + z^2), by the ratio r of the smaller to the larger: 1 / (1 + r^2) over the larger.
        | Zip.Atan2 ->
            let share r = Expr.Map(Elementwise.reciprocal, number 1.0 +. square r)

            let flat, steep = Expr.X /. Expr.Z, Expr.Z /. Expr.X

            let byLarger flat steep =
                Expr.Choose(
                    Relation.LessEqual,
                    Expr.Map(Elementwise.abs, Expr.X),
                    Expr.Map(Elementwise.abs, Expr.Z),
                    flat /. Expr.Z,
                    steep /. Expr.X
                )

            real
                (fun a b -> Math.Atan2(a, b))
                (Lane.call2 "atan2" (fun a b -> Math.Atan2(a, b)))
                (byLarger (share flat) (steep *. share steep))
                (Expr.Map(Elementwise.negate, byLarger (flat *. share flat) (share steep)))
        | Zip.LogAddExp ->
            // Equal infinities differ by 0.
            let x, z = Expr.Map(Elementwise.saturate, Expr.X), Expr.Map(Elementwise.saturate, Expr.Z)

            real
                Special.logAddExp
                VectorLogarithm.logAddExp
                (Expr.Map(Elementwise.logistic, x -. z))
                (Expr.Map(Elementwise.logistic, z -. x))
        // log z and x / z, of which the second is 0 where x is.
        | Zip.XLogY -> xTimes Math.Log VectorLogarithm.log (Expr.Map(Elementwise.log, Expr.Z)) Expr.Z
        | Zip.XLog1PY -> xTimes Special.log1p VectorLogarithm.log1p (Expr.Map(Elementwise.log1p, Expr.Z)) (number 1.0 +. Expr.Z)
        // The quotient is whole: x - y is so many times z, to within the rounding that `round` takes away.
        | Zip.Remainder ->
            real
                (fun x z -> x % z)
                (lanes LaneOp.Remainder)
                (number 1.0)
                (Expr.Map(Elementwise.negate, Expr.Map(Elementwise.round, (Expr.X -. Expr.Y) /. Expr.Z)))
        | Zip.And -> integer zip LaneOp.And
        | Zip.Or -> integer zip LaneOp.Or
        | Zip.Xor -> integer zip LaneOp.Xor
        | Zip.ShiftLeft -> integer zip LaneOp.ShiftLeftBy
        | Zip.ShiftRight -> integer zip LaneOp.ShiftRightBy

    let private rows = ConcurrentDictionary<Zip, ZipRow>()
    let row (zip: Zip) = rows.GetOrAdd(zip, define)
    let scalar zip = (row zip).Scalar
    let lanes zip = (row zip).Lanes
    let partials zip = (row zip).Partials

/// What the coefficient of a change is, as derivative data.
module internal Coefficient =
    let (|Negated|_|) (expr: Expr) =
        match expr with
        | Expr.Map(row, c) when row.Equals Elementwise.negate -> Some c
        | _ -> None

    /// n / d, or 1 / d.
    let (|Quotient|_|) (expr: Expr) =
        match expr with
        | Expr.Zip(Zip.Divide, n, d) -> Some(n, d)
        | Expr.Map(row, d) when row.Equals Elementwise.reciprocal -> Some(number 1.0, d)
        | _ -> None

    let rec private holdsQuotient expr =
        match expr with
        | Quotient _ -> true
        | Negated c -> holdsQuotient c
        | Expr.Choose(_, _, _, yes, no) -> holdsQuotient yes || holdsQuotient no
        | _ -> false

    /// A choice between coefficients of which one is a quotient.
    let (|Chosen|_|) (expr: Expr) =
        match expr with
        | Expr.Choose(relation, a, b, yes, no) when holdsQuotient expr -> Some(relation, a, b, yes, no)
        | _ -> None
