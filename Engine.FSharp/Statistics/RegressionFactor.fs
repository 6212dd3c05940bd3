// The factor of a regression's columns, or the one sentence that says why they cannot be used.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal RegressionFactor =
    let interceptName = "(Intercept)"

    let refuse message = raise (DataException message)

    let private refuseNotFinite (names: string[]) (columns: float[][]) =
        for k in 0 .. columns.Length - 1 do
            let row = Array.FindIndex(columns[k], fun x -> not (Double.IsFinite x))

            if row >= 0 then
                refuse
                    $"Column '{names[k]}' has {string (columns[k][row])} in row {row + 1}: least squares takes finite numbers only. Leave the row out or fill the value in."

    /// 2 * x1 - x2 + 5, leaving out terms that do not reach the column's last digits.
    let private combination (names: string[]) (coefficients: float[]) (weights: float[]) =
        let text = Text.StringBuilder()
        let largest = Array.fold2 (fun m c w -> max m (abs c * w)) 0.0 coefficients weights

        for k in 0 .. names.Length - 1 do
            let c = coefficients[k]

            if abs c * weights[k] > 1e-9 * largest then
                let magnitude = (abs c).ToString("G6", Globalization.CultureInfo.InvariantCulture)

                if text.Length > 0 then text.Append(if c < 0.0 then " - " else " + ") |> ignore
                elif c < 0.0 then text.Append '-' |> ignore

                if names[k] = interceptName then text.Append magnitude |> ignore
                elif magnitude = "1" then text.Append names[k] |> ignore
                else text.Append(magnitude).Append(" * ").Append(names[k]) |> ignore

        text.ToString()

    /// What is wrong with column j, in one sentence.
    let private describeDependence (r: DoubleDouble[,]) (terms: string[]) j (column: float[]) =
        let coefficients = TriangularFactor.solve r j j |> Array.map (fun (c: DoubleDouble) -> c.Value)

        let lengths = Array.init j (TriangularFactor.length r)
        let formula = combination terms[.. j - 1] coefficients lengths

        if TriangularFactor.length r j = 0.0 then
            $"column '{terms[j]}' is 0 in every row"
        elif j > 0 && terms[0] = interceptName && Double.TryParse formula |> fst then
            if Array.forall ((=) column[0]) column then
                $"column '{terms[j]}' is constant: {formula} in every row"
            else
                $"column '{terms[j]}' is {formula} but for its last digits, which depend on others"
        elif Array.contains formula terms then
            $"column '{terms[j]}' equals column '{formula}'"
        else
            $"column '{terms[j]}' depends on others: {terms[j]} = {formula}"

    let private refuseExtremes (names: string[]) (magnitudes: float[]) =
        for k in 0 .. names.Length - 1 do
            let x = magnitudes[k]

            if x <> 0.0 && (x < Gram.least || x > Gram.greatest) then
                refuse
                    $"The largest magnitude in column '{names[k]}' is {string x}, outside {string Gram.least} to {string Gram.greatest}. Give the column in other units."

    /// R of [X y]; refuses data whose features depend on each other, naming every one that does.
    let compute (names: string[]) intercept (columns: float[][]) =
        let rec analyse (names: string[]) (columns: float[][]) messages =
            let design = { Intercept = intercept; Columns = columns }

            let struct (matrix, largest) = Gram.compute design

            if Array.exists Double.IsNaN largest then refuseNotFinite names columns

            refuseExtremes names (if intercept then Array.tail largest else largest)
            let r = TriangularFactor.compute design matrix

            match TriangularFactor.firstDependent r intercept (design.Width - 1) with
            | -1 -> struct (r, messages)
            | j ->
                // Without that column the ones after it are judged aright.
                let terms = if intercept then Array.append [| interceptName |] names else names

                let k = if intercept then j - 1 else j
                let message = describeDependence r terms j columns[k]
                analyse (Array.removeAt k names) (Array.removeAt k columns) (message :: messages)

        match analyse names columns [] with
        | struct (r, []) -> r
        | struct (_, messages) ->
            let sentence = String.Join("; ", List.rev messages)
            let them = if messages.Length = 1 then "it" else "them"

            refuse $"The coefficients are not determined: {sentence}. Leave {them} out of the features."
