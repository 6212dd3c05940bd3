// First and second derivatives as arrays, and what is summed from them: the function is evaluated once, its linear map for each basis
// vector, many at the same time.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Jacobians =
    /// Basis vectors at the same time, and entries in all of them; more are taken in turns, to bound the memory.
    let private mostVectors = 1024
    let private mostEntries = 1 <<< 23

    let private chunk (t: TensorType) = max 1 (min mostVectors (mostEntries / max 1 (Shape.size t.Shape)))

    let private fitsOneTurn (t: TensorType) =
        let n = Shape.size t.Shape
        0 < n && n <= chunk t

    /// Rows first .. first + count - 1 of the identity, each in the shape of t.
    let private basis (t: TensorType) first count =
        let n = Shape.size t.Shape
        let row = Primitive.iota DType.Int32 [| count; n |] 0
        let column = Primitive.iota DType.Int32 [| count; n |] 1

        let diagonal = Primitive.compare Relation.Equal (Primitive.add row (Primitive.fillLike row (float first))) column

        Primitive.reshape (Array.append [| count |] t.Shape) (Primitive.convert t.DType diagonal)

    /// A function on each basis vector of t: its first `varying` results once for each, a turn at a time, the others once.
    let private onBasis (t: TensorType) varying (f: Tensor -> Tensor[]) : Tensor[][] * Tensor[] =
        let n = Shape.size t.Shape
        let size = chunk t

        let turns = [|
            for first in 0..size .. max 0 (n - 1) do
                let count = min size (n - first)

                let results, hidden = Batch.map count (fun inputs -> f inputs[0]) [| basis t first count |] [| true |]

                Array.mapi
                    (fun i (result: Tensor) ->
                        if i < varying then
                            if hidden[i] then result else BatchLanes.lead count result
                        elif hidden[i] then
                            Primitive.entry 0 0 result
                        else
                            result)
                    results
        |]

        turns |> Array.map (fun turn -> turn[.. varying - 1]), turns[0][varying..]

    let private joined (turns: Tensor[][]) = turns |> Array.map Array.head |> Primitive.concatenate 0

    let private summed (turns: Tensor[][]) i = turns |> Array.map (fun turn -> Primitive.sum [| 0 |] turn[i]) |> Array.reduce Primitive.add

    let private required operation (result: Tensor) =
        if isNull result then
            raise (DifferentiationException $"{operation}: the function returned null; return a tensor.")

        if not (DType.isFloat result.DType) then
            raise (
                DifferentiationException
                    $"{operation}: the function returned {result.Type}, which has no derivative; return float32 or float64."
            )

        result

    /// f's results and their changes along tangents of the leaves. Where all basis vectors fit one turn, f is evaluated together with it;
    /// otherwise once before.
    let private alongLeaves operation (f: Tensor[] -> Tensor[]) (leaves: Tensor[]) : Tensor[] -> struct (Tensor[] * Tensor[]) =
        let floats = leaves |> Array.filter (fun leaf -> DType.isFloat leaf.DType)

        if floats.Length = 1 && fitsOneTurn floats[0].Type then
            fun tangents ->
                let values, changes = Linearize.pushforward operation f leaves tangents
                struct (values, changes)
        else
            let values, map = Linearize.linearize operation f leaves
            fun tangents -> struct (values, map tangents)

    let private only i (v: Tensor) (leaves: Tensor[]) : Tensor[] = Array.init leaves.Length (fun k -> if k = i then v else null)

    /// f's results, and for each leaf the derivative of the first: the result's axes, then the leaf's.
    let private forwardLeaves operation (f: Tensor[] -> Tensor[]) (leaves: Tensor[]) : Tensor[] * Tensor[] =
        Differentiation.requireFloat operation leaves

        let along =
            alongLeaves
                operation
                (fun inputs ->
                    let results = f inputs
                    required operation results[0] |> ignore
                    results)
                leaves

        let mutable values: Tensor[] = null

        let columns =
            leaves
            |> Array.mapi (fun i leaf ->
                if DType.isFloat leaf.DType then
                    let turns, others =
                        onBasis leaf.Type 1 (fun v ->
                            let struct (values, changes) = along (only i v leaves)
                            Array.append [| Primitive.orZeros values[0].Type changes[0] |] values)

                    values <- others
                    joined turns
                else
                    null)

        let result = values[0].Type

        values,
        Array.map2
            (fun (leaf: Tensor) (column: Tensor) ->
                let shape = Array.append result.Shape leaf.Dims

                if isNull column then
                    Primitive.zeros (Typing.tensor leaf.DType shape)
                else
                    column
                    |> Primitive.reshape (Array.append [| Shape.size leaf.Dims |] result.Shape)
                    |> Primitive.moveAxis 0 result.Shape.Length
                    |> Primitive.reshape shape)
            leaves
            columns

    let private pulled (leaves: Tensor[]) (values: Tensor[]) pull : Tensor[] * Tensor[] =
        let result = values[0].Type

        let turns, _ =
            onBasis result leaves.Length (fun u ->
                Array.map2 (fun (leaf: Tensor) ct -> Primitive.orZeros leaf.Type ct) leaves (pull [| u |]))

        values,
        leaves
        |> Array.mapi (fun i leaf ->
            turns
            |> Array.map (fun turn -> turn[i])
            |> Primitive.concatenate 0
            |> Primitive.reshape (Array.append result.Shape leaf.Dims))

    let private reverseLeaves operation (f: Tensor[] -> Tensor[]) (leaves: Tensor[]) : Tensor[] * Tensor[] =
        Differentiation.requireFloat operation leaves
        let values, pull = Linearize.pullback operation f leaves
        required operation values[0] |> ignore
        pulled leaves values pull

    /// By reverse mode where the result has no more entries than the argument, else by forward mode, with a second evaluation.
    let private cheaperLeaves operation (f: Tensor[] -> Tensor[]) (leaves: Tensor[]) : Tensor[] * Tensor[] =
        Differentiation.requireFloat operation leaves
        let values, pull = Linearize.pullback operation f leaves

        let entries = leaves |> Array.sumBy (fun leaf -> if DType.isFloat leaf.DType then leaf.Size else 0)

        if (required operation values[0]).Size <= entries then
            pulled leaves values pull
        else
            forwardLeaves operation f leaves

    let private ofTree jacobian operation (f: 'T -> Tensor) (point: 'T) : struct (Tensor * 'T) =
        let struct (leaves, structure) = Tree.flatten point

        let (values: Tensor[], derivatives: Tensor[]) =
            jacobian operation (fun inputs -> [| f (Tree.rebuild structure inputs) |]) leaves

        struct (values[0], Tree.rebuild<'T> structure derivatives)

    /// The value and the derivatives, by forward mode: each leaf's in the shape of the result followed by its own.
    let forward operation (f: 'T -> Tensor) (point: 'T) = ofTree forwardLeaves operation f point

    /// The same by reverse mode.
    let reverse operation (f: 'T -> Tensor) (point: 'T) = ofTree reverseLeaves operation f point

    /// The same by the cheaper of them.
    let cheaper operation (f: 'T -> Tensor) (point: 'T) = ofTree cheaperLeaves operation f point

    /// Value, gradient and Hessian, by forward over reverse mode.
    let hessian operation (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * Tensor * Tensor) =
        let gradientFirst (inputs: Tensor[]) =
            let struct (value, _, gradient) = Differentiation.gradient operation (fun p -> struct (f p, ())) inputs[0]

            [| gradient; value |]

        let values, derivatives = forwardLeaves operation gradientFirst [| x |]
        struct (values[1], values[0], derivatives[0])

    /// Value, gradient, and the Hessian times a direction.
    let hessianProduct operation (f: 'T -> Tensor) (point: 'T) (direction: 'T) : struct (Tensor * 'T * 'T) =
        let both p =
            let struct (value, _, gradient) = Differentiation.gradient operation (fun p -> struct (f p, ())) p

            struct (value, gradient)

        let struct (struct (value, gradient), struct (_, change)) =
            Differentiation.pushforward operation both point direction

        struct (value, gradient, change)

    /// The value, and the trace of the Hessian: of each coordinate twice the second coefficient along it. The matrix is not made.
    let laplacian operation (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * Tensor) =
        Differentiation.requireFloat operation [| x |]

        let second (v: Tensor) =
            let series =
                (Series.expand
                    2
                    (fun inputs ->
                        let result = f inputs[0]
                        Differentiation.requireScalar operation result
                        [| result |])
                    [| [| x; v; null |] |])[0]

            [| Primitive.orZeros series[0].Type series[2]; series[0] |]

        let turns, values = onBasis x.Type 1 second
        let half = summed turns 0
        struct (values[0], Primitive.add half half)

    /// The value of a field and the trace of its Jacobian, summed without the matrix.
    let divergence operation (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * Tensor) =
        Differentiation.requireFloat operation [| x |]

        let field (inputs: Tensor[]) =
            let y = required operation (f inputs[0])

            if not (Shape.equal y.Dims x.Dims) then
                raise (
                    ShapeException
                        $"{operation}: a field has a component for each coordinate, but the function maps {Shape.text x.Dims} to {Shape.text y.Dims}."
                )

            [| y |]

        let along = alongLeaves operation field [| x |]

        let diagonal (v: Tensor) =
            let struct (values, changes) = along [| v |]
            let change = Primitive.orZeros values[0].Type changes[0]
            let entry = Primitive.scale change (Primitive.convert change.DType v)
            [| Primitive.sum [| 0 .. x.Rank - 1 |] entry; values[0] |]

        let turns, values = onBasis x.Type 1 diagonal
        struct (values[0], summed turns 0)

    /// Value, curl and divergence of a field in three dimensions, from one Jacobian.
    let curl operation (f: Tensor -> Tensor) (x: Tensor) : struct (Tensor * Tensor * Tensor) =
        let struct (value, j) = forward operation f x

        if not (Shape.equal j.Dims [| 3; 3 |]) then
            raise (
                ShapeException
                    $"{operation}: takes a function from 3 to 3 numbers, not from {Shape.text x.Dims} to {Shape.text value.Dims}."
            )

        let at i k = Primitive.entry 0 k (Primitive.entry 0 i j)

        let curl =
            Primitive.stack 0 [|
                Primitive.subtract (at 2 1) (at 1 2)
                Primitive.subtract (at 0 2) (at 2 0)
                Primitive.subtract (at 1 0) (at 0 1)
            |]

        struct (value, curl, Primitive.add (Primitive.add (at 0 0) (at 1 1)) (at 2 2))
