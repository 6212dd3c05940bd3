// The buffers of a loop program in the making.
namespace Pipeline.Engine

open System.Collections.Generic
open Pipeline

/// Collects buffers; two that turn out to be one are joined at the end.
[<Sealed>]
type internal ProgramBuffers() =
    let buffers = ResizeArray<Buffer>()
    let joined = ResizeArray<int>()
    let constants = Dictionary<NDArray, Stored>(HashIdentity.Reference)

    let add dtype size kind =
        buffers.Add { DType = dtype; Size = size; Kind = kind }

        joined.Add(buffers.Count - 1)
        buffers.Count - 1

    let rec resolve buffer = if joined[buffer] = buffer then buffer else resolve joined[buffer]

    member _.Input(k, tensor: TensorType) = Stored.whole (add tensor.DType (Shape.size tensor.Shape) (BufferKind.Input k)) tensor

    member _.Output(k, tensor: TensorType) = Stored.whole (add tensor.DType (Shape.size tensor.Shape) (BufferKind.Output k)) tensor

    /// Fresh scratch memory; its place is found when all statements are known.
    member _.Workspace(tensor: TensorType) = Stored.whole (add tensor.DType (Shape.size tensor.Shape) (BufferKind.Workspace 0)) tensor

    member _.Constant(array: NDArray) =
        match constants.TryGetValue array with
        | true, stored -> stored
        | _ ->
            let contiguous = if array.IsContiguous then array else KernelsViews.contiguous array

            let tensor = { DType = array.DType; Shape = array.Shape }

            let stored = Stored.whole (add array.DType array.Size (BufferKind.Data contiguous)) tensor

            constants[array] <- stored
            stored

    /// From now on the two are the memory of the second.
    member _.Join(buffer, into) = joined[resolve buffer] <- resolve into

    member _.Resolve buffer = resolve buffer
    member _.ToArray() = buffers.ToArray()
