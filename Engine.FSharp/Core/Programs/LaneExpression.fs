// The builder of lane expressions as a type of lane: what machine code is made from has one source with the loops of precompiled vectors.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Kernels

/// A dtype as a type.
type internal IElement =
    static abstract DType: DType

module internal ElementTypes =
    [<Struct>]
    type Float32 =
        interface IElement with
            static member DType = DType.Float32

    [<Struct>]
    type Float64 =
        interface IElement with
            static member DType = DType.Float64

    [<Struct>]
    type Int32 =
        interface IElement with
            static member DType = DType.Int32

    [<Struct>]
    type Int64 =
        interface IElement with
            static member DType = DType.Int64

    [<Struct>]
    type UInt8 =
        interface IElement with
            static member DType = DType.UInt8

    [<Struct>]
    type UInt16 =
        interface IElement with
            static member DType = DType.UInt16

    [<Struct>]
    type UInt32 =
        interface IElement with
            static member DType = DType.UInt32

    [<Struct>]
    type UInt64 =
        interface IElement with
            static member DType = DType.UInt64

/// A node of an expression in lanes of one dtype, or a mask (a node of Bool).
[<Struct>]
type internal Expression<'E when 'E :> IElement>(lane: Lane) =
    member _.Lane = lane

    static member private Signed = if 'E.DType = DType.Float32 then DType.Int32 else DType.Int64
    static member private Unsigned = if 'E.DType = DType.Float32 then DType.UInt32 else DType.UInt64

    static member private As(dtype: DType, lane: Lane) : Lane =
        if lane.DType = dtype then
            lane
        else
            match lane.Op with
            | LaneOp.Bits _ -> { lane with DType = dtype }
            | LaneOp.Reinterpret -> Expression<'E>.As(dtype, lane.Arguments[0])
            | _ -> Lane.reinterpret dtype lane

    /// An operation on the bits as integers of a dtype.
    static member private OnBits(dtype: DType, op: LaneOp, arguments: Expression<'E>[]) =
        let arguments = arguments |> Array.map (fun a -> Expression<'E>.As(dtype, a.Lane))
        let node = { Op = op; DType = dtype; Arguments = arguments }
        Expression<'E>(Expression<'E>.As('E.DType, node))

    /// A logical operation on bits or on masks; a mask and bits are the bits where the mask is set.
    static member private Logical(op: LaneOp, a: Expression<'E>, b: Expression<'E>) =
        match a.Lane.DType, b.Lane.DType with
        | DType.Bool, DType.Bool -> Expression<'E>(Lane.Binary op a.Lane b.Lane)
        | DType.Bool, _ when op = LaneOp.And -> Expression<'E>(Lane.select a.Lane b.Lane (b.Lane.Pattern 0UL))
        | _ -> Expression<'E>.OnBits(Expression<'E>.Unsigned, op, [| a; b |])

    static member private Node(op: LaneOp, arguments: Lane[]) = Expression<'E>({ Op = op; DType = 'E.DType; Arguments = arguments })

    interface ILane<Expression<'E>> with
        static member IsSingle = 'E.DType = DType.Float32
        static member Number value = Expression<'E>.Node(LaneOp.Constant value, [||])
        static member Pattern bits = Expression<'E>.Node(LaneOp.Bits bits, [||])
        static member Add(a, b) = Expression<'E>.Node(LaneOp.Add, [| a.Lane; b.Lane |])
        static member Subtract(a, b) = Expression<'E>.Node(LaneOp.Subtract, [| a.Lane; b.Lane |])
        static member Multiply(a, b) = Expression<'E>.Node(LaneOp.Multiply, [| a.Lane; b.Lane |])
        static member Divide(a, b) = Expression<'E>.Node(LaneOp.Divide, [| a.Lane; b.Lane |])
        static member MultiplyAdd(a, b, c) = Expression<'E>.Node(LaneOp.FusedMultiplyAdd, [| a.Lane; b.Lane; c.Lane |])
        static member Negate a = Expression<'E>.Node(LaneOp.Negate, [| a.Lane |])
        static member Absolute a = Expression<'E>.Node(LaneOp.Absolute, [| a.Lane |])
        static member SquareRoot a = Expression<'E>.Node(LaneOp.SquareRoot, [| a.Lane |])
        static member Minimum(a, b) = Expression<'E>.Node(LaneOp.Minimum, [| a.Lane; b.Lane |])
        static member Maximum(a, b) = Expression<'E>.Node(LaneOp.Maximum, [| a.Lane; b.Lane |])
        static member AtLeast(a, constant) = Expression<'E>.Node(LaneOp.Maximum, [| a.Lane; a.Lane.Number constant |])
        static member AtMost(a, constant) = Expression<'E>.Node(LaneOp.Minimum, [| a.Lane; a.Lane.Number constant |])
        static member Floor a = Expression<'E>.Node(LaneOp.Floor, [| a.Lane |])
        static member Round a = Expression<'E>.Node(LaneOp.Round, [| a.Lane |])
        static member Equal(a, b) = Expression<'E>(Lane.equal a.Lane b.Lane)
        static member Less(a, b) = Expression<'E>(Lane.less a.Lane b.Lane)
        static member LessEqual(a, b) = Expression<'E>(Lane.lessEqual a.Lane b.Lane)

        static member Select(mask, a, b) = Expression<'E>(Lane.select mask.Lane a.Lane b.Lane)

        static member And(a, b) = Expression<'E>.Logical(LaneOp.And, a, b)
        static member Or(a, b) = Expression<'E>.Logical(LaneOp.Or, a, b)
        static member Xor(a, b) = Expression<'E>.Logical(LaneOp.Xor, a, b)

        static member Not a =
            if a.Lane.DType = DType.Bool then
                Expression<'E>(Lane.not a.Lane)
            else
                Expression<'E>.OnBits(Expression<'E>.Unsigned, LaneOp.Not, [| a |])

        static member AddBits(a, b) = Expression<'E>.OnBits(Expression<'E>.Unsigned, LaneOp.Add, [| a; b |])
        static member SubtractBits(a, b) = Expression<'E>.OnBits(Expression<'E>.Unsigned, LaneOp.Subtract, [| a; b |])
        static member ShiftLeft(a, count) = Expression<'E>.OnBits(Expression<'E>.Unsigned, LaneOp.ShiftLeft count, [| a |])
        static member ShiftRight(a, count) = Expression<'E>.OnBits(Expression<'E>.Unsigned, LaneOp.ShiftRight count, [| a |])

        static member EqualBits(a, b) =
            let bits (a: Expression<'E>) = Expression<'E>.As(Expression<'E>.Unsigned, a.Lane)
            Expression<'E>(Lane.equal (bits a) (bits b))

        static member FromInteger bits = Expression<'E>(Lane.convert 'E.DType (Expression<'E>.As(Expression<'E>.Signed, bits.Lane)))

        static member Remainder(a, b) = Expression<'E>.Node(LaneOp.Remainder, [| a.Lane; b.Lane |])

        static member Call(f: ScalarFunction, x: Expression<'E>) =
            Expression<'E>(Lane.call f.Name (fun x -> f.Double.Invoke x) (fun x -> f.Single.Invoke x) x.Lane)

        static member CallWhere(mask, f, x, y) =
            Expression<'E>(Lane.callWhere mask.Lane f.Name (fun x -> f.Double.Invoke x) (fun x -> f.Single.Invoke x) x.Lane y.Lane)

[<RequireQualifiedAccess>]
module internal LaneExpression =
    let private refuse (dtype: DType) = invalidOp $"A function of numbers was given {DType.name dtype}."

    /// The expression of a function of one argument.
    let map (f: 'F :> IFunction) (x: Lane) : Lane =
        match x.DType with
        | DType.Float32 -> (f.Of(Expression<ElementTypes.Float32> x)).Lane
        | DType.Float64 -> (f.Of(Expression<ElementTypes.Float64> x)).Lane
        | DType.Int32 -> (f.Of(Expression<ElementTypes.Int32> x)).Lane
        | DType.Int64 -> (f.Of(Expression<ElementTypes.Int64> x)).Lane
        | DType.UInt8 -> (f.Of(Expression<ElementTypes.UInt8> x)).Lane
        | DType.UInt16 -> (f.Of(Expression<ElementTypes.UInt16> x)).Lane
        | DType.UInt32 -> (f.Of(Expression<ElementTypes.UInt32> x)).Lane
        | DType.UInt64 -> (f.Of(Expression<ElementTypes.UInt64> x)).Lane
        | dtype -> refuse dtype

    /// The expression of a function of two arguments.
    let map2 (f: 'F :> IFunction2) (x: Lane) (z: Lane) : Lane =
        match x.DType with
        | DType.Float32 -> (f.Of(Expression<ElementTypes.Float32> x, Expression<ElementTypes.Float32> z)).Lane
        | DType.Float64 -> (f.Of(Expression<ElementTypes.Float64> x, Expression<ElementTypes.Float64> z)).Lane
        | DType.Int32 -> (f.Of(Expression<ElementTypes.Int32> x, Expression<ElementTypes.Int32> z)).Lane
        | DType.Int64 -> (f.Of(Expression<ElementTypes.Int64> x, Expression<ElementTypes.Int64> z)).Lane
        | DType.UInt8 -> (f.Of(Expression<ElementTypes.UInt8> x, Expression<ElementTypes.UInt8> z)).Lane
        | DType.UInt16 -> (f.Of(Expression<ElementTypes.UInt16> x, Expression<ElementTypes.UInt16> z)).Lane
        | DType.UInt32 -> (f.Of(Expression<ElementTypes.UInt32> x, Expression<ElementTypes.UInt32> z)).Lane
        | DType.UInt64 -> (f.Of(Expression<ElementTypes.UInt64> x, Expression<ElementTypes.UInt64> z)).Lane
        | dtype -> refuse dtype
