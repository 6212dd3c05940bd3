// Collecting the cotangent of one value from everything that read it.
namespace Pipeline.Engine

open Pipeline

/// The cotangent w n / d before its division, w the cotangent of the quotient: of some quotients, the last one first; factor (null: 1) is a
/// number of the program's text. Multiplied by a further slope c, it is w (c n / d): n / d is a derivative by a value on the way, as are its
/// derivatives, and may leave the range where those of the values around it do not. 1 / u of log u has the change u' / u^2, but u' / u has
/// that of a second derivative.
[<Sealed; AllowNullLiteral>]
type internal Undivided private (ct: Tensor, factor: Tensor, quotients: struct (Tensor * Tensor) list) =
    let mutable known: struct (Tensor * Tensor) = struct (null, null)
    let times (a: Tensor) = if isNull factor then a else Primitive.scale a factor

    let product slope = Primitive.scale ct (List.fold (fun c (struct (n, d)) -> Primitive.quotient c n d) slope quotients)

    new(ct, n, d) = Undivided(ct, null, [ struct (n, d) ])

    member _.Value: Tensor =
        match quotients with
        | [ struct (n, d) ] when isNull factor -> Primitive.quotient ct n d
        | _ -> product (times (Primitive.fillLike ct 1.0))

    member _.Negated = Undivided(Primitive.negate ct, factor, quotients)

    /// Where the condition holds, and where it does not.
    member _.Split(condition: Tensor) : struct (Undivided * Undivided) =
        let zero = Primitive.fillLike ct 0.0
        let part yes no = Undivided(Primitive.select condition yes no, factor, quotients)
        struct (part ct zero, part zero ct)

    /// Divided by a count.
    member _.Over(count: float) = Undivided(Primitive.zip Zip.Divide ct (Primitive.fillLike ct count), factor, quotients)

    /// Through an operation that repeats or moves numbers.
    member _.Moved(move: Tensor -> Tensor) =
        Undivided(
            move ct,
            (if isNull factor then null else move factor),
            quotients |> List.map (fun (struct (n, d)) -> struct (move n, move d))
        )

    /// Its product with a slope; a square asks twice for the same.
    member _.Times(slope: Tensor) : Tensor =
        let struct (last, result) = known

        if obj.ReferenceEquals(last, slope) then
            result
        else
            let result = product (times slope)
            known <- struct (slope, result)
            result

    member _.TimesNumber(number: Tensor) = Undivided(ct, times number, quotients)

    /// Its product with another quotient; three wait at most.
    member this.TimesQuotient(n: Tensor, d: Tensor) =
        if quotients.Length > 2 then
            Undivided(this.Value, n, d)
        else
            Undivided(ct, factor, struct (n, d) :: quotients)

    /// The only divisor; null where there are more.
    member _.Divisor =
        match quotients with
        | [ struct (_, d) ] -> d
        | _ -> null

    member private _.Dividend =
        let struct (n, _) = quotients.Head
        times (Primitive.scale ct n)

    /// The sum of what was repeated, whose only divisor was repeated as well, from this.
    member this.Summed(axes: int[], divisor: Tensor) =
        let dividend = Primitive.sum axes this.Dividend
        Undivided(dividend, Primitive.fillLike dividend 1.0, divisor)

    /// The sum with another over the same only divisor.
    member this.Plus(other: Undivided) = Undivided(Primitive.add this.Dividend other.Dividend, Primitive.fillLike ct 1.0, this.Divisor)

