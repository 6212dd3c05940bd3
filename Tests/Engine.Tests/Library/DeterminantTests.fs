/// Determinants and their derivatives of every order, at singular matrices of every rank, against expansion by minors.
module Pipeline.Tests.DeterminantTests

open System
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp

/// The definition: by the first row, each entry with the determinant without its row and column.
let rec private byMinors (entries: Tensor list list) : Tensor =
    match entries with
    | [] -> scalar 1.0
    | first :: rest ->
        first
        |> List.mapi (fun j entry ->
            let minor = byMinors (rest |> List.map (List.removeAt j))
            if j % 2 = 0 then entry * minor else -(entry * minor))
        |> List.reduce (+)

let private expansion (a: Tensor) =
    let n = a.Shape[0]
    byMinors [ for i in 0 .. n - 1 -> [ for j in 0 .. n - 1 -> a[i, j] ] ]

let private random seed shape =
    let random = Random(seed: int)
    tensor shape [ for _ in 1 .. List.fold (*) 1 shape -> 2.0 * random.NextDouble() - 1.0 ]

/// A matrix of the given rank whose entries are exact, small multiples of 1/64.
let private ofRank n rank =
    let factor seed shape =
        let random = Random(seed: int)
        tensor shape [ for _ in 1 .. List.fold (*) 1 shape -> float (random.Next(-8, 9)) / 8.0 ]

    matmul (factor (10 * n + rank) [ n; rank ]) (factor (10 * n + rank + 5) [ rank; n ])

/// Regular ones and singular ones of every rank, exactly and to rounding; zeros first.
let private matrices: (string * Tensor) list = [
    for n in 1..4 do
        for rank in 0..n do
            $"{n} x {n} of rank {rank}", ofRank n rank

            if rank > 0 then
                $"{n} x {n} of rank {rank} to rounding", ofRank n rank / 3.0 * exp (random n [ n; 1 ])
    "zeros first", matrix [ [ 0.0; 0.0; 2.0 ]; [ 0.0; 3.0; 1.0 ]; [ 5.0; 1.0; 0.0 ] ]
    "a column of zeros", matrix [ [ 0.0; 1.0; 2.0 ]; [ 0.0; 3.0; 1.0 ]; [ 0.0; 1.0; 7.0 ] ]
]

let names () : TheoryData<string> =
    let data = TheoryData<string>()

    for name, _ in matrices do
        data.Add name

    data

let private find name = matrices |> List.find (fun (other, _) -> other = name) |> snd

/// The derivative along a direction, by either mode.
let private along isForward (v: Tensor) (f: Tensor -> Tensor) (x: Tensor) : Tensor =
    if isForward then snd (jvp f x v) else sum (grad f x * v)

/// Beside a regular matrix.
let private batched (f: Tensor -> Tensor) (a: Tensor) = (vmap f (stack 0 [ random 77 (List.ofSeq a.Shape); a ]))[1]

[<Theory; MemberData(nameof names)>]
let ``derivatives of every order by every path of modes are those of the expansion by minors`` (name: string) =
    let a = find name
    let n = a.Shape[0]
    let directions = [ for seed in 1..4 -> random (20 + seed) [ n; n ] ]
    let failures = ResizeArray()

    for order in 0..4 do
        let path modes (wrap: (Tensor -> Tensor) -> Tensor -> Tensor) f =
            let mutable g = wrap f

            for level in 0 .. order - 1 do
                g <- wrap (along ((modes >>> level) &&& 1 = 0) directions[level] g)

            (g a).ToDouble()

        let expected = path 0 id expansion

        let variants = [
            "eager", id
            if order < 3 then
                "compiled", jit

                if order < 3 then "batched", batched
        ]

        for modes in 0 .. (1 <<< order) - 1 do
            for variant, wrap in variants do
                let actual = path modes wrap det

                if not (Tolerance.near 1e-12 expected actual) then
                    failures.Add $"order {order} by {modes}, {variant}: {actual:R}, not {expected:R}"

    for variant, f in [ "eager", det; "compiled", jit det; "batched", batched det ] do
        let series f = Taylor.Series(Func<_, _>(fun t -> f (a + t * directions[0])), scalar 0.0, 6).Coefficients

        for k, (e, c) in Seq.indexed (Seq.zip (series expansion) (series f)) do
            if not (Tolerance.near 1e-12 (e.ToDouble()) (c.ToDouble())) then
                failures.Add $"coefficient {k}, {variant}: {c.ToDouble():R}, not {e.ToDouble():R}"

    Assert.True(failures.Count = 0, String.Join("\n", failures))

