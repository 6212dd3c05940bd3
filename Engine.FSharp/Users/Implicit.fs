// Fixed points, roots and minima, whose derivatives come from the equation that they satisfy and not from the steps of the search.
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

        (ControlFlow.whileLoop "While" running next (Array.concat [ [| unsettled |]; state; start ]) maxSteps)[first..]

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
            ForwardImplicit.solveGeneral (Primitive.add a (Primitive.multiply added identity)) b

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
            let factor = Primitive.apply1 Op.Cholesky a

            let solve transpose b =
                let options = { Lower = true; Transpose = transpose; UnitDiagonal = false }

                Tensor.Apply1(Op.TriangularSolve options, factor, b)

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

namespace Pipeline

open System
open System.Runtime.CompilerServices
open System.Runtime.InteropServices
open Pipeline.Engine

/// <summary>Fixed points, roots and minima as functions of parameters, differentiated by the implicit function theorem.</summary>
/// <remarks>
/// <para>Where F(x, p) = 0 holds, dx = -(dF/dx)^-1 (dF/dp) dp: derivatives of every kind and order, batching and compilation work as for any operation, and
/// take one linear system of as many unknowns as x has numbers, however many steps the search took. The starting point has no derivative. Parameters are trees; tensors that the functions capture
/// are parameters too.</para>
/// <para>The functions are recorded, so they may not read numbers of their arguments. Unknowns are float tensors of one dtype. A search has converged when its last step changed no unknown by
/// more than the tolerance, relative to the largest unknown or 1, whichever is larger; no less than 8 roundings of the dtype are asked for. With a solver of one's own nothing is checked: where its result is no solution, the derivatives are not right either.</para>
/// </remarks>
[<AbstractClass; Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Implicit =
    static member private Check(f: obj, tolerance: float, maxSteps: int) =
        ArgumentNullException.ThrowIfNull(f, nameof f)
        Limits.Positive(maxSteps, nameof maxSteps)
        Limits.NotNegative(tolerance, nameof tolerance)

    /// <summary>The x with x = f(x, parameters), by iteration from a starting point.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">f returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">When differentiated: 1 - df/dx is singular.</exception>
    /// <example><code>
    /// Tensor start = 0.5;
    /// var slope = Gradient.Of((Tensor theta) => Implicit.FixedPoint((x, t) => (t * x).Cos(), start, theta));
    /// </code></example>
    static member FixedPoint<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P>
        (
            f: Func<'T, 'P, 'T>,
            start: 'T,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(f, tolerance, maxSteps)
        ImplicitFunctions.fixedPoint (fun x p -> f.Invoke(x, p)) tolerance maxSteps start parameters

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [<OverloadResolutionPriority(2)>]
    static member FixedPoint
        (
            f: Func<Tensor, Tensor, Tensor>,
            start: Tensor,
            parameters: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.FixedPoint<Tensor, Tensor>(f, start, parameters, tolerance, maxSteps)

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member FixedPoint<[<Nullable(2uy)>] 'P>
        (
            f: Func<Tensor, 'P, Tensor>,
            start: Tensor,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.FixedPoint<Tensor, 'P>(f, start, parameters, tolerance, maxSteps)

    /// <summary>The same for a function that takes no parameters but those it captures.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">f returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    static member FixedPoint<[<Nullable(2uy)>] 'T>
        (
            f: Func<'T, 'T>,
            start: 'T,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(f, tolerance, maxSteps)
        ImplicitFunctions.fixedPoint (fun x () -> f.Invoke x) tolerance maxSteps start ()

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member FixedPoint
        (
            f: Func<Tensor, Tensor>,
            start: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.FixedPoint<Tensor>(f, start, tolerance, maxSteps)

    /// <summary>The x near a starting point with residual(x, parameters) = 0, by Newton's method. The residual may have any structure, with as many numbers as x.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">There are more or fewer equations than unknowns.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Jacobian is singular at a step.</exception>
    /// <example><code>
    /// Tensor theta = 2.0, start = 1.0;
    /// Tensor x = Implicit.Root((z, t) => z * z * z + z - t, start, theta); // 1
    /// </code></example>
    static member Root<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P, [<Nullable(2uy)>] 'R>
        (
            residual: Func<'T, 'P, 'R>,
            start: 'T,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : 'T =
        Implicit.Check(residual, tolerance, maxSteps)
        ImplicitFunctions.root (fun x p -> residual.Invoke(x, p)) tolerance maxSteps start parameters

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [<OverloadResolutionPriority(2)>]
    static member Root
        (
            residual: Func<Tensor, Tensor, Tensor>,
            start: Tensor,
            parameters: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : Tensor =
        Implicit.Root<Tensor, Tensor, Tensor>(residual, start, parameters, tolerance, maxSteps)

    /// <summary>The same for a residual that takes no parameters but those it captures.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.ShapeException">There are more or fewer equations than unknowns.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Jacobian is singular at a step.</exception>
    static member Root<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'R>
        (
            residual: Func<'T, 'R>,
            start: 'T,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : 'T =
        Implicit.Check(residual, tolerance, maxSteps)
        ImplicitFunctions.root (fun x () -> residual.Invoke x) tolerance maxSteps start ()

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member Root
        (
            residual: Func<Tensor, Tensor>,
            start: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(100)>] maxSteps: int
        ) : Tensor =
        Implicit.Root<Tensor, Tensor>(residual, start, tolerance, maxSteps)

    /// <summary>The root that a solver finds from a starting point and the parameters. The solver is not differentiated, and its result is not checked.</summary>
    /// <exception cref="T:Pipeline.ShapeException">The solver returns another structure or other shapes than the starting point has, or there are more or fewer equations than unknowns.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">When differentiated: the Jacobian is singular.</exception>
    static member Root<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P, [<Nullable(2uy)>] 'R>
        (residual: Func<'T, 'P, 'R>, solver: Func<'T, 'P, 'T>, start: 'T, parameters: 'P)
        : 'T =
        ArgumentNullException.ThrowIfNull(residual, nameof residual)
        ArgumentNullException.ThrowIfNull(solver, nameof solver)

        ImplicitFunctions.rootBy (fun x p -> solver.Invoke(x, p)) (fun x p -> residual.Invoke(x, p)) start parameters

    /// <summary>The x near a starting point where objective(x, parameters), a scalar, is least: by Newton's method, its steps damped where they lead uphill, to a root of the gradient at which the Hessian is positive definite.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Hessian is singular at a step, or what was found is no minimum.</exception>
    /// <example><code>
    /// Tensor start = 0.0, center = 2.0;
    /// Tensor best = Implicit.Minimum((x, c) => (x - c) * (x - c), start, center); // 2
    /// </code></example>
    static member Minimum<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P>
        (
            objective: Func<'T, 'P, Tensor>,
            start: 'T,
            parameters: 'P,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(objective, tolerance, maxSteps)
        ImplicitFunctions.minimum (fun x p -> objective.Invoke(x, p)) tolerance maxSteps start parameters

    /// <summary>The same for one tensor, which a plain number may start, of one tensor of parameters, which may be a plain number.</summary>
    [<OverloadResolutionPriority(2)>]
    static member Minimum
        (
            objective: Func<Tensor, Tensor, Tensor>,
            start: Tensor,
            parameters: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.Minimum<Tensor, Tensor>(objective, start, parameters, tolerance, maxSteps)

    /// <summary>The same for an objective that takes no parameters but those it captures.</summary>
    /// <exception cref="T:Pipeline.LoopException">The iteration has not converged after <paramref name="maxSteps"/> steps.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">The Hessian is singular at a step, or what was found is no minimum.</exception>
    /// <example><code>
    /// Tensor center = 2.0;
    /// Tensor best = Implicit.Minimum((Tensor x) => (x - center).Square(), start: 0.0); // 2
    /// </code></example>
    static member Minimum<[<Nullable(2uy)>] 'T>
        (
            objective: Func<'T, Tensor>,
            start: 'T,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : 'T =
        Implicit.Check(objective, tolerance, maxSteps)
        ImplicitFunctions.minimum (fun x () -> objective.Invoke x) tolerance maxSteps start ()

    /// <summary>The same for one tensor, which a plain number may start.</summary>
    [<OverloadResolutionPriority(1)>]
    static member Minimum
        (
            objective: Func<Tensor, Tensor>,
            start: Tensor,
            [<Optional; DefaultParameterValue(1e-12)>] tolerance: float,
            [<Optional; DefaultParameterValue(1000)>] maxSteps: int
        ) : Tensor =
        Implicit.Minimum<Tensor>(objective, start, tolerance, maxSteps)

    /// <summary>The minimum that a solver finds from a starting point and the parameters. The solver is not differentiated, and its result is not checked.</summary>
    /// <exception cref="T:Pipeline.ShapeException">The solver returns another structure or other shapes than the starting point has.</exception>
    /// <exception cref="T:Pipeline.DTypeException">The tensors are not all of one float dtype.</exception>
    /// <exception cref="T:Pipeline.LinearAlgebraException">When differentiated: the Hessian is singular.</exception>
    static member Minimum<[<Nullable(2uy)>] 'T, [<Nullable(2uy)>] 'P>
        (objective: Func<'T, 'P, Tensor>, solver: Func<'T, 'P, 'T>, start: 'T, parameters: 'P)
        : 'T =
        ArgumentNullException.ThrowIfNull(objective, nameof objective)
        ArgumentNullException.ThrowIfNull(solver, nameof solver)

        ImplicitFunctions.minimumBy (fun x p -> solver.Invoke(x, p)) (fun x p -> objective.Invoke(x, p)) start parameters
