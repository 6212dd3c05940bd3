// The mean and the standard deviation of a column, as the factor of the column beside ones.
namespace Pipeline.Engine

[<RequireQualifiedAccess>]
module internal Moments =
    /// Mean and unbiased standard deviation; of fewer than two numbers the deviation is NaN.
    let compute (column: float[]) =
        let design = { Intercept = true; Columns = [| column |] }

        let struct (gram, _) = Gram.compute design
        // [1 x] = Q R: r00 = sqrt n, r01 = sqrt n mean, r11^2 = sum of (x - mean)^2.
        let r = TriangularFactor.compute design gram
        let mean = (DoubleDouble.divide r[0, 1] r[0, 0]).Value
        struct (mean, r[1, 1].Value / sqrt (float (column.Length - 1)))
