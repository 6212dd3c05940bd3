// Ordinary least squares with its inference, from columns of float64 to 12 digits and more.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal LeastSquares =
    let private refuse = RegressionFactor.refuse

    /// Fitted values and residuals in double-double arithmetic, rounded at the end.
    let private rowByRow (coefficients: DoubleDouble[]) intercept (features: float[][]) (target: float[]) =
        let fitted = Array.zeroCreate target.Length
        let residuals = Array.zeroCreate target.Length
        let ones = if intercept then 1 else 0

        for row in 0 .. target.Length - 1 do
            let mutable sum = if intercept then coefficients[0] else DoubleDouble.zero

            for k in 0 .. features.Length - 1 do
                let x = DoubleDouble.ofFloat (features[k][row])
                sum <- DoubleDouble.add sum (DoubleDouble.multiply coefficients[ones + k] x)

            fitted[row] <- sum.Value
            residuals[row] <- (DoubleDouble.subtract (DoubleDouble.ofFloat (target[row])) sum).Value

        struct (fitted, residuals)

    /// The inference for target = X b + error at given estimates of b, or, where they are null, at the least-squares ones.
    /// The arrays are kept for residuals and must not change afterwards.
    let fitAt
        (given: float[])
        (targetName: string)
        (target: float[])
        (featureNames: string[])
        (features: float[][])
        (intercept: bool)
        (level: float)
        =
        let ones = if intercept then 1 else 0
        let rows = target.Length
        let size = features.Length + ones

        Limits.Require((level > 0.0 && level < 1.0), level, "a confidence level between 0 and 1, for example 0.95", nameof level)

        if size = 0 then
            raise (ArgumentException("Least squares needs a feature or an intercept.", nameof features))

        if rows <= size then
            refuse $"{rows} rows cannot determine {size} coefficients and their errors: at least {size + 1} rows are needed."

        let r =
            RegressionFactor.compute (Array.append featureNames [| targetName |]) intercept (Array.append features [| target |])

        // The squared lengths of parts of the target along the orthonormal directions of Q.
        let squares first last =
            let mutable sum = DoubleDouble.zero

            for i in first..last do
                let part = r[i, size]
                sum <- DoubleDouble.add sum (DoubleDouble.multiply part part)

            sum.Value

        if Array.forall ((=) target[0]) target && (intercept || target[0] = 0.0) then
            let value = target[0].ToString Globalization.CultureInfo.InvariantCulture

            refuse $"The target '{targetName}' is {value} in every row: there is nothing to explain. Name another target."

        let best = TriangularFactor.solve r size size

        // |y - X g|^2 = |y - X b|^2 + |R (g - b)|^2 for any g beside the least-squares b.
        let estimates, excess =
            if isNull given then
                best, 0.0
            else
                let estimates = Array.map DoubleDouble.ofFloat given
                estimates, TriangularFactor.squaredLength r (Array.map2 DoubleDouble.subtract estimates best)

        let noise = TriangularFactor.residualNoise r intercept size
        let isExact = isNull given && r[size, size].High <= noise
        let residualSquares = if isExact then 0.0 else squares size size + excess
        let degreesOfFreedom = float (rows - size)
        let sigma = sqrt (residualSquares / degreesOfFreedom)
        let quantile = Tails.studentQuantile degreesOfFreedom (1.0 - level)
        let rootOfInverse = TriangularFactor.inverseRowLengths r size

        let coefficients =
            Array.init size (fun j ->
                let estimate = estimates[j].Value
                let standardError = sigma * rootOfInverse[j]

                // 0 / 0, but for rounding: an exact fit in which the term has no part.
                let isUndetermined = isExact && abs estimate * TriangularFactor.length r j <= noise
                let t = if isUndetermined then nan else estimate / standardError

                Coefficient(
                    (if j < ones then RegressionFactor.interceptName else featureNames[j - ones]),
                    estimate,
                    standardError,
                    t,
                    Tails.student degreesOfFreedom t,
                    estimate - quantile * standardError,
                    estimate + quantile * standardError
                ))

        let explained = squares ones (size - 1) - excess
        let modelDegreesOfFreedom = float features.Length

        let logFTail =
            if features.Length = 0 then
                nan
            else
                Tails.fisher
                    modelDegreesOfFreedom
                    degreesOfFreedom
                    ((explained / modelDegreesOfFreedom) / (residualSquares / degreesOfFreedom))

        LeastSquaresResult(
            targetName,
            coefficients,
            intercept,
            rows,
            level,
            residualSquares,
            explained,
            logFTail,
            lazy rowByRow estimates intercept features target
        )

    /// The least-squares fit.
    let fit targetName target featureNames features intercept level = fitAt null targetName target featureNames features intercept level

    /// R^-1 of [1 X] = QR: the length of R^-T [1 X]'r is how far residuals r are from those of least squares.
    let inverseFactor (features: float[][]) =
        let design = { Intercept = true; Columns = features }

        let struct (gram, _) = Gram.compute design

        TriangularFactor.inverse (TriangularFactor.compute design gram) design.Width
        |> Array2D.map (fun entry -> entry.Value)
