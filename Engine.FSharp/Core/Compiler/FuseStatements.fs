// What statements read and write, and the same statements over other buffers.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal Statements =
    let private sourceReads (source: Source) =
        match source with
        | Source.Load access
        | Source.LoadAt(access, _, _, _) -> [| access |]
        | Source.Counter _ -> [||]

    /// Calls with every access that is read (false) or written (true), in no order within a statement.
    let rec accesses (visit: Access -> bool -> unit) (statement: Statement) =
        match statement with
        | Statement.Nest nest ->
            for source in nest.Sources do
                for access in sourceReads source do
                    visit access false

            for store in nest.Stores do
                visit store.Target true

            for reduction in nest.Reductions do
                visit reduction.Target true
        | Statement.Accumulate accumulation ->
            for source in accumulation.Sources do
                for access in sourceReads source do
                    visit access false

            visit accumulation.Target false
            visit accumulation.Target true
        | Statement.Product product ->
            visit product.A false
            visit product.B false
            visit product.C true
        | Statement.Repeat(_, _, body) -> Array.iter (accesses visit) body
        | Statement.RepeatWhile(test, flag, _, body) ->
            Array.iter (accesses visit) test
            visit flag false
            Array.iter (accesses visit) body
        | Statement.Choose(index, branches) ->
            visit index false

            for branch in branches do
                Array.iter (accesses visit) branch
        | Statement.Swap(a, b) ->
            for buffer in [| a; b |] do
                let access = { Buffer = buffer; Offset = 0; Terms = [||] }

                visit access false
                visit access true
        | Statement.Kernel(_, inputs, outputs) ->
            for struct (access, _) in inputs do
                visit access false

            for struct (access, _) in outputs do
                visit access true

    /// The same statement with buffers renamed.
    let rec rename (buffer: int -> int) (statement: Statement) : Statement =
        let access (a: Access) = { a with Buffer = buffer a.Buffer }

        let source (s: Source) =
            match s with
            | Source.Load a -> Source.Load(access a)
            | Source.LoadAt(a, index, count, stride) -> Source.LoadAt(access a, index, count, stride)
            | Source.Counter _ -> s

        let all = Array.map (rename buffer)

        match statement with
        | Statement.Nest nest ->
            Statement.Nest {
                nest with
                    Sources = Array.map source nest.Sources
                    Stores = nest.Stores |> Array.map (fun s -> { s with Target = access s.Target })
                    Reductions = nest.Reductions |> Array.map (fun r -> { r with LoopReduction.Target = access r.Target })
            }
        | Statement.Accumulate accumulation ->
            Statement.Accumulate { accumulation with Sources = Array.map source accumulation.Sources; Target = access accumulation.Target }
        | Statement.Product product -> Statement.Product { product with A = access product.A; B = access product.B; C = access product.C }
        | Statement.Repeat(variable, count, body) -> Statement.Repeat(variable, count, all body)
        | Statement.RepeatWhile(test, flag, bound, body) -> Statement.RepeatWhile(all test, access flag, bound, all body)
        | Statement.Choose(index, branches) -> Statement.Choose(access index, Array.map all branches)
        | Statement.Swap(a, b) -> Statement.Swap(buffer a, buffer b)
        | Statement.Kernel(op, inputs, outputs) ->
            let place = Array.map (fun (struct (a, tensor)) -> struct (access a, tensor))
            Statement.Kernel(op, place inputs, place outputs)

    /// The statement without stores of what already stands there, as copies between joined buffers are.
    let rec withoutMoves (statement: Statement) : Statement option =
        match statement with
        | Statement.Nest nest ->
            let moves (store: Store) =
                match store.Value.Op with
                | LaneOp.Argument k ->
                    match nest.Sources[k] with
                    | Source.Load access -> not (AccessComparer.Same access store.Target && access.Offset = store.Target.Offset)
                    | Source.LoadAt _
                    | Source.Counter _ -> true
                | _ -> true

            let stores = Array.filter moves nest.Stores

            if stores.Length = nest.Stores.Length then Some statement
            elif stores.Length = 0 && nest.Reductions.Length = 0 then None
            else Some(Statement.Nest { nest with Stores = stores })
        | Statement.Repeat(variable, count, body) -> Some(Statement.Repeat(variable, count, Array.choose withoutMoves body))
        | Statement.RepeatWhile(test, flag, bound, body) ->
            Some(Statement.RepeatWhile(Array.choose withoutMoves test, flag, bound, Array.choose withoutMoves body))
        | Statement.Choose(index, branches) -> Some(Statement.Choose(index, branches |> Array.map (Array.choose withoutMoves)))
        | Statement.Accumulate _
        | Statement.Product _
        | Statement.Swap _
        | Statement.Kernel _ -> Some statement

    /// Nests that copy tensors (source, target), of loops numbered from first on; small ones together in straight-line code.
    let copyAll first (copies: struct (Stored * Stored)[]) : Statement[] =
        let nest (extents: int[]) (copies: struct (Stored * Stored)[]) (elements: int[] -> Index[]) =
            let sources = NestSources(first, extents.Length, (fun _ -> invalidOp "A copy reads no indices."))

            let stores = [|
                for struct (source, target) in copies do
                    for index in elements source.Type.Shape do
                        { Target = Stored.access first index target; Value = sources.Load(source, index) }
            |]

            Statement.Nest(Nests.build first extents (sources.ToArray()) stores [||])

        let isSmall (struct (source: Stored, _)) = Shape.size source.Type.Shape <= CostModel.straightLine

        let present = copies |> Array.filter (fun (struct (source, _)) -> not (Array.contains 0 source.Type.Shape))

        let small, large = Array.partition isSmall present

        [|
            if small.Length > 0 then nest [||] small (Index.enumerate 0)

            for copy in large do
                let struct (source, _) = copy

                nest (source.Type.Shape |> Array.filter (fun extent -> extent <> 1)) [| copy |] (fun shape -> [| Index.running shape |])
        |]

    let copy first (source: Stored) (target: Stored) : Statement[] = copyAll first [| struct (source, target) |]
