// The lanes of a batch: operands with a leading axis where they lack one, and programs of which only some lanes take the results.
module internal Pipeline.Engine.BatchLanes

open Pipeline

/// The tensor once for each of the batch.
let lead size (a: Tensor) : Tensor = Primitive.broadcast (Array.append [| size |] a.Dims) [| 1 .. a.Rank |] a

/// Operands with a leading axis where the mask says so but they lack one.
let fill size (wanted: bool[]) (batched: bool[]) (values: Tensor[]) =
    Array.mapi (fun i (a: Tensor) -> if wanted[i] && not batched[i] then lead size a else a) values

/// Which results of a graph vary over the batch when the inputs of the mask do.
let varies (graph: Graph) (mask: bool[]) : bool[] =
    let varying = Graphs.depends graph mask
    graph.Outputs |> Array.map (fun v -> varying[v])

/// The operands of a program that only the lanes of a mask reach: the others borrow those of the first that does.
let borrowed (lanes: Tensor) (mask: bool[]) (operands: Tensor[]) : Tensor[] =
    let first = Primitive.apply1 (Op.Reduce(Reduction.ArgMax, [| 0 |])) (Primitive.convert DType.Int32 lanes)

    operands
    |> Array.mapi (fun i a ->
        if mask[i] then
            let other = Primitive.broadcast a.Dims [| 1 .. a.Rank - 1 |] (Primitive.gather 0 a first)

            Primitive.select (Primitive.broadcast a.Dims [| 0 |] lanes) a other
        else
            a)

/// Whether any of the lanes is one of the mask.
let anyOf (lanes: Tensor) : Tensor = Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| 0 |])) (Primitive.convert DType.Int32 lanes)

/// The first of two results in the lanes of the mask, the second in the others.
let selectLanes (lanes: Tensor) (yes: Tensor[]) (no: Tensor[]) : Tensor[] =
    Array.map2 (fun (yes: Tensor) (no: Tensor) -> Primitive.select (Primitive.broadcast no.Dims [| 0 |] lanes) yes no) yes no
