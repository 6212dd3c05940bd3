// The root of a sum of squares as a program of other operations: squares of numbers near 1, so that it leaves the range only where its value does.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal NormProgram =
    /// The power of two at or below the largest magnitude along axes, and its inverse: scaling by them rounds nothing. Both are far enough from
    /// the ends of the range for products of them with derivatives of sums near 1.
    let unit (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : struct ('v * 'v) =
        let result = Shape.without axes shape

        let repeated dtype value =
            let number = apply (Op.Constant(NDArray.scalar dtype value)) [||]

            if result.Length = 0 then number else apply (Op.Broadcast(result, [||])) [| number |]

        let isSingle = (dtype = DType.Float32)
        let bits = if isSingle then DType.UInt32 else DType.UInt64

        // Of nothing, 0.
        let reduction = if Shape.size shape = 0 then Reduction.Sum else Reduction.Maximum

        let largest = apply (Op.Reduce(reduction, axes)) [| apply (Op.Map Elementwise.abs) [| x |] |]

        let integer value = apply (Op.Reinterpret bits) [| repeated dtype value |]

        let zip zip a b = apply (Op.Zip zip) [| a; b |]
        // All ones where the exponent stands.
        let exponent = zip Zip.And (apply (Op.Reinterpret bits) [| largest |]) (integer infinity)

        let struct (most, bias) = if isSingle then struct (100, 127) else struct (960, 1023)

        let power n = integer (System.Math.ScaleB(1.0, n))
        let unit = zip Zip.Maximum (power -most) (zip Zip.Minimum (power most) exponent)
        let number v = apply (Op.Reinterpret dtype) [| v |]
        // Exponents of 2^k and 2^-k, biased, add up to twice the bias.
        struct (number unit, number (zip Zip.Subtract (power bias) unit))

    /// unit sqrt(sum of (x / unit)^2) along axes.
    let expand (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : 'v =
        let kept = Shape.kept axes shape.Length
        let struct (unit, inverse) = unit apply dtype shape axes x

        let inverse = if kept.Length = shape.Length then inverse else apply (Op.Broadcast(shape, kept)) [| inverse |]

        let squares = apply (Op.Map Elementwise.square') [| apply (Op.Zip Zip.Multiply) [| x; inverse |] |]

        let root = apply (Op.Map Elementwise.sqrt) [| apply (Op.Reduce(Reduction.Sum, axes)) [| squares |] |]

        apply (Op.Zip Zip.Multiply) [| root; unit |]
