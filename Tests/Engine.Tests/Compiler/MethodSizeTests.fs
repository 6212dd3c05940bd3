/// No emitted method passes a limit above which the JIT stops optimising: counted, for every method of programs that come near them.
module Pipeline.Engine.Tests.MethodSizeTests

open System
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Xunit

let private staged (f: 'T -> 'R) (x: 'T) : Graph =
    let struct (leaves, structure) = Engine.Tree.flatten x
    (Staging.tree "Sizes" f structure (leaves |> Array.map Staging.leafType)).Graph

let private numbers count = vector [ for i in 0 .. count - 1 -> 0.3 + float i / float count ]
let private wave (x: Tensor) = exp (sin x) + tanh x * lgamma (x + 2.0)
let private coefficients (x: Tensor) = (taylor 30 wave x).Coefficients |> Array.ofSeq
let private iterated count (f: int -> Tensor -> Tensor) (x: Tensor) = Seq.fold (fun y i -> f i y) x [ 1..count ]
let private each count (f: float -> 'R) = Array.init count (fun i -> f (float (i + 1)))

let private graphs: (string * (unit -> Graph)) list = [
    "a Taylor series of order 30 of a number", (fun () -> staged coefficients (scalar 0.3))
    "a Taylor series of order 12 of a vector", (fun () -> staged (fun x -> (taylor 12 wave x).Coefficients |> Array.ofSeq) (numbers 100))
    "10,000 operations", (fun () -> staged (iterated 10_000 (fun i y -> if i % 2 = 0 then y * 1.01 else y + float i)) (scalar 0.3))
    "a chain of gammas", (fun () -> staged (iterated 60 (fun _ y -> lgamma (y + 1.5))) (numbers 100))
    "a wide sum of gammas", (fun () -> staged (fun x -> each 40 (fun k -> digamma (x * k)) |> Array.reduce (+)) (numbers 100))
    "a gradient of gammas", (fun () -> staged (grad (iterated 20 (fun i y -> lgamma (y * y + float i)) >> sum)) (numbers 100))
    "powers", (fun () -> staged (fun x -> each 50 (fun k -> pow (x + k) x)) (numbers 100))
    "sums", (fun () -> staged (fun x -> each 300 (fun k -> sum (x * k))) (numbers 1000))
    "sums of columns", (fun () -> staged (fun x -> each 300 (fun k -> sumOver [ 0 ] (x * k))) (reshape [ 100; 10 ] (numbers 1000)))
    "sums of rows", (fun () -> staged (fun x -> each 300 (fun k -> sumOver [ 1 ] (x * k))) (reshape [ 100; 10 ] (numbers 1000)))
    "largest ones and where they are",
    (fun () -> staged (fun x -> each 200 (fun k -> argMax (x * k), maxOf (x * k), product (x * k))) (numbers 1000))
    "variances", (fun () -> staged (fun x -> each 200 (fun k -> variance (x * k))) (numbers 1000))
    "norms", (fun () -> staged (fun x -> each 50 (fun k -> norm (x * k), logSumExp (x * k), softmax (x * k))) (numbers 100))
    "random normals",
    (fun () -> staged (fun (key: RandomKey) -> each 40 (fun k -> sum (key.FoldIn(int64 k).Normal [| 100 |]))) (RandomKey 1L))
    "choices of scalars", (fun () -> staged (iterated 3_000 (fun i y -> where (y .> float i) (y - 1.0) (y * 2.0))) (scalar 0.5))
    "5,000 arguments", (fun () -> staged (Array.reduce (+)) (Array.init 5_000 (fun i -> scalar (float i))))
    "5,000 results", (fun () -> staged (fun (x: Tensor) -> each 5_000 (fun k -> x * k)) (scalar 2.0))
    "1,000 branches",
    (fun () -> staged (fun (x: Tensor) -> switch (argMax x) [ for i in 1..1000 -> fun (y: Tensor) -> y * float i ] x) (numbers 20))
]

let Names: TheoryData<string> = TheoryData<string>(List.map fst graphs)

[<Theory; MemberData(nameof Names)>]
let ``no method of a large program passes a limit of the JIT`` (name: string) =
    let program = graphs |> List.find (fst >> (=) name) |> snd |> (fun graph -> Compile.lower (graph ()))

    for width in List.distinct [ List.last EmitChecked.widths; 64 ] do
        EmitChecked.staysWithinLimits $"{name}, width {width}" (Emit.compile (Emit.machineCode width) Kernels.apply program)

[<Fact>]
let ``a program of many arguments, results and branches computes what a small one does`` () =
    // Carries of these sizes exchange their memory; booleans and whole numbers are arguments too.
    let step (xs: Tensor[]) = Array.append xs[1..] [| xs[0] * 0.5 |]
    let looped = jit (fun (xs: Tensor[], odd: Tensor) -> forLoop 0 5 (fun _ xs -> step xs) xs, where odd xs[0] xs[1])
    let xs = Array.init 300 (fun i -> numbers 200 * float i)
    let odd = numbers 200 .> 0.7

    for _ in 1..2 do
        let results, chosen = looped (xs, odd)
        let expected = Seq.fold (fun xs _ -> step xs) xs [ 1..5 ]
        Array.iter2 (fun (a: Tensor) (b: Tensor) -> Assert.True(Tensor.SameBits(a, b))) expected results
        Assert.True(Tensor.SameBits(where odd xs[0] xs[1], chosen))

    let chosen = jit (fun (i: Tensor) -> switch i [ for k in 0..999 -> fun (y: Tensor) -> y * float k ] (scalar 2.0))

    for index, branch in [ -5, 0; 0, 0; 255, 255; 256, 256; 257, 257; 999, 999; 4000, 999 ] do
        Assert.Equal(2.0 * float branch, float (chosen (Tensor.op_Implicit index)))
