// The functions of the table as types, for loops and builders that are made for each of them.
namespace Pipeline.Engine

open System
open System.Runtime.CompilerServices
open Pipeline.Kernels
open Pipeline.Engine.LanesOperators

module internal ElementwiseFunctions =
    [<Struct>]
    type Negate =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = negate x

    [<Struct>]
    type Absolute =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = Lanes.abs x

    /// 1, -1, or x itself where that is 0 or NaN.
    [<Struct>]
    type Sign =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x =
                let zero = Lanes.number 0.0
                Lanes.select (Lanes.less zero x) (Lanes.number 1.0) (Lanes.select (Lanes.less x zero) (Lanes.number -1.0) x)

    [<Struct>]
    type Round =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L = 'L.Round x

    [<Struct>]
    type Saturate =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x =
                let single = float Single.MaxValue
                Lanes.atLeast -single -Double.MaxValue (Lanes.atMost single Double.MaxValue x)

    [<Struct>]
    type SquareRoot =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = Lanes.sqrt x

    [<Struct>]
    type Square =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = x *. x

    [<Struct>]
    type Reciprocal =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = Lanes.number 1.0 /. x

    [<Struct>]
    type Exp =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.exp x

    [<Struct>]
    type Expm1 =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.expm1 x

    [<Struct>]
    type Logistic =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.logistic x

    [<Struct>]
    type Tanh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorExponential.tanh x

    [<Struct>]
    type Log =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.log x

    [<Struct>]
    type Log1P =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.log1p x

    [<Struct>]
    type Softplus =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.softplus x

    [<Struct>]
    type Asinh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorLogarithm.asinh x

    [<Struct>]
    type Sin =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.sin x

    [<Struct>]
    type Cos =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.cos x

    [<Struct>]
    type Tan =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.tan x

    [<Struct>]
    type Atan =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorTrigonometry.atan x

    [<Struct>]
    type Erf =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorErrorFunction.erf x

    [<Struct>]
    type ErfInverse =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorErrorFunction.erfInverse x

    [<Struct>]
    type Sinh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorHyperbolic.sinh x

    [<Struct>]
    type Cosh =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorHyperbolic.cosh x

    [<Struct>]
    type Erfc =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorErrorFunction.erfc x

    [<Struct>]
    type LogGamma =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorGamma.lgamma x

    [<Struct>]
    type Digamma =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorGamma.digamma x

    /// x^n for a whole n, by squarings and products.
    [<Struct>]
    type WholePower(n: int) =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of x = VectorFunctions.power n x

    /// A function that is called once a lane.
    [<Struct>]
    type Called(f: ScalarFunction) =
        interface IFunction with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L) : 'L = 'L.Call(f, x)

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
    type LogAddExp =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorLogarithm.logAddExp x z

    [<Struct>]
    type Power =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorPower.power x z

    [<Struct>]
    type PowerSlope =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorPower.slope x z

    [<Struct>]
    type PowerLogarithm =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorPower.timesLogarithm x z

    [<Struct>]
    type Atan2 =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorTrigonometry.atan2 x z

    [<Struct>]
    type Atan2Slope =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) = VectorTrigonometry.atan2Slope x z

    /// x f(z) for a logarithm f, but 0 where x is 0 and z is a number.
    [<Struct>]
    type Times<'F when 'F :> IFunction>(f: 'F) =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of(x, z) =
                let zero = Lanes.number 0.0
                Lanes.select (Lanes.equal x zero &&. Lanes.equal z z) zero (x *. f.Of z)

    [<Struct>]
    type Remainder =
        interface IFunction2 with
            [<MethodImpl(Inline)>]
            member _.Of<'L when 'L :> ILane<'L>>(x: 'L, z: 'L) : 'L = 'L.Remainder(x, z)
