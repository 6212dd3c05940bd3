/// QR as a user calls it, and what every routine has from its row: Taylor series to order 8, nests, batches, compiled code, results that nothing uses.
module Pipeline.Tests.RoutineTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests

let private random (shape: int[]) seed =
    let random = Random(seed: int)
    Tensor(NDArray.ofData DType.Float64 shape (Array.init (Shape.size shape) (fun _ -> 2.0 * random.NextDouble() - 1.0)))

let private numbers (a: Tensor) = (asType DType.Float64 a).ToArray<float>()

let private close tolerance (expected: Tensor) (actual: Tensor) =
    Assert.Equal<int[]>(expected.Dims, actual.Dims)

    Array.iter2 (fun e a -> Assert.True(abs (e - a) <= tolerance, $"{a:R} instead of {e:R}")) (numbers expected) (numbers actual)

let private flat (parts: Tensor list) = concatenate 0 (parts |> List.map (reshape [ -1 ]))

let private both (a: Tensor) =
    let q, r = qr a
    flat [ q; r ]

let private shapes = [
    [| 1; 1 |]
    [| 1; 3 |]
    [| 3; 1 |]
    [| 2; 2 |]
    [| 5; 3 |]
    [| 3; 5 |]
    [| 40; 17 |]
    [| 2; 3; 3 |]
    [| 2; 2; 4; 2 |]
    [| 0; 3; 2 |]
    [| 3; 0 |]
    [| 0; 3 |]
    [| 0; 0 |]
]

[<Fact>]
let ``QR: orthonormal columns times an upper triangle is the matrix, tall, wide, empty and in batches, in both precisions`` () =
    for shape in shapes do
        for dtype, tolerance in [ DType.Float64, 1e-14; DType.Float32, 1e-6 ] do
            let a = asType dtype (random shape 3)
            let q, r = qr a
            Assert.Equal(dtype, q.DType)
            Assert.Equal(dtype, r.DType)
            let k = Array.last q.Dims
            close (tolerance * float (max 1 (Array.last a.Dims))) a (matmul q r)
            let identity = Primitive.convert dtype (Record.triangle Relation.Equal [| k; k |])
            close (8.0 * tolerance) (matmul (Matrices.transpose q) q * 0.0 + identity) (matmul (Matrices.transpose q) q)

            let below =
                Primitive.select
                    (Record.triangle Relation.Less (Matrices.transpose r).Dims)
                    (Matrices.transpose r)
                    (Matrices.transpose r * 0.0)

            Assert.All(numbers below, (fun x -> Assert.Equal(0.0, x)))
            // Compiled code runs the same routine.
            let x = jit both a
            Assert.True(Tensor.SameBits(both a, x), $"{Shape.text shape}")

[<Fact>]
let ``QR has the signs of LAPACK`` () =
    // The example of Householder's reflections; numpy.linalg.qr gives these factors.
    let a = matrix [ [ 12.0; -51.0; 4.0 ]; [ 6.0; 167.0; -68.0 ]; [ -4.0; 24.0; -41.0 ] ]
    let q, r = qr a
    close 1e-12 (matrix [ [ -14.0; -21.0; 14.0 ]; [ 0.0; -175.0; 70.0 ]; [ 0.0; 0.0; -35.0 ] ]) r
    close 1e-14 (matrix [ [ -150.0; 69.0; 58.0 ]; [ -75.0; -158.0; -6.0 ]; [ 50.0; -30.0; 165.0 ] ] / 175.0) q
    // Where a column has nothing below its diagonal it is left as it is, and so is the last of a square matrix.
    let q, r = qr (matrix [ [ 2.0; 1.0 ]; [ 0.0; 3.0 ] ])
    close 0.0 (matrix [ [ 1.0; 0.0 ]; [ 0.0; 1.0 ] ]) q
    close 0.0 (matrix [ [ 2.0; 1.0 ]; [ 0.0; 3.0 ] ]) r

[<Fact>]
let ``QR stays within the range, and refuses what is no matrix`` () =
    for size in [ 1e-200; 1e200 ] do
        let q, r = qr (matrix [ [ 3.0 * size; 0.0 ]; [ 4.0 * size; size ] ])
        close 1e-15 (matrix [ [ -0.6; -0.8 ]; [ -0.8; 0.6 ] ]) q
        close 1e-14 (matrix [ [ -5.0; -0.8 ]; [ 0.0; 0.6 ] ]) (r / size)

    let refusal = Assert.Throws<ShapeException>(fun () -> qr (vector [ 1.0 ]) |> ignore)
    Assert.StartsWith("QR: takes matrices", refusal.Message)

/// Coefficients 0 to order of a product of series.
let private times (a: Tensor[]) (b: Tensor[]) =
    Array.init a.Length (fun k -> Seq.reduce (+) (seq { for j in 0..k -> matmul a[j] b[k - j] }))

