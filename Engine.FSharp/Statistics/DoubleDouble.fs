// Arithmetic on unevaluated sums of two float64, about 106 bits: for the few sums whose rounding would reach the printed digits.
namespace Pipeline.Engine

open System

/// High + Low, where Low is at most half an ulp of High.
[<Struct; NoComparison; NoEquality>]
type internal DoubleDouble = {
    High: float
    Low: float
} with

    member x.Value = x.High + x.Low

/// D. E. Knuth's two-sum, T. J. Dekker's fast two-sum, and the product's rounding error by a fused multiply-add.
[<RequireQualifiedAccess>]
module internal DoubleDouble =
    let inline ofFloat (x: float) : DoubleDouble = { High = x; Low = 0.0 }

    let zero = ofFloat 0.0

    /// a + b exactly.
    let inline twoSum (a: float) (b: float) : DoubleDouble =
        let sum = a + b
        let shift = sum - a

        { High = sum; Low = (a - (sum - shift)) + (b - shift) }

    /// a + b exactly, for |a| >= |b|.
    let inline private fastTwoSum (a: float) (b: float) : DoubleDouble =
        let sum = a + b
        { High = sum; Low = b - (sum - a) }

    let inline add (a: DoubleDouble) (b: DoubleDouble) =
        let high = twoSum a.High b.High
        let low = twoSum a.Low b.Low
        let first = fastTwoSum high.High (high.Low + low.High)
        fastTwoSum first.High (first.Low + low.Low)

    let inline negate (a: DoubleDouble) : DoubleDouble = { High = -a.High; Low = -a.Low }

    let inline subtract a b = add a (negate b)

    let inline multiply (a: DoubleDouble) (b: DoubleDouble) =
        let product = a.High * b.High
        let error = Math.FusedMultiplyAdd(a.High, b.High, -product)
        fastTwoSum product (error + (a.High * b.Low + a.Low * b.High))

    let divide (a: DoubleDouble) (b: DoubleDouble) =
        let first = a.High / b.High

        if Double.IsFinite first then
            let remainder = subtract a (multiply (ofFloat first) b)
            let second = remainder.High / b.High
            let rest = subtract remainder (multiply (ofFloat second) b)
            add (fastTwoSum first second) (ofFloat (rest.High / b.High))
        else
            ofFloat first

    /// One Newton step from the float64 root; 0 for what is not positive.
    let squareRoot (a: DoubleDouble) =
        if a.High > 0.0 then
            let root = sqrt a.High
            let error = subtract a (multiply (ofFloat root) (ofFloat root))
            fastTwoSum root (error.High / (2.0 * root))
        else
            zero
