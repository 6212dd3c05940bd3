// What a function of the table means: an expression of lanes for the compiler, and loops over arrays of floats.
namespace Pipeline.Engine

open System
open Microsoft.FSharp.NativeInterop
open Pipeline
open Pipeline.Kernels

/// A function of one argument.
[<AbstractClass>]
type internal Meaning() =
    inherit LaneFunction()
    abstract Lanes: x: Lane -> Lane
    /// r[i] = f(x[i]) for i < count, of float32 or float64 numbers, in vectors of 128, 256 or 512 bits.
    abstract Map: width: int * dtype: DType * x: nativeint * r: nativeint * count: int -> unit

    override this.Expand x = this.Lanes x[0]

    /// In float64.
    member this.Scalar(x: float) : float =
        let mutable x = x
        let mutable r = 0.0
        this.Map(128, DType.Float64, NativePtr.toNativeInt &&x, NativePtr.toNativeInt &&r, 1)
        r

    /// In float32.
    member this.Scalar32(x: float32) : float32 =
        let mutable x = x
        let mutable r = 0.0f
        this.Map(128, DType.Float32, NativePtr.toNativeInt &&x, NativePtr.toNativeInt &&r, 1)
        r

[<Sealed>]
type internal Meaning<'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IFunction>(f: 'F) =
    inherit Meaning()
    override _.Lanes x = LaneExpression.map f x

    override _.Map(width, dtype, x, r, count) =
        let count = nativeint count

        if dtype = DType.Float32 then
            Loops.Map<'F, float32>(width, f, NativePtr.ofNativeInt x, NativePtr.ofNativeInt r, count)
        else
            Loops.Map<'F, float>(width, f, NativePtr.ofNativeInt x, NativePtr.ofNativeInt r, count)

    override _.Instruction(width, dtype, x, r) =
        if dtype = DType.Float32 then
            BlockFunction<'F, float32>(width, f, x[0], r)
        else
            BlockFunction<'F, float>(width, f, x[0], r)

/// A function of two arguments.
[<AbstractClass>]
type internal Meaning2() =
    inherit LaneFunction()
    abstract Lanes: x: Lane * z: Lane -> Lane
    /// r[i] = f(x[i stepX], z[i stepZ]) for i < count and steps 0 and 1, of float32 or float64 numbers, in vectors of 128, 256 or 512 bits.
    abstract Map: width: int * dtype: DType * x: nativeint * stepX: int * z: nativeint * stepZ: int * r: nativeint * count: int -> unit

    override this.Expand x = this.Lanes(x[0], x[1])

    /// In float64.
    member this.Scalar (x: float) (z: float) : float =
        let mutable x = x
        let mutable z = z
        let mutable r = 0.0
        this.Map(128, DType.Float64, NativePtr.toNativeInt &&x, 0, NativePtr.toNativeInt &&z, 0, NativePtr.toNativeInt &&r, 1)
        r

[<Sealed>]
type internal Meaning2<'F when 'F: struct and 'F: (new: unit -> 'F) and 'F :> ValueType and 'F :> IFunction2>(f: 'F) =
    inherit Meaning2()
    override _.Lanes(x, z) = LaneExpression.map2 f x z

    override _.Map(width, dtype, x, stepX, z, stepZ, r, count) =
        let count = nativeint count

        if dtype = DType.Float32 then
            Loops.Map<'F, float32>(width, f, NativePtr.ofNativeInt x, stepX, NativePtr.ofNativeInt z, stepZ, NativePtr.ofNativeInt r, count)
        else
            Loops.Map<'F, float>(width, f, NativePtr.ofNativeInt x, stepX, NativePtr.ofNativeInt z, stepZ, NativePtr.ofNativeInt r, count)

    override _.Instruction(width, dtype, x, r) =
        if dtype = DType.Float32 then
            BlockFunction2<'F, float32>(width, f, x[0], x[1], r)
        else
            BlockFunction2<'F, float>(width, f, x[0], x[1], r)

/// Operations on integers: an expression of lanes alone.
[<Sealed>]
type internal IntegerMeaning(name: string, op: LaneOp) =
    inherit Meaning2()
    override _.Lanes(x, z) = Lane.Binary op x z
    override _.Map(_, _, _, _, _, _, _, _) = raise (DTypeException $"{name} takes integers, not floats; convert its operands.")
    override _.Instruction(_, _, _, _) = raise (DTypeException $"{name} takes integers, not floats; convert its operands.")