[<Fact>]
let ``Taylor series of QR to order 8 are those of its equations`` () =
    for shape in [ [| 1; 1 |]; [| 3; 3 |]; [| 5; 3 |]; [| 2; 4 |]; [| 2; 4; 2 |] ] do
        let n = Array.last shape
        let a = random shape 5 + 2.0 * Primitive.convert DType.Float64 (Record.triangle Relation.Equal shape)
        let b = random shape 7
        let q0, r0 = qr a

        let coefficients =
            Taylor.Series(Func<_, _>(fun (t: Tensor) -> both (a + t * b)), scalar 0.0, 8).Coefficients |> Seq.toArray

        let part first (like: Tensor) =
            coefficients
            |> Array.map (fun c -> ShapeOperations.reshape like.Dims (Primitive.sliceAxis 0 first (first + like.Size) c))

        let q, r = part 0 q0, part q0.Size r0
        // Q R = A + t B, Q' Q = 1 and R upper triangular have one solution about Q and R at 0.
        let product = times q r
        let inner = times (q |> Array.map Matrices.transpose) q

        for k in 0..8 do
            let scale = 1.0 + (Array.append (numbers q[k]) (numbers r[k]) |> Array.map abs |> Array.max)

            let expected =
                if k = 0 then a
                elif k = 1 then b
                else a * 0.0

            close (1e-12 * scale) expected product[k]
            close (1e-12 * scale) (if k = 0 then inner[0] else inner[k] * 0.0) inner[k]

            for i, x in Array.indexed (numbers r[k]) do
                let row, column = i / n % r0.Dims[r0.Rank - 2], i % n
                if row > column then Assert.Equal(0.0, x)

[<Fact>]
let ``nests of routines agree in every order of modes, batched and compiled`` () =
    let functions: (string * (Tensor -> Tensor)) list = [
        "QR", (fun a -> let q, r = qr a in sum (sin q * q) + sum (r * r * r))
        "QR, R alone", (fun a -> sum (sin (snd (qr a))))
        "wide QR", (fun a -> let q, r = qr (transpose a[*, ..1]) in sum (q * q * q) + sum (cos r))
        "Cholesky", (fun a -> sum (sin (cholesky (matmul a (transpose a)))))
        "solve", (fun a -> sum (cos (solve a (a[*, ..1] * 2.0))))
        "sort", (fun a -> sum (sin (Operations.sort 0 a) * reshape [ 3; 1 ] (vector [ 1.0; 2.0; 4.0 ])))
    ]

    let a = random [| 3; 3 |] 11 + 3.0 * Primitive.convert DType.Float64 (Record.triangle Relation.Equal [| 3; 3 |])
    let v = random [| 3; 3 |] 13

    for name, f in functions do
        let forward g x = snd (jvp g x v)
        let reverse (g: Tensor -> Tensor) x = sum (grad g x * v)

        let all = [
            for first in [ forward; reverse ] do
                for second in [ forward; reverse ] do
                    for third in [ forward; reverse ] -> third (second (first f))
        ]

        let series = Taylor.Series(Func<_, _>(fun (t: Tensor) -> f (a + t * v)), scalar 0.0, 3)
        let expected = 6.0 * series.Coefficients[3]
        let scale = 1.0 + abs (float expected)

        for path in all do
            close (1e-9 * scale) expected (path a)

        close (1e-9 * scale) expected (jit all[7] a)
        // In lanes of their own.
        let stacked = stack 0 [ a; a + 0.1 * v; a - 0.1 * v ]
        let lanes = vmap (grad f) stacked
        let compiled = jit (vmap (grad f)) stacked

        for i in 0..2 do
            close 1e-12 (grad f stacked[i]) lanes[i]
            close 1e-12 (grad f stacked[i]) compiled[i]

        Assert.False(String.IsNullOrEmpty name)

[<Fact>]
let ``Taylor series of routines cost the square of the order`` () =
    let a = random [| 6; 6 |] 17 + 4.0 * Primitive.convert DType.Float64 (Record.triangle Relation.Equal [| 6; 6 |])
    let v = random [| 6; 6 |] 19

    let functions: (Tensor -> Tensor) list = [
        both
        (fun a -> cholesky (matmul a (transpose a)))
        (fun a -> solve a a[*, ..1])
        (fun a -> triangularSolve true a a[*, ..1])
    ]

    for f in functions do
        let count order =
            OperationCount.ofFunction
                (fun a -> Taylor.Series(Func<_, _>(fun (t: Tensor) -> f (a + t * v)), scalar 0.0, order).Coefficients |> Seq.reduce (+))
                a

        // Four times, and not eight.
        let growth = count 32 / count 16
        Assert.True(growth < 4.5, $"twice the order takes {growth} times the operations")

[<Fact>]
let ``results that nothing uses are left out of derivatives and take no part in what is computed`` () =
    // Values alone, places alone, and both, at once and compiled.
    let x = random [| 3; 5 |] 23
    let values, places = Operations.sort 1 x, Operations.argSort 1 x
    let used = jit (fun x -> Operations.sort 1 x, Operations.argSort 1 x) x
    Assert.True(Tensor.SameBits(values, fst used))
    Assert.True(Tensor.SameBits(places, snd used))
    Assert.True(Tensor.SameBits(values, jit (Operations.sort 1) x))
    Assert.True(Tensor.SameBits(places, jit (Operations.argSort 1) x))
    Assert.Equal(DType.Int32, places.DType)
    // R alone has the derivative that it has beside Q.
    let a = random [| 4; 3 |] 29
    let alone = grad (fun a -> sum (sin (snd (qr a)))) a
    let beside = grad (fun a -> let q, r = qr a in sum (sin r) + 0.0 * sum q) a
    close 1e-13 beside alone
