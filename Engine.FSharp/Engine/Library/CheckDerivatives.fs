// Derivatives held against difference quotients and against each other, through every mix of modes to an order.
namespace Pipeline

open System
open System.Collections.Generic
open System.Globalization
open System.Runtime.InteropServices
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>One derivative that was checked, with what it must equal.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DerivativePath internal (path: string, computed: float, expected: float, tolerance: float) =
    /// <summary>The modes, the last first: "reverse over forward" is the derivative by reverse mode of the derivative by forward mode.</summary>
    member _.Path = path
    /// <summary>The derivative along a random direction, projected on a random cotangent.</summary>
    member _.Computed = computed

    /// <summary>What it must equal: where the last mode is forward, a central difference; where it is reverse, what forward mode gives, or the central difference too where that is not finite.</summary>
    member _.Expected = expected

    /// <summary>How far apart the two may be: in proportion to what is expected, never to what was computed; 0 where that is infinite or not a number.</summary>
    member _.Tolerance = tolerance

    /// <summary>Whether the two are equal within the tolerance, or the same infinity, or both not a number.</summary>
    member _.Agrees =
        abs (computed - expected) <= tolerance
        || computed = expected
        || (Double.IsNaN computed && Double.IsNaN expected)

    /// <summary>One line of the table.</summary>
    override this.ToString() =
        let text (x: float) = x.ToString("G10", CultureInfo.InvariantCulture).PadLeft 18

        let verdict = if this.Agrees then "agrees" else "WRONG"
        $"{path.PadRight 36}{text computed}{text expected}  {verdict}"

/// <summary>The result of checking a function's derivatives.</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type DerivativeCheck internal (paths: DerivativePath[]) =
    /// <summary>Every derivative that was checked, lower orders first along each path.</summary>
    member _.Paths: IReadOnlyList<DerivativePath> = Array.AsReadOnly paths
    /// <summary>Whether all agree.</summary>
    member _.Agrees = paths |> Array.forall _.Agrees

    /// <summary>This result, if all agree.</summary>
    /// <exception cref="T:Pipeline.WrongDerivativeException">One does not; the message is the table.</exception>
    member this.ThrowIfWrong() : DerivativeCheck =
        if not this.Agrees then
            let wrong = paths |> Array.filter (fun p -> not p.Agrees)

            raise (
                WrongDerivativeException(
                    FormattableString.Invariant
                        $"CheckDerivatives: {wrong.Length} of {paths.Length} derivatives are wrong; first {wrong[0].Path}: {wrong[0].Computed:G6} where {wrong[0].Expected:G6} is expected. If the function has a custom rule, mend it; if the point is not smooth, check at another.\n{this}"
                )
            )

        this

    /// <summary>The table: path, computed value, expected value, verdict.</summary>
    override _.ToString() =
        let heading = $"""{"path".PadRight 36}{"computed".PadLeft 18}{"expected".PadLeft 18}"""

        String.Join('\n', Array.append [| heading |] (paths |> Array.map string))

/// <summary>Checks a function's derivatives, as of one with a custom rule: no proof, but a wrong constant in a rule does not pass.</summary>
/// <remarks>At a point, along one random direction v and for one random cotangent u: the change by forward mode against a central difference of step 1e-4,
/// and &lt;v, pullback(u)&gt; = &lt;change(v), u&gt;; then the same for the derivatives by forward and by reverse mode, and so on. The tolerance is 1e-5
/// of the reference, or 2e-3 where anything is float32, and what the difference loses by rounding; an infinite or NaN derivative agrees only with a reference that is the same.</remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type CheckDerivatives =
    /// <summary>Checks the derivatives of a function of a tree at a point, through every mix of forward and reverse mode to an order.</summary>
    /// <param name="f">The function; its result is a tree too.</param>
    /// <param name="at">A point where it is smooth.</param>
    /// <param name="order">The highest order: 2 (2^order - 1) comparisons.</param>
    /// <param name="seed">Of the key of the directions.</param>
    /// <exception cref="T:Pipeline.DifferentiationException">The argument or the result holds no float tensor.</exception>
    /// <example><code>
    /// CheckDerivatives.Of((Tensor x) => softplus(x), at: 0.3, order: 3).ThrowIfWrong();
    /// </code></example>
    static member Of<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (f: Func<'T, 'R>, at: 'T, [<Optional; DefaultParameterValue(2)>] order: int, [<Optional; DefaultParameterValue(0L)>] seed: int64)
        : DerivativeCheck =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Limits.Positive(order, nameof order)
        let struct (leaves, structure) = Tree.flatten at
        Differentiation.requireFloat "CheckDerivatives" leaves
        let isFloat (a: Tensor) = DType.isFloat a.DType

        /// The function of the float leaves alone.
        let ofFloats (inputs: Tensor[]) : Tensor[] =
            leaves
            |> Array.map2 (fun input leaf -> if isNull input then leaf else input) (Mask.spread (Array.map isFloat leaves) inputs)
            |> Tree.rebuild<'T> structure
            |> f.Invoke
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
