// The operations on two arguments as one table: meaning and partial derivatives of each.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.ElementwiseFunctions
open Pipeline.Engine.ExprOperators

/// What one zip means.
[<NoComparison; NoEquality>]
type internal ZipRow = {
    Meaning: Meaning2
    /// With respect to the first argument and to the second; none for operations on integers.
    Partials: struct (Expr * Expr) voption
}

[<RequireQualifiedAccess>]
module internal Zips =
    let private square x = Expr.Zip(Zip.Multiply, x, x)

    let private real (f: 'F) first second = { Meaning = Meaning2<'F> f; Partials = ValueSome(struct (first, second)) }

    let private integer (zip: Zip) op = { Meaning = IntegerMeaning(string zip, op); Partials = ValueNone }

    /// 1 where a wins against b, 1/2 at a tie, 0 elsewhere.
    let private share relation (a: Expr) (b: Expr) =
        let first, second = if relation = Zip.Maximum then b, a else a, b
        Expr.Choose(Relation.Less, first, second, number 1.0, Expr.Choose(Relation.Equal, a, b, number 0.5, number 0.0))

    /// The table.
    let private define (zip: Zip) =
        match zip with
        | Zip.Add -> real (Add()) (number 1.0) (number 1.0)
        | Zip.Subtract -> real (Subtract()) (number 1.0) (number -1.0)
        | Zip.Multiply -> real (Multiply()) Expr.Z Expr.X
        | Zip.Scale -> real (Scale()) Expr.Z Expr.X
        | Zip.Divide -> real (Divide()) (Expr.Map(Elementwise.reciprocal, Expr.Z)) (Expr.Map(Elementwise.negate, Expr.Y /. Expr.Z))
        | Zip.Power -> real (Power()) PowerFunction.partial (Expr.Zip(Zip.PowerLogarithm, Expr.X, Expr.Z))
        | Zip.PowerSlope ->
            let struct (first, second) = PowerFunction.slopePartials
            real (PowerSlope()) first second
        | Zip.PowerLogarithm ->
            let struct (first, second) = PowerFunction.logarithmPartials
            real (PowerLogarithm()) first second
        | Zip.Maximum -> real (Maximum()) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Minimum -> real (Minimum()) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Atan2 ->
            real
                (Atan2())
                (Expr.Zip(Zip.Atan2Slope, Expr.X, Expr.Z))
                (Expr.Map(Elementwise.negate, Expr.Zip(Zip.Atan2Slope, Expr.Z, Expr.X)))
        | Zip.Atan2Slope ->
            let struct (first, second) = Atan2Function.partials
            real (Atan2Slope()) first second
        | Zip.LogAddExp ->
            // Equal infinities differ by 0.
            let x, z = Expr.Map(Elementwise.saturate, Expr.X), Expr.Map(Elementwise.saturate, Expr.Z)

            real (LogAddExp()) (Expr.Map(Elementwise.logistic, x -. z)) (Expr.Map(Elementwise.logistic, z -. x))
        // log z and x / z, of which the second is 0 where x is.
        | Zip.XLogY -> real (Times<Log>(Log())) (Expr.Map(Elementwise.log, Expr.Z)) (Expr.X /. Expr.Z)
        | Zip.XLog1PY -> real (Times<Log1P>(Log1P())) (Expr.Map(Elementwise.log1p, Expr.Z)) (Expr.X /. (number 1.0 +. Expr.Z))
        // The quotient is whole: x - y is so many times z, to within the rounding that `round` takes away.
        | Zip.Remainder ->
            real (Remainder()) (number 1.0) (Expr.Map(Elementwise.negate, Expr.Map(Elementwise.round, (Expr.X -. Expr.Y) /. Expr.Z)))
        | Zip.And -> integer zip LaneOp.And
        | Zip.Or -> integer zip LaneOp.Or
        | Zip.Xor -> integer zip LaneOp.Xor
        | Zip.ShiftLeft -> integer zip LaneOp.ShiftLeftBy
        | Zip.ShiftRight -> integer zip LaneOp.ShiftRightBy

    let private rows = ConcurrentDictionary<Zip, ZipRow>()
    let row (zip: Zip) = rows.GetOrAdd(zip, define)
    let meaning zip = (row zip).Meaning
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
