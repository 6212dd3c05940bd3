// Loop programs as text, to read what fusion made.
module internal Pipeline.Engine.Tests.LoopPrinting

open System
open System.Collections.Generic
open System.Text
open Pipeline
open Pipeline.Engine

let private access (a: Access) =
    let terms = a.Terms |> Array.map (fun (struct (v, s)) -> $" + {s} i{v}")
    $"b{a.Buffer}[{a.Offset}{String.Join(String.Empty, terms)}]"

let private lanes (text: StringBuilder) (indent: string) (roots: Lane[]) =
    let names = Dictionary<Lane, string>(HashIdentity.Reference)

    let rec name (lane: Lane) =
        match names.TryGetValue lane with
        | true, name -> name
        | _ ->
            let arguments = lane.Arguments |> Array.map name

            let result =
                match lane.Op with
                | LaneOp.Argument k -> $"s{k}"
                | LaneOp.Constant value -> string value
                | op ->
                    let result = $"t{names.Count}"

                    let operation =
                        match op with
                        | LaneOp.Call1(name, _, _) -> name
                        | op -> string op

                    text.AppendLine $"{indent}{result}:{DType.name lane.DType} = {operation} {String.Join(' ', arguments)}"
                    |> ignore

                    result

            names[lane] <- result
            result

    Array.map name roots

let private source (s: Source) =
    match s with
    | Source.Load a -> access a
    | Source.LoadAt(a, _, count, stride) -> $"{access a} at index of {count} * {stride}"
    | Source.Counter(v, factor, offset) -> $"{offset} + {factor} i{v}"

let rec private statement (text: StringBuilder) (indent: string) (s: Statement) =
    let line (words: string) = text.AppendLine(indent + words) |> ignore

    let inner = indent + "    "

    match s with
    | Statement.Nest nest ->
        let axes =
            nest.Axes
            |> Array.mapi (fun k axis -> $"i{axis.Variable}<{axis.Extent}" + (if k = nest.VectorAxis then "v" else ""))

        line $"nest {String.Join(' ', axes)}"

        nest.Sources |> Array.iteri (fun k s -> text.AppendLine $"{inner}s{k} = {source s}" |> ignore)

        let roots = Array.append (nest.Stores |> Array.map _.Value) (nest.Reductions |> Array.map _.Value)

        let names = lanes text inner roots

        nest.Stores |> Array.iteri (fun k s -> text.AppendLine $"{inner}{access s.Target} = {names[k]}" |> ignore)

        nest.Reductions
        |> Array.iteri (fun k r ->
            text.AppendLine $"{inner}{access r.Target} = {r.Kind} over {r.Axes} of {names[nest.Stores.Length + k]}"
            |> ignore)
    | Statement.Accumulate a -> line $"""{(if a.Replaces then "replace" else "accumulate into")} {access a.Target}"""
    | Statement.Product p -> line $"product {access p.C} = {access p.A} * {access p.B}, {p.Batch} of {p.M} x {p.K} x {p.N}"
    | Statement.Repeat(v, count, body) ->
        line $"repeat i{v}<{count}"
        Array.iter (statement text inner) body
    | Statement.RepeatWhile(test, flag, bound, body) ->
        line $"while {access flag} bound {bound}, tested by"
        Array.iter (statement text inner) test
        line "do"
        Array.iter (statement text inner) body
    | Statement.Choose(index, branches) ->
        line $"choose {access index}"

        for branch in branches do
            line "branch"
            Array.iter (statement text inner) branch
    | Statement.Swap(a, b) -> line $"swap b{a} b{b}"
    | Statement.Kernel(op, inputs, outputs) ->
        let place = Array.map (fun (struct (a, t: TensorType)) -> $"{access a}:{t}")
        line $"kernel {String.Join(' ', place outputs)} = {Typing.name op} {String.Join(' ', place inputs)}"

let print (program: LoopProgram) =
    let text = StringBuilder()

    program.Buffers
    |> Array.iteri (fun k b ->
        let kind =
            match b.Kind with
            | BufferKind.Input k -> $"input {k}"
            | BufferKind.Output k -> $"output {k}"
            | BufferKind.Workspace offset -> $"workspace {offset}"
            | BufferKind.Data _ -> "data"

        text.AppendLine $"b{k}: {DType.name b.DType}[{b.Size}] {kind}" |> ignore)

    Array.iter (statement text "") program.Body
    text.ToString()
