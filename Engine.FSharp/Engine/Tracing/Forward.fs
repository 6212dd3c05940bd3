// Forward differentiation: a tangent beside each value. Reverse mode is this with recorded tangents, transposed afterwards.
namespace Pipeline.Engine

open Pipeline

/// A value with its tangent; null is a symbolic zero.
[<Sealed; AllowNullLiteral>]
type internal Dual(trace: Trace, primal: Tensor, tangent: Tensor) =
    inherit Tensor(primal.Type, trace, null, ValueNone)
    member _.Primal = primal
    member _.Tangent = tangent

/// The rules of forward mode for operations without a body: results from operands, tangents from tangents.
[<RequireQualifiedAccess>]
module internal Tangent =
    /// The numerator and the divisor of a coefficient: of a choice, chosen.
    let rec private fraction (values: ExprValues<Tensor>) (coefficient: Expr) : struct (Tensor * Tensor) =
        match coefficient with
        | Coefficient.Negated c ->
            let struct (n, d) = fraction values c
            struct (Primitive.negate n, d)
        | Coefficient.Quotient(n, d) -> struct (values.Of n, values.Of d)
        | Coefficient.Chosen(relation, a, b, yes, no) ->
            let condition = Primitive.compare relation (values.Of a) (values.Of b)
            let struct (n, d) = fraction values yes
            let struct (n2, d2) = fraction values no
            struct (Primitive.select condition n n2, Primitive.select condition d d2)
        | _ -> struct (values.Of coefficient, values.Of(Expr.Number 1.0))

    /// t * c, annihilating; the coefficient as derivative data. Where it is a quotient n / d, t n / d is formed at once, within the range.
    let rec scaled (values: ExprValues<Tensor>) (tangent: Tensor) (coefficient: Expr) : Tensor =
        match coefficient with
        | Expr.Number 1.0 -> tangent
        | Expr.Number -1.0 -> Primitive.negate tangent
        | Expr.Number 0.0 -> null
        | Coefficient.Negated c -> Primitive.negate (scaled values tangent c)
        // Of a quotient divided once more, t n / d is within the range where n / d and 1 / e are not.
        | Coefficient.Quotient(Coefficient.Quotient(n, d), e) ->
            Primitive.quotient (Primitive.quotient tangent (values.Of n) (values.Of d)) (values.Of(Expr.Number 1.0)) (values.Of e)
        | Coefficient.Quotient _
        | Coefficient.Chosen _ ->
            let struct (n, d) = fraction values coefficient
            Primitive.quotient tangent n d
        | _ -> Primitive.scale tangent (values.Of coefficient)

    /// Where an entry wins its maximum or minimum: its share, with ties shared equally.
    let private winners (axes: int[]) (x: Tensor) (y: Tensor) =
        let kept = Shape.kept axes x.Rank

        let won = Primitive.compare Relation.Equal x (Primitive.broadcast x.Dims kept y)
        let ones = Primitive.convert x.DType won
        let count = Primitive.sum axes ones
        Primitive.scale ones (Primitive.broadcast x.Dims kept (Primitive.map Elementwise.reciprocal count))

    /// With the shares s of e^x and the mean m = sum of s dx: ds = s (dx - m), d log s = dx - m, d log (sum of e^x) = m. Changes that all entries
    /// have in common cancel, so dx is first taken relative to that of the largest entry, from which the entry that outweighs all others does not
    /// differ; otherwise the derivatives of order k are differences of numbers as large as the power k of dx. The recorded tangents of reverse
    /// mode stay as they are: what would reach the largest entry this way adds up to zero.
    let private softmax kind (axes: int[]) (x: Tensor) (y: Tensor) (tangent: Tensor) : Tensor =
        let repeated = Primitive.broadcast x.Dims (Shape.kept axes x.Rank)

        let shares =
            match kind with
            | Softmax.Shares -> y
            | Softmax.LogShares -> Primitive.map Elementwise.exp y
            | Softmax.LogSum -> Primitive.apply1 (Op.Softmax(Softmax.Shares, axes)) x

        let ofLargest =
            if Record.isLinear tangent || Shape.size x.Dims = 0 then
                null
            else
                let largest = Primitive.apply1 (Op.Reduce(Reduction.Maximum, axes)) x
                Primitive.sum axes (Primitive.scale tangent (winners axes x largest))

        let relative = if isNull ofLargest then tangent else Primitive.subtract tangent (repeated ofLargest)
        let mean = Primitive.sum axes (Primitive.scale relative shares)

        match kind with
        | Softmax.Shares -> Primitive.scale (Primitive.subtract relative (repeated mean)) shares
        | Softmax.LogShares -> Primitive.subtract relative (repeated mean)
        | Softmax.LogSum ->
            // Where all entries are -infinity nothing has a share.
            let isNone = Primitive.compare Relation.Equal y (Primitive.fillLike y -infinity)
            let mean = Primitive.addSymbolic mean ofLargest
            Primitive.select isNone (Primitive.fillLike mean 0.0) mean

    /// The product along axes as a scan, which differentiates right at zeros.
    let private productByScan (axes: int[]) (x: Tensor) =
        let kept = Shape.kept axes x.Rank

        let moved = Primitive.transpose (Array.append axes kept) x
        let shape = kept |> Array.map (fun i -> x.Dims[i])
        let length = axes |> Array.fold (fun n i -> n * x.Dims[i]) 1
        let stacked = Primitive.reshape (Array.append [| length |] shape) moved
        let t = Typing.tensor x.DType shape

        let body = Record.closed "Product" [| t; t |] (fun inputs -> [| Primitive.multiply inputs[0] inputs[1] |])

        Primitive.apply (Op.Loop(Loop.counted length 0 1 body)) [| Primitive.fill x.DType shape 1.0; stacked |]
        |> Array.head

    /// The tangents of a routine's results.
    let ofRoutine (routine: Routine) (primals: Tensor[]) (results: Tensor[]) (tangents: Tensor[]) : Tensor[] =
        let types = primals |> Array.map _.Type

        match routine.Rule with
        | RoutineRule.Constant -> Array.zeroCreate results.Length
        | RoutineRule.Change change
        | RoutineRule.Choice change ->
            let given = Array.map2 Primitive.orZeros types tangents |> Array.filter (fun t -> DType.isFloat t.DType)

            Primitive.evaluateGraph (change types) (Array.concat [ primals; results; given ])
            |> Mask.spread (results |> Array.map (fun y -> DType.isFloat y.DType))
        | RoutineRule.Inverse inverse ->
            let x, last = results[0], primals.Length - 1

            let change =
                if isNull tangents[0] then
                    null
                else
                    Primitive.evaluateGraph (inverse.Product types[0] x.Type) [| tangents[0]; x |]
                    |> Array.head
                    |> Primitive.negate

            match Primitive.addSymbolic tangents[last] change with
            | null -> [| null |]
            | right -> Primitive.apply (Op.Routine routine) (Array.append primals[.. last - 1] [| right |])

    /// The change of a function's value y.
    let ofMap (row: Row) (x: Tensor) (y: Tensor) (change: Tensor) : Tensor = scaled (Primitive.values x null y) change row.Derivative

    /// The change of y, a function of x and z with these slopes; null: none.
    let ofZip (struct (first: Expr, second: Expr)) (x: Tensor) (z: Tensor) (y: Tensor) (ofX: Tensor) (ofZ: Tensor) : Tensor =
        let values = Primitive.values x z y
        let part change slope = if isNull change then null else scaled values change slope
        Primitive.addSymbolic (part ofX first) (part ofZ second)

    let private constant (op: Op) (primals: Tensor[]) : struct (Tensor[] * Tensor[]) =
        let y = Primitive.apply op primals
        struct (y, Array.zeroCreate y.Length)

    /// The operation itself, on tangents where it is linear.
    let private linear (op: Op) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
        let traits = Traits.ofOp op primals.Length (if primals.Length = 0 then DType.Bool else primals[0].DType)

        if isNull traits.Linear then
            constant op primals
        else
            let y = Primitive.apply op primals

            if Array.forall2 (fun m tangent -> not m || isNull tangent) traits.Linear tangents then
                struct (y, [| null |])
            else
                let operand i m = if m then Primitive.orZeros primals[i].Type tangents[i] else primals[i]
                struct (y, Primitive.apply op (Array.mapi operand traits.Linear))

    /// The tangents of an operation without a body; primals and results are those of the level below.
    let rule (op: Op) (primals: Tensor[]) (tangents: Tensor[]) : struct (Tensor[] * Tensor[]) =
        match op with
        | Op.Map row ->
            let y = Primitive.apply op primals

            if DType.isFloat primals[0].DType then
                struct (y, [| ofMap row primals[0] y[0] tangents[0] |])
            else
                struct (y, [| null |])
        | Op.Zip zip ->
            match Zips.partials zip with
            | ValueSome slopes when DType.isFloat primals[0].DType ->
                let y = Primitive.apply op primals
                struct (y, [| ofZip slopes primals[0] primals[1] y[0] tangents[0] tangents[1] |])
            | _ -> constant op primals
        | Op.Quotient ->
            let t, n, d = primals[0], primals[1], primals[2]
            let y = Primitive.apply op primals

            let part i (change: Tensor -> Tensor) = if isNull tangents[i] then null else change tangents[i]

            struct (y,
                    [|
                        Primitive.addSymbolic
                            (Primitive.addSymbolic (part 0 (fun c -> Primitive.quotient c n d)) (part 1 (fun c -> Primitive.quotient c t d)))
                            (part 2 (fun c -> Primitive.negate (Primitive.quotient y[0] c d)))
                    |])
        | Op.Norm axes ->
            // dy = sum of x dx / y.
            let x = primals[0]
            let y = Primitive.apply op primals
            let repeated = Primitive.broadcast x.Dims (Shape.kept axes x.Rank) y[0]
            struct (y, [| Primitive.sum axes (Primitive.quotient tangents[0] x repeated) |])
        | Op.Softmax(kind, axes) ->
            let y = Primitive.apply op primals
            struct (y, [| softmax kind axes primals[0] y[0] tangents[0] |])
        | Op.Reduce(Reduction.Maximum, axes)
        | Op.Reduce(Reduction.Minimum, axes) ->
            let y = Primitive.apply op primals

            struct (y, [| Primitive.sum axes (Primitive.scale tangents[0] (winners axes primals[0] y[0])) |])
        | Op.Dot axes ->
            let y = Primitive.apply op primals

            let left = if isNull tangents[0] then null else Primitive.dot axes tangents[0] primals[1]

            let right = if isNull tangents[1] then null else Primitive.dot axes primals[0] tangents[1]

            struct (y, [| Primitive.addSymbolic left right |])
        | Op.Routine routine ->
            let results = Primitive.apply op primals
            struct (results, ofRoutine routine primals results tangents)
        | Op.Reduce(Reduction.Product, axes) ->
            // Exclusive products by a scan; the rule of the scan does the rest.
            invalidOp $"Product over {Shape.text axes} is differentiated as a scan."
        | Op.Convert _
        | Op.Reduce((Reduction.Sum | Reduction.ArgMax | Reduction.ArgMin), _)
        | Op.Mean _
        | Op.CumulativeSum _
        | Op.Broadcast _
        | Op.Reshape _
        | Op.Transpose _
        | Op.Slice _
        | Op.Pad _
        | Op.Select
        | Op.Concatenate _
        | Op.Gather _
        | Op.Scatter _
        | Op.Update _
        | Op.Constant _
        | Op.Compare _
        | Op.Reinterpret _
        | Op.Iota _
        | Op.RandomBits _
        | Op.Require _
        | Op.Places _
        | Op.StopGradient -> linear op primals tangents
        | Op.Loop _
        | Op.Switch _
        | Op.Call _ -> invalidOp $"{Typing.name op} has a body and its own rule."

    let product axes x = productByScan axes x

