// The operations on two arguments as one table: meaning and partial derivatives of each.
namespace Pipeline.Engine

open System
open System.Collections.Concurrent
open Pipeline
open Pipeline.Kernels
open System.Runtime.CompilerServices
open Pipeline.Engine.LanesOperators

module internal ZipLanes =
    [<Struct>]
    type Add =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = x +. z

    [<Struct>]
    type Subtract =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = x -. z

    [<Struct>]
    type Multiply =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = x *. z

    [<Struct>]
    type Divide =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = x /. z

    [<Struct>]
    type Scale =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorFunctions.scale x z

    [<Struct>]
    type Maximum =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = Lanes.max x z

    [<Struct>]
    type Minimum =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = Lanes.min x z

    [<Struct>]
    type Remainder =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L, z: 'L) : 'L = 'L.Remainder(x, z)

open ZipLanes
open ExprOperators

/// What one zip means.
[<NoComparison; NoEquality>]
type internal ZipRow = {
    Meaning: Meaning2
    /// With respect to the first argument and to the second; none for operations on integers.
    Partials: struct (Expr * Expr) voption
}

[<RequireQualifiedAccess>]
module internal Zips =
    let private real (f: 'F) first second = { Meaning = Meaning2<'F> f; Partials = ValueSome(struct (first, second)) }

    let private integer (zip: Zip) op = { Meaning = IntegerMeaning(string zip, op); Partials = ValueNone }

    /// 1 where a wins against b, 1/2 at a tie, 0 elsewhere.
    let private share relation (a: Expr) (b: Expr) =
        let first, second = if relation = Zip.Maximum then b, a else a, b
        Expr.Choose(Relation.Less, first, second, number 1.0, Expr.Choose(Relation.Equal, a, b, number 0.5, number 0.0))

    /// The table; a function has its own row.
    let private define (zip: Zip) =
        match zip with
        | Zip.Add -> real (Add()) (number 1.0) (number 1.0)
        | Zip.Subtract -> real (Subtract()) (number 1.0) (number -1.0)
        | Zip.Multiply -> real (Multiply()) Expr.Z Expr.X
        | Zip.Scale -> real (Scale()) Expr.Z Expr.X
        | Zip.Divide -> real (Divide()) (Expr.Map(Elementwise.reciprocal, Expr.Z)) (Expr.Map(Elementwise.negate, Expr.Y /. Expr.Z))
        | Zip.Maximum -> real (Maximum()) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Minimum -> real (Minimum()) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        // The quotient is whole: x - y is so many times z, to within the rounding that `round` takes away.
        | Zip.Remainder ->
            real (Remainder()) (number 1.0) (Expr.Map(Elementwise.negate, Expr.Map(Elementwise.round, (Expr.X -. Expr.Y) /. Expr.Z)))
        | Zip.And -> integer zip LaneOp.And
        | Zip.Or -> integer zip LaneOp.Or
        | Zip.Xor -> integer zip LaneOp.Xor
        | Zip.ShiftLeft -> integer zip LaneOp.ShiftLeftBy
        | Zip.ShiftRight -> integer zip LaneOp.ShiftRightBy
        | Zip.Function f -> { Meaning = f.Meaning; Partials = ValueSome f.Partials }

    let private rows = ConcurrentDictionary<Zip, ZipRow>()

    let meaning (zip: Zip) =
        match zip with
        | Zip.Function f -> f.Meaning
        | zip -> (rows.GetOrAdd(zip, define)).Meaning

    let partials (zip: Zip) =
        match zip with
        | Zip.Function f -> ValueSome f.Partials
        | zip -> (rows.GetOrAdd(zip, define)).Partials

    /// a b = b a, to the bit.
    let isCommutative (zip: Zip) =
        match zip with
        | Zip.Add
        | Zip.Multiply
        | Zip.Scale
        | Zip.And
        | Zip.Or
        | Zip.Xor -> true
        | Zip.Function f -> f.IsCommutative
        | Zip.Subtract
        | Zip.Divide
        | Zip.Maximum
        | Zip.Minimum
        | Zip.Remainder
        | Zip.ShiftLeft
        | Zip.ShiftRight -> false

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
