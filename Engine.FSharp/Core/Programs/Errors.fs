// The exceptions of the library: one type per kind of mistake, each naming the operation, the offending value and the remedy.
namespace Pipeline

open System
open System.Runtime.CompilerServices

/// <summary>The base of every exception that reports a mistake in the use of the library.</summary>
[<AllowNullLiteral; AutoSerializable(false); NullableContext(1uy)>]
type PipelineException(message: string) =
    inherit Exception(message)

/// <summary>Shapes, ranks, axes or sizes that an operation cannot combine.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type ShapeException(message: string) =
    inherit PipelineException(message)

/// <summary>An element type that an operation does not take, two that it cannot combine, or a number that a type cannot hold.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DTypeException(message: string) =
    inherit PipelineException(message)

/// <summary>A number was read from a tensor that has none yet, since it is being staged or batched, or whose derivative the number would lose.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type TracedValueException(message: string) =
    inherit PipelineException(message)

/// <summary>A tensor of a transformation was used after that transformation had ended.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type EndedTransformationException(message: string) =
    inherit PipelineException(message)

/// <summary>A function was differentiated that has no derivative of the asked kind: a result that is not a scalar, or an integer argument.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DifferentiationException(message: string) =
    inherit PipelineException(message)

/// <summary>A loop whose body changes the shape or type of what it carries, or that ran past its bound.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type LoopException(message: string) =
    inherit PipelineException(message)

/// <summary>A custom derivative rule that returns another structure, shape or element type than its function needs.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type CustomRuleException(message: string) =
    inherit PipelineException(message)

/// <summary>A derivative that differs from what the function's values say, found by CheckDerivatives.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type WrongDerivativeException(message: string) =
    inherit PipelineException(message)

/// <summary>An operation that made a NaN or an infinity from operands without one, found by CheckNumbers.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type NonFiniteException(message: string) =
    inherit PipelineException(message)

/// <summary>A parameter tree that cannot be taken apart and rebuilt, or two trees of different structure.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type TreeException(message: string) =
    inherit PipelineException(message)

/// <summary>A compiled function was given, or reads, a mutable object whose changes it could not notice: a long array, a source of random numbers.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type MutableStateException(message: string) =
    inherit PipelineException(message)

/// <summary>A compiled function needs more programs than its maxPrograms allows.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type ProgramLimitException(message: string) =
    inherit PipelineException(message)

/// <summary>A function that is another program when it is staged again, though nothing that a compiled function looks at has changed; found by CheckCompiled.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type StaleProgramException(message: string) =
    inherit PipelineException(message)

/// <summary>A matrix that a factorization cannot take: not positive definite, or singular.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type LinearAlgebraException(message: string) =
    inherit PipelineException(message)

/// <summary>Data that a statistical method cannot use: weights that are no distribution, too few rows, dependent columns, values that are not finite.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DataException(message: string) =
    inherit PipelineException(message)

/// <summary>An optimizer that was given the state of another, or a part of one's own whose updates or state do not fit.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type OptimizerException(message: string) =
    inherit PipelineException(message)
