/// The engine's law tests run at all: xunit and FsCheck are found and executed.
module Pipeline.Engine.Tests.SetUpTests

open FsCheck.Xunit
open Xunit

[<Fact>]
let ``facts run`` () = Assert.Equal(4, 2 + 2)

[<Property>]
let ``properties run`` (a: int) (b: int) = a + b = b + a
