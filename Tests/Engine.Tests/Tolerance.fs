/// The one rule by which computed numbers are held against expected ones.
module internal Tolerance

open System
open Xunit

/// Within what is allowed; an infinity or a NaN agrees with the same alone, and nothing is allowed without bound.
let within (allowed: float) (expected: float) (actual: float) : bool =
    if Double.IsFinite expected then
        Double.IsFinite allowed && abs (actual - expected) <= allowed
    else
        expected.Equals actual

/// In proportion to what is expected.
let relative (tolerance: float) (expected: float) (actual: float) : bool = within (tolerance * abs expected) expected actual

/// In proportion to what is expected, or to 1 where that is less.
let near (tolerance: float) (expected: float) (actual: float) : bool = within (tolerance * max 1.0 (abs expected)) expected actual

/// The framework's own equality passes whatever was computed where the tolerance is infinite, as it is in proportion to an infinity.
let assertNear (tolerance: float) (expected: float) (actual: float) =
    Assert.True(near tolerance expected actual, $"expected {expected:R}, computed {actual:R}")
