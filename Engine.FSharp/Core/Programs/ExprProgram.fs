// Derivative expressions as programs of operations.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

[<RequireQualifiedAccess>]
module internal ExprProgram =
    /// The values of expressions at arguments x and z and result y. A part that occurs twice (the same object) is computed once.
    let evaluator (apply: Op -> 'v[] -> 'v) (repeated: float -> 'v) (x: 'v) (z: 'v) (y: 'v) : Expr -> 'v =
        let known = Dictionary<Expr, 'v>(HashIdentity.Reference)

        let rec evaluate (expr: Expr) : 'v =
            match expr with
            | Expr.X -> x
            | Expr.Z -> z
            | Expr.Y -> y
            | _ ->
                match known.TryGetValue expr with
                | true, value -> value
                | _ ->
                    let value = compute expr
                    known[expr] <- value
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
