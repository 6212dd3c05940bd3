// The arithmetic of two arguments as rows: lanes, slopes as data and laws of each.
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
    type ScaleFinite =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorFunctions.scaleFinite x z

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

[<RequireQualifiedAccess>]
module internal Zips =
    let private points = [| struct (1.2, -0.7); struct (0.6, 0.4); struct (2.1, -1.6); struct (1.7, 2.3) |]

    let private real (zip: Zip) (f: 'F) first second = BinaryFunction(string zip, Meaning2<'F> f, lazy struct (first, second), points)

    let private commuting (zip: Zip) (f: 'F) first second =
        BinaryFunction(string zip, Meaning2<'F> f, lazy struct (first, second), points, commutative = true)

    let private integer (zip: Zip) op commutative =
        BinaryFunction(string zip, IntegerMeaning(string zip, op), null, [||], commutative = commutative)

    /// What Scale is where 0 meets neither infinity nor NaN: one operation of the processor.
    let scaleFinite =
        let meaning = Meaning2<ScaleFinite>(ScaleFinite())
        BinaryFunction("ScaleFinite", meaning, lazy struct (Expr.Z, Expr.X), points, commutative = true)

    /// 1 where a wins against b, 1/2 at a tie, 0 elsewhere.
    let private share relation (a: Expr) (b: Expr) =
        let first, second = if relation = Zip.Maximum then b, a else a, b
        Expr.Choose(Relation.Less, first, second, number 1.0, Expr.Choose(Relation.Equal, a, b, number 0.5, number 0.0))

    /// The table.
    let private define (zip: Zip) =
        match zip with
        | Zip.Add -> commuting zip (Add()) (number 1.0) (number 1.0)
        | Zip.Subtract -> real zip (Subtract()) (number 1.0) (number -1.0)
        | Zip.Multiply -> commuting zip (Multiply()) Expr.Z Expr.X
        | Zip.Scale -> commuting zip (Scale()) Expr.Z Expr.X
        | Zip.Divide -> real zip (Divide()) (Expr.Map(Elementwise.reciprocal, Expr.Z)) (Expr.Map(Elementwise.negate, Expr.Y /. Expr.Z))
        | Zip.Maximum -> real zip (Maximum()) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        | Zip.Minimum -> real zip (Minimum()) (share zip Expr.X Expr.Z) (share zip Expr.Z Expr.X)
        // The quotient is whole: x - y is so many times z, to within the rounding that `round` takes away.
        | Zip.Remainder ->
            real zip (Remainder()) (number 1.0) (Expr.Map(Elementwise.negate, Expr.Map(Elementwise.round, (Expr.X -. Expr.Y) /. Expr.Z)))
        | Zip.And -> integer zip LaneOp.And true
        | Zip.Or -> integer zip LaneOp.Or true
        | Zip.Xor -> integer zip LaneOp.Xor true
        | Zip.ShiftLeft -> integer zip LaneOp.ShiftLeftBy false
        | Zip.ShiftRight -> integer zip LaneOp.ShiftRightBy false
        | Zip.Function f -> f

    let private arithmetic = ConcurrentDictionary<Zip, BinaryFunction>()
    let private make = Func<Zip, BinaryFunction> define
    let private add, subtract = define Zip.Add, define Zip.Subtract
    let private multiply, scale = define Zip.Multiply, define Zip.Scale

    /// A function is its own row.
    let row (zip: Zip) : BinaryFunction =
        match zip with
        | Zip.Function f -> f
        // Without a look at a table, which would take as long as adding a few numbers.
        | Zip.Add -> add
        | Zip.Subtract -> subtract
        | Zip.Multiply -> multiply
        | Zip.Scale -> scale
        | zip -> arithmetic.GetOrAdd(zip, make)

    let private adds, subtracts = Op.Zip Zip.Add, Op.Zip Zip.Subtract
    let private multiplies, scales = Op.Zip Zip.Multiply, Op.Zip Zip.Scale

    /// The operation, of which the most frequent ones are made once.
    let op (zip: Zip) : Op =
        match zip with
        | Zip.Add -> adds
        | Zip.Subtract -> subtracts
        | Zip.Multiply -> multiplies
        | Zip.Scale -> scales
        | zip -> Op.Zip zip

    let meaning zip = (row zip).Meaning
    let partials zip = (row zip).Partials
    let isCommutative zip = (row zip).IsCommutative

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
