// Derivatives of functions from trees to trees, on top of the transformations of tensors.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal Differentiation =
    /// A function of trees as one of tensors; the structure of its result is kept.
    let private onTensors operation (f: 'T -> 'R) (structure: Structure) (kept: Structure ref) (inputs: Tensor[]) =
        let struct (outputs, result) = Tree.flattenResult operation (f (Tree.rebuild structure inputs))
        kept.Value <- result
        outputs

    let requireFloat operation (leaves: Tensor[]) =
        if leaves.Length = 0 then
            raise (
                DifferentiationException
                    $"{operation}: the argument holds no tensor, and derivatives are taken with respect to tensors. Write (Tensor x) => ... instead of (double x) => ..., and make the numbers of a record or an array that are to be differentiated Tensors."
            )

        if not (leaves |> Array.exists (fun leaf -> DType.isFloat leaf.DType)) then
            let found = leaves |> Array.map (fun leaf -> leaf.Type.ToString()) |> String.concat ", "

            raise (
                DifferentiationException
                    $"{operation}: the argument has no float32 or float64 tensor to differentiate with respect to, but {found}. Convert it (AsType), or write 1.0 for 1."
            )

    let requireScalar operation (result: Tensor) =
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
        let values, pull = Linearize.pullback operation (onTensors operation f structure kept) leaves

        let back (cotangent: 'R) =
            let given = Tree.matching operation "the cotangent" "before" kept.Value cotangent

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
            Array.append [| scalar |] (onTensors operation (fun () -> aux) (Structure.Opaque(box ())) kept [||])

        let values, pull = Linearize.pullback operation scalarFirst leaves

        let seeds = Array.init values.Length (fun i -> if i = 0 then Primitive.fillLike values[0] 1.0 else null)

        let gradients = derivatives leaves (pull seeds)
        struct (values[0], Tree.rebuild<'Aux> kept.Value values[1..], Tree.rebuild<'T> structure gradients)

    /// The value of a scalar function and its gradient.
    let valueAndGradient operation (f: 'T -> Tensor) (point: 'T) : struct (Tensor * 'T) =
        let struct (value, _, found) = gradient operation (fun p -> struct (f p, ())) point
        struct (value, found)

    /// Tangents of the leaves from a value of their structure; null where a leaf has none.
    let private tangentsOf operation (types: Tensor[]) (structure: Structure) (direction: 'T) : Tensor[] =
        Array.map2
            (fun (leaf: Tensor) (d: Tensor) ->
                if DType.isFloat leaf.DType then
                    Tensor.BroadcastTo(operation, Tensor.Cast(d, leaf.DType, leaf.Weak), leaf.Dims)
                else
                    null)
            types
            (Tree.matching operation "the direction" "before" structure direction)

    let private filled (values: Tensor[]) (changes: Tensor[]) =
        Array.map2 (fun (value: Tensor) change -> Primitive.orZeros value.Type change) values changes

    /// f's result and its change along a direction.
    let pushforward operation (f: 'T -> 'R) (point: 'T) (direction: 'T) : struct ('R * 'R) =
        let struct (leaves, structure) = Tree.flatten point
        requireFloat operation leaves
        let tangents = tangentsOf operation leaves structure direction
        let kept = ref null

        let values, changes = Linearize.pushforward operation (onTensors operation f structure kept) leaves tangents

        struct (Tree.rebuild<'R> kept.Value values, Tree.rebuild<'R> kept.Value (filled values changes))

    /// f's result and its change as a map of the direction, which does not evaluate f again.
    let linearize operation (f: 'T -> 'R) (point: 'T) : struct ('R * ('T -> 'R)) =
        let struct (leaves, structure) = Tree.flatten point
        requireFloat operation leaves
        let kept = ref null

        let values, push = Linearize.linearize operation (onTensors operation f structure kept) leaves

        let map (direction: 'T) = Tree.rebuild<'R> kept.Value (filled values (push (tangentsOf operation leaves structure direction)))

        struct (Tree.rebuild<'R> kept.Value values, map)

    /// A tree like this one with random numbers in its float leaves.
    let randomLike (seed: int64) (value: 'T) : 'T =
        let key = RandomKey seed
        let struct (leaves, structure) = Tree.flatten value

        leaves
        |> Array.mapi (fun i leaf ->
            if DType.isFloat leaf.DType then
                let draw = ContinuousDraws.normal "Normal" leaf.DType leaf.Dims (RandomKey.Single(key.FoldIn(int64 i), "Normal"))
                draw.Weak <- leaf.Weak
                draw
            else
                leaf)
        |> Tree.rebuild structure

    /// The sum of the products of all entries, and that of their absolute values; null where there are no numbers to be read.
    let inner (a: 'T) (b: 'T) : (float * float) voption =
        let products =
            Array.map2
                (fun (x: Tensor) (y: Tensor) ->
                    if DType.isFloat x.DType then Primitive.convert DType.Float64 (Primitive.multiply x y) else null)
                (Tree.tensors a)
                (Tree.tensors b)
            |> Array.filter (fun p -> not (isNull p))

        try
            let entries = products |> Array.collect (fun p -> Reading.toArray<float> "Transpose" (p.Peek "Transpose"))

            ValueSome(Array.sum entries, entries |> Array.sumBy abs)
        with :? TracedValueException ->
            ValueNone

    /// The transpose of a linear function, from results to arguments like the example. A function that is not linear is found by
    /// <u, f(r)> = <f'(u), r> at random r and u, wherever f's numbers can be read.
    let transpose operation (f: 'T -> 'R) (example: 'T) : 'R -> 'T =
        let origin =
            example |> Tree.map (fun leaf -> if DType.isFloat leaf.DType then Primitive.fillLike leaf 0.0 else leaf)

        let struct (_, back) = pullback operation f origin
        let r = randomLike 1L origin
        let value = f r
        let u = randomLike 2L value

        match inner u value, inner (back u) r with
        | ValueSome(left, scale), ValueSome(right, _) ->
            let isFloat32 = Tree.tensors value |> Array.exists (fun leaf -> leaf.DType = DType.Float32)

            let tolerance, unit =
                if isFloat32 then
                    1e-3, float (MathF.BitIncrement 1.0f - 1.0f)
                else
                    1e-6, Math.BitIncrement 1.0 - 1.0

            // Where f's terms cancel its numbers are rounding, which a few units in the last place of r or u change as much as they are large.
            let near units value =
                value
                |> Tree.map (fun leaf ->
                    if DType.isFloat leaf.DType then
                        Primitive.multiply leaf (Primitive.fillLike leaf (1.0 + float units * unit))
                    else
                        leaf)

            let apart (inner: (float * float) voption) from =
                match inner with
                | ValueSome(other, _) -> abs (other - from)
                | ValueNone -> 0.0

            let rounding () =
                Seq.max (
                    seq {
                        for units in 3..8 do
                            apart (inner u (f (near units r))) left
                            apart (inner (back (near units u)) r) right
                    }
                )

            let off = abs (left - right)

            // An infinity or NaN agrees with nothing but itself.
            let isWithin (allowed: float) = Double.IsFinite allowed && off <= allowed

            if not (left.Equals right) && not (isWithin (tolerance * scale)) && not (isWithin (10.0 * rounding ())) then
                raise (
                    DifferentiationException(
                        FormattableString.Invariant
                            $"{operation}: the function is not linear: at a test point its result has the projection {left:G6}, where a linear function has {right:G6}. Remove what does not scale with the argument (constants, products of it with itself), or use Derivative.Pullback for the transpose of the derivative at a point."
                    )
                )
        | _ -> ()

        back
