// Draws of real numbers from a key, with JAX's bits, roundings and formulas; their parameters are tensors and are differentiated.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal ContinuousDraws =
    let private requireFloat operation dtype =
        if not (DType.isFloat dtype) then
            raise (DTypeException $"{operation}: draws are float32 or float64, not {DType.name dtype}; convert the draw (AsType).")

    /// A draw that there is where its parameters meet a requirement; elsewhere the call throws.
    let where operation requirement (parameters: Tensor) (draw: Tensor) : Tensor =
        if Shape.size parameters.Dims = 0 || Shape.size draw.Dims = 0 then
            draw
        else
            let met = Primitive.apply1 (Op.Require(operation, requirement)) (Operations.stopGradient parameters)

            if isNull met.Trace then
                draw
            else
                let first = Primitive.entry 0 0 (Primitive.reshape [| Shape.size met.Dims |] met)

                Primitive.select (Primitive.broadcast draw.Dims [||] first) draw (Primitive.fillLike draw 0.0)

    let map row (a: Tensor) = Primitive.map row a

    let plus (value: float) (a: Tensor) = Primitive.add a (Primitive.fillLike a value)

    let times (value: float) (a: Tensor) = Primitive.multiply a (Primitive.fillLike a value)

    /// The dtype of a draw: the one that is stated and that of the parameters which are strongly typed floats must be one. Where none says it, float64.
    let dtypeOf operation (stated: DType voption) (parameters: struct (string * Tensor)[]) =
        let mutable dtype = stated
        let mutable by = "the draw"

        for struct (name, parameter) in parameters do
            if DType.isFloat parameter.DType && not parameter.Weak then
                match dtype with
                | ValueSome other when other <> parameter.DType ->
                    raise (
                        DTypeException
                            $"{operation}: {by} is {DType.name other} and {name} is {DType.name parameter.DType}; convert one of them (AsType)."
                    )
                | _ ->
                    dtype <- ValueSome parameter.DType
                    by <- name

        let dtype = ValueOption.defaultValue DType.Float64 dtype
        requireFloat operation dtype
        dtype

    /// A draw with two parameters, in the dtype that they say and the shape that is given, or theirs.
    let between
        operation
        draw
        (stated: Nullable<DType>)
        (struct (firstName, first))
        (struct (secondName, second))
        shape
        (key: Key)
        : Tensor =
        let first, second = Keys.required firstName first, Keys.required secondName second

        let dtype =
            dtypeOf operation (ValueOption.ofNullable stated) [| struct (firstName, first); struct (secondName, second) |]

        let shape = Keys.shape operation shape (Shape.broadcast operation first.Dims second.Dims)

        draw operation first second dtype shape key

    /// [0, 1): random bits as the fraction of a float in [1, 2), less 1.
    let unit operation dtype (shape: int[]) (key: Key) =
        requireFloat operation dtype

        let fraction bitType shift one =
            let bits = Keys.bits bitType shape key
            let fraction = Primitive.zip Zip.ShiftRight bits (Primitive.fillLike bits shift)
            Primitive.zip Zip.Or fraction (Primitive.fillLike bits one)

        let bits =
            if dtype = DType.Float32 then
                fraction DType.UInt32 9.0 (float 0x3F800000)
            else
                fraction DType.UInt64 12.0 (float 0x3FF0000000000000L)

        plus -1.0 (Primitive.apply1 (Op.Reinterpret dtype) bits)

    /// [least, 1) for a tiny least: 1 - least rounds to 1.
    let private positive operation dtype shape least key = plus least (unit operation dtype shape key)

    /// [-1 + spacing, 1): the length rounds to 2, so that one rounding is left.
    let private symmetric operation dtype shape spacing key = plus (spacing - 1.0) (times 2.0 (unit operation dtype shape key))

    /// The spacing of the floats below 1.
    let below1 dtype = if dtype = DType.Float32 then Math.ScaleB(1.0, -24) else Math.ScaleB(1.0, -53)

    /// The smallest normal float.
    let private tiny dtype = if dtype = DType.Float32 then Math.ScaleB(1.0, -126) else Math.ScaleB(1.0, -1022)

    /// f span + low with one rounding, as JAX's fused multiply-add has.
    let private multiplyAdd (f: Tensor) (span: Tensor) (low: Tensor) =
        if f.DType = DType.Float32 then
            // The product of two float32 is exact in float64.
            let wide = Primitive.convert DType.Float64
            Primitive.convert DType.Float32 (Primitive.add (Primitive.multiply (wide f) (wide span)) (wide low))
        else
            // What the product and the sum lose (Dekker, Numer. Math. 18, 1971; Knuth): f has 52 bits, so the products of heads of 26
            // bits and tails of 26 and 27 are exact.
            let product = Primitive.multiply f span
            let sum = Primitive.add product low
            let constant = Operations.stopGradient
            let p, s, low, span = constant product, constant sum, constant low, constant span

            let head (a: Tensor) =
                let bits = Primitive.apply1 (Op.Reinterpret DType.UInt64) a

                let cut = Primitive.zip Zip.And bits (Primitive.fillLike bits (float 0xFFFFFFFFF8000000UL))

                Primitive.apply1 (Op.Reinterpret DType.Float64) cut

            let f0, span0 = head f, head span
            let f1, span1 = Primitive.subtract f f0, Primitive.subtract span span0

            let crossed = Primitive.add (Primitive.subtract (Primitive.multiply f0 span0) p) (Primitive.multiply f0 span1)

            let lostByProduct =
                Primitive.add (Primitive.add crossed (Primitive.multiply f1 span0)) (Primitive.multiply f1 span1)

            let added = Primitive.subtract s p

            let lostBySum = Primitive.add (Primitive.subtract p (Primitive.subtract s added)) (Primitive.subtract low added)

            Primitive.add sum (Primitive.add lostBySum lostByProduct)

    /// max(low, f (high - low) + low).
    let stretched operation (low: Tensor) (high: Tensor) (f: Tensor) =
        let fit (a: Tensor) = Tensor.BroadcastTo(operation, Primitive.convert f.DType a, f.Dims)

        let low, high = fit low, fit high
        Primitive.zip Zip.Maximum low (multiplyAdd f (Primitive.subtract high low) low)

    let uniform operation (low: Tensor) (high: Tensor) dtype (shape: int[]) (key: Key) =
        stretched operation low high (unit operation dtype shape key)

    /// Between bounds that must be a finite distance apart.
    let private uniformWithin operation (low: Tensor) (high: Tensor) dtype (shape: int[]) (key: Key) =
        let joint = Shape.broadcast operation low.Dims high.Dims

        let fit (a: Tensor) = Tensor.BroadcastTo(operation, Primitive.convert dtype a, joint)

        uniform operation low high dtype shape key
        |> where operation Requirement.Bounds (Primitive.stack joint.Length [| fit low; fit high |])

    let uniformBetween operation stated low high shape key =
        between operation uniformWithin stated (struct ("low", low)) (struct ("high", high)) shape key

    let root2 = sqrt 2.0

    /// sqrt(2) erf_inv(u), u in (-1, 1).
    let normal operation dtype shape key =
        times root2 (map SpecialFunctions.erfInverse (symmetric operation dtype shape (below1 dtype) key))

    /// mean + deviation z.
    let private shifted operation (mean: Tensor) (deviation: Tensor) dtype (shape: int[]) key =
        let fit (a: Tensor) = Tensor.BroadcastTo(operation, Primitive.convert dtype a, shape)

        Primitive.add (fit mean) (Primitive.multiply (fit deviation) (normal operation dtype shape key))

    let normalAbout operation stated mean deviation shape key =
        between operation shifted stated (struct ("mean", mean)) (struct ("deviation", deviation)) shape key

    /// -log(1 - u).
    let exponential operation dtype shape key =
        map Elementwise.negate (map Elementwise.log1p (map Elementwise.negate (unit operation dtype shape key)))

    /// -log(-log u), u in (0, 1).
    let gumbel operation dtype shape key =
        let negativeLog a = map Elementwise.negate (map Elementwise.log a)

        negativeLog (negativeLog (positive operation dtype shape (tiny dtype) key))

    /// sign(u) log(1 - |u|), u in (-1, 1).
    let laplace operation dtype shape key =
        let u = symmetric operation dtype shape (below1 dtype) key
        let tail = map Elementwise.log1p (map Elementwise.negate (map Elementwise.abs u))
        Primitive.multiply (map Elementwise.sign u) tail

    /// log u - log(1 - u), u in (0, 1).
    let logistic operation dtype shape key =
        let u = positive operation dtype shape (tiny dtype) key
        Primitive.subtract (map Elementwise.log u) (map Elementwise.log1p (map Elementwise.negate u))

    /// tan(pi (u - 1/2)), u in (0, 1).
    let cauchy operation dtype shape key =
        let low, high = Primitive.fill dtype [||] (2.0 * below1 dtype), Primitive.fill dtype [||] 1.0

        let u = uniform operation low high dtype shape key
        map Elementwise.tan (times Math.PI (plus -0.5 u))

    /// The next larger float: the bits plus 1, or minus 1 below zero.
    let nextUp (a: Tensor) =
        let integer = if a.DType = DType.Float32 then DType.Int32 else DType.Int64
        let bits = Primitive.apply1 (Op.Reinterpret integer) a

        let is relation value = Primitive.compare relation a (Primitive.fillLike a value)

        let number value = Primitive.fillLike bits value
        let step = Primitive.select (is Relation.Less 0.0) (number -1.0) (number 1.0)

        let moved = Primitive.select (is Relation.Equal 0.0) (number 1.0) (Primitive.add bits step)

        let bounded = Primitive.select (is Relation.Equal infinity) bits moved
        Primitive.apply1 (Op.Reinterpret a.DType) bounded

    let nextDown (a: Tensor) = map Elementwise.negate (nextUp (map Elementwise.negate a))
