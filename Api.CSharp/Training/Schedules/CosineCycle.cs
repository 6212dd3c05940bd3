namespace Pipeline;

/// <summary>One cycle of <see cref="Schedule.Restarts(CosineCycle[])"/>: a line up to a peak, then half a cosine.</summary>
/// <param name="Peak">The largest value, positive.</param>
/// <param name="Warmup">The steps of the line, positive.</param>
/// <param name="Steps">All steps, those of the line included.</param>
/// <param name="From">The first value.</param>
/// <param name="To">The last.</param>
/// <param name="Exponent">Of the cosine.</param>
public readonly record struct CosineCycle(
    double Peak,
    int Warmup,
    int Steps,
    double From = 0,
    double To = 0,
    double Exponent = 1
)
{
    /// <summary>The numbers by name, in every culture alike.</summary>
    public override string ToString() =>
        FormattableString.Invariant(
            $"CosineCycle {{ Peak = {Peak}, Warmup = {Warmup}, Steps = {Steps}, From = {From}, To = {To}, Exponent = {Exponent} }}"
        );
}
