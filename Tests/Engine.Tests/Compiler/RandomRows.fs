// Random programs as users write them over the rows of matrices: norms, shares, choices, gathers, running sums and products, of tensors of any trace.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

/// Of a seed: the same program for tensors of every trace, on (a matrix, another, numbers of rows, numbers of columns, places of rows).
[<Sealed>]
type internal RandomRows(seed: int, float: DType, isSmooth: bool) =
    let shapes = Random seed
    let extents = [| 1; 2; 3; 5; 7; 8; 16; 31; 32; 33; 63; 64; 65; 100; 129; 257; 1025 |]
    let rows = extents[shapes.Next extents.Length]
    let most = extents |> Array.filter (fun c -> rows * c <= 9000)
    let columns = most[shapes.Next most.Length]
    let size = 2 + shapes.Next 7

    let types = [|
        Typing.tensor float [| rows; columns |]
        Typing.tensor float [| rows; columns |]
        Typing.tensor float [| rows |]
        Typing.tensor float [| columns |]
        Typing.tensor DType.Int32 [| rows |]
    |]

    let run (inputs: Tensor[]) : Tensor[] =
        let random = Random(seed + 1)
        let next n = random.Next n
        let chance p = random.NextDouble() < p
        let pick (items: 'T[]) = items[next items.Length]
        let places = inputs[4]
        let matrices = ResizeArray inputs[..1]
        let vectors = ResizeArray inputs[2..3]
        let matrix () = if chance 0.4 then matrices[matrices.Count - 1] else pick (matrices.ToArray())
        let number () = Math.Round(random.NextDouble() * 4.0 - 2.0, 2)

        let literal (x: Tensor) = Operations.fullLike x (number ())

        /// A tensor that goes with a matrix of this shape.
        let like (x: Tensor) : Tensor =
            let fits (y: Tensor) = Shape.equal y.Dims x.Dims

            let same = matrices |> Seq.filter fits |> Array.ofSeq

            let along axis =
                vectors
                |> Seq.filter (fun v -> v.Dims[0] = x.Dims[axis])
                |> Array.ofSeq
                |> fun found -> if found.Length = 0 then None else Some(pick found)

            match next 5 with
            | 0 ->
                (match along 0 with
                 | Some v -> expandDims 1 v
                 | None -> literal x)
            | 1 ->
                (match along 1 with
                 | Some v -> expandDims 0 v
                 | None -> literal x)
            | 2 -> literal x
            | _ when same.Length > 0 -> pick same
            | _ -> x

        let away (x: Tensor) = abs x + 0.5

        let back axis (v: Tensor) (x: Tensor) =
            let v = expandDims axis v

            match next 4 with
            | 0 -> x - v
            | 1 -> x * v
            | 2 -> x / away v
            | _ -> maximum x v + v

        let unary (x: Tensor) =
            match next 14 with
            | 0 -> exp (minimum x 3.0)
            | 1 -> tanh x
            | 2 -> abs x
            | 3 -> square x
            | 4 -> sqrt (away x)
            | 5 -> log (away x)
            | 6 -> sin x
            | 7 -> erf x
            | 8 -> -x
            | 9 -> logistic x
            | 10 -> reciprocal (away x)
            | 11 -> softplus x
            | 12 when not isSmooth -> floorDivide x 0.5
            | 13 when not isSmooth -> Tensor.Map(Elementwise.sign, x)
            | _ -> cos x

        let binary (x: Tensor) =
            let y = like x

            match next 9 with
            | 0 -> x + y
            | 1 -> x - y
            | 2 -> y - x
            | 3
            | 4 -> x * y
            | 5 -> x / away y
            | 6 -> maximum x y
            | 7 -> minimum y x
            | _ -> where (x .< y) x (like x)

        let ofRows (x: Tensor) =
            let axis = next 2

            match next 8 with
            | 0 -> softmaxAlong axis x
            | 1 -> logSoftmaxAlong axis x
            | 2 ->
                let centred = x - expandDims axis (meanOver [ axis ] x)
                centred / expandDims axis (sqrt (meanOver [ axis ] (square centred) + 0.1))
            | 3 -> x / expandDims axis (normOver [ axis ] x + 0.5)
            | 4 -> x - expandDims axis (logSumExpOver [ axis ] x)
            | 5 -> exp (x - expandDims axis (maxOver [ axis ] x))
            | 6 -> x / (abs (sum x) + 1.0)
            | _ -> x - mean x

        let reduced (x: Tensor) axis =
            match next 7 with
            | 0
            | 1 -> sumOver [ axis ] x
            | 2 -> meanOver [ axis ] x
            | 3 -> maxOver [ axis ] x
            | 4 -> minOver [ axis ] x
            | 5 -> normOver [ axis ] x
            | _ -> productOver [ axis ] (1.0 + 0.1 * tanh x)

        let moved (x: Tensor) =
            let m, n = x.Dims[0], x.Dims[1]

            match next 13 with
            | 0 -> transpose x
            | 1 -> flip (next 2) x
            | 2 -> roll (next 2) (1 + next 3) x
            | 3 when m > 1 -> slice 0 (next 2) m (1 + next 2) x
            | 4 when n > 1 -> slice 1 (next 2) n (1 + next 2) x
            | 5 when m * n <= 5000 -> concatenate 0 [ x; (if chance 0.5 then square x else flip 0 x) ]
            | 6 when m * n <= 5000 -> concatenate 1 [ x; (if chance 0.5 then tanh x else x) ]
            | 7 -> takeClamped 0 places x
            | 8 -> takeClamped 1 (slice 0 0 (min rows n) 1 places) x
            | 9 when m % 2 = 0 -> reshape [| m / 2; 2 * n |] x
            | 10 when n % 2 = 0 -> reshape [| 2 * m; n / 2 |] x
            | 11 when not isSmooth -> sortAlong (next 2) x
            | _ ->
                let axis = next 2
                if chance 0.5 then cumulativeSumAlong axis x else flip axis (cumulativeSumAlong axis (flip axis x))

        let product (x: Tensor) =
            let m, n = x.Dims[0], x.Dims[1]
            let k = pick [| 1; 2; 3; 8; 33 |]
            let weights (a: int) b = tanh (takeClamped 0 (arange a) (reshape [| -1; 1 |] inputs[3]) * takeClamped 0 (arange b) inputs[3])

            match next 5 with
            | 0 when k * m <= 9000 && n <= 300 -> dot x (weights n k)
            | 1 when n <= 33 -> dot (transpose x) x * 0.1
            | 2 when m <= 65 && n <= 300 -> dot x (transpose x) * 0.1
            | 3 when n <= 300 -> expandDims 1 (dot x (tanh (takeClamped 0 (arange n) inputs[3])))
            | _ -> expandDims 0 (dot (takeClamped 0 (arange m) inputs[2]) x)

        let indexed (x: Tensor) =
            let axis = next 2

            match next 3 with
            | 0 ->
                // One at the largest.
                let at = expandDims axis (argMaxAlong axis x)
                let along = expandDims (1 - axis) (arange x.Dims[axis])
                where (along .= at) x (0.5 * x)
            | 1 when x.Dims[0] = rows -> (Primitive.apply (Op.Scatter 0) [| zerosLike x; x; places |])[0]
            | _ -> where (expandDims 1 (arange x.Dims[0]) .> expandDims 0 (arange x.Dims[1])) x (like x)

        let looped (x: Tensor) =
            let y = like x

            match next 3 with
            | 0 -> forLoop 0 (2 + next 2) (fun i c -> tanh (c * y + asType float i)) x
            | 1 -> snd (scan (fun c row -> (let c = tanh (c + row) in c, softmax (c * row))) (entry 0 x) x)
            | _ -> cond (sum x .> 0.0) (fun x -> softmaxAlong 1 x) (fun x -> x * y + 0.0 * x) x

        for _ in 1..size do
            let x = matrix ()

            match next 24 with
            | n when n < 4 -> matrices.Add(unary x)
            | n when n < 9 -> matrices.Add(binary x)
            | n when n < 13 -> matrices.Add(ofRows x)
            | n when n < 17 ->
                let axis = next 2
                let v = reduced x axis
                vectors.Add v
                if chance 0.7 then matrices.Add(back axis (if chance 0.3 then tanh v else v) x)
            | n when n < 20 -> matrices.Add(moved x)
            | 20 -> matrices.Add(product x)
            | 21 -> matrices.Add(indexed x)
            | 22 when x.Dims[0] <= 33 -> matrices.Add(looped x)
            | _ when not isSmooth && chance 0.3 ->
                let other = if float = DType.Float32 then DType.Float64 else DType.Float32
                matrices.Add(asType float (binary (asType other x)))
            | _ -> matrices.Add(binary (unary x))

        [|
            matrices[matrices.Count - 1]
            if chance 0.5 then matrix ()
            if vectors.Count > 2 then vectors[vectors.Count - 1]
        |]

    member _.Types = types
    member _.Run(inputs: Tensor[]) : Tensor[] = run inputs

    /// A number of the results, in which every element of them has a part.
    member _.Total(inputs: Tensor[]) : Tensor =
        run inputs
        |> Array.map (fun r -> sum (sin (asType float r) * (Primitive.iota float r.Dims (r.Rank - 1) * 0.125 + 1.0)))
        |> Array.reduce (+)
