// What the routines on matrices share: the last two axes as tensors, and as plain numbers to work in, float64 for either float dtype.
namespace Pipeline.Engine

open System
open System.Numerics
open System.Runtime.InteropServices
open Pipeline

[<RequireQualifiedAccess>]
module internal Matrices =
    let transpose (a: Tensor) = Primitive.transpose (Array.append [| 0 .. a.Rank - 3 |] [| a.Rank - 1; a.Rank - 2 |]) a

    let product (a: Tensor) (b: Tensor) =
        let batch = a.Rank - 2

        Primitive.dot { Batch = batch; ContractLeft = [| batch + 1 |]; ContractRight = [| batch |] } a b

    let requireCount (name: string) (count: int) (operands: TensorType[]) =
        if operands.Length <> count then
            raise (ArgumentException $"{name} takes {count} operands, not {operands.Length}.")

    let requireSquare (name: string) (t: TensorType) =
        let shape = t.Shape

        if shape.Length < 2 || shape[shape.Length - 1] <> shape[shape.Length - 2] then
            raise (ShapeException $"{name}: takes square matrices (the last two axes), not {Shape.text shape}.")

    /// A square matrix and the right side of its system, which is the solution's type.
    let system (name: string) (matrix: TensorType) (right: TensorType) : TensorType[] =
        TypeChecks.requireFloat name matrix
        TypeChecks.requireSame name matrix right
        requireSquare name matrix
        let t, b, rank = matrix.Shape, right.Shape, matrix.Shape.Length

        if b.Length <> rank || b[rank - 2] <> t[rank - 1] || t[.. rank - 3] <> b[.. rank - 3] then
            raise (
                ShapeException
                    $"{name}: a right side with the last axes {Shape.text b[max 0 (b.Length - 2) ..]} does not fit a matrix of {Shape.text t[max 0 (t.Length - 2) ..]}; it has as many rows (a vector as many entries) as the matrix, and the same axes before them."
            )

        [| right |]

    /// A fresh float64 copy to work in.
    let work (x: NDArray) : float[] =
        let wide = KernelsViews.contiguous (KernelsMap.convert DType.Float64 x)
        KernelsViews.copied (Span.op_Implicit (KernelsViews.elements<float> wide))

    let finish (dtype: DType) (shape: int[]) (numbers: float[]) : NDArray =
        KernelsMap.convert dtype (NDArray.ofData DType.Float64 shape numbers)

    /// A row less a multiple of another, with a look at cancellation where rows are long: loops over many short ones look for themselves.
    let subtract (row: Span<float>) (factor: float) (other: Span<float>) : unit =
        if row.Length >= 256 then CancellationScope.Check()

        if factor <> 0.0 then
            let wide = MemoryMarshal.Cast<float, Vector<float>> row
            let otherWide = MemoryMarshal.Cast<float, Vector<float>> other

            for c in 0 .. wide.Length - 1 do
                wide[c] <- wide[c] - factor * otherWide[c]

            for c in wide.Length * Vector<float>.Count .. row.Length - 1 do
                row[c] <- row[c] - factor * other[c]

    let exchange (a: Span<float>) (width: int) (i: int) (j: int) : unit =
        if i <> j then
            for c in 0 .. width - 1 do
                let entry = a[i * width + c]
                a[i * width + c] <- a[j * width + c]
                a[j * width + c] <- entry