/// The cotangent of one value while it is being collected. What was read from parts of the value is kept part by part and added once,
/// so that n reads of an n-vector cost n and not n^2.
[<Sealed; AllowNullLiteral>]
type internal Cotangent(t: TensorType) =
    let mutable sum: Tensor = null
    let mutable quotients: ResizeArray<Undivided> = null
    let mutable slices: ResizeArray<struct (int[] * int[] * Tensor)> = null
    let mutable gathered: ResizeArray<struct (int * Tensor * Tensor)> = null

    /// The transpose of one slice.
    let pad (starts: int[]) (strides: int[]) (ct: Tensor) =
        let high =
            Array.init starts.Length (fun i ->
                let taken = ct.Dims[i]
                t.Shape[i] - starts[i] - (if taken = 0 then 0 else (taken - 1) * strides[i] + 1))

        Primitive.apply1 (Op.Pad(starts, high, strides |> Array.map (fun s -> s - 1))) ct

    /// The positions of a slice's entries in the flattened value.
    let positions (starts: int[]) (strides: int[]) (shape: int[]) =
        let steps = Shape.strides t.Shape
        let result = Array.zeroCreate (Shape.size shape)

        for flat in 0 .. result.Length - 1 do
            let mutable rest = flat
            let mutable position = 0

            for axis in shape.Length - 1 .. -1 .. 0 do
                position <- position + (starts[axis] + rest % shape[axis] * strides[axis]) * steps[axis]
                rest <- rest / shape[axis]

            result[flat] <- position

        result

    /// The only axis of which slices, so many at most, are parts that do not meet, in order, and all of the other axes; else none.
    let sideBySide () =
        let isPart (struct (_, strides: int[], ct: Tensor)) axis = strides[axis] <> 1 || ct.Dims[axis] <> t.Shape[axis]

        let axes =
            [| 0 .. t.Shape.Length - 1 |] |> Array.filter (fun axis -> Seq.exists (fun slice -> isPart slice axis) slices)

        match axes with
        | [| axis |] when slices.Count <= 16 && slices |> Seq.forall (fun (struct (_, strides, _)) -> strides[axis] = 1) ->
            let parts =
                slices.ToArray()
                |> Array.map (fun (struct (starts, _, ct)) -> struct (starts[axis], ct))
                |> Array.sortBy (fun (struct (start, _)) -> start)

            let follows (struct (struct (start, ct: Tensor), struct (next, _))) = start + ct.Dims[axis] <= next
            let isApart = parts |> Array.pairwise |> Array.forall (fun (a, b) -> follows (struct (a, b)))
            if isApart then ValueSome(struct (axis, parts)) else ValueNone
        | _ -> ValueNone

    /// Such parts, and zeros where there are none.
    let joined axis (parts: struct (int * Tensor)[]) =
        let all = ResizeArray<Tensor>()
        let mutable next = 0

        let fill until =
            if next < until then
                all.Add(Primitive.zeros { t with Shape = Array.updateAt axis (until - next) t.Shape })

        for struct (start, ct) in parts do
            fill start
            all.Add ct
            next <- start + ct.Dims[axis]

        fill t.Shape[axis]
        Primitive.concatenate axis (all.ToArray())

    /// From so many times fewer entries on, entries are added one by one to a sum, which a loop then carries in place.
    let few = 8

    let withSlices (total: Tensor) =
        let size = Shape.size t.Shape

        match (if isNull slices then 0 else slices.Count) with
        | 0 -> total
        | 1 when
            (let struct (_, _, ct) = slices[0]
             isNull total || Shape.size ct.Dims * few > size)
            ->
            let struct (starts, strides, ct) = slices[0]
            Primitive.addSymbolic total (pad starts strides ct)
        | _ ->
            match (if isNull total then sideBySide () else ValueNone) with
            | ValueSome(struct (axis, parts)) -> joined axis parts
            | ValueNone ->
                let flat = [| for struct (_, _, ct) in slices -> Primitive.reshape [| Shape.size ct.Dims |] ct |]

                let at =
                    slices.ToArray() |> Array.collect (fun (struct (starts, strides, ct)) -> positions starts strides ct.Dims)

                let indices = Tensor(NDArray.ofData DType.Int32 [| at.Length |] at, Literal = true)
                let sum = Primitive.reshape [| size |] (Primitive.orZeros t total)
                Primitive.reshape t.Shape (Primitive.scatter 0 sum (Primitive.concatenate 0 flat) indices)

    let withGathered (total: Tensor) =
        if isNull gathered then
            total
        else
            gathered.ToArray()
            |> Array.groupBy (fun (struct (axis, indices, _)) -> struct (axis, indices.DType))
            |> Array.fold
                (fun total (struct (axis, _), group) ->
                    let flatten (struct (_, indices: Tensor, ct: Tensor)) =
                        let count = Shape.size indices.Dims

                        let shape = Array.concat [ ct.Dims[.. axis - 1]; [| count |]; ct.Dims[axis + indices.Rank ..] ]

                        Primitive.reshape [| count |] indices, Primitive.reshape shape ct

                    let indices, updates = group |> Array.map flatten |> Array.unzip
                    let sum = Primitive.orZeros t total
                    Primitive.scatter axis sum (Primitive.concatenate axis updates) (Primitive.concatenate 0 indices))
                total

    let divide () =
        if not (isNull quotients) then
            for quotient in quotients do
                sum <- Primitive.addSymbolic sum quotient.Value

            quotients <- null

    member _.Add(ct: Tensor) = sum <- Primitive.addSymbolic sum ct

    /// A quotient that waits for the next slope; of many of them a value has the sum.
    member _.Add(ct: Undivided) =
        if isNull quotients then quotients <- ResizeArray()

        let same =
            quotients.FindIndex(fun other -> not (isNull ct.Divisor) && obj.ReferenceEquals(other.Divisor, ct.Divisor))

        if same < 0 then
            quotients.Add ct
            if quotients.Count > 3 then divide ()
        else
            quotients[same] <- quotients[same].Plus ct

    /// Whether there are quotients among what was given.
    member _.IsUndivided = not (isNull quotients)

    /// The quotients among what was given, which are then given anew.
    member _.TakeUndivided() : Undivided[] =
        let taken = if isNull quotients then [||] else quotients.ToArray()
        quotients <- null
        taken

    member _.AddSlice(starts, strides, ct: Tensor) =
        if isNull slices then slices <- ResizeArray()

        slices.Add(struct (starts, strides, ct))

    member _.AddGathered(axis, indices: Tensor, ct: Tensor) =
        if isNull gathered then gathered <- ResizeArray()

        gathered.Add(struct (axis, indices, ct))

    /// Everything given, added; null if nothing was.
    member _.Total =
        divide ()
        sum |> withSlices |> withGathered

    /// Whether nothing but parts of the value has been given.
    member _.IsOfParts = isNull sum && isNull quotients && not (isNull slices && isNull gathered)

    /// The plain sum of what was given so far, which is then given anew with what it becomes; what waits goes on waiting.
    member _.TakeSum() =
        let taken = sum
        sum <- null
        taken

    /// Everything given so far, which is then given anew with what it becomes.
    member this.Take() =
        let total = this.Total
        sum <- null
        slices <- null
        gathered <- null
        total
