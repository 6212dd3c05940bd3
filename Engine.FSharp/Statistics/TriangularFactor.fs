// The triangular factor R of a tall matrix A = QR, from its Gram matrix A'A = R'R, and where the columns depend on each other.
namespace Pipeline.Engine

open System
open System.Threading.Tasks

[<RequireQualifiedAccess>]
module internal TriangularFactor =
    let private zero = DoubleDouble.zero
    let inline private at (matrix: DoubleDouble[,]) i j = matrix[i, j]

    /// c with R c = r, where R is the leading square of a triangular matrix and r the top of its given column.
    let solve (r: DoubleDouble[,]) (size: int) (column: int) =
        let c = Array.create size zero

        for i in size - 1 .. -1 .. 0 do
            let mutable rest = at r i column

            for l in i + 1 .. size - 1 do
                rest <- DoubleDouble.subtract rest (DoubleDouble.multiply (at r i l) c[l])

            c[i] <- DoubleDouble.divide rest (at r i i)

        c

    /// |R v|^2, R the leading square of the size of v.
    let squaredLength (r: DoubleDouble[,]) (v: DoubleDouble[]) =
        let mutable sum = zero

        for i in 0 .. v.Length - 1 do
            let mutable entry = zero

            for j in i .. v.Length - 1 do
                entry <- DoubleDouble.add entry (DoubleDouble.multiply (at r i j) v[j])

            sum <- DoubleDouble.add sum (DoubleDouble.multiply entry entry)

        sum.Value

    /// R^-1, R the leading square of the given size, column by column by back substitution.
    let inverse (r: DoubleDouble[,]) (size: int) =
        let c = Array2D.create size size zero

        for column in 0 .. size - 1 do
            for i in column .. -1 .. 0 do
                let mutable rest = DoubleDouble.ofFloat (if i = column then 1.0 else 0.0)

                for l in i + 1 .. column do
                    rest <- DoubleDouble.subtract rest (DoubleDouble.multiply (at r i l) (at c l column))

                c[i, column] <- DoubleDouble.divide rest r[i, i]

        c

    /// The lengths of the rows of R^-1: the roots of the diagonal of (A'A)^-1.
    let inverseRowLengths (r: DoubleDouble[,]) (size: int) =
        let c = inverse r size

        Array.init size (fun i ->
            let mutable sum = zero

            for column in i .. size - 1 do
                sum <- DoubleDouble.add sum (DoubleDouble.multiply (at c i column) (at c i column))

            (DoubleDouble.squareRoot sum).Value)

    /// The length of column j of A, from its triangular factor.
    let length (r: DoubleDouble[,]) j =
        let mutable sum = zero

        for i in 0..j do
            sum <- DoubleDouble.add sum (DoubleDouble.multiply (at r i j) (at r i j))

        sqrt sum.High

    /// |a_j| + sum |c_i| |a_i|, where sum c_i a_i is what columns before j explain of it. Errors of relative size e in the
    /// columns move the distance of a_j from their span, |r_jj|, by e times this.
    let reach (r: DoubleDouble[,]) j =
        let c = solve r j j
        let mutable sum = length r j

        for i in 0 .. j - 1 do
            sum <- sum + abs c[i].High * length r i

        sum

    /// The Cholesky factor. A squared pivot below the noise of the Gram matrix is lifted to it: the factor then still serves to
    /// precondition the columns. Lifted by 0, a pivot that is not positive and its row are 0.
    let private cholesky (gram: DoubleDouble[,]) (noise: float) =
        let size = Array2D.length1 gram
        let r = Array2D.create size size zero

        for j in 0 .. size - 1 do
            for i in 0..j do
                let mutable rest = at gram i j

                for l in 0 .. i - 1 do
                    rest <- DoubleDouble.subtract rest (DoubleDouble.multiply (at r l i) (at r l j))

                if i = j then
                    r[j, j] <- DoubleDouble.squareRoot rest

                    if noise > 0.0 then
                        let least = noise * reach r j

                        if not (r[j, j].High >= least) then r[j, j] <- DoubleDouble.ofFloat least
                else
                    r[i, j] <- if r[i, i].High = 0.0 then zero else DoubleDouble.divide rest r[i, i]

        r

    let private product (a: DoubleDouble[,]) (b: DoubleDouble[,]) =
        let size = Array2D.length1 a

        Array2D.init size size (fun i j ->
            let mutable sum = zero

            for l in i..j do
                sum <- DoubleDouble.add sum (DoubleDouble.multiply (at a i l) (at b l j))

            sum)

    /// The Gram matrix of A R^-1, row by row in double-double arithmetic.
    let private preconditionedGram (design: Design) (r: DoubleDouble[,]) =
        let size = design.Width
        let ones = if design.Intercept then 1 else 0

        let inverse = Array.init size (fun j -> DoubleDouble.divide (DoubleDouble.ofFloat 1.0) r[j, j])

        let chunkRows = 4096

        let parts = Array.zeroCreate<DoubleDouble[,]>((design.Rows + chunkRows - 1) / chunkRows)

        let run part =
            let sums = Array2D.create size size zero
            let z = Array.create size zero

            for row in part * chunkRows .. min design.Rows ((part + 1) * chunkRows) - 1 do
                for j in 0 .. size - 1 do
                    let mutable rest = DoubleDouble.ofFloat (if j < ones then 1.0 else design.Columns[j - ones][row])

                    for i in 0 .. j - 1 do
                        rest <- DoubleDouble.subtract rest (DoubleDouble.multiply z[i] (at r i j))

                    z[j] <- DoubleDouble.multiply rest inverse[j]

                    for i in 0..j do
                        sums[i, j] <- DoubleDouble.add (at sums i j) (DoubleDouble.multiply z[i] z[j])

            parts[part] <- sums

        Parallel.For(0, parts.Length, run) |> ignore

        parts
        |> Array.reduce (fun total part -> Array2D.mapi (fun i j sum -> DoubleDouble.add sum (at part i j)) total)

    /// The relative noise of a distance squared that Gram.compute leaves is below 1e-28.
    let private noise = 1e-13

    /// Above this, reach over distance would let that noise into the last digits of a float64 result.
    let private tolerated = 1e6

    /// R of [A b] = QR. One pass over the columns; where they are nearly dependent, a second one over the columns that the first
    /// factor has made nearly orthonormal: Cholesky QR, twice (Yamamoto, Nakatsukasa, Yanagisawa and Fukaya, 2015).
    let compute (design: Design) (gram: DoubleDouble[,]) =
        let first = cholesky gram noise
        let size = design.Width

        let isZero = Seq.exists (fun j -> first[j, j].High = 0.0) (seq { 0 .. size - 1 })

        let isIllConditioned = Seq.exists (fun j -> reach first j > tolerated * first[j, j].High) (seq { 0 .. size - 1 })

        if isIllConditioned && not isZero then
            product (cholesky (preconditionedGram design first) 0.0) first
        else
            first

    /// Columns closer than this to the span of the columns before them, as a part of reach, are combinations of them that were
    /// rounded to float64 or to 15 printed digits.
    let private rounding = 1e-14

    /// A column whose deviations from its mean are a smaller part of it than this cannot be judged by rounded digits.
    let private lastDigits = 1e-12

    /// The rounding of a column to float64, as a part of its length.
    let private unitRoundoff = 1.1102230246251565e-16

    /// The length of column j about its mean, which the column of ones before it takes away.
    let private spread (r: DoubleDouble[,]) j = Seq.sumBy (fun i -> r[i, j].High * r[i, j].High) (seq { 1..j }) |> sqrt

    /// How far rounding may move column j from a combination of the columns before it: as a part of reach. But digits of a column that
    /// varies, beside ones, in its last digits only are taken as they stand: its mean counts as a part of the constant term.
    let private noiseOf (r: DoubleDouble[,]) hasOnes part j =
        let variesInLastDigits i = hasOnes && i > 0 && spread r i <= lastDigits * length r i

        if not (Seq.exists variesInLastDigits (seq { 0..j })) then
            part * reach r j
        else
            let c = solve r j j
            let mutable constant = c[0]
            let mutable sum = if variesInLastDigits j then spread r j else length r j

            for i in 1 .. j - 1 do
                if variesInLastDigits i then
                    let mean = DoubleDouble.divide r[0, i] r[0, 0]
                    constant <- DoubleDouble.add constant (DoubleDouble.multiply c[i] mean)
                    sum <- sum + abs c[i].High * spread r i
                else
                    sum <- sum + abs c[i].High * length r i

            if variesInLastDigits j then
                part * sum + unitRoundoff * length r j
            else
                part * (sum + abs constant.High * length r 0)

    /// The first column that is a combination of the columns before it, the first of which may be ones; -1 where there is none.
    let firstDependent (r: DoubleDouble[,]) hasOnes (size: int) =
        let noise j =
            // Ones have no rounding: a column is a multiple of them or varies, be it in the last bit. (r is right to about 1e-30.)
            if hasOnes && j = 1 then 1e-25 * length r j else noiseOf r hasOnes rounding j

        Seq.tryFindIndex (fun j -> not (r[j, j].High > noise j)) (seq { 0 .. size - 1 }) |> Option.defaultValue -1

    /// The length of the residuals of the last column that the rounding of the data alone would leave.
    let residualNoise (r: DoubleDouble[,]) hasOnes (size: int) = noiseOf r hasOnes 1e-15 size
