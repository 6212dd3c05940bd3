// Functions of two tensors, or of a tensor and a plain number, entry by entry.
namespace Pipeline.FSharp

open Pipeline
open Pipeline.Engine

/// <summary>Functions of two tensors proper: what the functions of the same names make of their operands.</summary>
module OfTensors =
    /// <summary>x log y, with broadcasting; 0 where x is 0, whatever number y is.</summary>
    let xlogy (x: Tensor) (y: Tensor) : Tensor = Operations.xLogY x y

    /// <summary>x log(1 + y), accurate near 0, with broadcasting; 0 where x is 0, whatever number y is.</summary>
    let xlog1py (x: Tensor) (y: Tensor) : Tensor = Operations.xLog1PY x y

    /// <summary>log(e^a + e^b), with broadcasting and without overflow.</summary>
    let logAddExp (a: Tensor) (b: Tensor) : Tensor = Operations.logAddExp a b

    /// <summary>a raised to b.</summary>
    let pow (a: Tensor) (b: Tensor) : Tensor = Tensor.Pow(a, b)
    /// <summary>The greatest whole number that is at most a / b, exactly, of integers and floats, with broadcasting and derivative 0; of integers a / 0 is -1.</summary>
    let floorDivide (a: Tensor) (b: Tensor) : Tensor = Operations.floorDivide a b

    /// <summary>The larger of two, with broadcasting; a tie shares its derivative equally.</summary>
    let maximum (a: Tensor) (b: Tensor) : Tensor = Operations.maximum a b

    /// <summary>The smaller of two, with broadcasting; a tie shares its derivative equally.</summary>
    let minimum (a: Tensor) (b: Tensor) : Tensor = Operations.minimum a b

    /// <summary>The first where the condition holds, else the second.</summary>
    let where (condition: Tensor) (a: Tensor) (b: Tensor) : Tensor = ShapeOperations.where condition a b

/// <summary>Functions of two operands, entry by entry: tensors, or a tensor and a plain number.</summary>
[<AutoOpen>]
module BinaryFunctions =
    /// <summary>x log y, with broadcasting; 0 where x is 0, whatever number y is.</summary>
    let inline xlogy x y : Tensor =
        let struct (x, y) = Operand.pair (null: Operands) x y
        OfTensors.xlogy x y

    /// <summary>x log(1 + y), accurate near 0, with broadcasting; 0 where x is 0, whatever number y is.</summary>
    let inline xlog1py x y : Tensor =
        let struct (x, y) = Operand.pair (null: Operands) x y
        OfTensors.xlog1py x y

    /// <summary>log(e^a + e^b), with broadcasting and without overflow.</summary>
    let inline logAddExp a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        OfTensors.logAddExp a b

    /// <summary>a raised to b, with broadcasting: <c>pow 2.0 x</c>. Whole powers are exact as <c>x ** 3</c>.</summary>
    let inline pow a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        OfTensors.pow a b

    /// <summary>The greatest whole number that is at most a / b, exactly, of integers and floats, with broadcasting and derivative 0; of integers a / 0 is -1.</summary>
    let inline floorDivide a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        OfTensors.floorDivide a b

    /// <summary>The larger of two, with broadcasting; a tie shares its derivative equally.</summary>
    let inline maximum a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        OfTensors.maximum a b

    /// <summary>The smaller of two, with broadcasting; a tie shares its derivative equally.</summary>
    let inline minimum a b : Tensor =
        let struct (a, b) = Operand.pair (null: Operands) a b
        OfTensors.minimum a b

    /// <summary>The first where the condition holds (is not 0), else the second: tensors or plain numbers, with broadcasting; the branch that is not taken contributes nothing to derivatives of any order.</summary>
    let inline where (condition: Tensor) a b : Tensor =
        let struct (a, b) = Operand.pair (null: Choices) a b
        OfTensors.where condition a b
