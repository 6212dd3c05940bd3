// The operations as users call them, made of the primitive ones: creation, binary functions, dtypes and order. (Reductions, shapes and products are in the files after this one.)
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Operations =
    let required (a: Tensor) =
        if isNull a then nullArg "x"

        a

    /// What a primitive operation refuses, under the name of the operation that the user called.
    let named (operation: string) (work: unit -> Tensor) : Tensor =
        let renamed (e: exn) = operation + e.Message.Substring(e.Message.IndexOfAny [| ':'; ' ' |])

        try
            work ()
        with
        | :? ShapeException as e -> raise (ShapeException(renamed e))
        | :? DTypeException as e -> raise (DTypeException(renamed e))
        | :? LinearAlgebraException as e -> raise (LinearAlgebraException(renamed e))

    let import<'T> (shape: int[]) (values: ReadOnlySpan<'T>) =
        let dtype = DType.ofElement<'T> "From"

        if Shape.size shape <> values.Length then
            raise (
                ShapeException $"{values.Length} values do not fill the shape {Shape.text shape}, which has {Shape.size shape} elements."
            )

        Tensor(NDArray.import dtype shape values)

    let full dtype (shape: int[]) (value: float) =
        // A shape that tensors can have.
        Shape.size shape |> ignore
        Primitive.fill dtype shape value

    let element<'T> operation = DType.ofElement<'T> operation

    /// One .NET number everywhere, in its own type.
    let fullOf<'T> (shape: int[]) (value: 'T) = Tensor.BroadcastTo("Full", import<'T> [||] (ReadOnlySpan [| value |]), shape)

    /// One number everywhere, in the shape and the dtype of another tensor.
    let fullLike (a: Tensor) (value: float) =
        let a = required a
        full a.DType a.Dims value

    let stopGradient (a: Tensor) = Primitive.apply1 Op.StopGradient (required a)

    let logAddExp (a: Tensor) (b: Tensor) = Tensor.Zip("LogAddExp", LogarithmFunctions.logAddExp.Zip, Tensor.Real a, Tensor.Real b)

    let xLogY (x: Tensor) (y: Tensor) = Tensor.Zip("XLogY", LogarithmFunctions.xLogY.Zip, Tensor.Real x, Tensor.Real y)

    let xLog1PY (x: Tensor) (y: Tensor) = Tensor.Zip("XLog1PY", LogarithmFunctions.xLog1PY.Zip, Tensor.Real x, Tensor.Real y)

    let maximum (a: Tensor) (b: Tensor) = Tensor.Zip("Maximum", Zip.Maximum, a, b)

    let minimum (a: Tensor) (b: Tensor) = Tensor.Zip("Minimum", Zip.Minimum, a, b)

    /// The greatest whole number that is at most a / b. Floats: that of the exact quotient, a / 0 where b is 0; no derivative.
    let floorDivide (a: Tensor) (b: Tensor) =
        let struct (a, b) = Tensor.Join("FloorDivide", stopGradient a, stopGradient b)

        TypeChecks.requireNumbers "FloorDivide" a.Type
        let zero = Primitive.fillLike a 0.0
        let isZero = Primitive.compare Relation.Equal b zero

        let below (quotient: Tensor) (remainder: Tensor) =
            let isInexact = Primitive.compare Relation.NotEqual remainder zero

            let signsDiffer =
                Primitive.compare
                    Relation.NotEqual
                    (Primitive.compare Relation.Less remainder zero)
                    (Primitive.compare Relation.Less b zero)

            let isBelow = Primitive.zip Zip.And isInexact signsDiffer
            Primitive.select isBelow (Primitive.subtract quotient (Primitive.fillLike a 1.0)) quotient

        let remainder = Primitive.zip Zip.Remainder a b

        if DType.isFloat a.DType then
            let quotient = Primitive.zip Zip.Divide (Primitive.subtract a remainder) b
            let floor = Primitive.map Elementwise.round (below quotient remainder)
            Primitive.select isZero (Primitive.zip Zip.Divide a b) floor
        else
            let quotient = Primitive.zip Zip.Divide a b

            Primitive.select
                isZero
                (Primitive.subtract zero (Primitive.fillLike a 1.0))
                (if DType.isSigned a.DType then below quotient remainder else quotient)

    let asType dtype (a: Tensor) =
        let a = required a

        if a.DType = dtype then
            Tensor.Cast(a, dtype, false)
        else
            let result = Tensor.Convert(a, dtype)
            result.Weak <- false
            result

    let argSort axis (a: Tensor) = Sort.order (Shape.axis "ArgSort" (required a).Rank axis) a

    /// The entries along an axis in ascending order; tangents follow the order.
    let sort axis (a: Tensor) = Sort.values (Shape.axis "Sort" (required a).Rank axis) a

    let square (a: Tensor) = named "Square" (fun () -> Tensor.Pow(required a, 2))
