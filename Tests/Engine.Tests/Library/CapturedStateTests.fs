/// F# functions under jit read what they capture as it is at each call.
module Pipeline.Tests.CapturedStateTests

open System
open System.Collections.Generic
open Xunit
open Pipeline
open Pipeline.FSharp

type private Inner = { Scale: float; Terms: float[] }

type private Model() =
    let mutable hidden = 1.0
    member val Rate = 1.0 with get, set
    member val Inner = { Scale = 1.0; Terms = [| 1.0 |] } with get, set
    member val Layers = List<Tensor>() with get

    member _.Hidden
        with get () = hidden
        and set value = hidden <- value

    member this.Step(x: Tensor) = x * (this.Rate + hidden) + this.Inner.Scale + this.Inner.Terms[0] + float this.Layers.Count

type private Kind =
    | Times of float
    | Plus of float

let private one = scalar 1.0

/// The compiled function gives what the function gives, before and after each change.
let private follows (name: string) (f: Tensor -> Tensor) (changes: (unit -> unit) list) =
    let compiled = jit f
    let derivative = jit (grad f)

    let agree what =
        Assert.True(float (f one) = float (compiled one), $"{name}, {what}: {float (compiled one)} for {float (f one)}")

        Assert.True(
            float (grad f one) = float (derivative one),
            $"the derivative of {name}, {what}: {float (derivative one)} for {float (grad f one)}"
        )

    agree "at first"

    changes
    |> List.iteri (fun i change ->
        change ()
        agree $"change {i}"
        agree $"change {i}, again")

[<Fact>]
let ``a mutable variable, a reference cell, an array and a map never go stale`` () =
    let mutable rate = 1.0
    let cell = ref 2.0
    let rates = [| 1.0; 2.0 |]
    let names = Dictionary<string, float>()
    names["a"] <- 3.0
    let mutable map = Map [ "a", 1.0 ]
    let mutable kind = Times 2.0
    let mutable chosen = Some 1.0

    let f (x: Tensor) =
        let y =
            match kind with
            | Times by -> x * by
            | Plus by -> x + by

        y * rate * cell.Value + x * rates[1] + names["a"] + map["a"] + Option.defaultValue 0.0 chosen

    follows "variables" f [
        (fun () -> rate <- 3.0)
        (fun () -> cell.Value <- 5.0)
        (fun () -> rates[1] <- 7.0)
        (fun () -> names["a"] <- 1.0)
        (fun () -> map <- Map [ "a", 8.0 ])
        (fun () -> kind <- Plus 4.0)
        (fun () -> kind <- Plus 5.0)
        (fun () -> chosen <- None)
    ]

[<Fact>]
let ``the members of an object never go stale`` () =
    let model = Model()

    let changes: (unit -> unit) list = [
        (fun () -> model.Rate <- 3.0)
        (fun () -> model.Hidden <- 5.0)
        (fun () -> model.Inner <- { model.Inner with Scale = 7.0 })
        (fun () -> model.Inner.Terms[0] <- 9.0)
        (fun () -> model.Layers.Add one)
    ]

    follows "a method" model.Step changes
    follows "a closure" (fun x -> model.Step x * model.Rate) changes

[<Fact>]
let ``functions behind functions never go stale`` () =
    let mutable rate = 1.0
    let scale by (x: Tensor) = x * by
    let twice (f: Tensor -> Tensor) x = f (f x)
    let mutable inner = fun (x: Tensor) -> x * rate
    let f x = twice inner (scale rate x)

    follows "functions" f [
        (fun () -> rate <- 3.0)
        (fun () -> inner <- scale 2.0)
        (fun () -> inner <- (fun x -> x + rate))
        (fun () -> rate <- 4.0)
    ]

[<Fact>]
let ``long arrays are refused and long lists, which never change, are not`` () =
    let long = Array.create 2000 1.0
    let list = List.replicate 2000 1.0

    let error = Assert.Throws<MutableStateException>(fun () -> jit (fun (x: Tensor) -> x * long[0]) one |> ignore)

    Assert.Contains("long", error.Message)
    Assert.Contains("double[]", error.Message)
    Assert.Equal(1.0, float (jit (fun (x: Tensor) -> x * list.Head) one))
