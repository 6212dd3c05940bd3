// Operands of functions of two tensors in F#: tensors and plain numbers, told apart when the program is compiled.
namespace Pipeline.FSharp

open Pipeline

/// <summary>The pairs of operands that comparisons and curried functions of two tensors take: two tensors, or a tensor and a plain number, which becomes a weakly typed scalar.</summary>
/// <remarks>F# converts arguments of functions with a warning (FS3391); here the compiler chooses among members instead, and infers that what stands beside a literal is a tensor.</remarks>
[<AbstractClass; AllowNullLiteral; AutoSerializable(false)>]
type Operands =
    /// <summary>Two tensors.</summary>
    static member Both(struct (a: Tensor, b: Tensor)) : struct (Tensor * Tensor) = struct (a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: float)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: float, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: float32)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: float32, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: int)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: int, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: int64)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: int64, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: bool)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: bool, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: sbyte)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: sbyte, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: byte)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: byte, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: int16)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: int16, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: uint16)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: uint16, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: uint32)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: uint32, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)
    /// <summary>A tensor and a plain number.</summary>
    static member Both(struct (a: Tensor, b: uint64)) : struct (Tensor * Tensor) = struct (a, Tensor.op_Implicit b)
    /// <summary>A plain number and a tensor.</summary>
    static member Both(struct (a: uint64, b: Tensor)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, b)

/// <summary>The same, and two plain numbers of one type: what <c>where</c> chooses between.</summary>
[<AbstractClass; AllowNullLiteral; AutoSerializable(false)>]
type Choices =
    inherit Operands

    /// <summary>Two plain numbers.</summary>
    static member Both(struct (a: float, b: float)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, Tensor.op_Implicit b)

    /// <summary>Two plain numbers.</summary>
    static member Both(struct (a: float32, b: float32)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, Tensor.op_Implicit b)

    /// <summary>Two plain numbers.</summary>
    static member Both(struct (a: int, b: int)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, Tensor.op_Implicit b)

    /// <summary>Two plain numbers.</summary>
    static member Both(struct (a: int64, b: int64)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, Tensor.op_Implicit b)

    /// <summary>Two plain numbers.</summary>
    static member Both(struct (a: bool, b: bool)) : struct (Tensor * Tensor) = struct (Tensor.op_Implicit a, Tensor.op_Implicit b)

/// <summary>How functions of two tensors are given their operands.</summary>
module Operand =
    /// <summary>Two operands as tensors, if they are one of the pairs that a type lists: <c>pair (null: Operands) a b</c>.</summary>
    let inline pair (_: ^W) (a: ^A) (b: ^B) : struct (Tensor * Tensor) =
        ((^W or ^A or ^B): (static member Both: struct (^A * ^B) -> struct (Tensor * Tensor)) (struct (a, b)))
