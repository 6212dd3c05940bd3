/// Law 6: Hessians by reverse mode over reverse mode, through equations, loops and checkpoints, against closed forms.
module Pipeline.Tests.HessianLawTests

open System
open Xunit
open Pipeline
open Pipeline.FSharp

let private theta = vector [ 0.6; 1.7; 2.3 ]

/// f = S^3 / 3 with S the sum of z(theta): d2f = 2 S z_i' z_j' + S^2 z_i'' on the diagonal.
let private closed (z: float -> float) (first: float -> float) (second: float -> float) =
    let t = theta.ToArray<float>()
    let s = Array.sumBy z t

    [|
        for i in 0..2 do
            for j in 0..2 do
                2.0 * s * first t[i] * first t[j] + (if i = j then s * s * second t[i] else 0.0)
    |]

let private roots = closed sqrt (fun t -> 0.5 / sqrt t) (fun t -> -0.25 / (t * sqrt t))

let private powers = closed (fun t -> t ** 5.0) (fun t -> 5.0 * t ** 4.0) (fun t -> 20.0 * t ** 3.0)

let private cases: (string * (Tensor -> Tensor) * float[]) list =
    let ones = ones [ 3 ]
    let count = fst >> fun (i: Tensor) -> Tensor.op_LessThan (i, scalar 5)
    let next t (i: Tensor, z: Tensor) = i + 1, z * t
    let steps = zeros [ 5 ]

    [
        "fixed point", (fun t -> fixedPoint (fun z (t: Tensor) -> 0.5 * (z + t / z)) ones t), roots
        "root", (fun t -> root (fun z (t: Tensor) -> z * z - t) ones t), roots
        "root of one's own", (fun t -> rootBy (fun _ t -> sqrt t) (fun z (t: Tensor) -> z * z - t) ones t), roots
        "minimum", (fun t -> minimizer (fun z (t: Tensor) -> sum (z * z * z / 3.0 - t * z)) ones t), roots
        "while", (fun t -> snd (whileLoop count (next t) (scalar 0, ones))), powers
        "bounded while", (fun t -> snd (whileBounded 9 count (next t) (scalar 0, ones))), powers
        "checkpoint", checkpoint (fun t -> t * checkpoint (fun t -> square (square t)) t), powers
        "checkpointed scan", (fun t -> fst (scanCheckpointed 2 (fun z _ -> z * t, ()) ones steps)), powers
        "scan", (fun t -> fst (scan (fun z _ -> z * t, ()) ones steps)), powers
    ]

let names = TheoryData<string>(cases |> List.map (fun (name, _, _) -> name))

[<Theory; MemberData(nameof names)>]
let ``law 6: Hessians of reverse over reverse mode meet closed forms`` (name: string) =
    let _, z, expected = cases |> List.find (fun (other, _, _) -> other = name)

    let f t =
        let s = sum (z t)
        s * s * s / 3.0

    let byReverse (f: Tensor -> Tensor) = jacobianT (grad f)

    for form, found in
        [
            "eager", byReverse f theta
            "compiled", jit (byReverse f) theta
            "of the compiled function", byReverse (jit f) theta
            "batched", (vmap (byReverse f) (stack 0 [ theta + 0.5; theta ])).[1]
            "through a checkpoint", byReverse (checkpoint f) theta
        ] do
        Array.iteri2
            (fun i e a -> Assert.True(Tolerance.near 1e-10 e a, $"{form}, entry {i}: {a:R}, not {e:R}"))
            expected
            (found.ToArray<float>())
