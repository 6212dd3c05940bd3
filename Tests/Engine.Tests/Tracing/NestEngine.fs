/// Programs and nests run by the engine's transformations.
module internal Pipeline.Engine.Tests.NestEngine

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests.NestPrograms

module Users = Pipeline.FSharp.ControlFlow

let number (x: float) = Tensor(NDArray.scalar64 x)

let vector (xs: float[]) = Tensor(NDArray.ofData DType.Float64 [| xs.Length |] (Array.copy xs))

let matrix (rows: float[][]) = Tensor(NDArray.ofData DType.Float64 [| rows.Length; rows[0].Length |] (Array.concat rows))

let sum (a: Tensor) = ReductionOperations.sum null false a

/// A staged function of the given arguments with the tensors that it captures as leading inputs; the program is checked.
let stage name (types: TensorType[]) (f: Tensor[] -> Tensor[]) : Graph * Tensor[] =
    let graph, captured = Record.stage name types f

    let reordered =
        Record.closed name (Array.append (captured |> Array.map _.Type) types) (fun inputs ->
            Primitive.evaluateGraph graph (Array.append inputs[captured.Length ..] inputs[.. captured.Length - 1]))

    Graphs.check reordered
    reordered, captured

let call kind (f: Tensor[] -> Tensor[]) (arguments: Tensor[]) =
    let graph, captured = stage "Compiled" (arguments |> Array.map _.Type) f
    Primitive.apply (Op.Call(kind, graph)) (Array.append captured arguments)

let scan length reverse body carries stacked = Control.scan length reverse carries stacked body

let whileLoop bound condition body carries = Control.whileLoop bound carries condition body

/// A choice in the program even where its index is known now. Every branch gets the captured tensors of all branches.
let switch (index: Tensor) (branches: (Tensor[] -> Tensor[])[]) (arguments: Tensor[]) =
    let types = arguments |> Array.map _.Type
    let staged = branches |> Array.map (stage "Cond" types)
    let captured = staged |> Array.collect snd
    let mutable start = 0

    let graphs =
        staged
        |> Array.map (fun (graph, own) ->
            let first = start
            start <- start + own.Length

            Record.closed "Cond" (Array.append (captured |> Array.map _.Type) types) (fun inputs ->
                Primitive.evaluateGraph graph (Array.append (Array.sub inputs first own.Length) inputs[captured.Length ..])))

    Primitive.apply (Op.Switch graphs) (Array.concat [ [| index |]; captured; arguments ])

let private isPositive (a: Tensor) = Primitive.convert DType.Int32 (Tensor.op_GreaterThan (sum a, Tensor.Number 0.0))

/// k times c <- f c, by a loop that counts.
let private times k (f: Tensor -> Tensor) (c: Tensor) =
    let counter = Tensor(NDArray.scalar DType.Int32 0.0)

    let results =
        whileLoop
            (max 1 k)
            (fun carries -> Tensor.op_LessThan (carries[0], Tensor(NDArray.scalar DType.Int32 (float k), Literal = true)))
            (fun carries -> [| carries[0] + Primitive.fillLike carries[0] 1.0; f carries[1] |])
            [| counter; c |]

    results[1]

let private positive (a: Tensor) = Tensor.op_GreaterThan (a, Tensor.Number 0.0)

