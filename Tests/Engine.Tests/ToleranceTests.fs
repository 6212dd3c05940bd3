/// What checkers compare by never scales with what was computed.
module Pipeline.Engine.Tests.ToleranceTests

open System
open Pipeline
open Xunit

let private infinities = [ infinity; -infinity; nan ]

[<Fact>]
let ``a tolerance scales with what is expected, never with what was computed`` () =
    for holds in [ Tolerance.relative 0.1; Tolerance.near 0.1; Tolerance.within 1.0 ] do
        Assert.True(holds 10.0 10.5)
        Assert.False(holds 10.0 1e9)

        for odd in infinities do
            Assert.False(holds 10.0 odd)
            Assert.False(holds odd 10.0)
            Assert.True(holds odd odd)
            Assert.False(holds odd -odd && not (Double.IsNaN odd))

    Assert.False(Tolerance.within infinity 1.0 2.0)

[<Fact>]
let ``Tensor.AllClose scales with its second tensor alone`` () =
    let close a b = Tensor.AllClose(Tensor.Number a, Tensor.Number b, 1.0, 0.0)

    Assert.True(close 1.0 100.0)
    Assert.False(close 100.0 1.0)

    for odd in infinities do
        Assert.False(close odd 1.0)
        Assert.False(close 1.0 odd)

    Assert.True(close infinity infinity)
    Assert.False(close infinity -infinity)

[<Fact>]
let ``a tolerance in proportion to an infinity agrees with nothing`` () =
    // It agrees with everything in the framework's own equality.
    Assert.Equal(infinity, 1.0, infinity)

    for odd in infinities do
        Assert.ThrowsAny<Exception>(fun () -> Tolerance.assertNear 1e-9 odd 1.0) |> ignore

        Tolerance.assertNear 1e-9 odd odd
