// Constructors of tensors, for F#.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Constructors of tensors, for F#.</summary>
[<AutoOpen>]
module Creation =


    /// <summary>A scalar of the dtype of its .NET number.</summary>
    let scalar (value: 'T) : Tensor = Operations.import<'T> [||] (ReadOnlySpan [| value |])

    /// <summary>A tensor of a shape from its numbers in row-major order.</summary>
    let tensor (shape: int seq) (values: 'T seq) : Tensor = Operations.import<'T> (Array.ofSeq shape) (ReadOnlySpan(Array.ofSeq values))

    /// <summary>A tensor of rank 1.</summary>
    let vector (values: 'T seq) : Tensor =
        let values = Array.ofSeq values
        Operations.import<'T> [| values.Length |] (ReadOnlySpan values)

    /// <summary>A tensor of rank 2 from its rows.</summary>
    let matrix (rows: 'T seq seq) : Tensor =
        let rows = rows |> Seq.map Array.ofSeq |> Array.ofSeq
        let columns = if rows.Length = 0 then 0 else rows[0].Length

        if rows |> Array.exists (fun row -> row.Length <> columns) then
            raise (ShapeException "matrix: the rows differ in length.")

        Operations.import<'T> [| rows.Length; columns |] (ReadOnlySpan(Array.concat rows))

    /// <summary>float64 zeros.</summary>
    let zeros (shape: int seq) : Tensor = Operations.full DType.Float64 (Array.ofSeq shape) 0.0

    /// <summary>float64 ones.</summary>
    let ones (shape: int seq) : Tensor = Operations.full DType.Float64 (Array.ofSeq shape) 1.0

    /// <summary>Zeros of the dtype of a .NET type: <c>zerosOf&lt;float32&gt; [ 784; 128 ]</c>.</summary>
    let zerosOf<'T> (shape: int seq) : Tensor = Operations.full (Operations.element<'T> "zerosOf") (Array.ofSeq shape) 0.0

    /// <summary>Ones of the dtype of a .NET type: <c>onesOf&lt;float32&gt; [ 3 ]</c>.</summary>
    let onesOf<'T> (shape: int seq) : Tensor = Operations.full (Operations.element<'T> "onesOf") (Array.ofSeq shape) 1.0

    /// <summary>One number everywhere, in its own type: <c>full [ 3 ] 0.5</c> is float64, <c>full [ 3 ] 5</c> int32.</summary>
    let full (shape: int seq) (value: 'T) : Tensor = Operations.fullOf (Array.ofSeq shape) value

    /// <summary>Zeros in the shape and the dtype of another tensor.</summary>
    let zerosLike (a: Tensor) : Tensor = Operations.fullLike a 0.0

    /// <summary>Ones in the shape and the dtype of another tensor.</summary>
    let onesLike (a: Tensor) : Tensor = Operations.fullLike a 1.0

    /// <summary>One number everywhere, in the shape and the dtype of another tensor.</summary>
    let fullLike (a: Tensor) (value: float) : Tensor = Operations.fullLike a value

    /// <summary>0, 1, 2, ... up to, but without, a limit, int32.</summary>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The limit is negative.</exception>
    let arange (count: int) : Tensor =
        Limits.NotNegative(count, nameof count)
        Primitive.iota DType.Int32 [| count |] 0

    /// <summary>The identity matrix, float64.</summary>
    let eye (size: int) : Tensor =
        Limits.NotNegative(size, nameof size)

        let index axis = Primitive.iota DType.Int32 [| size; size |] axis

        Primitive.convert DType.Float64 (Primitive.compare Relation.Equal (index 0) (index 1))
