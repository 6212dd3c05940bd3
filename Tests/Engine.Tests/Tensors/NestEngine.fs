/// Programs and nests run by the engine's transformations.
module internal Pipeline.Engine.Tests.NestEngine

open Pipeline
open Pipeline.Engine
open Pipeline.Engine.Tests.NestPrograms

let number (x: float) = Tensor(NDArray.scalar64 x)

let vector (xs: float[]) =
    Tensor(NDArray.ofData DType.Float64 [| xs.Length |] (Array.copy xs))

let matrix (rows: float[][]) =
    Tensor(NDArray.ofData DType.Float64 [| rows.Length; rows[0].Length |] (Array.concat rows))

let sum (a: Tensor) = Operations.sum null false a

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

let scan length reverse body carries stacked =
    Control.scan length reverse carries stacked body

let whileLoop bound condition body carries =
    Control.whileLoop bound carries condition body

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
                Primitive.evaluateGraph
                    graph
                    (Array.append (Array.sub inputs first own.Length) inputs[captured.Length ..])))

    Primitive.apply (Op.Switch graphs) (Array.concat [ [| index |]; captured; arguments ])

let private isPositive (a: Tensor) =
    Primitive.convert DType.Int32 (Tensor.op_GreaterThan (sum a, Tensor.Number 0.0))

/// k times c <- f c, by a loop that counts.
let private times k (f: Tensor -> Tensor) (c: Tensor) =
    let counter = Tensor(NDArray.scalar DType.Int32 0.0)

    let results =
        whileLoop
            (max 1 k)
            (fun carries ->
                Tensor.op_LessThan (carries[0], Tensor(NDArray.scalar DType.Int32 (float k), Literal = true)))
            (fun carries -> [| carries[0] + Primitive.fillLike carries[0] 1.0; f carries[1] |])
            [| counter; c |]

    results[1]

