// Whether all or any entries are true.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Predicates =
    /// Of booleans the product is "and" and the sum "or"; numbers are true where they are not 0.
    let private reduce operation reduction (axes: int[]) keepDims (a: Tensor) : Tensor =
        if isNull a then nullArg "x"

        let axes = if isNull axes then [| 0 .. a.Rank - 1 |] else Shape.axes operation a.Rank axes

        let truth = if a.DType = DType.Bool then a else Primitive.compare Relation.NotEqual a (Primitive.fillLike a 0.0)

        let result = if axes.Length = 0 then truth else Primitive.apply1 (Op.Reduce(reduction, axes)) truth

        if keepDims then
            Primitive.reshape (Array.init a.Rank (fun i -> if Array.contains i axes then 1 else a.Dims[i])) result
        else
            result

    /// Of nothing: true.
    let all axes keepDims a = reduce "All" Reduction.Product axes keepDims a

    /// Of nothing: false.
    let any axes keepDims a = reduce "Any" Reduction.Sum axes keepDims a
