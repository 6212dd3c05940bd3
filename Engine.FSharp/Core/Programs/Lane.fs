// The arithmetic of one lane: the small expression language in which fused loops and the vector forms of table rows are written.
// It knows nothing of IL, of vectors or of the processor; a target turns each node into its own instruction for as many lanes as it has.
namespace Pipeline.Engine

open Pipeline
open Pipeline.Kernels

[<RequireQualifiedAccess>]
type internal Relation =
    | Equal
    | NotEqual
    | Less
    | LessEqual

    override this.ToString() =
        match this with
        | Equal -> nameof Equal
        | NotEqual -> nameof NotEqual
        | Less -> nameof Less
        | LessEqual -> nameof LessEqual

[<RequireQualifiedAccess; CustomEquality; NoComparison>]
type internal LaneOp =
    /// A number of the node's dtype. Floats and small integers as float64.
    | Constant of float
    /// An exact bit pattern of the node's dtype.
    | Bits of uint64
    /// The k-th argument of the function that this expression is the body of.
    | Argument of int
    | Add
    | Subtract
    | Multiply
    /// Floats: IEEE. Integers: towards zero, x / 0 = 0.
    | Divide
    /// a * b + c with one rounding.
    | FusedMultiplyAdd
    | Negate
    | Absolute
    | SquareRoot
    /// Floats: NaN if either is NaN; min(-0, +0) = -0.
    | Minimum
    | Maximum
    | Floor
    /// To nearest, ties to even.
    | Round
    /// Exact, with the sign of the dividend. Integers: x % 0 = x.
    | Remainder
    | And
    | Or
    | Xor
    | Not
    /// Shifts by a constant number of bits below the width.
    | ShiftLeft of int
    /// Logical for unsigned, arithmetic for signed.
    | ShiftRight of int
    | RotateLeft of int
    /// Shifts by lanes; a count of the width or more gives 0 (all sign bits for a signed right shift).
    | ShiftLeftBy
    | ShiftRightBy
    /// Two operands of one dtype; the node is Bool. Any comparison with NaN is false but NotEqual.
    | Compare of Relation
    /// (Bool, a, b): a where true.
    | Select
    /// To the node's dtype, by value; float to integer truncates, saturates, and sends NaN to 0.
    | Convert
    /// To the node's dtype of the same width, by bits.
    | Reinterpret
    /// A scalar function called once a lane: equal on every target by construction, and slow.
    | Call1 of name: string * (float -> float) * (float32 -> float32)
    /// (Bool, x, y): the scalar function of x where true, else y. A target may call it only for the lanes that are true,
    /// which are meant to be rare: the arguments that a vector form is not good for.
    | CallWhere of name: string * (float -> float) * (float32 -> float32)
    /// (x, y, z, w): w, but where that is no number the scalar function of x, y and z, which is 0 where x is. A target may call it
    /// only for such lanes, which are meant to be rare.
    | CallWhereNaN of name: string * (float -> float -> float -> float) * (float32 -> float32 -> float32 -> float32)
    /// A function of the table on floats: a target has it precompiled, or writes it out.
    | Function of LaneFunction

    override this.Equals other =
        match other with
        | :? LaneOp as other ->
            match this, other with
            | Constant a, Constant b -> System.BitConverter.DoubleToInt64Bits a = System.BitConverter.DoubleToInt64Bits b
            | Bits a, Bits b -> a = b
            | Argument a, Argument b -> a = b
            | ShiftLeft a, ShiftLeft b -> a = b
            | ShiftRight a, ShiftRight b -> a = b
            | RotateLeft a, RotateLeft b -> a = b
            | Compare a, Compare b -> a = b
            | Call1(a, _, _), Call1(b, _, _) -> a = b
            | CallWhere(a, _, _), CallWhere(b, _, _) -> a = b
            | CallWhereNaN(a, _, _), CallWhereNaN(b, _, _) -> a = b
            | Function a, Function b -> obj.ReferenceEquals(a, b)
            | _ -> LaneOp.Number this > 0 && LaneOp.Number this = LaneOp.Number other
        | _ -> false

    override this.ToString() =
        match this with
        | Constant _ -> nameof Constant
        | Bits _ -> nameof Bits
        | Argument _ -> nameof Argument
        | Add -> nameof Add
        | Subtract -> nameof Subtract
        | Multiply -> nameof Multiply
        | Divide -> nameof Divide
        | FusedMultiplyAdd -> nameof FusedMultiplyAdd
        | Negate -> nameof Negate
        | Absolute -> nameof Absolute
        | SquareRoot -> nameof SquareRoot
        | Minimum -> nameof Minimum
        | Maximum -> nameof Maximum
        | Floor -> nameof Floor
        | Round -> nameof Round
        | Remainder -> nameof Remainder
        | And -> nameof And
        | Or -> nameof Or
        | Xor -> nameof Xor
        | Not -> nameof Not
        | ShiftLeft bits -> $"{nameof ShiftLeft} {bits}"
        | ShiftRight bits -> $"{nameof ShiftRight} {bits}"
        | RotateLeft bits -> $"{nameof RotateLeft} {bits}"
        | ShiftLeftBy -> nameof ShiftLeftBy
        | ShiftRightBy -> nameof ShiftRightBy
        | Compare relation -> $"{nameof Compare} {relation}"
        | Select -> nameof Select
        | Convert -> nameof Convert
        | Reinterpret -> nameof Reinterpret
        | Call1(name, _, _) -> name
        | CallWhere(name, _, _) -> name
        | CallWhereNaN(name, _, _) -> name
        | Function _ -> nameof Function

    override this.GetHashCode() =
        match this with
        | Constant a -> hash a
        | Bits a -> hash a
        | Call1(name, _, _) -> hash name
        | CallWhere(name, _, _) -> 1 + hash name
        | CallWhereNaN(name, _, _) -> 3 + hash name
        | Function f -> 5 + System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode f
        | Argument k -> 1000 + k
        | ShiftLeft k -> 2000 + k
        | ShiftRight k -> 3000 + k
        | RotateLeft k -> 4000 + k
        | Compare r -> 5000 + hash r
        | _ -> LaneOp.Number this

    /// Of an operation that has nothing but its name; 0 for the others.
    static member private Number(op: LaneOp) =
        match op with
        | Constant _
        | Bits _
        | Argument _
        | ShiftLeft _
        | ShiftRight _
        | RotateLeft _
        | Compare _
        | Call1 _
        | CallWhere _
        | CallWhereNaN _
        | Function _ -> 0
        | Add -> 1
        | Subtract -> 2
        | Multiply -> 3
        | Divide -> 4
        | FusedMultiplyAdd -> 5
        | Negate -> 6
        | Absolute -> 7
        | SquareRoot -> 8
        | Minimum -> 9
        | Maximum -> 10
        | Floor -> 11
        | Round -> 12
        | Remainder -> 13
        | And -> 14
        | Or -> 15
        | Xor -> 16
        | Not -> 17
        | ShiftLeftBy -> 18
        | ShiftRightBy -> 19
        | Select -> 20
        | Convert -> 21
        | Reinterpret -> 22

