// The root of a sum of squares as a program of other operations: squares of numbers near 1, so that it leaves the range only where its value does.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal NormProgram =
    /// The power of two at or below the largest magnitude along axes: scaling by it rounds nothing. 1 where an entry is infinite or no number.
    let unit (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : 'v =
        let result = Shape.without axes shape

        let repeated dtype value =
            let number = apply (Op.Constant(NDArray.scalar dtype value)) [||]

            if result.Length = 0 then
                number
            else
                apply (Op.Broadcast(result, [||])) [| number |]

        let isSingle = (dtype = DType.Float32)
        let bits = if isSingle then DType.UInt32 else DType.UInt64

        // Of nothing, 0.
        let reduction =
            if Shape.size shape = 0 then
                Reduction.Sum
            else
                Reduction.Maximum

        let largest =
            apply (Op.Reduce(reduction, axes)) [| apply (Op.Map Elementwise.abs) [| x |] |]

        let exponent =
            // All ones where the exponent stands.
            apply (Op.Reinterpret bits) [| repeated dtype infinity |]

        let power =
            apply
                (Op.Reinterpret dtype)
                [|
                    apply (Op.Zip Zip.And) [| apply (Op.Reinterpret bits) [| largest |]; exponent |]
                |]

        let least =
            repeated
                dtype
                (if isSingle then
                     System.Math.ScaleB(1.0, -126)
                 else
                     System.Math.ScaleB(1.0, -1022))

        let isFinite =
            apply (Op.Compare Relation.Less) [| largest; repeated dtype infinity |]

        apply
            Op.Select
            [|
                isFinite
                apply (Op.Zip Zip.Maximum) [| power; least |]
                repeated dtype 1.0
            |]

    /// unit sqrt(sum of (x / unit)^2) along axes.
    let expand (apply: Op -> 'v[] -> 'v) (dtype: DType) (shape: int[]) (axes: int[]) (x: 'v) : 'v =
        let kept =
            [|
                for i in 0 .. shape.Length - 1 do
                    if not (Array.contains i axes) then
                        i
            |]

        let unit = unit apply dtype shape axes x
        let inverse = apply (Op.Map Elementwise.reciprocal) [| unit |]

        let inverse =
            if kept.Length = shape.Length then
                inverse
            else
                apply (Op.Broadcast(shape, kept)) [| inverse |]

        let squares =
            apply (Op.Map Elementwise.square') [| apply (Op.Zip Zip.Multiply) [| x; inverse |] |]

        let root =
            apply (Op.Map Elementwise.sqrt) [| apply (Op.Reduce(Reduction.Sum, axes)) [| squares |] |]

        apply (Op.Zip Zip.Multiply) [| root; unit |]
