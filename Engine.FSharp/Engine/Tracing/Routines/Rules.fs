// The programs of routines' rules, each made once for the types of its operands.
namespace Pipeline.Engine

open System.Collections.Concurrent
open Pipeline

[<RequireQualifiedAccess>]
module internal Rules =
    let private once (make: TensorType[] -> Graph) : TensorType[] -> Graph =
        let made = ConcurrentDictionary<TensorType[], Graph>(HashIdentity.Structural)
        fun types -> made.GetOrAdd(types, make)

    /// The program of operands -> results -> tangents of the float operands -> tangents of the float results.
    let change name (infer: TensorType[] -> TensorType[]) (rule: Tensor[] -> Tensor[] -> Tensor[] -> Tensor[]) =
        once (fun operands ->
            let results = infer operands
            let tangents = operands |> Array.filter (fun t -> DType.isFloat t.DType)

            Record.closed name (Array.concat [ operands; results; tangents ]) (fun inputs ->
                let first = operands.Length + results.Length
                rule inputs[.. operands.Length - 1] inputs[operands.Length .. first - 1] inputs[first..]))

    /// The program of M -> X -> M X.
    let product name (product: Tensor -> Tensor -> Tensor) : TensorType -> TensorType -> Graph =
        let program = once (fun types -> Record.closed name types (fun inputs -> [| product inputs[0] inputs[1] |]))
        fun matrix x -> program [| matrix; x |]

    /// The program of an operation.
    let operation name (op: unit -> Op) : TensorType[] -> Graph = once (fun types -> Record.closed name types (Primitive.apply (op ())))
