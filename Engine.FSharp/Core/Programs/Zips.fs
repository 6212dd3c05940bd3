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
        | Zip.Scale -> real (fun a b -> if a = 0.0 || b = 0.0 then 0.0 else a * b) VectorFunctions.scale Expr.Z Expr.X
        | Zip.Divide ->
            real (/) (lanes LaneOp.Divide) (Expr.Map(Elementwise.reciprocal, Expr.Z)) (Expr.Map(Elementwise.negate, Expr.Y /. Expr.Z))
        | Zip.Power ->
            real (fun a b -> Math.Pow(a, b)) VectorPower.power PowerFunction.partial (Expr.Zip(Zip.PowerLogarithm, Expr.X, Expr.Z))
        | Zip.PowerSlope ->
            let struct (first, second) = PowerFunction.slopePartials
            real PowerFunction.slope PowerFunction.slopeLanes first second
        | Zip.PowerLogarithm ->
            let struct (first, second) = PowerFunction.logarithmPartials
            real PowerFunction.logarithm PowerFunction.logarithmLanes first second
        | Zip.Maximum -> real (fun a b -> Math.Max(a, b)) (lanes LaneOp.Maximum) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Minimum -> real (fun a b -> Math.Min(a, b)) (lanes LaneOp.Minimum) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Atan2 ->
            real
                (fun a b -> Math.Atan2(a, b))
                VectorTrigonometry.atan2
                (Expr.Zip(Zip.Atan2Slope, Expr.X, Expr.Z))
                (Expr.Map(Elementwise.negate, Expr.Zip(Zip.Atan2Slope, Expr.Z, Expr.X)))
        | Zip.Atan2Slope ->
            let struct (first, second) = Atan2Function.partials
            real Atan2Function.slope Atan2Function.slopeLanes first second
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
