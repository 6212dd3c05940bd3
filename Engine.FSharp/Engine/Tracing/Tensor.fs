// How a tensor does what its signature says: an operation is processed by the youngest transformation among those of its operands, else at once.
namespace Pipeline

open System
open System.Collections.Generic
open System.Numerics
open Pipeline.Engine

[<AllowNullLiteral; NoEquality; NoComparison; AutoSerializable(false)>]
type Tensor internal (t: TensorType, trace: Trace<Tensor>, initial: NDArray, recipe: Op voption) =
    let mutable array = initial

    /// An eager tensor.
    internal new(array: NDArray) = Tensor(Typing.ofArray array, null, array, ValueNone)

    member _.DType = t.DType
    member _.Shape: Shape = Shape t.Shape
    member _.Rank = t.Shape.Length
    member _.Size = Shape.size t.Shape
    member internal _.Dims = t.Shape
    member internal _.Type = t
    member internal _.Trace = trace
    /// Whether it is nothing but its numbers.
    member internal this.IsKnown = isNull trace || trace.Knows this
    /// An operation without operands that makes this array: staged programs hold it instead of the array.
    member internal _.Recipe = recipe
    /// From a plain .NET number: takes the other operand's dtype.
    member val internal Weak = false with get, set
    /// Its value stands in the program's text, so staged programs hold it as a constant.
    member val internal Literal = false with get, set

    /// What it repeats; null where nothing says so.
    member val internal Repeats: Repetition<Tensor> = null with get, set

    /// The numbers of an eager tensor.
    member internal _.Array =
        if isNull array then array <- Evaluate.apply recipe.Value [||] |> Array.exactlyOne

        array

    /// The numbers, where the tensor has them.
    member internal this.Read(operation: string) : NDArray =
        if isNull trace then
            this.Array
        else
            trace.RequireRunning operation
            trace.Read(this, operation)

    /// The tensor below derivatives that is nothing but its numbers; null where there is none.
    member internal this.Below: Tensor =
        if isNull trace then
            this
        else
            match trace.Below this with
            | null -> null
            | below -> below.Below

    /// The numbers by which branches are chosen and which are printed: those below derivatives.
    member internal this.Peek(operation: string) : NDArray =
        if isNull trace then
            this.Array
        else
            trace.RequireRunning operation

            match trace.Below this with
            | null -> trace.Read(this, operation)
            | below -> below.Peek operation

    /// The trace that must process an operation: the youngest among its operands' and the branch that is recorded, of which that of the others is known.
    static member internal Younger(op: Op, known: Trace<Tensor>, operand: Tensor) : Trace<Tensor> =
        match operand.Trace with
        | null -> known
        | t ->
            if t.Ended then t.RequireRunning(Typing.name op)
            let t = if t.Knows operand then t else Branching<Tensor>.Younger t
            if isNull known || t.Level > known.Level then t else known

    /// The result of an operation, which knows what it repeats. One number stays that, wherever it is moved.
    static member internal Repeating(op: Op, a: Tensor, result: Tensor) : Tensor =
        match op with
        | Op.Broadcast(_, axes) -> result.Repeats <- Repetition<Tensor>(a, axes)
        | Op.Reshape _
        | Op.Transpose _ when not (isNull a.Repeats) && a.Repeats.Axes.Length = 0 -> result.Repeats <- a.Repeats
        | _ -> ()

        result

    /// The result of an operation with a single one: by the youngest trace among its operands', at once where there is none (and no branch that is not taken).
    static member internal Apply1(op: Op, a: Tensor) : Tensor =
        let result =
            match Tensor.Younger(op, Branching<Tensor>.OfKnown, a) with
            | null -> Tensor(Typing.ofOne op a.Type, null, Eager.single op a.Array, ValueNone, Weak = a.Weak, Literal = a.Literal)
            | youngest -> youngest.Single(op, a, null)

        Tensor.Repeating(op, a, result)

    static member internal Apply1(op: Op, a: Tensor, b: Tensor) : Tensor =
        match Tensor.Younger(op, Tensor.Younger(op, Branching<Tensor>.OfKnown, a), b) with
        | null ->
            let t = Typing.ofTwo op a.Type b.Type
            let array = Eager.single2 op a.Array b.Array
            Tensor(t, null, array, ValueNone, Weak = (a.Weak && b.Weak), Literal = (a.Literal && b.Literal))
        | youngest -> youngest.Single(op, a, b)

    /// A plain number.
    static member internal Number(value: float) = Tensor(NDArray.scalar64 value, Weak = true, Literal = true)

    /// A plain whole number: int64, so that integers stay integers.
    static member private Whole(value: int64) = Tensor(NDArray.ofData DType.Int64 Shape.scalar [| value |], Weak = true, Literal = true)

    /// A plain whole number: uint64 only where int64 is too small.
    static member private Whole(value: uint64) =
        if value <= uint64 Int64.MaxValue then
            Tensor.Whole(int64 value)
        else
            Tensor(NDArray.ofData DType.UInt64 Shape.scalar [| value |], Weak = true, Literal = true)

    /// What operations make of a tensor, one after the other.
    static member internal Through(operations: Op list, a: Tensor) : Tensor =
        let mutable result = a

        for op in operations do
            result <- Tensor.Apply1(op, result)

        result

    /// Repeated along new axes and along axes of size 1.
    static member internal BroadcastTo(operation: string, a: Tensor, shape: int[]) =
        Tensor.Through(Broadcasting.repeat operation a.Dims shape, a)

    /// Where a plain whole number lies from the integers of a dtype: -1 below, 1 above, 0 among them (or not to be told now).
    static member private Side(a: Tensor, dtype: DType) : int =
        if a.Weak && a.Literal && isNull a.Trace && a.Rank = 0 then IntegerRange.side a.Array dtype else 0

    /// The same numbers as another dtype, by value: integers saturate (floats do in Op.Convert).
    static member internal Convert(a: Tensor, dtype: DType) : Tensor =
        let bounded (a: Tensor) (struct (zip, bound)) =
            let bounds = KernelsViews.broadcast a.Dims [||] (NDArray.whole a.DType bound)
            Tensor.Apply1(Op.Zip zip, a, Tensor(bounds, Weak = a.Weak, Literal = true))

        if a.DType = dtype then
            a
        else
            Tensor.Apply1(Op.Convert dtype, IntegerRange.saturate a.DType dtype |> List.fold bounded a)

    /// The same numbers as another dtype that promotion asks for; weakly typed tensors become firmly typed.
    static member internal Cast(a: Tensor, dtype: DType, weak: bool) =
        if a.DType = dtype && a.Weak = weak then
            a
        elif a.DType = dtype then
            if isNull a.Trace then Tensor(a.Array, Weak = weak, Literal = a.Literal) else a
        else
            if Tensor.Side(a, dtype) <> 0 then IntegerRange.refuse a.Array dtype
            let result = Tensor.Convert(a, dtype)
            result.Weak <- weak
            result

    static member private IsNumber(a: Tensor) = a.Rank = 0 && isNull a.Trace && isNull Branching<Tensor>.OfKnown

    /// A number that no transformation looks at, everywhere in a tensor of its dtype: what BroadcastTo makes of it, at once.
    static member private Repeated(a: Tensor, t: TensorType) =
        let array = KernelsViews.broadcast t.Shape [||] a.Array
        Tensor(t, null, array, ValueNone, Weak = a.Weak, Literal = a.Literal, Repeats = Repetition<Tensor>(a, [||]))

    /// Both operands in one dtype and shape, by promotion and broadcasting.
    static member internal Join(operation: string, a: Tensor, b: Tensor) : struct (Tensor * Tensor) =
        if isNull a || isNull b then nullArg (if isNull a then "left" else "right")

        let struct (a, b) =
            if a.DType = b.DType && a.Weak = b.Weak then
                struct (a, b)
            else
                let dtype, weak = DType.promote (a.DType, a.Weak) (b.DType, b.Weak)
                struct (Tensor.Cast(a, dtype, weak), Tensor.Cast(b, dtype, weak))

        if Shape.equal a.Dims b.Dims then
            struct (a, b)
        elif Tensor.IsNumber a then
            struct (Tensor.Repeated(a, b.Type), b)
        elif Tensor.IsNumber b then
            struct (a, Tensor.Repeated(b, a.Type))
        else
            let shape = Shape.broadcast operation a.Dims b.Dims
            struct (Tensor.BroadcastTo(operation, a, shape), Tensor.BroadcastTo(operation, b, shape))

    static member internal Zip(operation: string, zip: Zip, a: Tensor, b: Tensor) =
        let struct (a, b) = Tensor.Join(operation, a, b)
        Tensor.Apply1(Zips.op zip, a, b)

    static member internal Compare(operation: string, relation: Relation, a: Tensor, b: Tensor) =
        if isNull a || isNull b then nullArg (if isNull a then "left" else "right")

        // A plain number that the other's dtype does not hold is less or greater than all of its numbers.
        let order = if b.Weak then -Tensor.Side(b, a.DType) else Tensor.Side(a, b.DType)

        if order = 0 then
            let struct (a, b) = Tensor.Join(operation, a, b)
            Tensor.Apply1(Op.Compare relation, a, b)
        else
            let holds =
                KernelsZip.compare relation (NDArray.scalar DType.Int32 (float order)) (NDArray.scalar DType.Int32 0.0)

            Tensor(KernelsViews.broadcast (Shape.broadcast operation a.Dims b.Dims) [||] holds, Literal = true)

    /// The argument of a function of real numbers: integers and booleans become float64.
    static member internal Real(a: Tensor) =
        if isNull a then nullArg "x"

        if DType.isFloat a.DType then a else Tensor.Cast(a, DType.Float64, a.Weak)

    static member internal Map(row: Row, a: Tensor) = Tensor.Apply1(Op.Map row, Tensor.Real a)
    static member (+)(a: Tensor, b: Tensor) = Tensor.Zip("Add", Zip.Add, a, b)
    static member (-)(a: Tensor, b: Tensor) = Tensor.Zip("Subtract", Zip.Subtract, a, b)
    static member (*)(a: Tensor, b: Tensor) = Tensor.Zip("Multiply", Zip.Multiply, a, b)

    static member (/)(a: Tensor, b: Tensor) =
        let struct (a, b) = Tensor.Join("Divide", a, b)
        Tensor.Apply1(Op.Zip Zip.Divide, Tensor.Real a, Tensor.Real b)

    static member (%)(a: Tensor, b: Tensor) = Tensor.Zip("Remainder", Zip.Remainder, a, b)
    static member (~-)(a: Tensor) = Tensor.Apply1(Op.Map Elementwise.negate, a)
    static member (+)(a: Tensor, b: float) = a + Tensor.Number b
    static member (+)(a: float, b: Tensor) = Tensor.Number a + b
    static member (-)(a: Tensor, b: float) = a - Tensor.Number b
    static member (-)(a: float, b: Tensor) = Tensor.Number a - b
    static member (*)(a: Tensor, b: float) = a * Tensor.Number b
    static member (*)(a: float, b: Tensor) = Tensor.Number a * b
    static member (/)(a: Tensor, b: float) = a / Tensor.Number b
    static member (/)(a: float, b: Tensor) = Tensor.Number a / b
    static member (%)(a: Tensor, b: float) = a % Tensor.Number b
    static member (%)(a: float, b: Tensor) = Tensor.Number a % b
    static member (+)(a: Tensor, b: float32) = a + Tensor.op_Implicit b
    static member (+)(a: float32, b: Tensor) = Tensor.op_Implicit a + b
    static member (-)(a: Tensor, b: float32) = a - Tensor.op_Implicit b
    static member (-)(a: float32, b: Tensor) = Tensor.op_Implicit a - b
    static member (*)(a: Tensor, b: float32) = a * Tensor.op_Implicit b
    static member (*)(a: float32, b: Tensor) = Tensor.op_Implicit a * b
    static member (/)(a: Tensor, b: float32) = a / Tensor.op_Implicit b
    static member (/)(a: float32, b: Tensor) = Tensor.op_Implicit a / b
    static member (%)(a: Tensor, b: float32) = a % Tensor.op_Implicit b
    static member (%)(a: float32, b: Tensor) = Tensor.op_Implicit a % b
    static member (+)(a: Tensor, b: int) = a + Tensor.Whole(int64 b)
    static member (+)(a: int, b: Tensor) = Tensor.Whole(int64 a) + b
    static member (-)(a: Tensor, b: int) = a - Tensor.Whole(int64 b)
    static member (-)(a: int, b: Tensor) = Tensor.Whole(int64 a) - b
    static member (*)(a: Tensor, b: int) = a * Tensor.Whole(int64 b)
    static member (*)(a: int, b: Tensor) = Tensor.Whole(int64 a) * b
    static member (/)(a: Tensor, b: int) = a / Tensor.Whole(int64 b)
    static member (/)(a: int, b: Tensor) = Tensor.Whole(int64 a) / b
    static member (%)(a: Tensor, b: int) = a % Tensor.Whole(int64 b)
    static member (%)(a: int, b: Tensor) = Tensor.Whole(int64 a) % b
    static member (+)(a: Tensor, b: int64) = a + Tensor.Whole b
    static member (+)(a: int64, b: Tensor) = Tensor.Whole a + b
    static member (-)(a: Tensor, b: int64) = a - Tensor.Whole b
    static member (-)(a: int64, b: Tensor) = Tensor.Whole a - b
    static member (*)(a: Tensor, b: int64) = a * Tensor.Whole b
    static member (*)(a: int64, b: Tensor) = Tensor.Whole a * b
    static member (/)(a: Tensor, b: int64) = a / Tensor.Whole b
    static member (/)(a: int64, b: Tensor) = Tensor.Whole a / b
    static member (%)(a: Tensor, b: int64) = a % Tensor.Whole b
    static member (%)(a: int64, b: Tensor) = Tensor.Whole a % b
    static member (+)(a: Tensor, b: uint64) = a + Tensor.Whole b
    static member (+)(a: uint64, b: Tensor) = Tensor.Whole a + b
    static member (-)(a: Tensor, b: uint64) = a - Tensor.Whole b
    static member (-)(a: uint64, b: Tensor) = Tensor.Whole a - b
    static member (*)(a: Tensor, b: uint64) = a * Tensor.Whole b
    static member (*)(a: uint64, b: Tensor) = Tensor.Whole a * b
    static member (/)(a: Tensor, b: uint64) = a / Tensor.Whole b
    static member (/)(a: uint64, b: Tensor) = Tensor.Whole a / b
    static member (%)(a: Tensor, b: uint64) = a % Tensor.Whole b
    static member (%)(a: uint64, b: Tensor) = Tensor.Whole a % b
    static member Zero: Tensor = Tensor.Whole 0L
    static member One: Tensor = Tensor.Whole 1L

    static member DivideByInt(a: Tensor, n: int) : Tensor =
        ArgumentNullException.ThrowIfNull(a, nameof a)
        a / n

    static member Pow(a: Tensor, b: Tensor) =
        ArgumentNullException.ThrowIfNull(a, nameof a)
        ArgumentNullException.ThrowIfNull(b, nameof b)
        Tensor.Zip("Pow", PowerFunction.power.Zip, Tensor.Real a, Tensor.Real b)

    static member Pow(a: Tensor, b: float) =
        ArgumentNullException.ThrowIfNull(a, nameof a)

        if b = Math.Floor b && abs b <= 1024.0 then
            Tensor.Apply1(Op.Map(Elementwise.power (int b)), (if b < 0.0 then Tensor.Real a else a))
        else
            Tensor.Pow(a, Tensor.Number b)

    static member Pow(a: Tensor, b: int) =
        ArgumentNullException.ThrowIfNull(a, nameof a)

        Tensor.Apply1(Op.Map(Elementwise.power b), (if b < 0 then Tensor.Real a else a))

    static member op_LessThan(a: Tensor, b: Tensor) = Tensor.Compare("Less", Relation.Less, a, b)
    static member op_GreaterThan(a: Tensor, b: Tensor) = Tensor.Compare("Greater", Relation.Less, b, a)
    static member op_LessThanOrEqual(a: Tensor, b: Tensor) = Tensor.Compare("LessEqual", Relation.LessEqual, a, b)
    static member op_GreaterThanOrEqual(a: Tensor, b: Tensor) = Tensor.Compare("GreaterEqual", Relation.LessEqual, b, a)
    static member op_Equality(a: Tensor, b: Tensor) : Tensor = Tensor.Compare("Equal", Relation.Equal, a, b)
    static member op_Inequality(a: Tensor, b: Tensor) : Tensor = Tensor.Compare("NotEqual", Relation.NotEqual, a, b)
    static member op_Equality(a: Tensor, _b: NoTensor) : bool = isNull a
    static member op_Inequality(a: Tensor, _b: NoTensor) : bool = not (isNull a)
    static member op_Equality(_a: NoTensor, b: Tensor) : bool = isNull b
    static member op_Inequality(_a: NoTensor, b: Tensor) : bool = not (isNull b)

    static member AllClose(a: Tensor, b: Tensor, rtol: float, atol: float, equalNaN: bool) : bool =
        ArgumentNullException.ThrowIfNull(a, nameof a)
        ArgumentNullException.ThrowIfNull(b, nameof b)

        Limits.NotNegative(rtol, nameof rtol)
        Limits.NotNegative(atol, nameof atol)
        Agreement.allClose rtol atol equalNaN (a.Peek "AllClose") a.Weak (b.Peek "AllClose") b.Weak

    static member SameBits(a: Tensor, b: Tensor) : bool =
        ArgumentNullException.ThrowIfNull(a, nameof a)
        ArgumentNullException.ThrowIfNull(b, nameof b)
        Agreement.sameBits (a.Peek "SameBits") (b.Peek "SameBits")

    static member op_BitwiseAnd(a: Tensor, b: Tensor) = Tensor.Zip("And", Zip.And, a, b)
    static member op_BitwiseOr(a: Tensor, b: Tensor) = Tensor.Zip("Or", Zip.Or, a, b)

    static member op_ExclusiveOr(a: Tensor, b: Tensor) =
        if not (isNull a || isNull b) && (DType.isFloat a.DType || DType.isFloat b.DType) then
            raise (
                DTypeException
                    $"Xor: ^ is exclusive or, of bits or booleans, not of {DType.name a.DType} and {DType.name b.DType}; a power is x.Pow(2)."
            )

        Tensor.Zip("Xor", Zip.Xor, a, b)

    static member op_LogicalNot(a: Tensor) = Tensor.Compare("Not", Relation.Equal, a, Tensor(NDArray.scalar a.DType 0.0, Literal = true))

    member this.Item
        with get ([<ParamArray>] indices: int[]): Tensor =
            ArgumentNullException.ThrowIfNull(indices, nameof indices)
            Tensor.Through(indices |> Array.map AxisIndex.op_Implicit |> Indexing.part t.Shape, this)

    /// Where a mask is true, in row-major order.
    static member private Taken(mask: Tensor) : Tensor =
        try
            Tensor(Indexing.taken (mask.Peek "Index"))
        with :? TracedValueException ->
            Indexing.refuseUnknownMask mask.Trace.Name

    /// The entries at places of some axes, in ascending order, which become one axis: where they stood together, or first.
    member private this.Gathered(axes: int[], indices: Tensor[]) : Tensor =
        let named axis (index: Tensor) =
            if Indexing.isMask t.Shape axis index.Type then
                Tensor.Taken index
            else
                Tensor.Through(Indexing.places "Index" axis t.Shape[axis] index.Type index.Recipe, index)

        let places = Array.map2 named axes indices

        if axes.Length = 1 then
            Tensor.Apply1(Op.Gather axes[0], this, places[0])
        else
            places |> Array.map _.Dims |> Array.reduce (Shape.broadcast "Index") |> ignore

            // Row-major: (p0 n1 + p1) n2 + p2 ...
            let flat =
                Array.zip axes places
                |> Array.map (fun (axis, place) -> Tensor.Cast(place, DType.Int64, false), int64 t.Shape[axis])
                |> Array.reduce (fun (flat, _) (place, size) -> flat * size + place, size)
                |> fst

            let struct (operations, merged) = Indexing.merge t.Shape axes
            Tensor.Apply1(Op.Gather merged, Tensor.Through(operations, this), flat)

    member this.Item
        with get ([<ParamArray>] places: AxisIndex[]): Tensor =
            ArgumentNullException.ThrowIfNull(places, nameof places)

            let part = Tensor.Through(Indexing.part t.Shape places, this)

            match Indexing.namedAxes places with
            | [||] -> part
            | axes -> part.Gathered(axes, places |> Array.choose (fun place -> Option.ofObj place.Entries) |> Array.map unbox<Tensor>)

    member this.Item
        with get (index: Tensor): Tensor =
            ArgumentNullException.ThrowIfNull(index, nameof index)

            if index.DType = DType.Bool then
                let flat = Tensor.Apply1(Op.Reshape(Indexing.flattened t.Shape index.Dims), this)
                Tensor.Apply1(Op.Gather 0, flat, Tensor.Taken index)
            elif t.Shape.Length = 0 then
                raise (ShapeException "Index: a scalar has no entries to index.")
            else
                this.Gathered([| 0 |], [| index |])

    member this.GetEnumerator() : IEnumerator<Tensor> =
        if t.Shape.Length = 0 then
            raise (ShapeException "foreach: a scalar has no rows to go over; Reshape it to [1] first.")

        (Seq.init t.Shape[0] (fun i -> this[i])).GetEnumerator()

    member private this.Number<'T when 'T :> INumberBase<'T>>(operation: string) : 'T =
        Reading.requireNumber operation t.Shape
        Reading.number<'T> operation (this.Read operation)

    /// Whether it is not 0: by the value alone, so that branches may depend on what is differentiated.
    member internal this.Truth(operation: string) : bool =
        Reading.requireTruth operation t.Shape
        let a = this.Peek operation
        NDArray.elementAt a a.Offset <> 0.0

    member this.ToDouble() = this.Number<float> "ToDouble"
    static member op_True(a: Tensor) = a.Truth "if"
    static member op_False(a: Tensor) = not (a.Truth "if")
    static member op_Explicit(a: Tensor) : bool = a.Truth "conversion to bool"
    static member op_Explicit(a: Tensor) : float = a.Number<float> "conversion to double"
    static member op_Explicit(a: Tensor) : float32 = a.Number<float32> "conversion to float"
    static member op_Explicit(a: Tensor) : decimal = a.Number<decimal> "conversion to decimal"
    static member op_Explicit(a: Tensor) : sbyte = a.Number<sbyte> "conversion to sbyte"
    static member op_Explicit(a: Tensor) : byte = a.Number<byte> "conversion to byte"
    static member op_Explicit(a: Tensor) : int16 = a.Number<int16> "conversion to short"
    static member op_Explicit(a: Tensor) : uint16 = a.Number<uint16> "conversion to ushort"
    static member op_Explicit(a: Tensor) : int = a.Number<int> "conversion to int"
    static member op_Explicit(a: Tensor) : uint32 = a.Number<uint32> "conversion to uint"
    static member op_Explicit(a: Tensor) : int64 = a.Number<int64> "conversion to long"
    static member op_Explicit(a: Tensor) : uint64 = a.Number<uint64> "conversion to ulong"
    static member op_Implicit(value: float) : Tensor = Tensor.Number value
    static member op_Implicit(value: float32) : Tensor = Tensor(NDArray.scalar32 value, Weak = true, Literal = true)

    static member op_Implicit(index: Tensor) : AxisIndex =
        ArgumentNullException.ThrowIfNull(index, nameof index)
        AxisIndex(Index.Start, Index.End, false, index)

    static member op_Implicit(value: sbyte) : Tensor = Tensor.Whole(int64 value)
    static member op_Implicit(value: byte) : Tensor = Tensor.Whole(int64 value)
    static member op_Implicit(value: int16) : Tensor = Tensor.Whole(int64 value)
    static member op_Implicit(value: uint16) : Tensor = Tensor.Whole(int64 value)
    static member op_Implicit(value: int) : Tensor = Tensor.Whole(int64 value)
    static member op_Implicit(value: uint32) : Tensor = Tensor.Whole(int64 value)
    static member op_Implicit(value: int64) : Tensor = Tensor.Whole(value)
    static member op_Implicit(value: uint64) : Tensor = Tensor.Whole(value)
    static member op_Implicit(value: bool) : Tensor = Tensor(NDArray.scalar DType.Bool (if value then 1.0 else 0.0), Literal = true)

    static member Abs(x: Tensor) =
        ArgumentNullException.ThrowIfNull(x, nameof x)
        Tensor.Apply1(Op.Map Elementwise.abs, x)

    static member Sign(x: Tensor) =
        ArgumentNullException.ThrowIfNull(x, nameof x)
        Tensor.Apply1(Op.Map Elementwise.sign, x)

    static member Exp(x: Tensor) = Tensor.Map(Elementwise.exp, x)
    static member Log(x: Tensor) = Tensor.Map(Elementwise.log, x)
    static member Sqrt(x: Tensor) = Tensor.Map(Elementwise.sqrt, x)
    static member Sin(x: Tensor) = Tensor.Map(Elementwise.sin, x)
    static member Cos(x: Tensor) = Tensor.Map(Elementwise.cos, x)
    static member Tan(x: Tensor) = Tensor.Map(Elementwise.tan, x)
    static member Atan(x: Tensor) = Tensor.Map(Elementwise.atan, x)
    static member Sinh(x: Tensor) = Tensor.Map(Elementwise.sinh, x)
    static member Cosh(x: Tensor) = Tensor.Map(Elementwise.cosh, x)
    static member Tanh(x: Tensor) = Tensor.Map(Elementwise.tanh, x)

    static member Atan2(y: Tensor, x: Tensor) =
        ArgumentNullException.ThrowIfNull(y, nameof y)
        Tensor.Zip("Atan2", Atan2Function.atan2.Zip, Tensor.Real y, Tensor.Real x)

    member this.ToArray<'T>() : 'T[] = Reading.toArray<'T> $"ToArray<{typeof<'T>.Name}>" (this.Read "ToArray")

    member this.ToString(format: string) : string =
        if isNull trace then
            Printing.format format this.Array
        else
            match trace.Below this with
            | null -> $"{trace.Name} tensor of {DType.name t.DType}{Shape.text t.Shape}"
            | below -> $"{below.ToString format} ({trace.Name})"

    override this.ToString() = this.ToString(null: string)

    /// What F#'s %A prints.
    member private this.Text = this.ToString()
    member private this.DebuggerText = $"{DType.name t.DType}{Shape.text t.Shape} {this}"

    interface IFormattable with
        member this.ToString(format, _) = this.ToString format

and [<Sealed; AllowNullLiteral; NoEquality; NoComparison; AutoSerializable(false)>] NoTensor private () =
    inherit Tensor({ DType = DType.Float64; Shape = [||] }, null, null, ValueNone)

type internal Trace = Trace<Tensor>
type internal Branching = Branching<Tensor>