let private unary name (a: Tensor) : Tensor =
    let map row a = Tensor.Map(row, a)

    let guarded f g = ShapeOperations.where (positive a) (f a) (g a)

    let none (_: Tensor) = Tensor.Number 0.0

    match name with
    | "exp01" -> Tensor.Exp(0.1 * a)
    | "tanh" -> Tensor.Tanh a
    | "sin" -> Tensor.Sin a
    | "cos" -> Tensor.Cos a
    | "logistic" -> map Elementwise.logistic a
    | "softplus" -> map Elementwise.softplus a
    | "erf" -> map SpecialFunctions.erf a
    | "atan" -> Tensor.Atan a
    | "neg" -> -a
    | "asinh" -> map Elementwise.asinh a
    | "square" -> a * a
    | "sqrt1p2" -> Tensor.Sqrt(1.0 + map Elementwise.square' a)
    | "log1p2" -> map Elementwise.log1p (a * a)
    | "recip1p2" -> 1.0 / (1.0 + a * a)
    | "lgamma3p2" -> map SpecialFunctions.lgamma (3.0 + a * a)
    | "relu_shift" -> ShapeOperations.where (Tensor.op_GreaterThan (a, Tensor.Number 0.137)) (a - 0.137) (Tensor.Number 0.0)
    | "abs_shift" -> Tensor.Abs(a - 0.291)
    | "cube" -> Tensor.Pow(a, 3)
    | "pow1p2_1.7" -> Tensor.Pow(1.0 + a * a, 1.7)
    | "tan" -> Tensor.Tan(0.5 * Tensor.Sin a)
    | "log" -> Tensor.Log(0.25 + a * a)
    | "expm1" -> map Elementwise.expm1 (0.25 * a)
    | "log1p" -> map Elementwise.log1p (0.5 * Tensor.Tanh a)
    | "erf_inv" -> map SpecialFunctions.erfInverse (0.5 * Tensor.Sin a)
    | "digamma" -> map SpecialFunctions.digamma (1.5 + a * a)
    | "trigamma" -> map (SpecialFunctions.polygamma 1) (1.25 + a * a)
    | "reciprocal" -> map Elementwise.reciprocal (2.0 + Tensor.Sin a)
    | "sign" -> Tensor.Sign(a - 0.0625) * Tensor.Cos a
    | "whole-2" -> Tensor.Pow(1.5 + a * a, -2)
    | "whole4" -> Tensor.Pow(a, 4)
    | "abs" -> Tensor.Abs a
    | "relu" -> guarded id none
    | "log_where" -> guarded Tensor.Log none
    | "xlogx_where" -> guarded (fun a -> a * Tensor.Log a) none
    | "sqrt_where" -> guarded Tensor.Sqrt Tensor.Sin
    | "reciprocal_where" -> guarded (map Elementwise.reciprocal) Tensor.Cos
    | "power1.5_where" -> guarded (fun a -> Tensor.Pow(a, 1.5)) none
    | "power-0.5_where" -> guarded (fun a -> Tensor.Pow(a, -0.5)) (fun a -> a * a)
    | "power0" -> Tensor.Pow(a, number 0.0)
    | "sinh" -> Tensor.Sinh(Tensor.Sin a)
    | "cosh" -> Tensor.Cosh(Tensor.Sin a)
    | "erfc" -> map SpecialFunctions.erfc a
    | "sinc" -> map (SpecialFunctions.sinc 0) (Tensor.Tanh a)
    | "bessel0" -> map (SpecialFunctions.besselI 0) (Tensor.Tanh a)
    | "bessel1" -> map (SpecialFunctions.besselI 1) (Tensor.Tanh a)
    | _ -> invalidOp $"Unknown function {name}."

let private binary name (a: Tensor) (b: Tensor) : Tensor =
    let guarded f g = ShapeOperations.where (positive b) (f a b) (g a b)

    match name with
    | "add" -> a + b
    | "sub" -> a - b
    | "mul" -> a * b
    | "max" -> Operations.maximum a b
    | "min" -> Operations.minimum a b
    | "logaddexp" -> Operations.logAddExp a b
    | "div1p2" -> a / (1.0 + b * b)
    | "atan2p" -> Tensor.Atan2(a, 2.0 + b * b)
    | "where_gt" -> ShapeOperations.where (Tensor.op_GreaterThan (a, b)) (Tensor.Sin a) (b * a)
    | "hypot1" -> Tensor.Sqrt(1.0 + a * a + b * b)
    | "pow" -> Tensor.Pow(1.25 + a * a, b)
    | "atan2" -> Tensor.Atan2(a, b)
    | "divide_where" -> guarded (fun a b -> a / b) (fun a b -> a + b)
    | "xlogy_where" -> guarded (fun a b -> a * Tensor.Log b) (fun _ _ -> Tensor.Number 0.0)
    | "hypot" -> Tensor.Sqrt(a * a + b * b)
    | "xlogy" -> Operations.xLogY a (1.25 + b * b)
    | "xlog1py" -> Operations.xLog1PY a (b * b)
    | _ -> invalidOp $"Unknown function {name}."

let private reduce name (axes: int[]) (a: Tensor) =
    match name with
    | "sum" -> ReductionOperations.sum axes false a
    | "mean" -> ReductionOperations.mean axes false a
    | "max" -> ReductionOperations.reduce "Max" Reduction.Maximum axes false a
    | "min" -> ReductionOperations.reduce "Min" Reduction.Minimum axes false a
    | "logsumexp" -> ReductionOperations.logSumExp axes false a
    | "norm1" -> Tensor.Sqrt(1.0 + ReductionOperations.sum axes false (a * a))
    | "norm" -> NormOperations.norm axes false a
    | "product" -> ReductionOperations.reduce "Product" Reduction.Product axes false a
    | "variance" -> ReductionOperations.variance "variance" axes false 0 a
    | _ -> invalidOp $"Unknown reduction {name}."

/// 0 where the sum is below 0, 1 below 1, else 2.
let private branch (a: Tensor) =
    let total = sum a

    let atLeast (bound: float) = Primitive.convert DType.Int32 (Tensor.op_GreaterThanOrEqual (total, Tensor.Number bound))

    atLeast 0.0 + atLeast 1.0

/// a sin a by a rule that says so.
let private customRules =
    lazy
        (let scalar = Typing.tensor DType.Float64 [||]
         let value (a: Tensor) = a * Tensor.Sin a
         let slope (a: Tensor) = Tensor.Sin a + a * Tensor.Cos a

         let graph inputs f = Record.closed "Custom" (Array.create inputs scalar) f

         // As the rules that users write are read.
         let rule graph = Annihilation.products graph [| false; true |]

         graph 1 (fun x -> [| value x[0] |]),
         CallKind.CustomForward(rule (graph 2 (fun x -> [| value x[0]; slope x[0] * x[1] |]))),
         CallKind.CustomReverse(graph 1 (fun x -> [| value x[0]; x[0] |]), rule (graph 2 (fun x -> [| slope x[0] * x[1] |]))))

/// tanh a + 3 in row i, column i + 1, the last row's in the first column: rows must be exchanged to eliminate.
let private exchanged n (a: Tensor) =
    Tensor.Tanh a + matrix (Array.init n (fun i -> Array.init n (fun j -> if j = (i + 1) % n then 3.0 else 0.0)))

let private instruction n (values: Tensor[]) instruction =
    // An operation along the axis leaves a scalar alone.
    let along (f: Tensor -> Tensor) (a: Tensor) = if a.Rank = 0 then a else f a

    let indices (i: int[]) = Tensor(NDArray.ofData DType.Int32 [| i.Length |] (Array.copy i))

    match instruction with
    | Instruction.Unary(name, a) -> unary name values[a]
    | Instruction.Binary(name, a, b) -> binary name values[a] values[b]
    | Instruction.Reduce(name, a) -> reduce name null values[a]
    | Instruction.MatVec(m, a) -> ProductOperations.dot (matrix m) values[a]
    | Instruction.Dot(a, b) -> ProductOperations.dot values[a] values[b]
    | Instruction.CumulativeSum a -> along (ReductionOperations.cumulativeSum 0 false) values[a]
    | Instruction.Softmax a -> along (ReductionOperations.softmax 0) values[a]
    | Instruction.Roll(k, a) -> along (ShapeOperations.roll k 0) values[a]
    | Instruction.Gather(places, a) -> along (ShapeOperations.take 0 (indices places)) values[a]
    | Instruction.Scan(h, k, a) ->
        let steps = vector [| for s in 1..k -> float s |]

        let step (inputs: Tensor[]) =
            let c = Tensor.Tanh inputs[0] + h * inputs[1] * inputs[0]
            [| c; c * inputs[1] |]

        let results = scan k false step [| values[a] |] [| steps |]
        results[0] + Primitive.sum [| 0 |] results[1]
    | Instruction.Cond a ->
        let branches: (Tensor[] -> Tensor[])[] = [| (fun x -> [| x[0] * x[0] |]); (fun x -> [| Tensor.Sin x[0] |]) |]

        (switch (isPositive values[a]) branches [| values[a] |])[0]
    | Instruction.While(h, k, a) -> times k (fun c -> Tensor.Sin c + h * c) values[a]
    | Instruction.Outer(name, a, b) -> binary name (ShapeOperations.expandDims 1 values[a]) (ShapeOperations.expandDims 0 values[b])
    | Instruction.ReduceAxis(name, axis, a) -> reduce name [| axis |] values[a]
    | Instruction.Transpose a -> ShapeOperations.transpose null values[a]
    | Instruction.Product(a, b) -> ProductOperations.matrixProduct values[a] values[b]
    | Instruction.SumFromEnd(axis, a) -> ReductionOperations.cumulativeSum axis true values[a]
    | Instruction.Splice(start, step, a, b) ->
        ShapeOperations.concatenate 0 [| values[a]; values[b] |]
        |> ShapeOperations.slice 0 start (start + step * (n - 1) + 1) step
    | Instruction.Spread(low, interior, a) ->
        Primitive.apply1 (Op.Pad([| low |], [| 1 |], [| interior |])) values[a] |> ShapeOperations.slice 0 0 n 1
    | Instruction.Sort a -> Operations.sort -1 values[a]
    | Instruction.OrderedBy(a, b) -> ShapeOperations.take 0 (Operations.argSort 0 values[a]) values[b]
    | Instruction.Scatter(places, a) -> Primitive.scatter 0 (Primitive.fillLike values[a] 0.0) values[a] (indices places)
    | Instruction.Select(a, b, c) -> ShapeOperations.where (positive values[a]) values[b] values[c]
    | Instruction.Cholesky a ->
        let t = Tensor.Tanh values[a]

        let diagonal = Array.init n (fun i -> Array.init n (fun j -> if i = j then 2.0 * float n else 0.0))

        ProductOperations.cholesky (ProductOperations.matrixProduct t (ShapeOperations.transpose null t) + matrix diagonal)
    | Instruction.TriangularSolve(lower, transpose, unitDiagonal, a, b) ->
        let diagonal = Array.init n (fun i -> Array.init n (fun j -> if i = j then 3.0 else 0.0))

        let options = { Lower = lower; Transpose = transpose; UnitDiagonal = unitDiagonal }

        let t = Tensor.Tanh values[a] + matrix diagonal
        let b = values[b]
        let right = if b.Rank = 2 then b else Primitive.reshape [| n; 1 |] b
        Primitive.reshape b.Dims (TriangularSolve.apply options t right)
    | Instruction.Solve(transpose, a, b) ->
        let system = exchanged n values[a]

        ProductOperations.solve (if transpose then ShapeOperations.transpose null system else system) values[b]
    | Instruction.Determinant a -> Determinants.determinant (Tensor.Tanh values[a])
    | Instruction.LogDeterminant a ->
        let struct (_, logarithm) = Determinants.logDeterminant (exchanged n values[a])
        logarithm
    | Instruction.ScanOver(reverse, a, b) ->
        let b = values[b]

        let step (inputs: Tensor[]) =
            let c = Tensor.Tanh(inputs[0] + inputs[1] * b)
            [| c; c * inputs[1] |]

        let results = scan n reverse step [| b |] [| values[a] |]
        results[0] + results[1]
    | Instruction.Shrink(bounded, a) ->
        let results =
            whileLoop
                (if bounded then 10 else 0)
                (fun carries ->
                    let isLarge = Tensor.op_GreaterThan (sum (carries[1] * carries[1]), Tensor.Number 0.5)

                    let isEarly = Tensor.op_LessThan (carries[0], Tensor(NDArray.scalar DType.Int32 10.0, Literal = true))

                    Tensor.op_BitwiseAnd (isLarge, isEarly))
                (fun carries -> [| carries[0] + Primitive.fillLike carries[0] 1.0; 0.7 * carries[1] + 0.05 * Tensor.Sin carries[1] |])
                [| Tensor(NDArray.scalar DType.Int32 0.0); values[a] |]

        results[1]
    | Instruction.Switch a ->
        let branches: (Tensor[] -> Tensor[])[] = [|
            (fun x -> [| Tensor.Cos x[0] |])
            (fun x -> [| x[0] * x[0] |])
            (fun x -> [| Tensor.Sin(0.5 * x[0]) |])
        |]

        (switch (branch values[a]) branches [| values[a] |])[0]
    | Instruction.Stop a -> values[a] * Operations.stopGradient (Tensor.Sin values[a])
    | Instruction.Custom(isForward, a) ->
        let graph, forward, reverse = customRules.Value
        let kind = if isForward then forward else reverse
        // The rule is that of a scalar; entries are the lanes of a batch.
        let flat = Primitive.reshape [| Shape.size values[a].Dims |] values[a]

        let results, _ = Batch.map flat.Dims[0] (fun x -> Primitive.apply (Op.Call(kind, graph)) x) [| flat |] [| true |]

        Primitive.reshape values[a].Dims results[0]

let program (instructions: Instruction[]) (x: Tensor) : Tensor =
    let values = ResizeArray [ x ]

    for i in instructions do
        values.Add(instruction x.Dims[0] (values.ToArray()) i)

    sum values[values.Count - 1]

/// f's value and its gradient at x, by reverse mode.
let valueAndGradient (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let y, pull = Linearize.pullback "Gradient" (fun a -> [| f a[0] |]) [| x |]
    let cotangents = pull [| Primitive.fillLike y[0] 1.0 |]
    y[0], Primitive.orZeros x.Type cotangents[0]

let gradient f x = snd (valueAndGradient f x)

/// f's derivative along v, by forward mode.
let derivative (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor =
    let y, changes = Linearize.pushforward "Derivative" (fun a -> [| f a[0] |]) [| x |] [| v |]

    Primitive.orZeros y[0].Type changes[0]

/// A level as users write it.
let level (f: Tensor -> Tensor) (level: Level) : Tensor -> Tensor =
    let along v x = sum (x * vector v)
    let flow (v: float[]) h (x: Tensor) = x + h * vector v * Tensor.Tanh(f x)
    let image (x: Tensor) = x + Tensor.Sin x * f x

    let bilinear (w: float[]) (m: Tensor) (v: float[]) = ProductOperations.dot (vector w) (ProductOperations.dot m (vector v))

    let repeat k step (x: Tensor) =
        let struct (last, _) = Loop.Scan<Tensor, Tensor>(Func<_, _>(fun x -> struct (step x, x)), x, k)

        sum last

    let advance slots k step (x: Tensor) =
        let struct (last, _) = Checkpoint.Scan<Tensor, Tensor>(Func<_, _>(fun x -> struct (step x, x)), x, k, slots)

        sum last

    match level with
    | Level.Linearized v -> fun x -> snd (linearize f x) (vector v)
    | Level.Transposed v ->
        fun x ->
            let back = linearTranspose (fun t -> snd (jvp f x t)) x
            along v (back (number 1.0))
    | Level.CustomRule true -> customForward f (fun x t -> jvp f x t)
    | Level.CustomRule false -> customReverse f (fun x -> f x, x) (fun x g -> g * grad f x)
    | Level.Auxiliary ->
        let both x = struct (f x, f (Tensor.Sin x))

        fun x ->
            let struct (_, beside, g) = Gradient.WithAuxiliary(Func<_, _> both).Invoke x
            beside + sum (g * g)
    | Level.Quadratic v ->
        fun x ->
            let y, g, h = gradhessian' f x
            y + along v g + bilinear v h v
    | Level.CheckpointedScan(v, h, k, slots) -> advance slots k (flow v h)
    | Level.Root -> fun x -> root (fun y x -> y + 0.5 * Tensor.Sin y - Tensor.Tanh(f x)) (Tensor.Tanh(f x)) x
    | Level.Grad v -> fun x -> along v (grad f x)
    | Level.Jvp v -> fun x -> snd (jvp f x (vector v))
    | Level.Hvp(v, w) -> fun x -> along w (hessianv f x (vector v))
    | Level.ReverseReverse(v, w) -> fun x -> along w (grad (fun x -> along v (grad f x)) x)
    | Level.GradNorm ->
        fun x ->
            let g = grad f x
            Tensor.Sqrt(1.0 + sum (g * g))
    | Level.VMap rows -> fun x -> sum (vmap (fun d -> f (x + d)) (matrix rows))
    | Level.VMapColumns rows ->
        let columns = ShapeOperations.transpose null (matrix rows)
        fun x -> sum (Vectorized.Of(Func<Tensor, Tensor>(fun d -> f (x + d)), Nullable 1, 0).Invoke columns)
    | Level.VMapGrad rows -> fun x -> sum (vmap (fun d -> sum (Tensor.Tanh(grad f (x * d)))) (matrix rows))
    | Level.Taylor(k, v) ->
        fun x ->
            let curve =
                Array.init (k + 1) (fun i ->
                    if i = 0 then x
                    elif i = 1 then vector v
                    else null)

            let series = (Series.expand k (fun a -> [| f a[0] |]) [| curve |])[0]
            Primitive.orZeros series[0].Type series[k]
    | Level.Jit -> jit f
    | Level.Checkpoint -> checkpoint f
    | Level.Scan(v, h, k) -> repeat k (flow v h)
    | Level.While(v, h, k) -> fun x -> sum (times k (flow v h) x)
    | Level.WhileBelow(v, h, k) ->
        fun x ->
            let goesOn (i: Tensor, x: Tensor) =
                Tensor.op_BitwiseAnd (
                    Tensor.op_LessThan (i, Tensor.op_Implicit k),
                    Tensor.op_LessThan (sum (x * x), Tensor.op_Implicit 1.0)
                )

            let _, last = Users.whileLoop goesOn (fun (i, x) -> i + 1, flow v h x) (Tensor.op_Implicit 0, x)

            sum last
    | Level.Cond -> fun x -> cond (Tensor.op_GreaterThan (sum x, Tensor.Number 0.0)) f (fun x -> f (Tensor.Sin x)) x
    | Level.Switch -> fun x -> Users.switch (branch x) [ (fun x -> f (0.5 * x)); (fun x -> f (Tensor.Sin x)); f ] x
    | Level.Compose -> fun x -> Tensor.Sin(f x) + f (Tensor.Sin x)
    | Level.Jacobian(isForward, v, w) ->
        let jacobian = if isForward then jacobian image else Jacobian.Reverse(Func<_, _> image).Invoke

        fun x -> bilinear w (jacobian x) v
    | Level.Pullback(v, w) ->
        fun x ->
            let _, back = vjp image x
            along v (back (vector w))
    | Level.Hessian(v, w) -> fun x -> bilinear w (hessian f x) v
    | Level.Laplacian -> laplacian f
    | Level.ValueAndGrad v ->
        fun x ->
            let y, g = valueAndGrad f x
            y + along v g
    | Level.Along(k, v) ->
        let line x (t: Tensor) = f (x + t * vector v)

        fun x -> if k = 1 then diff (line x) (number 0.0) else diffn k (line x) (number 0.0)
    | Level.Descent(h, k) -> repeat k (fun x -> x - h * grad f x)
    | Level.ScanRows(h, rows) ->
        fun x ->
            let last, outputs = Users.scan (fun c d -> c + h * d * f c, f (c * d)) x (matrix rows)

            sum outputs + sum last

let nest (n: Nest) : Tensor -> Tensor = Array.fold level (program n.Program) n.Levels

/// Value and gradient at the nest's point.
let run staged (n: Nest) : float * float[] =
    let both (x: Tensor) =
        let y, g = valueAndGrad (nest n) x
        y, g

    let y, g = (if staged then jit both else both) (vector n.X)
    float y, g.ToArray<float>()