let private unary name (a: Tensor) : Tensor =
    match name with
    | "exp01" -> Tensor.Exp(0.1 * a)
    | "tanh" -> Tensor.Tanh a
    | "sin" -> Tensor.Sin a
    | "cos" -> Tensor.Cos a
    | "logistic" -> Tensor.Map(Elementwise.logistic, a)
    | "softplus" -> Tensor.Map(Elementwise.softplus, a)
    | "erf" -> Tensor.Map(Elementwise.erf, a)
    | "atan" -> Tensor.Atan a
    | "neg" -> -a
    | "asinh" -> Tensor.Map(Elementwise.asinh, a)
    | "square" -> a * a
    | "sqrt1p2" -> Tensor.Sqrt(1.0 + Tensor.Map(Elementwise.square', a))
    | "log1p2" -> Tensor.Map(Elementwise.log1p, a * a)
    | "recip1p2" -> 1.0 / (1.0 + a * a)
    | "lgamma3p2" -> Tensor.Map(Elementwise.lgamma, 3.0 + a * a)
    | "relu_shift" -> Operations.where (Tensor.op_GreaterThan (a, Tensor.Number 0.137)) (a - 0.137) (Tensor.Number 0.0)
    | "abs_shift" -> Tensor.Abs(a - 0.291)
    | "cube" -> Tensor.Pow(a, 3)
    | "pow1p2_1.7" -> Tensor.Pow(1.0 + a * a, 1.7)
    | _ -> invalidOp $"Unknown function {name}."

let private binary name (a: Tensor) (b: Tensor) : Tensor =
    match name with
    | "add" -> a + b
    | "sub" -> a - b
    | "mul" -> a * b
    | "max" -> Operations.maximum a b
    | "min" -> Operations.minimum a b
    | "logaddexp" -> Operations.logAddExp a b
    | "div1p2" -> a / (1.0 + b * b)
    | "atan2p" -> Tensor.Atan2(a, 2.0 + b * b)
    | "where_gt" -> Operations.where (Tensor.op_GreaterThan (a, b)) (Tensor.Sin a) (b * a)
    | "hypot1" -> Tensor.Sqrt(1.0 + a * a + b * b)
    | _ -> invalidOp $"Unknown function {name}."

let private reduce name (a: Tensor) =
    match name with
    | "sum" -> sum a
    | "mean" -> Operations.mean null false a
    | "max" -> Operations.reduce "Max" Reduction.Maximum null false a
    | "logsumexp" -> Operations.logSumExp null false a
    | "norm1" -> Tensor.Sqrt(1.0 + sum (a * a))
    | _ -> invalidOp $"Unknown reduction {name}."

let private instruction (values: Tensor[]) instruction =
    // An operation along the axis leaves a scalar alone.
    let along (f: Tensor -> Tensor) (a: Tensor) = if a.Rank = 0 then a else f a

    match instruction with
    | Instruction.Unary(name, a) -> unary name values[a]
    | Instruction.Binary(name, a, b) -> binary name values[a] values[b]
    | Instruction.Reduce(name, a) -> reduce name values[a]
    | Instruction.MatVec(m, a) -> Operations.dot (matrix m) values[a]
    | Instruction.Dot(a, b) -> Operations.dot values[a] values[b]
    | Instruction.CumulativeSum a -> along (Operations.cumulativeSum 0 false) values[a]
    | Instruction.Softmax a -> along (Operations.softmax 0) values[a]
    | Instruction.Roll(k, a) -> along (Operations.roll k 0) values[a]
    | Instruction.Gather(indices, a) ->
        let indices =
            Tensor(NDArray.ofData DType.Int32 [| indices.Length |] (Array.copy indices))

        along (Operations.take 0 indices) values[a]
    | Instruction.Scan(h, k, a) ->
        let steps = vector [| for s in 1..k -> float s |]

        let step (inputs: Tensor[]) =
            let c = Tensor.Tanh inputs[0] + h * inputs[1] * inputs[0]
            [| c; c * inputs[1] |]

        let results = scan k false step [| values[a] |] [| steps |]
        results[0] + Primitive.sum [| 0 |] results[1]
    | Instruction.Cond a ->
        let branches: (Tensor[] -> Tensor[])[] =
            [| (fun x -> [| x[0] * x[0] |]); (fun x -> [| Tensor.Sin x[0] |]) |]

        (switch (isPositive values[a]) branches [| values[a] |])[0]
    | Instruction.While(h, k, a) -> times k (fun c -> Tensor.Sin c + h * c) values[a]

let program (instructions: Instruction[]) (x: Tensor) : Tensor =
    let values = ResizeArray [ x ]

    for i in instructions do
        values.Add(instruction (values.ToArray()) i)

    sum values[values.Count - 1]

/// f's value and its gradient at x, by reverse mode.
let valueAndGradient (f: Tensor -> Tensor) (x: Tensor) : Tensor * Tensor =
    let y, pull = Linearize.pullback "Gradient" (fun a -> [| f a[0] |]) [| x |]
    let cotangents = pull [| Primitive.fillLike y[0] 1.0 |]
    y[0], Primitive.orZeros x.Type cotangents[0]

let gradient f x = snd (valueAndGradient f x)

/// f's derivative along v, by forward mode.
let derivative (f: Tensor -> Tensor) (x: Tensor) (v: Tensor) : Tensor =
    let y, changes =
        Linearize.pushforward "Derivative" (fun a -> [| f a[0] |]) [| x |] [| v |]

    Primitive.orZeros y[0].Type changes[0]

/// The sum over the batch of f at each row.
let private sumOverRows (rows: float[][]) (f: Tensor -> Tensor) =
    let values, hidden =
        Batch.map rows.Length (fun a -> [| f a[0] |]) [| matrix rows |] [| true |]

    if hidden[0] then
        sum values[0]
    else
        float rows.Length * values[0]

let level (f: Tensor -> Tensor) (level: Level) : Tensor -> Tensor =
    let along v x = sum (x * vector v)
    let flow (v: float[]) h (x: Tensor) = x + h * vector v * Tensor.Tanh(f x)

    match level with
    | Level.Grad v -> fun x -> along v (gradient f x)
    | Level.Jvp v -> fun x -> derivative f x (vector v)
    | Level.Hvp(v, w) -> fun x -> along w (derivative (gradient f) x (vector v))
    | Level.ReverseReverse(v, w) -> fun x -> along w (gradient (fun x -> along v (gradient f x)) x)
    | Level.GradNorm ->
        fun x ->
            let g = gradient f x
            Tensor.Sqrt(1.0 + sum (g * g))
    | Level.VMap rows -> fun x -> sumOverRows rows (fun d -> f (x + d))
    | Level.VMapGrad rows -> fun x -> sumOverRows rows (fun d -> sum (Tensor.Tanh(gradient f (x * d))))
    | Level.Taylor(k, v) ->
        fun x ->
            let curve =
                Array.init (k + 1) (fun i ->
                    if i = 0 then x
                    elif i = 1 then vector v
                    else null)

            let series = (Series.expand k (fun a -> [| f a[0] |]) [| curve |])[0]
            Primitive.orZeros series[0].Type series[k]
    | Level.Jit -> fun x -> (call CallKind.Compiled (fun a -> [| f a[0] |]) [| x |])[0]
    | Level.Checkpoint -> fun x -> (call CallKind.Checkpoint (fun a -> [| f a[0] |]) [| x |])[0]
    | Level.Scan(v, h, k) ->
        fun x ->
            let last = scan k false (fun a -> [| flow v h a[0] |]) [| x |] [||]
            sum last[0]
    | Level.While(v, h, k) -> fun x -> sum (times k (flow v h) x)
    | Level.Cond ->
        fun x ->
            let branches: (Tensor[] -> Tensor[])[] =
                [| (fun a -> [| f (Tensor.Sin a[0]) |]); (fun a -> [| f a[0] |]) |]

            (switch (isPositive x) branches [| x |])[0]
    | Level.Compose -> fun x -> Tensor.Sin(f x) + f (Tensor.Sin x)

let nest (n: Nest) : Tensor -> Tensor =
    Array.fold level (program n.Program) n.Levels

/// Value and gradient at the nest's point.
let run staged (n: Nest) : float * float[] =
    let f = nest n

    let both (a: Tensor[]) =
        let y, g = valueAndGradient f a[0]
        [| y; g |]

    let x = vector n.X

    let results =
        if staged then
            call CallKind.Compiled both [| x |]
        else
            both [| x |]

    float results[0], results[1].ToArray<float>()
