// Derivatives held against difference quotients and against each other, through every mix of modes to an order.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal DerivativeChecks =
    /// A function's derivatives at a point along random directions, 2 (2^order - 1) of them.
    let run (f: 'T -> 'R) (at: 'T) (order: int) (seed: int64) : DerivativeCheck =
        Limits.Positive(order, nameof order)
        let struct (leaves, structure) = Tree.flatten at
        Differentiation.requireFloat "CheckDerivatives" leaves
        let isFloat (a: Tensor) = DType.isFloat a.DType

        /// The function of the float leaves alone.
        let ofFloats (inputs: Tensor[]) : Tensor[] =
            leaves
            |> Array.map2 (fun input leaf -> if isNull input then leaf else input) (Mask.spread (Array.map isFloat leaves) inputs)
            |> Tree.rebuild<'T> structure
            |> f
            |> Tree.tensors
            |> Array.filter isFloat

        let point = leaves |> Array.filter isFloat
        let step = 1e-4

        let filled (like: Tensor[]) (found: Tensor[]) = Array.map2 (fun (a: Tensor) d -> Primitive.orZeros a.Type d) like found

        let entries (values: Tensor[]) = values |> Array.collect (fun a -> a.ToArray<float>())

        let dot (a: float[]) (b: float[]) = Array.fold2 (fun sum x y -> sum + x * y) 0.0 a b

        let size (a: float[]) (b: float[]) = Array.fold2 (fun sum x y -> sum + abs (x * y)) 0.0 a b

        let moved (direction: Tensor[]) (distance: float) =
            Array.map2 (fun (x: Tensor) v -> Primitive.add x (Primitive.multiply v (Primitive.fillLike v distance))) point direction

        let found = ResizeArray<DerivativePath>()

        let rec check (path: string) depth (g: Tensor[] -> Tensor[]) =
            let draw number = Differentiation.randomLike (seed + int64 (2 * depth + number))

            let v = draw 1 point
            let values, changes = Linearize.pushforward "CheckDerivatives" g point v

            if values.Length = 0 then
                raise (
                    DifferentiationException "CheckDerivatives: the function returns no float32 or float64 tensor, so it has no derivative."
                )

            let u = draw 2 values
            let change, weights = entries (filled values changes), entries u
            let ahead, behind = entries (g (moved v step)), entries (g (moved v -step))

            let difference = Array.map2 (fun a b -> if a = b then 0.0 else (a - b) / (2.0 * step)) ahead behind

            let isFloat32 = Array.append point values |> Array.exists (fun a -> a.DType = DType.Float32)

            let relative, unit = if isFloat32 then 2e-3, 6e-8 else 1e-5, 1.1e-16
            // An infinity or NaN agrees with nothing but itself.
            let within (tolerance: float) = if Double.IsFinite tolerance then tolerance else 0.0

            // Each evaluation of the difference may be off by a few units in its last place.
            let rounding = within (4.0 * unit * size weights ahead / step)

            let named mode = if path = "" then mode else $"{mode} over {path}"

            let forward =
                DerivativePath(
                    named "forward",
                    dot weights change,
                    dot weights difference,
                    within (relative * size weights difference + rounding)
                )

            found.Add forward

            let _, pull = Linearize.pullback "CheckDerivatives" g point
            let back, along = entries (filled point (pull u)), entries v

            // No number that is not finite is right because the other mode has it too.
            let expected, tolerance =
                if Double.IsFinite forward.Computed then
                    forward.Computed, within (relative * size weights change)
                else
                    forward.Expected, forward.Tolerance

            found.Add(DerivativePath(named "reverse", dot back along, expected, tolerance))

            if depth < order then
                check (named "forward") (depth + 1) (fun x ->
                    let values, changes = Linearize.pushforward "CheckDerivatives" g x v
                    filled values changes)

                check (named "reverse") (depth + 1) (fun x ->
                    let _, pull = Linearize.pullback "CheckDerivatives" g x
                    filled x (pull u))

        check "" 1 ofFloats
        DerivativeCheck(found.ToArray())
