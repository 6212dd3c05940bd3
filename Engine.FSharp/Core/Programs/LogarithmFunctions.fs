// Functions of two arguments that are made of logarithms.
namespace Pipeline.Engine

open System.Runtime.CompilerServices
open Pipeline
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

module internal LogarithmLanes =
    [<Struct>]
    type LogAddExp =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorLogarithm.logAddExp x z

    /// x f(z) for a logarithm f, but 0 where x is 0 and z is a number.
    [<Struct>]
    type Times<'F when 'F :> IFunction>(f: 'F) =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) =
                let zero = Lanes.number 0.0
                Lanes.select (Lanes.equal x zero &&. Lanes.equal z z) zero (x *. f.Of z)

open LogarithmLanes
open ExprOperators

[<RequireQualifiedAccess>]
module internal LogarithmFunctions =
    /// log(e^x + e^z).
    let logAddExp =
        let partials () =
            // Equal infinities differ by 0.
            let x, z = Expr.Map(Elementwise.saturate, Expr.X), Expr.Map(Elementwise.saturate, Expr.Z)
            struct (Expr.Map(Elementwise.logistic, x -. z), Expr.Map(Elementwise.logistic, z -. x))

        let points = [| struct (1.2, -0.7); struct (-0.6, 0.4); struct (2.1, 1.6); struct (-1.7, -2.3) |]
        BinaryFunction("LogAddExp", Meaning2<LogAddExp>(LogAddExp()), lazy partials (), points, commutative = true)

    let private points = [| struct (1.2, 0.7); struct (-0.6, 0.4); struct (2.1, 1.6); struct (-1.7, 2.3) |]

    /// x log z, but 0 where x is 0 (unless z is NaN). Its slopes are log z and x / z, of which the second is 0 where x is.
    let xLogY =
        Elementwise.binary
            "XLogY"
            (Times<ElementwiseLanes.Log>(ElementwiseLanes.Log()))
            (fun () -> struct (Expr.Map(Elementwise.log, Expr.Z), Expr.X /. Expr.Z))
            points

    /// x log(1 + z), but 0 where x is 0 (unless z is NaN).
    let xLog1PY =
        Elementwise.binary
            "XLog1PY"
            (Times<ElementwiseLanes.Log1P>(ElementwiseLanes.Log1P()))
            (fun () -> struct (Expr.Map(Elementwise.log1p, Expr.Z), Expr.X /. (number 1.0 +. Expr.Z)))
            points