/// Which results of a graph depend differentiably on which inputs.
[<RequireQualifiedAccess>]
module internal Activity =
    let rec outputs (graph: Graph) (mask: bool[]) : bool[] =
        let active: bool[] = Array.zeroCreate graph.Types.Length
        Array.blit mask 0 active 0 mask.Length

        for equation in graph.Equations do
            let inputs = equation.Inputs |> Array.map (fun v -> active[v])

            let results =
                match equation.Op with
                | Op.Loop loop -> ofLoop loop inputs |> snd
                | Op.Switch branches -> branches |> Array.map (fun branch -> outputs branch inputs[1..]) |> Array.reduce (Array.map2 (||))
                // A rule of its own may say that even a constant result has a derivative.
                | Op.Call(CallKind.CustomForward _, _)
                | Op.Call(CallKind.CustomReverse _, _)
                | Op.Call(CallKind.Implicit _, _)
                | Op.Call(CallKind.Rewound _, _) -> Array.create equation.Outputs.Length (Array.contains true inputs)
                | Op.Call(_, body) -> outputs body inputs
                | _ ->
                    let traits = Traits.ofEquation graph equation

                    let isActive =
                        if traits.Constant then false
                        elif isNull traits.Linear then Array.contains true inputs
                        else Array.exists2 (&&) traits.Linear inputs

                    Array.create equation.Outputs.Length isActive

            equation.Outputs |> Array.iteri (fun i v -> active[v] <- results[i] && DType.isFloat graph.Types[v].DType)

        graph.Outputs |> Array.map (fun v -> active[v])

    /// The parts of a loop that have tangents, with the carries that come to have them, and the results that do.
    and ofLoop (loop: Loop) (mask: bool[]) : Parts<bool> * bool[] =
        let mask = Graphs.carriedBy (outputs loop.Body) loop mask
        let parts = Loop.parts loop mask
        parts, Parts.join { Loop.results loop (outputs loop.Body mask) with Carries = parts.Carries }
