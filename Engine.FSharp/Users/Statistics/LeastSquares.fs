// Ordinary least squares with its inference, from columns of float64 to 12 digits and more.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal LeastSquares =
    let private interceptName = "(Intercept)"

    let private refuse message = raise (DataException message)

    let private refuseNotFinite (names: string[]) (columns: float[][]) =
        for k in 0 .. columns.Length - 1 do
            let row = Array.FindIndex(columns[k], fun x -> not (Double.IsFinite x))

            if row >= 0 then
                refuse
                    $"Column '{names[k]}' has {columns[k][row]} in row {row + 1}: least squares takes finite numbers only. Leave the row out or fill the value in."

    /// 2 * x1 - x2 + 5, leaving out terms that do not reach the column's last digits.
    let private combination (names: string[]) (coefficients: float[]) (weights: float[]) =
        let text = Text.StringBuilder()
        let largest = Array.fold2 (fun m c w -> max m (abs c * w)) 0.0 coefficients weights

        for k in 0 .. names.Length - 1 do
            let c = coefficients[k]

            if abs c * weights[k] > 1e-9 * largest then
                let magnitude = (abs c).ToString("G6", Globalization.CultureInfo.InvariantCulture)

                if text.Length > 0 then
                    text.Append(if c < 0.0 then " - " else " + ") |> ignore
                elif c < 0.0 then
                    text.Append '-' |> ignore

                if names[k] = interceptName then
                    text.Append magnitude |> ignore
                elif magnitude = "1" then
                    text.Append names[k] |> ignore
                else
                    text.Append(magnitude).Append(" * ").Append(names[k]) |> ignore

        text.ToString()

    /// What is wrong with column j, in one sentence.
    let private describeDependence (r: DoubleDouble[,]) (terms: string[]) j =
        let coefficients =
            TriangularFactor.solve r j j |> Array.map (fun (c: DoubleDouble) -> c.Value)

        let lengths = Array.init j (TriangularFactor.length r)
        let formula = combination terms[.. j - 1] coefficients lengths

        if TriangularFactor.length r j = 0.0 then
            $"column '{terms[j]}' is 0 in every row"
        elif j > 0 && terms[0] = interceptName && Double.TryParse formula |> fst then
            $"column '{terms[j]}' is constant: {formula} in every row"
        elif Array.contains formula terms then
            $"column '{terms[j]}' equals column '{formula}'"
        else
            $"column '{terms[j]}' depends on others: {terms[j]} = {formula}"

    let private refuseExtremes (names: string[]) (magnitudes: float[]) =
        for k in 0 .. names.Length - 1 do
            let x = magnitudes[k]

            if x <> 0.0 && (x < Gram.least || x > Gram.greatest) then
                refuse
                    $"The largest magnitude in column '{names[k]}' is {x}, outside {Gram.least} to {Gram.greatest}. Give the column in other units."

    /// R of [X y]; refuses data whose features depend on each other, naming every one that does.
    let private factor (names: string[]) intercept (columns: float[][]) =
        let rec analyse (names: string[]) (columns: float[][]) messages =
            let design =
                {
                    Intercept = intercept
                    Columns = columns
                }

            let struct (matrix, largest) = Gram.compute design

            if Array.exists Double.IsNaN largest then
                refuseNotFinite names columns

            refuseExtremes names (if intercept then Array.tail largest else largest)
            let r = TriangularFactor.compute design matrix

            match TriangularFactor.firstDependent r (design.Width - 1) with
            | -1 -> struct (r, messages)
            | j ->
                // Without that column the ones after it are judged aright.
                let terms =
                    if intercept then
                        Array.append [| interceptName |] names
                    else
                        names

                let message = describeDependence r terms j
                let k = if intercept then j - 1 else j
                analyse (Array.removeAt k names) (Array.removeAt k columns) (message :: messages)

        match analyse names columns [] with
        | struct (r, []) -> r
        | struct (_, messages) ->
            let sentence = String.Join("; ", List.rev messages)
            let them = if messages.Length = 1 then "it" else "them"

            refuse $"The coefficients are not determined: {sentence}. Leave {them} out of the features."

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

    /// Residuals below this part of the target's reach are the rounding of the data.
    let private rounding = 1e-15

    /// Fits target = X b + error. The arrays are kept for residuals and must not change afterwards.
    let fit
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

        if not (level > 0.0 && level < 1.0) then
            raise (
                ArgumentOutOfRangeException(
                    nameof level,
                    level,
                    "A confidence level lies between 0 and 1, for example 0.95."
                )
            )

        if size = 0 then
            raise (ArgumentException("Least squares needs a feature or an intercept.", nameof features))

        if rows <= size then
            refuse
                $"{rows} rows cannot determine {size} coefficients and their errors: at least {size + 1} rows are needed."

        let r =
            factor (Array.append featureNames [| targetName |]) intercept (Array.append features [| target |])

        // The squared lengths of parts of the target along the orthonormal directions of Q.
        let squares first last =
            let mutable sum = DoubleDouble.zero

            for i in first..last do
                let part = r[i, size]
                sum <- DoubleDouble.add sum (DoubleDouble.multiply part part)

            sum.Value

        if sqrt (squares ones size) <= 1e-14 * sqrt (squares 0 size) then
            let value = target[0].ToString Globalization.CultureInfo.InvariantCulture
            refuse $"The target '{targetName}' is {value} in every row: there is nothing to explain."

        let noise = rounding * TriangularFactor.reach r size
        let isExact = r[size, size].High <= noise
        let residualSquares = if isExact then 0.0 else squares size size
        let degreesOfFreedom = float (rows - size)
        let sigma = sqrt (residualSquares / degreesOfFreedom)
        let quantile = Tails.studentQuantile degreesOfFreedom (1.0 - level)
        let estimates = TriangularFactor.solve r size size
        let rootOfInverse = TriangularFactor.inverseRowLengths r size

        let coefficients =
            Array.init size (fun j ->
                let estimate = estimates[j].Value
                let standardError = sigma * rootOfInverse[j]

                // 0 / 0, but for rounding: an exact fit in which the term has no part.
                let isUndetermined = isExact && abs estimate * TriangularFactor.length r j <= noise
                let t = if isUndetermined then nan else estimate / standardError

                Coefficient(
                    (if j < ones then interceptName else featureNames[j - ones]),
                    estimate,
                    standardError,
                    t,
                    Tails.student degreesOfFreedom t,
                    estimate - quantile * standardError,
                    estimate + quantile * standardError
                ))

        let explained = squares ones (size - 1)
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