[<Fact>]
let ``the gradient at a singular matrix is its adjugate's transpose, in larger matrices too`` () =
    for n in [ 5; 12 ] do
        for corank in 1..3 do
            let a = ofRank n (n - corank)
            let gradient = grad det a
            // The cofactors, by the determinants of the minors.
            let minor i j =
                let without k =
                    vector [
                        for p in 0 .. n - 1 do
                            if p <> k then p
                    ]

                let sign = if (i + j) % 2 = 0 then 1.0 else -1.0
                sign * (det (take 1 (without j) (take 0 (without i) a))).ToDouble()

            let minors = Array2D.init n n minor
            let size = minors |> Seq.cast<float> |> Seq.map abs |> Seq.max

            minors
            |> Array2D.iteri (fun i j expected -> Assert.True(Tolerance.within (1e-9 * max 1.0 size) expected (gradient[i, j].ToDouble())))

            if corank = 1 then
                Assert.True(size > 1e-6)
                let product = matmul a (transpose gradient)
                Assert.True((sum (Tensor.Abs product)).ToDouble() <= 1e-10 * size)

[<Fact>]
let ``small rows keep their relative accuracy`` () =
    // Entries of 1e-40 beside 1 are no rounding errors.
    for n in [ 4; 9 ] do
        let scales = vector [ for i in 0 .. n - 1 -> 10.0 ** float (20 - 20 * (i % 4)) ]

        let total = (ReductionOperations.reduce "test" Reduction.Product null false scales).ToDouble()

        let a = random 5 [ n; n ]
        let expected = (grad det a * total).ToArray<float>()

        for scaled in [ (fun a -> reshape [ n; 1 ] scales * a); (fun a -> a * scales) ] do
            let gradient: float[] = (grad (fun a -> det (scaled a)) a).ToArray<float>()
            Array.iter2 (fun (e: float) g -> Assert.Equal(1.0, g / e, 1e-10)) expected gradient

[<Fact>]
let ``batches of matrices of mixed ranks`` () =
    let all = stack 0 [ ofRank 4 4; ofRank 4 3; ofRank 4 2; ofRank 4 0 ]
    let v = random 9 [ 4; 4 ]
    let second (a: Tensor) = along true v (along false v det) a

    for f in [ det; (fun a -> sum (grad det a * v)); second ] do
        let together = vmap f all

        for lane in 0..3 do
            Assert.Equal((f all[lane]).ToDouble(), together[lane].ToDouble(), 1e-13)

    let gradient = grad (fun a -> sum (det a)) all

    for lane in 0..3 do
        Array.iter2
            (fun (e: float) g -> Assert.Equal(e, g, 1e-13))
            ((grad det all[lane]).ToArray<float>())
            (gradient[lane].ToArray<float>())

[<Fact>]
let ``log determinants neither overflow nor lose their sign`` () =
    let n = 200
    let a = random 3 [ n; n ] * 1e3
    let sign, logarithm = slogdet a
    let flipped, same = slogdet (concatenate 0 [ a[1..1]; a[0..0]; a[2..] ])
    Assert.Equal(1.0, abs (sign.ToDouble()))
    Assert.Equal(-sign.ToDouble(), flipped.ToDouble())
    Assert.Equal(logarithm.ToDouble(), same.ToDouble(), 1e-9)
    Assert.True(Double.IsInfinity((det a).ToDouble()))
    let small = random 4 [ 5; 5 ]
    let sign, logarithm = slogdet small
    Assert.Equal((det small).ToDouble(), sign.ToDouble() * exp (logarithm.ToDouble()), 1e-14)
    let inverse = (transpose (inverse small)).ToArray<float>()
    let slope = (grad (fun a -> snd (slogdet a)) small).ToArray<float>()
    Array.iter2 (fun (e: float) g -> Assert.Equal(e, g, 1e-11)) inverse slope

[<Fact>]
let ``log determinants of singular matrices`` () =
    let singular = matrix [ [ 1.0; 2.0 ]; [ 2.0; 4.0 ] ]
    let sign, logarithm = slogdet singular
    Assert.Equal(0.0, sign.ToDouble())
    Assert.Equal(-infinity, logarithm.ToDouble())
    Assert.Equal(-infinity, (logdet singular).ToDouble())
    Assert.True(Double.IsNaN((logdet (matrix [ [ 0.0; 1.0 ]; [ 1.0; 0.0 ] ])).ToDouble()))

    for f in [ grad logdet; jit (grad logdet) ] do
        Assert.Throws<LinearAlgebraException>(fun () -> f singular |> ignore) |> ignore

[<Fact>]
let ``determinants refuse what is not square`` () =
    for f in [ det; logdet ] do
        for shape in [ [ 2; 3 ]; [ 3 ]; [] ] do
            let error = Assert.Throws<ShapeException>(fun () -> f (ones shape) |> ignore)
            Assert.Contains("square", error.Message)
