// Determinants: values from the factors of an elimination; derivatives of det by differentiating an elimination that never divides by what may be
// rounding errors, so that they are right to every order at singular matrices too, and those of log |det| by solving with the factors.
namespace Pipeline.Engine

open System.Collections.Concurrent
open Pipeline

[<RequireQualifiedAccess>]
module internal Determinants =
    let private zip operation a b = Primitive.zip operation a b

    let private isNot (a: Tensor) = zip Zip.Xor a (Primitive.fillLike a 1.0)

    let private where condition (a: Tensor) = Primitive.select condition a (Primitive.fillLike a 0.0)

    let private stopped (a: Tensor) = Primitive.apply1 Op.StopGradient a

    /// How many axes come before those of the matrix.
    let private lead (a: Tensor) = a.Rank - 2

    /// In all places of its matrix; of its row; of its column.
    let private everywhere (a: Tensor) x = Primitive.broadcast a.Dims [| 0 .. lead a - 1 |] x

    let private alongRow (a: Tensor) x = Primitive.broadcast a.Dims [| 0 .. lead a |] x

    let private alongColumn (a: Tensor) x = Primitive.broadcast a.Dims (Array.append [| 0 .. lead a - 1 |] [| lead a + 1 |]) x

    /// Over each row, column, matrix; an or of booleans.
    let private overRow (a: Tensor) = Primitive.sum [| lead a + 1 |] a
    let private overColumn (a: Tensor) = Primitive.sum [| lead a |] a

    let private overMatrix (a: Tensor) = Primitive.sum [| lead a; lead a + 1 |] a

    let private diagonal (a: Tensor) = overRow (where (Record.triangle Relation.Equal a.Dims) a)

    let private scan length (constants: Tensor[]) (carries: Tensor[]) body =
        let operands = Array.append constants carries

        let step = Record.closed "Determinant" (operands |> Array.map _.Type) body
        Primitive.apply (Op.Loop(Loop.counted length constants.Length carries.Length step)) operands

    /// Without a division: X <- mu(X) E, n - 1 times from X = E, where mu(X) is X above the diagonal and -(X_jj + ...) over j > i on it; then
    /// det E = (-1)^(n-1) X_11. (R. S. Bird, "A simple division-free algorithm for computing determinants", Information Processing Letters 111, 2011.)
    let private withoutDivision (e: Tensor) : Tensor =
        let n, axis = e.Dims[e.Rank - 1], lead e

        let step (operands: Tensor[]) =
            let e, x = operands[0], operands[1]

            let sums = Primitive.apply1 (Op.CumulativeSum(axis, true)) (diagonal x) |> Primitive.sliceAxis axis 1 n

            let none = Array.zeroCreate (axis + 1)

            let after = Primitive.apply1 (Op.Pad(none, Array.updateAt axis 1 none, none)) sums |> Primitive.negate

            let above = where (Record.triangle Relation.Less x.Dims) x

            let mu = Primitive.select (Record.triangle Relation.Equal x.Dims) (alongRow x after) above

            [| Matrices.product mu e |]

        let x = (scan (n - 1) [| e |] [| e |] step)[0]
        let first = Primitive.entry axis 0 (Primitive.entry axis 0 x)
        if n % 2 = 0 then Primitive.negate first else first

    /// 1 or -1 for a permutation matrix of booleans: by the pairs of rows whose columns come in the other order.
    let private parity dtype (permutation: Tensor) : Tensor =
        let columns = overRow (where permutation (Primitive.iota DType.Int32 permutation.Dims (permutation.Rank - 1)))

        let crossed =
            zip
                Zip.And
                (Record.triangle Relation.Less permutation.Dims)
                (Primitive.compare Relation.Less (alongColumn permutation columns) (alongRow permutation columns))

        let count = overMatrix (Primitive.convert DType.Int32 crossed)
        let odd = Primitive.convert dtype (zip Zip.And count (Primitive.fillLike count 1.0))
        Primitive.subtract (Primitive.fillLike odd 1.0) (Primitive.add odd odd)

    /// det A as a function whose derivatives are right at every A: elimination with the largest entry as pivot, the choice of pivots being constant,
    /// until what is left, S, is zero to rounding (or a single entry); then det A = product of the pivots * det E, E being S in the rows and columns
    /// that are left and 1 at the pivots. Only pivots are divided by.
    let private byElimination (a: Tensor) : Tensor =
        let n, axis = a.Dims[a.Rank - 1], lead a
        let outer = a.Dims[.. axis - 1]
        let flags shape value = Primitive.fill DType.Bool shape value
        // An entry that is smaller, beside what it was computed from, counts as zero to rounding: few of its digits are left.
        let negligible = if a.DType = DType.Float32 then 1e-4 else 1e-10

        // The matrix; the largest that its entries were made of; whether rows and columns are left; the pivots' places; their product; whether
        // all steps so far found a pivot.
        let step (operands: Tensor[]) =
            let m, size, rows, columns = operands[0], operands[1], operands[2], operands[3]
            let places, product, found = operands[4], operands[5], operands[6]
            let isLeft = zip Zip.And (alongRow m rows) (alongColumn m columns)

            let magnitude = Primitive.select isLeft (Primitive.map Elementwise.abs (stopped m)) (Primitive.fillLike m -1.0)

            let flat = Array.append outer [| n * n |]

            let largest = Primitive.apply1 (Op.Reduce(Reduction.ArgMax, [| axis |])) (Primitive.reshape flat magnitude)

            let pick =
                Primitive.compare
                    Relation.Equal
                    (Primitive.iota DType.Int32 flat axis)
                    (Primitive.broadcast flat [| 0 .. axis - 1 |] largest)
                |> Primitive.reshape m.Dims

            let row, column = overRow pick, overColumn pick
            let pivot = overMatrix (where pick m)
            let rounding = overMatrix (where pick size)

            let isLast =
                let count = Primitive.sum [| axis |] (Primitive.convert DType.Int32 rows)
                Primitive.compare Relation.Equal count (Primitive.fillLike count 1.0)

            let isLarge =
                Primitive.compare
                    Relation.Less
                    (Primitive.multiply rounding (Primitive.fillLike rounding negligible))
                    (overMatrix (where pick magnitude))

            let found = zip Zip.And found (zip Zip.Or isLarge isLast)
            let one = Primitive.fillLike pivot 1.0
            // The last pivot is not divided by where it is zero.
            let divisor = Primitive.select (zip Zip.And found isLarge) pivot one

            let used flags = zip Zip.And flags (Primitive.broadcast flags.Dims [| 0 .. axis - 1 |] found)

            let rows = zip Zip.And rows (isNot (used row))
            let columns = zip Zip.And columns (isNot (used column))

            let change =
                let multiplier =
                    Primitive.zip
                        Zip.Divide
                        (overRow (where (alongColumn m column) m))
                        (Primitive.broadcast rows.Dims [| 0 .. axis - 1 |] divisor)

                Primitive.multiply (alongRow m multiplier) (alongColumn m (overColumn (where (alongRow m row) m)))

            let isLeft = zip Zip.And (alongRow m rows) (alongColumn m columns)
            let isFound = everywhere m found
            let next = Primitive.select isFound (where isLeft (Primitive.subtract m change)) m

            let nextSize =
                Primitive.select isFound (zip Zip.Maximum size (Primitive.map Elementwise.abs (stopped change))) size

            [|
                next
                nextSize
                rows
                columns
                zip Zip.Or places (zip Zip.And pick isFound)
                Primitive.multiply product (Primitive.select found pivot one)
                found
            |]

        let ends =
            scan
                n
                [||]
                [|
                    a
                    Primitive.map Elementwise.abs (stopped a)
                    flags (Array.append outer [| n |]) 1.0
                    flags (Array.append outer [| n |]) 1.0
                    flags a.Dims 0.0
                    Primitive.fill a.DType outer 1.0
                    flags outer 1.0
                |]
                step

        let left, size, rows, columns = ends[0], ends[1], ends[2], ends[3]
        let places, product, found = ends[4], ends[5], ends[6]

        // What is left, in units of what it was computed from.
        let unit =
            let isLeft = zip Zip.And (alongRow a rows) (alongColumn a columns)

            let largest = Primitive.apply1 (Op.Reduce(Reduction.Maximum, [| axis; axis + 1 |])) (where isLeft size)

            let isZero = Primitive.compare Relation.Equal largest (Primitive.fillLike largest 0.0)

            Primitive.select isZero (Primitive.fillLike largest 1.0) largest

        let embedded =
            let scaled = zip Zip.Divide left (everywhere left unit)
            Primitive.select places (Primitive.fillLike left 1.0) scaled

        let types = [| embedded.Type |]

        let rest =
            Primitive.apply
                (Op.Switch [|
                    Record.closed "Determinant" types (fun _ -> [| Primitive.fill a.DType outer 1.0 |])
                    Record.closed "Determinant" types (fun e -> [| withoutDivision e[0] |])
                |])
                [| Primitive.convert DType.Int32 (Primitive.sum [| 0 .. axis - 1 |] (isNot found)); embedded |]
            |> Array.head

        let power = zip PowerFunction.power.Zip unit (Primitive.sum [| axis |] (Primitive.convert a.DType rows))

        Primitive.multiply product (Primitive.select found (parity a.DType places) (Primitive.multiply rest power))

    /// The diagonal of U, and the sign of the exchanges, in float64.
    let private ofFactors (factors: Tensor[]) : struct (Tensor * Tensor) =
        let lu, pivots = factors[0], factors[1]
        let stays = Primitive.compare Relation.Equal pivots (Primitive.iota DType.Int32 pivots.Dims (lead lu))
        let one = Primitive.fill DType.Float64 pivots.Dims 1.0
        let signs = Primitive.select stays one (Primitive.fillLike one -1.0)
        struct (diagonal lu, Primitive.apply1 (Op.Reduce(Reduction.Product, [| lead lu |])) signs)

    let private determinantValue (a: Tensor) factors =
        let struct (pivots, sign) = ofFactors factors

        Primitive.apply1 (Op.Reduce(Reduction.Product, [| lead a |])) pivots
        |> Primitive.multiply sign
        |> Primitive.convert a.DType

    let private logarithmValue (a: Tensor) factors =
        let struct (pivots, sign) = ofFactors factors
        let signs = Primitive.map Elementwise.sign pivots

        let logarithms = Primitive.map Elementwise.log (Primitive.map Elementwise.abs pivots)

        [|
            Primitive.multiply sign (Primitive.apply1 (Op.Reduce(Reduction.Product, [| lead a |])) signs)
            Primitive.sum [| lead a |] logarithms
        |]
        |> Array.map (Primitive.convert a.DType)

    /// A function of a matrix and its LU factors with its forward rule, A, factors, dA -> results @ changes, made once for each type.
    let private custom operation (value: Tensor -> Tensor[] -> Tensor[]) (rule: Tensor -> Tensor[] -> Tensor -> Tensor[]) =
        let made = ConcurrentDictionary<TensorType, Op>()

        let make (t: TensorType) =
            let types = Array.append [| t |] (LU.routine.Infer [| t |])

            let body = Record.closed operation types (fun inputs -> value inputs[0] inputs[1..])

            // The factors are no variables: they carry no tangent.
            let rule =
                Record.closed operation (Array.append types [| t; types[1] |]) (fun inputs -> rule inputs[0] inputs[1..2] inputs[3])

            Op.Call(CallKind.CustomForward rule, body)

        fun (a: Tensor) ->
            let a = Tensor.Real a
            ProductOperations.requireSquare operation a
            Primitive.apply (made.GetOrAdd(a.Type, make)) (Array.append [| a |] (LU.apply a))

    let private callDeterminant =
        let rule (a: Tensor) factors (change: Tensor) =
            let value = determinantValue a factors

            if Array.last a.Dims = 0 then
                [| value; Primitive.fillLike value 0.0 |]
            else
                let _, changes = Linearize.pushforward "Determinant" (fun x -> [| byElimination x[0] |]) [| a |] [| change |]

                [| value; Primitive.orZeros value.Type changes[0] |]

        custom "Determinant" (fun a factors -> [| determinantValue a factors |]) rule

    let private callLogDeterminant =
        // The change is the trace of A^-1 dA.
        let rule (a: Tensor) factors (change: Tensor) =
            let values = logarithmValue a factors

            let trace = Primitive.sum [| lead a |] (diagonal (Solve.by factors a change))

            [| yield! values; Primitive.fillLike values[0] 0.0; trace |]

        custom "LogDeterminant" logarithmValue rule

    let determinant (a: Tensor) : Tensor = (callDeterminant a)[0]

    /// The sign and log |det A|.
    let logDeterminant (a: Tensor) : struct (Tensor * Tensor) =
        let results = callLogDeterminant a
        struct (results[0], results[1])
