// The search for fixed points, roots and minima, and the equations that give their derivatives.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal ImplicitFunctions =
    /// The equations on known @ x, closed: constants, which come before the known, and F.
    [<NoComparison; NoEquality>]
    type Equations = {
        Types: LeafType[]
        Known: int
        Program: StagedProgram
    } with

        /// What is known, and F, for leaves known @ x.
        member this.Closed(leaves: Tensor[]) : Tensor[] * Graph =
            let constants, graphs = Staging.together (this.Types |> Array.map _.Type) [| this.Program |]

            Array.append constants leaves[.. this.Known - 1], graphs[0]

    let private size (leaves: Tensor[]) = leaves |> Array.sumBy (fun a -> Shape.size a.Dims)

    /// Tensors in the dtype of the unknowns.
    let private inDType name what dtype (leaves: Tensor[]) =
        leaves
        |> Array.map (fun a ->
            if a.DType = dtype && not a.Weak then
                a
            elif a.Weak then
                Tensor.Cast(a, dtype, false)
            else
                raise (
                    DTypeException
                        $"{name}: {what} has a {DType.name a.DType} tensor where the equations are {DType.name dtype}; convert one of them (AsType)."
                ))

    /// Leaves of a value that has the structure and shapes of the starting point.
    let private alike name what (structure: Structure) (initial: Tensor[]) (value: 'T) : Tensor[] =
        let struct (leaves, actual) = Tree.flatten value

        let fits =
            structure.Equals actual
            && Array.forall2 (fun (a: Tensor) (b: Tensor) -> Shape.equal a.Dims b.Dims) leaves initial

        if not fits then
            raise (
                ShapeException
                    $"{name}: {what} returns another structure or other shapes than the starting point has; start from what it returns (BroadcastTo)."
            )

        leaves

    /// The x with F(known, x) = 0 that the search finds from a starting point. Results of `first` have the dtype of the equations.
    let private find
        name
        (first: 'T -> 'P -> 'R)
        (residual: 'T -> 'P -> Tensor[])
        (search: Equations -> (Tensor[] -> 'T) -> (Tensor[] -> 'P) -> Tensor[] -> Tensor[])
        (start: 'T)
        (parameters: 'P)
        : 'T =
        let struct (known, knownStructure) = Tree.flatten parameters
        let struct (initial, structure) = Tree.flatten start

        // A plain whole number stands for the real one.
        let initial =
            initial
            |> Array.map (fun a -> if a.Weak && not (DType.isFloat a.DType) then Tensor.Cast(a, DType.Float64, true) else a)

        let unknowns (leaves: Tensor[]) = Tree.rebuild<'T> structure leaves[known.Length ..]

        let given (leaves: Tensor[]) = Tree.rebuild<'P> knownStructure leaves[.. known.Length - 1]

        let stage initial f =
            let types = Array.append known initial |> Array.map Staging.leafType
            types, Staging.stage name types (fun leaves -> struct (f leaves, Structure.Leaf))

        if size initial = 0 then
            raise (ShapeException $"{name}: the starting point has no number to solve for.")

        let _, probe =
            stage initial (fun leaves ->
                let struct (outputs, _) = Tree.flatten (first (unknowns leaves) (given leaves))
                outputs)

        let dtype =
            match Graphs.outputs probe.Graph with
            | [||] -> raise (ShapeException $"{name}: the function returns no tensor.")
            | types -> types[0].DType

        if not (DType.isFloat dtype) then
            raise (DTypeException $"{name}: the function returns {DType.name dtype}; only float equations are solved.")

        let initial = inDType name "the starting point" dtype initial

        let types, program =
            stage initial (fun leaves ->
                let found = residual (unknowns leaves) (given leaves) |> inDType name "the residual" dtype

                if size found <> size initial then
                    raise (ShapeException $"{name}: there are {size found} equations for {size initial} unknowns; there must be as many.")

                found)

        let equations = { Types = types; Known = known.Length; Program = program }

        let _, solver =
            stage initial (fun leaves -> search equations unknowns given leaves |> inDType name "the solution" dtype)

        let constants, graphs = Staging.together (types |> Array.map _.Type) [| solver; program |]

        let kind = CallKind.Implicit(graphs[1], 0)

        try
            Primitive.apply (Op.Call(kind, graphs[0])) (Array.concat [ constants; known; initial ])
            |> Tree.rebuild<'T> structure
        with :? PipelineException as e when e.Message.StartsWith("Implicit: ", StringComparison.Ordinal) ->
            let message = name + e.Message.Substring(e.Message.IndexOf ':')

            match e with
            | :? LoopException -> raise (LoopException message)
            | :? LinearAlgebraException -> raise (LinearAlgebraException message)
            | _ -> reraise ()

    let private magnitude (parts: Tensor[]) =
        let a = ForwardImplicit.joined 0 parts
        Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| 0 |])) (Primitive.zip Zip.Maximum a (Primitive.negate a))

    let private roundingOf (start: Tensor[]) = if start[0].DType = DType.Float32 then 1.1920929e-7 else 2.220446049250313e-16

    /// Steps from a state and unknowns until the last changed no unknown by more than the tolerance, relative to the largest unknown or 1, and counted
    /// as one to judge by. NaN is no convergence.
    let private iterateWith
        (tolerance: float)
        maxSteps
        (state: Tensor[])
        (start: Tensor[])
        (step: Tensor[] -> Tensor[] -> struct (Tensor[] * Tensor[] * Tensor))
        : Tensor[] =
        let tolerance = max tolerance (8.0 * roundingOf start)
        let first = 1 + state.Length
        let unsettled = Primitive.fill start[0].DType [||] infinity

        let running (state: Tensor[]) =
            let settled = Primitive.compare Relation.LessEqual state[0] (Primitive.fillLike state[0] tolerance)

            Primitive.compare Relation.Equal (Primitive.convert DType.Int32 settled) (Primitive.fill DType.Int32 [||] 0.0)

        let next (all: Tensor[]) =
            let x = all[first..]
            let struct (state, y, counts) = step all[1 .. first - 1] x
            let size = magnitude y
            let change = magnitude (Array.map2 Primitive.subtract y x)
            let scale = Primitive.zip Zip.Maximum size (Primitive.fillLike size 1.0)

            let moved = Primitive.select counts (Primitive.zip Zip.Divide change scale) unsettled

            Array.concat [ [| moved |]; state; y ]

        (Loops.whileLoop "While" running next (Array.concat [ [| unsettled |]; state; start ]) maxSteps)[first..]

    let private iterate tolerance maxSteps (step: Tensor[] -> Tensor[]) (start: Tensor[]) : Tensor[] =
        iterateWith tolerance maxSteps [||] start (fun _ x -> struct ([||], step x, Primitive.fill DType.Bool [||] 1.0))

    /// Newton's steps downhill: (H + d h I) s = -g, h the largest entry of H. The damping d is 0 until a step leads uphill; that step is not taken, and
    /// d grows until one leads down. Where rounding hides which way a step leads, it is taken.
    let private descend tolerance maxSteps (objective: Tensor[] -> Tensor) (equations: Equations) (leaves: Tensor[]) =
        let known, graph = equations.Closed leaves
        let start = leaves[equations.Known ..]

        let constant (value: float) = Primitive.fill start[0].DType [||] value

        let value (x: Tensor[]) = Tensor.Cast(objective (Array.append leaves[.. equations.Known - 1] x), start[0].DType, false)

        let damped (damping: Tensor) (a: Tensor) (b: Tensor) =
            let largest = magnitude [| a |]
            let identity = Record.triangle Relation.Equal a.Dims |> Primitive.convert a.DType
            let added = Primitive.broadcast a.Dims [||] (Primitive.multiply damping largest)
            Solve.apply (Primitive.add a (Primitive.multiply added identity)) b

        let least = 1e-5

        iterateWith tolerance maxSteps [| constant 0.0; value start |] start (fun state x ->
            let damping, here = state[0], state[1]
            let y = Linearize.newtonStepBy (damped damping) graph 0 known x
            let there = value y

            let rounding =
                Primitive.multiply (constant (8.0 * roundingOf start)) (Primitive.zip Zip.Maximum here (Primitive.negate here))

            let isDown = Primitive.compare Relation.LessEqual there (Primitive.add here rounding)

            let isFree = Primitive.compare Relation.Equal damping (constant 0.0)
            let less = Primitive.multiply damping (constant 0.25)

            let eased = Primitive.select (Primitive.compare Relation.Less less (constant least)) (constant 0.0) less

            let more = Primitive.zip Zip.Maximum (Primitive.multiply damping (constant 8.0)) (constant least)

            let taken (a: Tensor) (b: Tensor) = Primitive.select (Primitive.broadcast a.Dims [||] isDown) a b

            struct ([| taken eased more; taken there here |], Array.map2 taken y x, Primitive.zip Zip.And isDown isFree))

    let private newton tolerance maxSteps (equations: Equations) (leaves: Tensor[]) =
        let known, graph = equations.Closed leaves
        iterate tolerance maxSteps (Linearize.newtonStep graph 0 known) leaves[equations.Known ..]

    let private leavesOf value =
        let struct (leaves, _) = Tree.flatten value
        leaves

    /// Refuses a tolerance or a number of steps that is none.
    let within (tolerance: float) (maxSteps: int) =
        Limits.Positive(maxSteps, nameof maxSteps)
        Limits.NotNegative(tolerance, nameof tolerance)

    let fixedPoint (f: 'T -> 'P -> 'T) tolerance maxSteps (start: 'T) (parameters: 'P) : 'T =
        let name = "Implicit.FixedPoint"
        let struct (initial, structure) = Tree.flatten start

        let apply x p = alike name "the function" structure initial (f x p)

        let subtract (y: Tensor) (x: Tensor) = Primitive.subtract (if y.Weak then Tensor.Cast(y, x.DType, false) else y) x

        find
            name
            f
            (fun x p -> Array.map2 subtract (apply x p) (leavesOf x))
            (fun equations _ _ leaves ->
                let known, graph = equations.Closed leaves

                let step (x: Tensor[]) = Array.map2 Primitive.add x (Primitive.evaluateGraph graph (Array.append known x))

                iterate tolerance maxSteps step leaves[equations.Known ..])
            start
            parameters

    let root (residual: 'T -> 'P -> 'R) tolerance maxSteps (start: 'T) (parameters: 'P) : 'T =
        find
            "Implicit.Root"
            residual
            (fun x p -> leavesOf (residual x p))
            (fun equations _ _ leaves -> newton tolerance maxSteps equations leaves)
            start
            parameters

    let private gradient (objective: 'T -> 'P -> Tensor) (x: 'T) (p: 'P) : Tensor[] =
        let struct (_, _, gradient) = Differentiation.gradient "Implicit.Minimum" (fun x -> struct (objective x p, ())) x

        leavesOf gradient

    /// The last step divides by the Hessian through its Cholesky factor, which there is at a minimum only.
    let minimum (objective: 'T -> 'P -> Tensor) tolerance maxSteps (start: 'T) (parameters: 'P) : 'T =
        let solvePositive (a: Tensor) (b: Tensor) =
            let factor = Cholesky.apply a

            let solve transpose b = TriangularSolve.apply { Lower = true; Transpose = transpose; UnitDiagonal = false } factor b

            solve true (solve false b)

        find
            "Implicit.Minimum"
            objective
            (gradient objective)
            (fun equations unknowns given leaves ->
                let known, graph = equations.Closed leaves

                descend tolerance maxSteps (fun leaves -> objective (unknowns leaves) (given leaves)) equations leaves
                |> Linearize.newtonStepBy solvePositive graph 0 known)
            start
            parameters

    let private bySolver name (solver: 'T -> 'P -> 'T) (start: 'T) =
        let struct (initial, structure) = Tree.flatten start

        fun (_: Equations) unknowns given leaves -> solver (unknowns leaves) (given leaves) |> alike name "the solver" structure initial

    let rootBy (solver: 'T -> 'P -> 'T) (residual: 'T -> 'P -> 'R) (start: 'T) (parameters: 'P) : 'T =
        let name = "Implicit.Root"
        find name residual (fun x p -> leavesOf (residual x p)) (bySolver name solver start) start parameters

    let minimumBy (solver: 'T -> 'P -> 'T) (objective: 'T -> 'P -> Tensor) (start: 'T) (parameters: 'P) : 'T =
        let name = "Implicit.Minimum"
        find name objective (gradient objective) (bySolver name solver start) start parameters
