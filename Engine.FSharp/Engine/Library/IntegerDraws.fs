// Draws of integers from a key, with JAX's bits and formulas.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal IntegerDraws =
    let private integer dtype (value: Int128) = Tensor(NDArray.whole dtype value, Literal = true)

    let private requireInteger operation dtype =
        if not (DType.isInteger dtype) then
            raise (DTypeException $"{operation}: draws are integers, not {DType.name dtype}; convert the draw (AsType).")

    /// low + offset with offset in [0, high - low), or low where high <= low. Where `past` holds (null: nowhere), high is one further.
    let private between operation (low: Tensor) (high: Tensor) (past: Tensor) (shape: int[]) (key: Key) =
        let dtype = low.DType
        let word = if DType.bytes dtype = 8 then DType.UInt64 else DType.UInt32
        let fit (a: Tensor) = Tensor.BroadcastTo(operation, a, shape)
        let bounds = Shape.broadcast operation low.Dims high.Dims

        let low, high = Tensor.BroadcastTo(operation, low, bounds), Tensor.BroadcastTo(operation, high, bounds)

        let one = Primitive.fill word bounds 1.0

        let length = Primitive.subtract (Primitive.convert word high) (Primitive.convert word low)

        let length =
            if isNull past then
                length
            else
                Primitive.select (Tensor.BroadcastTo(operation, past, bounds)) (Primitive.add length one) length

        let span = Primitive.select (Primitive.compare Relation.Less low high) length one
        let remainder a b = Primitive.zip Zip.Remainder a b
        // 2^width mod span, from the square of 2^(width / 2): the higher bits' weight beside the lower ones.
        let root = remainder (Primitive.fill word bounds (if word = DType.UInt64 then 4294967296.0 else 65536.0)) span

        let weight = fit (remainder (Primitive.multiply root root) span)
        let span = fit span
        let keys = Keys.split 2 key
        let higher, lower = Keys.bits word shape keys[0], Keys.bits word shape keys[1]

        let sum = Primitive.add (Primitive.multiply (remainder higher span) weight) (remainder lower span)

        let offset = remainder sum span

        let offset =
            if isNull past then
                offset
            else
                // The span of all words wrapped to 0.
                Primitive.select (Primitive.compare Relation.Equal span (Primitive.fillLike span 0.0)) lower offset

        Primitive.convert dtype (Primitive.add (fit (Primitive.convert word low)) offset)

    let integers operation (low: int64) (high: int64) dtype shape key =
        requireInteger operation dtype
        let struct (least, most) = DType.limits dtype

        let clip (bound: int64) = integer dtype (min most (max least (Int128.op_Implicit bound)))

        let past = if Int128.op_Implicit high > most then Primitive.fill DType.Bool [||] 1.0 else null

        between operation (clip low) (clip high) past shape key

    /// In int32, which must hold them.
    let integersInInt32 operation (low: int64) (high: int64) shape key =
        if low < int64 Int32.MinValue || high > int64 Int32.MaxValue + 1L then
            raise (
                ArgumentOutOfRangeException(
                    (if low < int64 Int32.MinValue then nameof low else nameof high),
                    $"{operation}: integers from {string low} up to {string high} are not all int32; draw them as long: {operation}<long>."
                )
            )

        integers operation low high DType.Int32 shape key

    /// The stated dtype and those of strongly typed bounds must be one; int32 where none says it.
    let private integerType operation (stated: DType voption) (low: Tensor) (high: Tensor) =
        let mutable dtype = stated

        for bound in [| low; high |] do
            requireInteger operation bound.DType

            if not bound.Weak then
                match dtype with
                | ValueSome other when other <> bound.DType ->
                    raise (
                        DTypeException
                            $"{operation}: the draw or a bound is {DType.name other} and a bound {DType.name bound.DType}; convert one of them (AsType)."
                    )
                | _ -> dtype <- ValueSome bound.DType

        ValueOption.defaultValue DType.Int32 dtype

    let integersBetween operation (stated: Nullable<DType>) low high shape key =
        let low, high = Keys.required "low" low, Keys.required "high" high
        let shape = Keys.shape operation shape (Shape.broadcast operation low.Dims high.Dims)
        let dtype = integerType operation (ValueOption.ofNullable stated) low high
        requireInteger operation dtype
        let struct (_, most) = DType.limits dtype
        let struct (_, highMost) = DType.limits high.DType

        let past =
            if most >= highMost then
                null
            else
                Tensor.Compare(operation, Relation.Less, integer high.DType most, high)

        between operation (Tensor.Convert(low, dtype)) (Tensor.Convert(high, dtype)) past shape key
