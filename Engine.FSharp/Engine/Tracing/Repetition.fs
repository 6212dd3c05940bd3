// What a tensor repeats. Views and copies of one tensor differ in strides, and eager and staged ones in what is known of them; which operation made them, and when, is the same.
namespace Pipeline

/// Of a broadcast: its source, along all axes but these, and which trace was the youngest then.
[<Sealed; AllowNullLiteral>]
type internal Repetition<'Tensor when 'Tensor: null>(source: 'Tensor, axes: int[]) =
    let since = Trace<'Tensor>.Youngest
    member _.Source = source
    member _.Axes = axes
    /// Whether it was made while the trace ran.
    member _.IsWithin(trace: Trace<'Tensor>) = since >= trace.Level
