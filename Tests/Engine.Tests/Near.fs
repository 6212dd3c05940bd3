/// How tests compare numbers with a reference.
module internal Pipeline.Engine.Tests.Near

open System

/// Within relative * max(1, |expected|) of a finite reference; an infinite one, or NaN, agrees with itself alone.
let near relative (expected: float) (actual: float) =
    if Double.IsFinite expected then
        abs (actual - expected) <= relative * max 1.0 (abs expected)
    else
        expected.Equals actual