/// A node of a lane expression. Nodes are shared by reference; a target computes each node once.
and [<ReferenceEquality>] internal Lane = {
    Op: LaneOp
    DType: DType
    Arguments: Lane[]
} with

    static member Unary op (a: Lane) = { Op = op; DType = a.DType; Arguments = [| a |] }

    static member Binary op (a: Lane) (b: Lane) = { Op = op; DType = a.DType; Arguments = [| a; b |] }

    /// A number of the same dtype as this node.
    member this.Number(value: float) = { Op = LaneOp.Constant value; DType = this.DType; Arguments = [||] }

    /// A bit pattern of the same dtype as this node.
    member this.Pattern(bits: uint64) = { Op = LaneOp.Bits bits; DType = this.DType; Arguments = [||] }

/// A function with a precompiled loop.
and [<AbstractClass>] internal LaneFunction() =
    /// The function of these lanes written out.
    abstract Expand: Lane[] -> Lane
    /// The loop over a block, in vectors of at most so many bits.
    abstract Instruction: width: int * dtype: DType * operands: BlockValue[] * result: BlockValue -> BlockInstruction

/// Functions of the table written out, each node once.
[<Sealed>]
type internal LaneExpansion() =
    let bodies = System.Collections.Generic.Dictionary<Lane, Lane>(HashIdentity.Reference)

    /// What the lane stands for.
    member _.Of(lane: Lane) =
        match lane.Op with
        | LaneOp.Function f ->
            match bodies.TryGetValue lane with
            | true, body -> body
            | _ ->
                let body = f.Expand lane.Arguments
                bodies[lane] <- body
                body
        | _ -> lane

