// Derivative expressions as programs of operations.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal ExprProgram =
    /// The values of expressions at arguments x and z and result y. A part that occurs twice (the same object) is computed once.
    let evaluator (apply: Op -> 'v[] -> 'v) (repeated: float -> 'v) (x: 'v) (z: 'v) (y: 'v) : Expr -> 'v =
        // Expressions are small: a list is searched sooner than a table is made.
        let mutable known: struct (Expr * 'v) list = []

        let rec find (expr: Expr) (among: struct (Expr * 'v) list) =
            match among with
            | [] -> ValueNone
            | struct (other, value) :: _ when obj.ReferenceEquals(other, expr) -> ValueSome value
            | _ :: rest -> find expr rest

        let rec evaluate (expr: Expr) : 'v =
            match expr with
            | Expr.X -> x
            | Expr.Z -> z
            | Expr.Y -> y
            | _ ->
                match find expr known with
                | ValueSome value -> value
                | ValueNone ->
                    let value = compute expr
                    known <- struct (expr, value) :: known
                    value

        and compute expr =
            match expr with
            | Expr.X
            | Expr.Y
            | Expr.Z -> evaluate expr
            | Expr.Number value -> repeated value
            | Expr.Map(row, a) -> apply (Op.Map row) [| evaluate a |]
            | Expr.Zip(zip, a, b) -> apply (Op.Zip zip) [| evaluate a; evaluate b |]
            | Expr.Choose(relation, a, b, yes, no) ->
                apply Op.Select [| apply (Op.Compare relation) [| evaluate a; evaluate b |]; evaluate yes; evaluate no |]

        evaluate
