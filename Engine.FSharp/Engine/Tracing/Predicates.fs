// Whether all or any entries are true.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Predicates =
    /// Of booleans the product is "and" and the sum "or"; numbers are true where they are not 0.
    let private reduce operation reduction (axes: int[]) keepDims (a: Tensor) : Tensor =
        let a = Operations.required a
        let axes = ReductionOperations.resolve operation a axes

        let truth = if a.DType = DType.Bool then a else Primitive.compare Relation.NotEqual a (Primitive.fillLike a 0.0)

        let result = if axes.Length = 0 then truth else Primitive.apply1 (Op.Reduce(reduction, axes)) truth
        ReductionOperations.keep a axes keepDims result

    /// Of nothing: true.
    let all axes keepDims a = reduce "All" Reduction.Product axes keepDims a

    /// Of nothing: false.
    let any axes keepDims a = reduce "Any" Reduction.Sum axes keepDims a