[<RequireQualifiedAccess>]
module internal Lane =
    let argument k dtype = { Op = LaneOp.Argument k; DType = dtype; Arguments = [||] }

    let fma (a: Lane) (b: Lane) (c: Lane) = { Op = LaneOp.FusedMultiplyAdd; DType = a.DType; Arguments = [| a; b; c |] }

    let abs (a: Lane) = Lane.Unary LaneOp.Absolute a
    let sqrt (a: Lane) = Lane.Unary LaneOp.SquareRoot a
    let floor (a: Lane) = Lane.Unary LaneOp.Floor a
    let round (a: Lane) = Lane.Unary LaneOp.Round a
    let min (a: Lane) (b: Lane) = Lane.Binary LaneOp.Minimum a b
    let max (a: Lane) (b: Lane) = Lane.Binary LaneOp.Maximum a b
    let not (a: Lane) = Lane.Unary LaneOp.Not a
    let shiftLeft (bits: int) (a: Lane) = Lane.Unary (LaneOp.ShiftLeft bits) a
    let shiftRight (bits: int) (a: Lane) = Lane.Unary (LaneOp.ShiftRight bits) a

    let compare relation (a: Lane) (b: Lane) = { Op = LaneOp.Compare relation; DType = DType.Bool; Arguments = [| a; b |] }

    let equal a b = compare Relation.Equal a b
    let less a b = compare Relation.Less a b
    let lessEqual a b = compare Relation.LessEqual a b

    let select (condition: Lane) (a: Lane) (b: Lane) = { Op = LaneOp.Select; DType = a.DType; Arguments = [| condition; a; b |] }

    let convert dtype (a: Lane) = { Op = LaneOp.Convert; DType = dtype; Arguments = [| a |] }

    let reinterpret dtype (a: Lane) = { Op = LaneOp.Reinterpret; DType = dtype; Arguments = [| a |] }

    let apply (f: LaneFunction) (arguments: Lane[]) = { Op = LaneOp.Function f; DType = arguments[0].DType; Arguments = arguments }

    let call name f64 f32 (a: Lane) = Lane.Unary (LaneOp.Call1(name, f64, f32)) a

    let callWhere (condition: Lane) name f64 f32 (x: Lane) (y: Lane) = {
        Op = LaneOp.CallWhere(name, f64, f32)
        DType = x.DType
        Arguments = [| condition; x; y |]
    }

    let callWhereNaN name f64 f32 (x: Lane) (y: Lane) (z: Lane) (value: Lane) = {
        Op = LaneOp.CallWhereNaN(name, f64, f32)
        DType = value.DType
        Arguments = [| x; y; z; value |]
    }

    /// c0 x^n + ... + cn by Horner's rule with fused multiply-adds, highest power first.
    let polynomial (coefficients: float list) (x: Lane) =
        match coefficients with
        | [] -> x.Number 0.0
        | first :: rest -> List.fold (fun sum c -> fma sum x (x.Number c)) (x.Number first) rest

/// The arithmetic of lanes in infix form. (F# refuses + and * on internal types.)
module internal LaneOperators =
    let (+.) (a: Lane) (b: Lane) = Lane.Binary LaneOp.Add a b
    let (-.) (a: Lane) (b: Lane) = Lane.Binary LaneOp.Subtract a b
    let ( *. ) (a: Lane) (b: Lane) = Lane.Binary LaneOp.Multiply a b
    let (/.) (a: Lane) (b: Lane) = Lane.Binary LaneOp.Divide a b
    let negate (a: Lane) = Lane.Unary LaneOp.Negate a
    let (&&.) (a: Lane) (b: Lane) = Lane.Binary LaneOp.And a b
    let (||.) (a: Lane) (b: Lane) = Lane.Binary LaneOp.Or a b
    let (^^.) (a: Lane) (b: Lane) = Lane.Binary LaneOp.Xor a b
