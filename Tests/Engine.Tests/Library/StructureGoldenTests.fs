/// Structural operations as users call them: values and reverse derivatives against reference values, eager and compiled, and what must be refused.
module Pipeline.Tests.StructureGoldenTests

open System
open System.Text.Json
open Xunit
open Pipeline
open Pipeline.Engine
open Pipeline.FSharp
open Pipeline.Engine.Tests
open Pipeline.Tests.GoldenDerivatives

let private required name case = (Golden.argument name case).Value
let private whole name case = (required name case).GetInt32()

/// Axes counted from the front, in the order in which they become axes.
let private fromFront rank (axes: int[]) = axes |> Array.map (fun axis -> if axis < 0 then axis + rank else axis)

let private flat (x: Tensor) = ShapeOperations.reshape [| -1 |] x

let private along (f: int -> Tensor -> Tensor) : Program =
    fun case x ->
        match axes case with
        | null -> [| f 0 (flat x[0]) |]
        | axes -> [| f axes[0] x[0] |]

let private expandDims: Program =
    fun case x ->
        let axes = axes case
        let rank = x[0].Rank + axes.Length

        [| fromFront rank axes |> Array.sort |> Array.fold (fun a axis -> ShapeOperations.expandDims axis a) x[0] |]

let private transpose: Program =
    fun case x ->
        match Golden.argument "axes" case with
        | ValueSome axes -> [| ShapeOperations.transpose (Golden.integers axes) x[0] |]
        | ValueNone -> [| ShapeOperations.transpose [| x[0].Rank - 1 .. -1 .. 0 |] x[0] |]

let private flip: Program =
    fun case x ->
        let axes =
            match axes case with
            | null -> [| 0 .. x[0].Rank - 1 |]
            | axes -> axes

        [| axes |> Array.fold (fun a axis -> ShapeOperations.flip axis a) x[0] |]

let private roll: Program =
    fun case x ->
        let shifts = Golden.integers (required "shift" case)

        match axes case with
        | null -> [| ShapeOperations.reshape x[0].Dims (ShapeOperations.roll shifts[0] 0 (flat x[0])) |]
        | axes -> [| Array.zip shifts axes |> Array.fold (fun a (shift, axis) -> ShapeOperations.roll shift axis a) x[0] |]

/// Python's slices, clipped as its are; a negative step is the slice of the flipped axis.
let private slice: Program =
    fun case x ->
        let apply (a: Tensor, axis) (part: JsonElement) =
            if part.ValueKind = JsonValueKind.Number then
                ShapeOperations.entry axis (part.GetInt32()) a, axis
            else
                let size = a.Dims[axis]

                let number (k: int) = if part[k].ValueKind = JsonValueKind.Null then ValueNone else ValueSome(part[k].GetInt32())

                let step = number 2 |> ValueOption.defaultValue 1

                // A place counted from the front of an axis, or of the flipped one.
                let place k otherwise =
                    match number k with
                    | ValueNone -> otherwise
                    | ValueSome p ->
                        let front = if p < 0 then p + size else p
                        let front = if step < 0 then size - 1 - front else front
                        min size (max 0 front)

                let a = if step < 0 then ShapeOperations.flip axis a else a
                let start = place 0 0
                ShapeOperations.slice axis start (max start (place 1 size)) (abs step) a, axis + 1

        let list =
            match required "slices" case with
            | parts when parts.ValueKind = JsonValueKind.Array -> [ for part in parts.EnumerateArray() -> part ]
            | part -> [ part ]

        [| list |> List.fold apply (x[0], 0) |> fst |]

let private split: Program =
    fun case x ->
        let axis = (fromFront x[0].Rank (axes case))[0]
        let size = x[0].Dims[axis]

        let cuts =
            match required "sections" case with
            | sections when sections.ValueKind = JsonValueKind.Array -> Golden.integers sections
            | sections ->
                let count = sections.GetInt32()

                if size % count <> 0 then
                    raise (ShapeException "an uneven number of sections is the test's own refusal")

                [| for k in 1 .. count - 1 -> k * (size / count) |]

        Array.concat [ [| 0 |]; cuts; [| size |] ]
        |> Array.pairwise
        |> Array.map (fun (first, limit) -> ShapeOperations.slice axis first limit 1 x[0])

let private clip: Program = fun _ x -> [| Operations.minimum (Operations.maximum x[0] x[1]) x[2] |]

let private outer: Program = fun _ x -> [| ShapeOperations.expandDims 1 x[0] * x[1] |]

let private structure: Map<string, Program> =
    Map [
        "reshape", (fun case x -> [| ShapeOperations.reshape (Golden.integers (required "shape" case)) x[0] |])
        "expand_dims", expandDims
        "squeeze", one ShapeOperations.squeeze
        "transpose", transpose
        "broadcast", (fun case x -> [| ShapeOperations.broadcastTo (Golden.integers (required "shape" case)) x[0] |])
        "concatenate", (fun case x -> [| ShapeOperations.concatenate (whole "axis" case) x |])
        "stack", (fun case x -> [| ShapeOperations.stack (whole "axis" case) x |])
        "split", split
        "flip", flip
        "roll", roll
        "slice", slice
        "take",
        (fun case x ->
            match axes case with
            | null -> [| ShapeOperations.take 0 x[1] (flat x[0]) |]
            | axes -> [| ShapeOperations.take axes[0] x[1] x[0] |])
        "sort", along Operations.sort
        "argsort", along Operations.argSort
        "where", (fun _ x -> [| ShapeOperations.where x[0] x[1] x[2] |])
        "clip", clip
        "outer", outer
    ]

let private limit: Limit =
    fun case ->
        match case.Operation with
        | "squeeze" when (Golden.argument "axis" case).IsSome -> ValueSome "squeezing one axis is planned"
        | "sort"
        | "argsort" when flag "descending" case -> ValueSome "descending order is planned"
        | "split" when case.IsError -> ValueSome "sections of equal size are counted by the test"
        | _ -> ValueNone

[<Fact>]
let ``golden structural operations`` () = check "structure.json" limit structure
