// Rules for arithmetic, each with its equation. They hold for every float, signed zeros, infinities and NaN included, where nothing else is said;
// sqrt(x) * sqrt(x) = x, x * 0 = 0 and x / x = 1 do not, and are not made.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal RewriteAlgebra =
    /// Whether every element is known to be finite.
    let rec private isFinite (b: RewriteBuilder) depth v =
        not (DType.isFloat (b.DType v))
        || (match b.Definition v with
            | _ when depth = 0 -> false
            | ValueSome { Op = Op.Constant array } when array.Size <= CostModel.foldedElements ->
                let array = KernelsViews.contiguous array

                Seq.forall (fun i -> Double.IsFinite(NDArray.elementAt array (array.Offset + i))) (seq { 0 .. array.Size - 1 })
            | ValueSome { Op = Op.Convert _; Inputs = [| x |] } ->
                not (DType.isFloat (b.DType x)) || (b.DType v = DType.Float64 && isFinite b (depth - 1) x)
            | ValueSome { Op = Op.Select; Inputs = [| _; x; y |] } -> isFinite b (depth - 1) x && isFinite b (depth - 1) y
            | ValueSome { Op = Op.Pad _; Inputs = [| x |] } -> isFinite b (depth - 1) x
            | ValueSome { Op = op; Inputs = [| x |] } when (Traits.ofOp op 1 (b.DType x)).Moves -> isFinite b (depth - 1) x
            | _ -> false)

    /// A choice between numbers, or choices of them.
    let rec private isChoice (b: RewriteBuilder) v =
        match b.Definition v with
        | ValueSome { Op = Op.Select; Inputs = [| _; x; y |] } ->
            let isNumber v = not (isNull (b.Uniform v))
            (isNumber x || isChoice b x) && (isNumber y || isChoice b y)
        | _ -> false

    let private choice (b: RewriteBuilder) emit chosen other : int voption =
        match b.Definition chosen with
        | ValueSome { Inputs = [| p; x; y |] } ->
            let scaled v = emit (Op.Zip Zip.Scale) [| v; other |]
            ValueSome(emit Op.Select [| p; scaled x; scaled y |])
        | _ -> ValueNone

    /// x of -x.
    let private negated (b: RewriteBuilder) v : int voption =
        match b.Definition v with
        | ValueSome { Op = Op.Map row; Inputs = [| operand |] } when row.Equals Elementwise.negate -> ValueSome operand
        | _ -> ValueNone

    let private zip (b: RewriteBuilder) emit (zip: Zip) x y : int voption =
        let isFloat = DType.isFloat (b.DType x)
        let is value v = b.IsUniform(v, value)

        let negated v = negated b v

        /// Neither 0, infinite nor NaN.
        let isOrdinary v =
            let number = b.Uniform v

            not (isNull number)
            && (let value = NDArray.elementAt number number.Offset
                value <> 0.0 && Double.IsFinite value)

        let isZero v = is 0.0 v || is -0.0 v

        let zero () = emit (Op.Broadcast(b.Shape x, [||])) [| b.Number(b.DType x, 0.0) |]

        let negate v = emit (Op.Map Elementwise.negate) [| v |]

        let binary zip a b = emit (Op.Zip zip) [| a; b |]

        let program expr =
            let repeated x value =
                let number = b.Number(b.DType x, value)
                if (b.Shape x).Length = 0 then number else emit (Op.Broadcast(b.Shape x, [||])) [| number |]

            ExprValues(emit, repeated, x, y, x).Of expr

        match zip with
        // p & p = p & true = p | p = p | false = p
        | Zip.And when b.DType x = DType.Bool && (x = y || is 1.0 y) -> ValueSome x
        | Zip.And when b.DType x = DType.Bool && is 1.0 x -> ValueSome y
        | Zip.Or when b.DType x = DType.Bool && (x = y || is 0.0 y) -> ValueSome x
        | Zip.Or when b.DType x = DType.Bool && is 0.0 x -> ValueSome y
        | _ when b.DType x = DType.Bool -> ValueNone
        // x * 1 = x, x * -1 = -x, -x * -y = x * y
        | Zip.Multiply when is 1.0 y -> ValueSome x
        | Zip.Multiply when is 1.0 x -> ValueSome y
        | Zip.Multiply when isFloat && is -1.0 y -> ValueSome(negate x)
        | Zip.Multiply when isFloat && is -1.0 x -> ValueSome(negate y)
        | Zip.Multiply when isFloat ->
            match negated x, negated y with
            | ValueSome x, ValueSome y -> ValueSome(binary Zip.Multiply x y)
            | _ -> ValueNone
        // x / 1 = x
        | Zip.Divide when is 1.0 y -> ValueSome x
        // x + -0 = x; of integers x + 0 = x; x + -y = x - y
        | Zip.Add when (if isFloat then is -0.0 y else is 0.0 y) -> ValueSome x
        | Zip.Add when (if isFloat then is -0.0 x else is 0.0 x) -> ValueSome y
        | Zip.Add when isFloat ->
            match negated x, negated y with
            | _, ValueSome y -> ValueSome(binary Zip.Subtract x y)
            | ValueSome x, _ -> ValueSome(binary Zip.Subtract y x)
            | _ -> ValueNone
        // x - 0 = x, x - -y = x + y
        | Zip.Subtract when is 0.0 y -> ValueSome x
        | Zip.Subtract when isFloat ->
            match negated y with
            | ValueSome y -> ValueSome(binary Zip.Add x y)
            | ValueNone -> ValueNone
        // By definition scale x 0 = 0; scale x 1 = x + 0, scale x -1 = 0 - x, scale -x -y = scale x y, zeros included
        | Zip.Scale when isZero x || isZero y -> ValueSome(zero ())
        | Zip.Scale when is 1.0 y -> ValueSome(binary Zip.Add x (zero ()))
        | Zip.Scale when is 1.0 x -> ValueSome(binary Zip.Add y (zero ()))
        | Zip.Scale when is -1.0 y -> ValueSome(binary Zip.Subtract (zero ()) x)
        | Zip.Scale when is -1.0 x -> ValueSome(binary Zip.Subtract (zero ()) y)
        | Zip.Scale when (negated x).IsSome && (negated y).IsSome -> ValueSome(binary Zip.Scale (negated x).Value (negated y).Value)
        // 0 meets neither infinity nor NaN.
        | Zip.Scale when isOrdinary x || isOrdinary y || (isFinite b 4 x && isFinite b 4 y) -> ValueSome(binary Zips.scaleFinite.Zip x y)
        // scale (p ? x : y) z = p ? scale x z : scale y z, where x and y are numbers
        | Zip.Scale when isChoice b x -> choice b emit x y
        | Zip.Scale when isChoice b y -> choice b emit y x
        // By operations that others need too
        | Zip.Function f when f.Shared.IsSome -> ValueSome(program f.Shared.Value.Value)
        // max x x = min x x = x & x = x | x = x
        | Zip.Maximum
        | Zip.Minimum
        | Zip.And
        | Zip.Or when x = y -> ValueSome x
        | Zip.Or
        | Zip.Xor
        | Zip.ShiftLeft
        | Zip.ShiftRight when is 0.0 y -> ValueSome x
        | _ -> ValueNone

    /// Places of indices that are known to lie on the axis: themselves, or wrapped.
    let private places (b: RewriteBuilder) (emit: Op -> int[] -> int) (size: int) (x: int) : int voption =
        match b.Range x with
        | ValueSome(struct (low, high)) when b.DType x <> DType.UInt64 && low >= Int128.op_Implicit -size && high < Int128.op_Implicit size ->
            if low >= Int128.Zero then
                ValueSome x
            else
                let number value = emit (Op.Broadcast(b.Shape x, [||])) [| b.Number(b.DType x, float value) |]

                let isNegative = emit (Op.Compare Relation.Less) [| x; number 0 |]
                ValueSome(emit Op.Select [| isNegative; emit (Op.Zip Zip.Add) [| x; number size |]; x |])
        | _ -> ValueNone

    /// The product of a change with a quotient: signs in its coefficient, which stands apart, one operation where that is a normal number.
    let private quotient (b: RewriteBuilder) emit (inputs: int[]) : int voption =
        let negated v = negated b v

        let dtype, shape = b.DType inputs[0], b.Shape inputs[0]

        let repeated (shape: int[]) v = if shape.Length = 0 then v else emit (Op.Broadcast(shape, [||])) [| v |]

        let negate v = emit (Op.Map Elementwise.negate) [| v |]

        /// Of numbers that are repeated alike the coefficient is repeated too; -n / d = -(n / d).
        let rec coefficient n d =
            let made shape n d = QuotientProgram.coefficient emit (fun value -> repeated shape (b.Number(dtype, value))) dtype n d

            match b.Definition n, b.Definition d with
            | _ when (negated n).IsSome -> negate (coefficient (negated n).Value d)
            | ValueSome { Op = Op.Broadcast(_, axes); Inputs = [| n |] }, ValueSome { Op = Op.Broadcast(_, others); Inputs = [| d |] } when
                axes = others && Shape.equal (b.Shape n) (b.Shape d)
                ->
                let c = made (b.Shape n) n d
                if axes.Length = 0 then repeated shape c else emit (Op.Broadcast(shape, axes)) [| c |]
            | ValueSome { Op = Op.Broadcast(_, [||]); Inputs = [| number |] }, ValueSome { Op = Op.Broadcast(_, axes); Inputs = [| d |] } when
                axes.Length > 0
                ->
                let inner = b.Shape d
                emit (Op.Broadcast(shape, axes)) [| made inner (repeated inner number) d |]
            | _ -> made shape n d

        match inputs with
        // -t n / d = t -n / d, the sign of a zero included, which -(t n / d) has not
        | [| t; n; d |] when (negated t).IsSome -> ValueSome(emit Op.Quotient [| (negated t).Value; negate n; d |])
        | [| t; n; d |] -> ValueSome(emit Op.Quotient [| t; n; d; coefficient n d |])
        // t n / d = scale t c for a normal number c = n / d
        | _ ->
            let c = b.Uniform inputs[3]

            if not (isNull c) && Double.IsNormal(NDArray.elementAt c c.Offset) then
                ValueSome(emit (Op.Zip Zips.scaleFinite.Zip) [| inputs[0]; inputs[3] |])
            else
                ValueNone

    /// A variable of the same value that is cheaper.
    let simplify (b: RewriteBuilder) (emit: Op -> int[] -> int) (op: Op) (inputs: int[]) : int voption =
        match RewriteConstants.fold b emit op inputs with
        | ValueSome v -> ValueSome v
        | ValueNone ->
            match op with
            // Its derivative is 0, its value that of the operand.
            | Op.StopGradient -> ValueSome inputs[0]
            | Op.Places(_, _, size) -> places b emit size inputs[0]
            | Op.Convert dtype when dtype = b.DType inputs[0] -> ValueSome inputs[0]
            | Op.Reinterpret dtype when dtype = b.DType inputs[0] -> ValueSome inputs[0]
            | Op.Reinterpret dtype ->
                match b.Definition inputs[0] with
                | ValueSome { Op = Op.Reinterpret _; Inputs = [| x |] } -> ValueSome(emit (Op.Reinterpret dtype) [| x |])
                | _ -> ValueNone
            // - - x = x
            | Op.Map row when row.Equals Elementwise.negate ->
                match b.Definition inputs[0] with
                | ValueSome { Op = Op.Map first; Inputs = [| x |] } when first.Equals row -> ValueSome x
                | _ -> ValueNone
            | Op.Zip operation -> zip b emit operation inputs[0] inputs[1]
            // By definition 0 n / d = t 0 / d = 0.
            | Op.Quotient when inputs[..1] |> Array.exists (fun v -> b.IsUniform(v, 0.0) || b.IsUniform(v, -0.0)) ->
                ValueSome(emit (Op.Broadcast(b.Shape inputs[0], [||])) [| b.Number(b.DType inputs[0], 0.0) |])
            // t n / 1 = t * n, where zero annihilates
            | Op.Quotient when b.IsUniform(inputs[2], 1.0) -> ValueSome(emit (Op.Zip Zip.Scale) inputs[..1])
            | Op.Quotient -> quotient b emit inputs
            | Op.Norm axes ->
                let x = inputs[0]
                ValueSome(NormProgram.expand emit (b.DType x) (b.Shape x) axes x)
            | Op.Softmax(kind, axes) ->
                let x = inputs[0]
                ValueSome(SoftmaxProgram.expand emit (b.DType x) (b.Shape x) kind axes x)
            | Op.Mean axes -> ValueSome(RewriteMean.expand b emit axes inputs[0])
            | Op.Select when inputs[1] = inputs[2] -> ValueSome inputs[1]
            | Op.Select when b.IsUniform(inputs[0], 1.0) -> ValueSome inputs[1]
            | Op.Select when b.IsUniform(inputs[0], 0.0) -> ValueSome inputs[2]
            | Op.Reduce(reduction, axes) -> RewriteReductions.simplify b emit reduction axes inputs[0]
            | _ -> ValueNone
