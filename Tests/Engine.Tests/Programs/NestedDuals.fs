/// Nested forward mode over table rows, as plainly as it can be written: what the derivative column must be right for.
module internal Pipeline.Engine.Tests.NestedDuals

open Pipeline.Engine

/// A float, or a value of one nesting less with its tangent.
type Dual =
    | Plain of float
    | Dual of value: Dual * tangent: Dual

let rec primal dual =
    match dual with
    | Plain x -> x
    | Dual(value, _) -> primal value

let rec private constant (like: Dual) x =
    match like with
    | Plain _ -> Plain x
    | Dual(value, _) -> Dual(constant value x, constant value 0.0)

let private holds relation (a: float) (b: float) =
    match relation with
    | Relation.Equal -> a = b
    | Relation.NotEqual -> a <> b
    | Relation.Less -> a < b
    | Relation.LessEqual -> a <= b

let rec map (row: Row) x =
    match x with
    | Plain x -> Plain(row.Meaning.Scalar x)
    | Dual(value, tangent) ->
        let y = map row value
        Dual(y, zip Zip.Scale (evaluate value value y row.Derivative) tangent)

and zip operation a b =
    match a, b with
    | Plain a, Plain b -> Plain((Zips.meaning operation).Scalar a b)
    | Dual(a, ta), Dual(b, tb) ->
        let y = zip operation a b

        match Zips.partials operation with
        | ValueSome(struct (first, second)) ->
            let along partial tangent = zip Zip.Scale (evaluate a b y partial) tangent

            Dual(y, zip Zip.Add (along first ta) (along second tb))
        | ValueNone -> Dual(y, constant y 0.0)
    | _ -> invalidOp "Both operands have one nesting."

and evaluate x z y expression =
    let recur = evaluate x z y

    match expression with
    | Expr.X -> x
    | Expr.Z -> z
    | Expr.Y -> y
    | Expr.Number c -> constant x c
    | Expr.Map(row, e) -> map row (recur e)
    | Expr.Zip(operation, a, b) -> zip operation (recur a) (recur b)
    | Expr.Choose(relation, a, b, yes, no) -> if holds relation (primal (recur a)) (primal (recur b)) then recur yes else recur no

/// x + t1 + t2 + ..., with as many independent unit tangents as the order.
let rec variable order x =
    if order = 0 then
        Plain x
    else
        let value = variable (order - 1) x
        Dual(value, constant value 1.0)

/// The value with every tangent's contribution: the derivative of that order.
let rec highest dual =
    match dual with
    | Plain x -> x
    | Dual(_, tangent) -> highest tangent
