// Derivatives of functions from trees to trees, on top of the transformations of tensors.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Differentiation =
    /// A function of trees as one of tensors; the structure of its result is kept.
    let private onTensors (f: 'T -> 'R) (structure: Structure) (kept: Structure ref) (inputs: Tensor[]) =
        let struct (outputs, result) = Tree.flatten (f (Tree.rebuild structure inputs))
        kept.Value <- result
        outputs

    let requireFloat operation (leaves: Tensor[]) =
        if not (leaves |> Array.exists (fun leaf -> DType.isFloat leaf.DType)) then
            let found =
                if leaves.Length = 0 then
                    "no tensor"
                else
                    leaves |> Array.map (fun leaf -> leaf.Type.ToString()) |> String.concat ", "

            raise (
                DifferentiationException
                    $"{operation}: the argument has no float32 or float64 tensor to differentiate with respect to, but {found}. Convert it (AsType), or write 1.0 for 1."
            )

    let private requireScalar operation (result: Tensor) =
        if isNull result then
            raise (DifferentiationException $"{operation}: the function returned null; return a scalar tensor.")

        if result.Rank > 0 then
            raise (
                DifferentiationException
                    $"{operation}: the function returned a tensor of shape {Shape.text result.Dims}, and only a scalar has a gradient. Reduce it (Sum, Mean, or index it), or use Jacobian."
            )

        if not (DType.isFloat result.DType) then
            raise (
                DifferentiationException
                    $"{operation}: the function returned {result.Type}, which has no derivative; return float32 or float64."
            )

    /// A derivative as weakly typed as the leaf that it belongs to.
    let private asWeak (leaf: Tensor) (derivative: Tensor) =
        if leaf.Weak = derivative.Weak then
            derivative
        elif isNull derivative.Trace then
            Tensor(derivative.Array, Weak = leaf.Weak)
        else
            let same = Primitive.apply1 (Op.Reshape derivative.Dims) derivative
            same.Weak <- leaf.Weak
            same

    let private derivatives (leaves: Tensor[]) (found: Tensor[]) =
        Array.map2 (fun (leaf: Tensor) d -> asWeak leaf (Primitive.orZeros leaf.Type d)) leaves found

    /// f's result and the map from cotangents of the result to those of the argument.
    let pullback operation (f: 'T -> 'R) (point: 'T) : struct ('R * ('R -> 'T)) =
        let struct (leaves, structure) = Tree.flatten point
        requireFloat operation leaves
        let kept = ref null
        let values, pull = Linearize.pullback operation (onTensors f structure kept) leaves

        let back (cotangent: 'R) =
            let given = Tree.matching operation "the cotangent" kept.Value cotangent

            let fitted =
                Array.map2
                    (fun (value: Tensor) (given: Tensor) ->
                        if DType.isFloat value.DType then
                            Tensor.BroadcastTo(operation, Tensor.Cast(given, value.DType, value.Weak), value.Dims)
                        else
                            null)
                    values
                    given

            Tree.rebuild<'T> structure (derivatives leaves (pull fitted))

        struct (Tree.rebuild<'R> kept.Value values, back)

    /// The gradient of the scalar that comes first in f's result, and the whole result.
    let gradient operation (f: 'T -> struct (Tensor * 'Aux)) (point: 'T) : struct (Tensor * 'Aux * 'T) =
        let struct (leaves, structure) = Tree.flatten point
        requireFloat operation leaves
        let kept = ref null

        let scalarFirst inputs =
            let struct (scalar, aux) = f (Tree.rebuild structure inputs)
            requireScalar operation scalar
            Array.append [| scalar |] (onTensors (fun () -> aux) (Structure.Opaque(box ())) kept [||])

        let values, pull = Linearize.pullback operation scalarFirst leaves

        let seeds =
            Array.init values.Length (fun i -> if i = 0 then Primitive.fillLike values[0] 1.0 else null)

        let gradients = derivatives leaves (pull seeds)
        struct (values[0], Tree.rebuild<'Aux> kept.Value values[1..], Tree.rebuild<'T> structure gradients)

    /// f's result and its change along a direction.
    let pushforward operation (f: 'T -> 'R) (point: 'T) (direction: 'T) : struct ('R * 'R) =
        let struct (leaves, structure) = Tree.flatten point
        requireFloat operation leaves
        let along = Tree.matching operation "the direction" structure direction
        let kept = ref null

        let tangents =
            Array.map2
                (fun (leaf: Tensor) (d: Tensor) ->
                    if DType.isFloat leaf.DType then
                        Tensor.BroadcastTo(operation, Tensor.Cast(d, leaf.DType, leaf.Weak), leaf.Dims)
                    else
                        null)
                leaves
                along

        let values, changes =
            Linearize.pushforward operation (onTensors f structure kept) leaves tangents

        let changes =
            Array.map2 (fun (value: Tensor) change -> Primitive.orZeros value.Type change) values changes

        struct (Tree.rebuild<'R> kept.Value values, Tree.rebuild<'R> kept.Value changes)
