// What draws need of their parameters, checked where the numbers are: in eager calls and in compiled ones.
namespace Pipeline.Engine

open System
open Pipeline

[<RequireQualifiedAccess>]
module internal KernelsRequirements =
    let private fail operation text : unit = raise (DataException $"{operation}: {text}")

    /// As many numbers along the last axis as are asked for, after each has been looked at.
    let private enough operation what (needed: int) (found: int) =
        if found < needed then
            if needed = 1 then
                fail operation $"no {what}, so nothing can be drawn; at least one must be."
            else
                fail
                    operation
                    $"{needed} draws without replacement need as many entries of positive probability, and there are {found}; draw fewer, or with replacement."

    let private weights operation needed (values: ReadOnlySpan<float>) =
        let mutable positive = 0

        for i in 0 .. values.Length - 1 do
            CancellationScope.CheckAt i

            if not (values[i] >= 0.0 && values[i] < infinity) then
                fail operation $"weight {i} is {string values[i]}, and a weight is a finite number of at least 0."

            if values[i] > 0.0 then positive <- positive + 1

        enough operation "weight is above 0" needed positive

    let private logWeights operation needed (values: ReadOnlySpan<float>) =
        let mutable finite = 0

        for i in 0 .. values.Length - 1 do
            CancellationScope.CheckAt i

            if not (values[i] < infinity) then
                fail operation $"logit {i} is {string values[i]}, and a logit is a finite number or minus infinity."

            if values[i] > -infinity then finite <- finite + 1

        enough operation "logit is above minus infinity" needed finite

    let private probabilities operation (values: ReadOnlySpan<float>) =
        for i in 0 .. values.Length - 1 do
            CancellationScope.CheckAt i

            if not (values[i] >= 0.0 && values[i] <= 1.0) then
                fail operation $"probability {i} is {string values[i]}, and a probability is a number from 0 to 1."

    let private interval operation (values: ReadOnlySpan<float>) =
        if not (values[0] < values[1]) then
            fail operation $"lower is {string values[0]} and upper {string values[1]}; the lower bound lies below the upper one."

    let private bounds operation (largest: float) (values: ReadOnlySpan<float>) =
        if not (abs (values[1] - values[0]) <= largest) then
            fail
                operation
                $"low is {string values[0]} and high {string values[1]}; both are finite numbers, no further apart than the largest one."

    /// By how much each row of a covariance fails: not more than 0.
    let private covariance operation fault remedy (values: ReadOnlySpan<float>) =
        for i in 0 .. values.Length - 1 do
            CancellationScope.CheckAt i

            if not (values[i] <= 0.0) then
                raise (LinearAlgebraException $"{operation}: the covariance is not {fault} (row {i} shows it). {remedy}")

    let private symmetric operation values = covariance operation "symmetric" "If it is a factor L of a covariance, pass L.Dot(L.T)." values

    let private semidefinite operation values =
        covariance operation "positive semidefinite" "It is symmetric, and no combination of its variables has a variance below 0." values

    let check operation (requirement: Requirement) (x: NDArray) : NDArray =
        let wide = if x.DType = DType.Float64 then x else KernelsMap.convert DType.Float64 x

        let values = (KernelsViews.contiguous wide).Span<float>()
        let lead = x.Shape[.. x.Shape.Length - 2]
        let n = x.Shape[x.Shape.Length - 1]
        let lines = Shape.size lead

        for line in 0 .. lines - 1 do
            CancellationScope.CheckAt line
            let own = Span.op_Implicit (values.Slice(line * n, n)): ReadOnlySpan<float>

            match requirement with
            | Requirement.Weights needed -> weights operation needed own
            | Requirement.LogWeights needed -> logWeights operation needed own
            | Requirement.Probabilities -> probabilities operation own
            | Requirement.Interval -> interval operation own
            | Requirement.Bounds -> bounds operation (if x.DType = DType.Float32 then float Single.MaxValue else Double.MaxValue) own
            | Requirement.Semidefinite -> semidefinite operation own
            | Requirement.Symmetric -> symmetric operation own

        NDArray.ofData DType.Bool lead (Array.create lines true)
