// Derivative expressions as programs of operations.
namespace Pipeline.Engine

open Pipeline

/// The values of expressions at arguments x and z and result y. A part that occurs twice (the same object) is computed once.
[<Sealed>]
type internal ExprValues<'v>(apply: Op -> 'v[] -> 'v, repeated: 'v -> float -> 'v, x: 'v, z: 'v, y: 'v) =
    // Expressions are small: a list is searched sooner than a table is made.
    let mutable known: struct (Expr * 'v) list = []

    static member private Find(expr: Expr, among: struct (Expr * 'v) list) =
        match among with
        | [] -> ValueNone
        | struct (other, value) :: _ when obj.ReferenceEquals(other, expr) -> ValueSome value
        | _ :: rest -> ExprValues.Find(expr, rest)

    member values.Of(expr: Expr) : 'v =
        match expr with
        | Expr.X -> x
        | Expr.Z -> z
        | Expr.Y -> y
        | _ ->
            match ExprValues.Find(expr, known) with
            | ValueSome value -> value
            | ValueNone ->
                let value =
                    match expr with
                    | Expr.X
                    | Expr.Y
                    | Expr.Z -> invalidOp $"{expr} is known."
                    | Expr.Number value -> repeated x value
                    | Expr.Map(row, a) -> apply (Op.Map row) [| values.Of a |]
                    | Expr.Zip(zip, a, b) -> apply (Op.Zip zip) [| values.Of a; values.Of b |]
                    | Expr.Choose(relation, a, b, yes, no) ->
                        apply Op.Select [| apply (Op.Compare relation) [| values.Of a; values.Of b |]; values.Of yes; values.Of no |]

                known <- struct (expr, value) :: known
                value
