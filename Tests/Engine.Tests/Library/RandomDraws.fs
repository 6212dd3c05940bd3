/// Every draw by name, as a function of its key, for the laws that hold for all of them.
module internal Pipeline.Engine.Tests.RandomDraws

open System
open Pipeline
open Pipeline.Engine
open Xunit

let layouts = [ RandomLayout.Partitionable; RandomLayout.Original ]
let numbers (a: Tensor) = Golden.numbers a.Array
let tensor dtype (shape: int[]) (data: Array) = Tensor(NDArray.ofData dtype shape data)
let real (x: float) = tensor DType.Float64 [||] [| x |]

let draws: (string * (RandomKey -> Tensor)) list =
    let float64 (shape: int[]) (data: float[]) = tensor DType.Float64 shape data
    let weights = float64 [| 4 |] [| 0.1; 0.2; 0.3; 0.4 |]
    let table = float64 [| 3; 4 |] [| 1.0 .. 12.0 |]

    let mean, covariance = float64 [| 2 |] [| 1.0; -1.0 |], float64 [| 2; 2 |] [| 2.0; 0.5; 0.5; 1.0 |]

    [
        "split", (fun key -> ShapeOperations.stack 0 (key.Split 3 |> Array.map _.Data))
        "batch of keys", (fun key -> (key.SplitBatch 3).Data)
        "fold in", (fun key -> (key.FoldIn 7L).Data)
        "bits", (fun key -> key.Bits([| 5 |], DType.UInt16))
        "uniform", (fun key -> key.Uniform<float32> [| 5 |])
        "uniform 64", (fun key -> key.Uniform [| 5 |])
        "range", (fun key -> key.Uniform<float32>([| 5 |], -3.0, 1.1))
        "range 64", (fun key -> key.Uniform([| 5 |], real -3.0, real 1.1))
        "normal", (fun key -> key.Normal<float32> [| 2; 3 |])
        "normal 64", (fun key -> key.Normal [| 2; 3 |])
        "scaled normal", (fun key -> key.Normal([| 2; 3 |], 1.0, real 0.5))
        "exponential", (fun key -> key.Exponential<float32> [| 5 |])
        "gumbel", (fun key -> key.Gumbel<float32> [| 5 |])
        "laplace", (fun key -> key.Laplace<float32> [| 5 |])
        "logistic", (fun key -> key.Logistic<float32> [| 5 |])
        "cauchy", (fun key -> key.Cauchy<float32> [| 5 |])
        "truncated normal", (fun key -> key.TruncatedNormal<float32>([| 5 |], -1.0, infinity))
        "multivariate normal", (fun key -> key.MultivariateNormal([| 3 |], mean, covariance))
        "integers", (fun key -> key.Integers([| 5 |], -5L, 1000L))
        "integers 64", (fun key -> key.Integers([| 5 |], 0L, Int64.MaxValue, DType.Int64))
        "all bytes", (fun key -> key.Integers<byte>([| 5 |], 0L, 256L))
        "permutation", (fun key -> key.Permutation 6)
        "long permutation", (fun key -> key.Permutation 1626)
        "slices", (fun key -> key.Permutation(table, 1))
        "lines", (fun key -> key.Permutation(table, 1, true))
        "columns", (fun key -> key.Permutation(table, 0, true))
        "choice", (fun key -> key.Choice([| 6 |], 5))
        "weighted choice", (fun key -> key.Choice([| 2; 3 |], 4, weights = weights))
        "distinct choice", (fun key -> key.Choice([| 3 |], 5, false))
        "distinct weighted choice", (fun key -> key.Choice([| 3 |], 4, false, weights))
        "entries", (fun key -> key.Choice([| 2 |], table, axis = 1))
        "bernoulli", (fun key -> key.Bernoulli([| 3; 4 |], weights))
        "rademacher", (fun key -> key.Rademacher([| 5 |], DType.Int32))
        "categorical", (fun key -> key.Categorical([| 5; 3 |], table))
        "distinct categorical", (fun key -> key.Categorical([| 2; 4 |], table, 0, false))
    ]

let same name (expected: Tensor) (actual: Tensor) =
    Assert.True((expected.Type = actual.Type), $"{name}: {actual.Type}, not {expected.Type}")

    Assert.True(
        (Array.map BitConverter.DoubleToInt64Bits (numbers expected) = Array.map BitConverter.DoubleToInt64Bits (numbers actual)),
        $"{name}: {actual} is not {expected}"
    )

let vectorized (lanes: int) (f: Tensor -> Tensor) (a: Tensor) =
    let values, hidden = Batch.map lanes (fun x -> [| f x[0] |]) [| a |] [| true |]
    Assert.True hidden[0]
    values[0]
