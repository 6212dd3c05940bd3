// How cotangents that are quotients wait: through which operations they pass undivided on their way back to the next slope.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal UndividedCotangents =
    /// What a tensor, made while a trace ran, repeats along all axes but these; null where that is not known.
    let private repeatedBy (trace: Trace<Tensor>) (axes: int[]) (a: Tensor) : Tensor =
        if isNull a || isNull a.Repeats || not (a.Repeats.IsWithin trace) then
            null
        elif a.Repeats.Axes |> Array.forall (fun axis -> Array.contains axis axes) then
            let places = a.Repeats.Axes |> Array.map (fun axis -> System.Array.IndexOf(axes, axis))
            Primitive.broadcast (axes |> Array.map (fun axis -> a.Dims[axis])) places a.Repeats.Source
        else
            null

    /// Quotients go undivided through sums, signs, choices, numbers, quotients and movements, up to the next slope; what they do not go through divides them.
    /// Transposed: the operation's own transpose; what is given goes to an
    /// operand; the trace recorded the operation.
    let pass
        (trace: Trace<Tensor>)
        (transposed: Tensor -> Tensor)
        give
        giveUndivided
        (node: Node)
        (linear: bool[])
        (cotangent: Cotangent)
        : unit =
        let operands = node.Operands

        /// To the operand that is linear, the other being known.
        let passKnown (given: Undivided) =
            let struct (a, known) = if linear[0] then struct (operands[0], operands[1]) else struct (operands[1], operands[0])

            match node.Op with
            | Op.Quotient -> giveUndivided a (given.TimesQuotient(known, operands[2]))
            | _ when known.Literal -> giveUndivided a (given.TimesNumber known)
            | _ -> give a (given.Times known)

        match node.Op with
        | Op.Zip Zip.Add ->
            for given in cotangent.TakeUndivided() do
                Array.iter (fun a -> giveUndivided a given) operands
        | Op.Zip Zip.Subtract ->
            for given in cotangent.TakeUndivided() do
                giveUndivided operands[0] given
                if linear[1] then giveUndivided operands[1] given.Negated
        | Op.Map row when row.Equals Elementwise.negate ->
            for given in cotangent.TakeUndivided() do
                giveUndivided operands[0] given.Negated
        | Op.Select when not linear[0] ->
            for given in cotangent.TakeUndivided() do
                let struct (yes, no) = given.Split operands[0]
                if linear[1] then giveUndivided operands[1] yes
                if linear[2] then giveUndivided operands[2] no
        | Op.Reduce(Reduction.Sum, _)
        | Op.Reshape _
        | Op.Transpose _ ->
            for given in cotangent.TakeUndivided() do
                giveUndivided operands[0] (given.Moved transposed)
        | Op.Concatenate axis ->
            for given in cotangent.TakeUndivided() do
                let mutable start = 0

                for a in operands do
                    let from = start
                    start <- start + a.Dims[axis]
                    giveUndivided a (given.Moved(Primitive.sliceAxis axis from start))
        | Op.Mean axes ->
            let shape = operands[0].Dims
            let move = Primitive.broadcast shape (Shape.kept axes shape.Length)

            for given in cotangent.TakeUndivided() do
                giveUndivided operands[0] ((given.Over(float (Shape.count axes shape))).Moved move)
        | Op.Broadcast(shape, axes) ->
            for given in cotangent.TakeUndivided() do
                match repeatedBy trace axes given.Divisor with
                | null -> cotangent.Add given.Value
                | divisor -> giveUndivided operands[0] (given.Summed(Shape.kept axes shape.Length, divisor))
        | Op.Zip Zip.Scale when linear[0] <> linear[1] -> Array.iter passKnown (cotangent.TakeUndivided())
        | Op.Quotient when linear[0] <> linear[1] && not linear[2] ->
            Array.iter passKnown (cotangent.TakeUndivided())

            match cotangent.Take() with
            | null -> ()
            | ct when linear[0] -> giveUndivided operands[0] (Undivided(ct, operands[1], operands[2]))
            | ct -> giveUndivided operands[1] (Undivided(ct, operands[0], operands[2]))
        | _ -> ()
