// What sums are made of: numbers in memory, or products of two, and how a sum takes up one of them or a vector of them.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.Intrinsics
open Microsoft.FSharp.NativeInterop

/// The terms of sums, by their number, and how they are taken up: types, so that they are inlined.
type internal ITerms<'T when 'T: unmanaged> =
    abstract Identity: 'T
    abstract Take: sum: 'T * term: int -> 'T
    abstract TakeVector: sum: Vector256<'T> * term: int -> Vector256<'T>
    abstract Combine: 'T * 'T -> 'T
    abstract CombineVectors: Vector256<'T> * Vector256<'T> -> Vector256<'T>

/// a * b + c.
type internal IMultiplyAdd<'T when 'T: unmanaged> =
    abstract Scalar: 'T * 'T * 'T -> 'T
    abstract Vector: Vector256<'T> * Vector256<'T> * Vector256<'T> -> Vector256<'T>

module internal Terms =
    let inline at<'T when 'T: unmanaged> (p: nativeint) (i: int) : 'T = NativePtr.get (NativePtr.ofNativeInt<'T> p) i

    let inline vector<'T when 'T: unmanaged> (p: nativeint) (i: int) : Vector256<'T> =
        Vector256.Load<'T>(NativePtr.add (NativePtr.ofNativeInt<'T> p) i)

    /// -0, the one number that changes no other.
    let inline zero<'T when 'T: unmanaged and 'T :> INumber<'T>> () : 'T = -'T.Zero

    [<Struct>]
    type Sum<'T when 'T: unmanaged and 'T :> INumber<'T>>(x: nativeint) =
        interface ITerms<'T> with
            member _.Identity = zero<'T>()
            member _.Take(sum, i) = sum + at<'T> x i
            member _.TakeVector(sum, i) = Vector256.Add<'T>(sum, vector<'T> x i)
            member _.Combine(a, b) = a + b
            member _.CombineVectors(a, b) = Vector256.Add<'T>(a, b)

    /// float32 numbers added up in float64.
    [<Struct>]
    type WideSum(x: nativeint) =
        interface ITerms<float> with
            member _.Identity = -0.0
            member _.Take(sum, i) = sum + float (at<float32> x i)

            member _.TakeVector(sum: Vector256<float>, i) =
                let numbers = Vector128.Load<float32>(NativePtr.add (NativePtr.ofNativeInt<float32> x) i)
                Vector256.Add<float>(sum, Vector256.WidenLower(Vector128.ToVector256Unsafe numbers))

            member _.Combine(a, b) = a + b
            member _.CombineVectors(a: Vector256<float>, b) = Vector256.Add<float>(a, b)

    [<Struct>]
    type Product<'T when 'T: unmanaged and 'T :> INumber<'T>>(x: nativeint) =
        interface ITerms<'T> with
            member _.Identity = 'T.One
            member _.Take(sum, i) = sum * at<'T> x i
            member _.TakeVector(sum, i) = Vector256.Multiply<'T>(sum, vector<'T> x i)
            member _.Combine(a, b) = a * b
            member _.CombineVectors(a, b) = Vector256.Multiply<'T>(a, b)

    [<Struct>]
    type Fused32 =
        interface IMultiplyAdd<float32> with
            member _.Scalar(a, b, c) = MathF.FusedMultiplyAdd(a, b, c)
            member _.Vector(a: Vector256<float32>, b, c) = Vector256.FusedMultiplyAdd(a, b, c)

    [<Struct>]
    type Fused64 =
        interface IMultiplyAdd<float> with
            member _.Scalar(a, b, c) = Math.FusedMultiplyAdd(a, b, c)
            member _.Vector(a: Vector256<float>, b, c) = Vector256.FusedMultiplyAdd(a, b, c)

    /// Of integers, modulo 2^bits.
    [<Struct>]
    type Modular<'T when 'T: unmanaged and 'T :> INumber<'T>> =
        interface IMultiplyAdd<'T> with
            member _.Scalar(a: 'T, b: 'T, c: 'T) = 'T.op_Addition ('T.op_Multiply (a, b), c)
            member _.Vector(a, b, c) = Vector256.Add<'T>(Vector256.Multiply<'T>(a, b), c)

    [<Struct>]
    type Inner<'M, 'T when 'M: struct and 'M :> IMultiplyAdd<'T> and 'T: unmanaged and 'T :> INumber<'T>>(x: nativeint, y: nativeint) =
        interface ITerms<'T> with
            member _.Identity = zero<'T>()
            member _.Take(sum, i) = Unchecked.defaultof<'M>.Scalar(at<'T> x i, at<'T> y i, sum)
            member _.TakeVector(sum, i) = Unchecked.defaultof<'M>.Vector(vector<'T> x i, vector<'T> y i, sum)
            member _.Combine(a: 'T, b: 'T) = 'T.op_Addition (a, b)
            member _.CombineVectors(a, b) = Vector256.Add<'T>(a, b)
