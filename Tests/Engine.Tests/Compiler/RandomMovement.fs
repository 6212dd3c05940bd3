// Random operations that move elements.
namespace Pipeline.Engine.Tests

open System
open Pipeline
open Pipeline.Engine

[<RequireQualifiedAccess>]
module internal RandomMovement =
    /// Broadcasts, reshapes, transposes, slices, pads, joins, gathers and scatters.
    let step (parts: RandomParts) (b: GraphBuilder) (pool: ResizeArray<int>) : int[] =
        let pick items = parts.Pick items
        let chance p = parts.Chance p
        let float = parts.Float
        let any () = pick (pool.ToArray())
        let x () = parts.Of(b, pool, float)
        let single (v: int) = [| v |]

        match parts.Next 9 with
        | 0
        | 1 ->
            let v = any ()
            let s = b.Shape v
            let extra = parts.Next(if s.Length >= 3 then 1 else 3 - s.Length)
            let rank = s.Length + extra

            let axes = Array.init rank id |> Array.sortBy (fun _ -> parts.Next 1000000) |> Array.take s.Length |> Array.sort

            let full = Array.init rank (fun _ -> pick [| 1; 2; 3; 9 |])
            axes |> Array.iteri (fun i axis -> full[axis] <- s[i])

            if Shape.size full > 2000 then single v else single (b.Add(Op.Broadcast(full, axes), v))
        | 2 ->
            let v = any ()
            let s = b.Shape v
            let n = Shape.size s

            let choices =
                [|
                    yield [| n |]
                    yield Array.append [| 1 |] s
                    yield Array.append s [| 1 |]
                    for d in 2..5 do
                        if n % d = 0 then
                            yield [| d; n / d |]
                            yield [| n / d; 1; d |]
                    if s.Length > 1 then yield Array.append [| s[0] * s[1] |] s[2..]
                    if n = 1 then yield [||]
                |]
                |> Array.filter (fun s -> s.Length <= 4)

            single (b.Add(Op.Reshape(pick choices), v))
        | 3 ->
            let v = any ()

            single (b.Add(Op.Transpose(Array.init (b.Shape v).Length id |> Array.sortBy (fun _ -> parts.Next 1000000)), v))
        | 4 ->
            let v = any ()
            let s = b.Shape v
            let starts = s |> Array.map (fun d -> parts.Next(d / 2 + 1))

            let limits = Array.map2 (fun d start -> d - parts.Next(1 + (d - start) / 2)) s starts

            single (b.Add(Op.Slice(starts, limits, s |> Array.map (fun _ -> pick [| 1; 1; 1; 2; 3 |])), v))
        | 5 ->
            let v = any ()
            let s = b.Shape v

            let some () = s |> Array.map (fun _ -> pick [| 0; 0; 1; 2 |])

            let padded = b.Add(Op.Pad(some (), some (), s |> Array.map (fun _ -> pick [| 0; 0; 0; 1 |])), v)

            single padded
        | 6 ->
            let v = any ()
            let t = b.Type v

            if t.Shape.Length = 0 then
                single v
            else
                let axis = parts.Next t.Shape.Length

                let other () = parts.Shaped(b, pool, t.DType, Array.updateAt axis (parts.Extent()) t.Shape)

                single (b.Add(Op.Concatenate axis, Array.append [| v |] (Array.init (parts.Next 3) (fun _ -> other ()))))
        | 7 ->
            let v = any ()
            let s = b.Shape v

            if s.Length = 0 || Array.contains 0 s then
                single v
            else
                let axis = parts.Next s.Length

                let indices =
                    parts.Shaped(b, pool, pick [| DType.Int32; DType.Int64 |], pick [| [||]; [| 3 |]; [| 2; 2 |]; [| 12 |] |])

                single (b.Add(Op.Gather axis, v, indices))
        | _ ->
            let v = any ()
            let s = b.Shape v
            let axis = parts.Next(s.Length + 1)
            let rank = parts.Next(s.Length - axis + 1)
            let indices = parts.Shaped(b, pool, DType.Int32, Array.sub s axis rank)
            let size = pick [| 1; 3; 12 |]
            let shape = Array.concat [ s[.. axis - 1]; [| size |]; s[axis + rank ..] ]
            let x = parts.Shaped(b, pool, b.Type(v).DType, shape)
            single (b.Add(Op.Scatter axis, x, v, indices))
