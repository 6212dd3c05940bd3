/// What every operation must satisfy under every transformation, enforced by one function so that no operation forgets a law.
module internal Pipeline.Engine.Tests.Laws

open System
open Pipeline
open Pipeline.Engine
open Xunit

/// An operation applied: the laws hold at each of the points, which also are the lanes of a batch.
[<NoComparison; NoEquality>]
type Application = {
    Name: string
    Op: Op
    /// In float64 or float32.
    Apply: DType -> Tensor[] -> Tensor[]
    /// Operands, three times, of equal types.
    Points: Tensor[][]
    /// Otherwise every derivative is zero.
    Differentiable: bool
    /// Of difference quotients; relative to the largest magnitude where that is above 1.
    Tolerance: float
}

let application op points = {
    Name = Typing.name op
    Op = op
    Apply = fun _ -> Primitive.apply op
    Points = points
    Differentiable = true
    Tolerance = 1e-7
}

let private isFloat (a: Tensor) = DType.isFloat a.DType
let numbers (a: Tensor) = a.ToArray<float>()

/// Of few binary digits, so that they are the same in float32.
let private direction seed (a: Tensor) =
    let random = Random(seed: int)

    let data = Array.init (Shape.size a.Dims) (fun _ -> Math.Round(2048.0 * random.NextDouble() - 1024.0) / 1024.0)

    let data: Array = if a.DType = DType.Float32 then Array.map float32 data else data

    Tensor(NDArray.ofData a.DType a.Dims data)

let private directions seed (xs: Tensor[]) = xs |> Array.mapi (fun i x -> direction (seed + i) x)

/// Equal within the tolerance times the largest magnitude, if above 1; also in where NaN and the infinities stand.
let close what (tolerance: float) (expected: Tensor[]) (actual: Tensor[]) =
    Assert.Equal(expected.Length, actual.Length)

    for k in 0 .. expected.Length - 1 do
        let e, a = numbers expected[k], numbers actual[k]
        let tolerance = if isFloat expected[k] then tolerance else 0.0

        Assert.True(
            Shape.equal expected[k].Dims actual[k].Dims,
            $"{what}: result {k} has shape {Shape.text actual[k].Dims} instead of {Shape.text expected[k].Dims}"
        )

        let scale = e |> Array.filter Double.IsFinite |> Array.fold (fun s x -> max s (abs x)) 1.0

        for i in 0 .. e.Length - 1 do
            Assert.True(Tolerance.within (tolerance * scale) e[i] a[i], $"{what}: result {k}[{i}] is {a[i]:R} instead of {e[i]:R}")

let private filled (like: Tensor[]) (tangents: Tensor[]) = Array.map2 (fun (a: Tensor) t -> Primitive.orZeros a.Type t) like tangents

let forward (f: Tensor[] -> Tensor[]) (x: Tensor[]) (t: Tensor[]) : Tensor[] =
    let y, changes = Linearize.pushforward "Derivative" f x t
    filled y changes

let reverse (f: Tensor[] -> Tensor[]) (x: Tensor[]) (ct: Tensor[]) : Tensor[] =
    let _, pull = Linearize.pullback "Gradient" f x
    filled x (pull ct)

let private inner (a: Tensor[]) (b: Tensor[]) =
    Array.fold2 (fun total a b -> total + Array.sum (Array.map2 (*) (numbers a) (numbers b))) 0.0 a b

/// Of fourth order: (8 (f(x+h) - f(x-h)) - (f(x+2h) - f(x-2h))) / 12 h.
let private difference (f: Tensor[] -> Tensor[]) (x: Tensor[]) (t: Tensor[]) : Tensor[] =
    let h = Math.ScaleB(1.0, -10)

    let at step = f (Array.map2 (fun x t -> x + Primitive.multiply (Primitive.fillLike t (step * h)) t) x t)

    let ahead, behind, twiceAhead, twiceBehind = at 1.0, at -1.0, at 2.0, at -2.0

    Array.init ahead.Length (fun i -> (8.0 * (ahead[i] - behind[i]) - (twiceAhead[i] - twiceBehind[i])) / (12.0 * h))

/// Forward mode is the derivative, and reverse mode its transpose.
let private firstOrder what tolerance isDifferentiable (f: Tensor[] -> Tensor[]) (x: Tensor[]) =
    let t = directions 1 x
    let change = forward f x t

    let expected =
        if isDifferentiable then
            difference f x t
        else
            change |> Array.map (fun c -> Primitive.fillLike c 0.0)

    close $"{what}, forward against difference" tolerance expected change
    let ct = directions 50 change
    let pulled = reverse f x ct
    let left, right = inner ct change, inner pulled t

    // In proportion to the change, which was held against the difference above.
    let scale = 1.0 + Array.sumBy (fun a -> Array.sumBy abs (numbers a)) change

    Assert.True(Tolerance.within (1e-13 * scale) left right, $"{what}: <ct, forward t> = {left:R} but <reverse ct, t> = {right:R}")

/// f's forward derivative as a function of the arguments and the tangents.
let private forwardFunction count f (a: Tensor[]) = forward f a[.. count - 1] a[count..]
let private reverseFunction count f (a: Tensor[]) = reverse f a[.. count - 1] a[count..]

/// Both modes of both derivative functions.
let private secondOrder what tolerance isDifferentiable (f: Tensor[] -> Tensor[]) (x: Tensor[]) =
    firstOrder what tolerance isDifferentiable f x
    let t = directions 100 x
    firstOrder $"{what}, of forward" (10.0 * tolerance) isDifferentiable (forwardFunction x.Length f) (Array.append x t)
    let ct = directions 150 (f x)

    firstOrder $"{what}, of reverse" (10.0 * tolerance) isDifferentiable (reverseFunction x.Length f) (Array.append x ct)

/// Coefficient k along x + s d + s^2 e is the derivative of order k by s, over k!.
let private series what tolerance (f: Tensor[] -> Tensor[]) (x: Tensor[]) =
    let order = 4
    let d, e = directions 200 x, directions 250 x

    let curve =
        Array.init x.Length (fun i ->
            Array.init (order + 1) (fun k ->
                if k = 0 then x[i]
                elif k = 1 then d[i]
                elif k = 2 then e[i]
                else null))

    let coefficients = Series.expand order f curve
    let zero = Primitive.fill x[0].DType [||] 0.0

    let times (s: Tensor) (a: Tensor) = Primitive.multiply (Primitive.broadcast a.Dims [||] s) a

    let mutable g =
        fun (s: Tensor[]) -> Array.map3 (fun x d e -> Primitive.add x (times s[0] (Primitive.add d (times s[0] e)))) x d e |> f

    let mutable factorial = 1.0

    for k in 0..order do
        let derivative = g [| zero |]

        let expected = derivative |> Array.map (fun a -> Primitive.multiply a (Primitive.fillLike a (1.0 / factorial)))

        let actual =
            Array.map2 (fun (e: Tensor) (c: Tensor[]) -> Primitive.orZeros e.Type (Array.item k c)) expected coefficients

        close $"{what}, coefficient {k}" tolerance expected actual
        factorial <- factorial * float (k + 1)
        let below = g
        g <- fun s -> forward below s [| Primitive.fillLike s[0] 1.0 |]

let private lanes = 3

/// The operands with a leading axis where the mask says so.
let private stacked (points: Tensor[][]) (mask: bool[]) =
    mask
    |> Array.mapi (fun i m -> if m then Primitive.stack 0 (points |> Array.map (fun p -> p[i])) else points[0][i])

let private batched (f: Tensor[] -> Tensor[]) (mask: bool[]) size (operands: Tensor[]) =
    let values, hidden = Batch.map size f operands mask
    Array.map2 (fun (a: Tensor) h -> if h then a else BatchLanes.lead size a) values hidden

let private loop (f: Tensor[] -> Tensor[]) (points: Tensor[][]) (mask: bool[]) =
    let results =
        points |> Array.map (fun point -> f (Array.mapi (fun i m -> if m then point[i] else points[0][i]) mask))

    Array.init results[0].Length (fun i -> Primitive.stack 0 (results |> Array.map (fun r -> r[i])))

let private masks count = [| for bits in 1 .. (1 <<< count) - 1 -> Array.init count (fun i -> (bits >>> i) &&& 1 = 1) |]

/// A batch is a loop, whatever operands vary; also two batches inside each other.
let private batch what (f: Tensor[] -> Tensor[]) (points: Tensor[][]) =
    let count = points[0].Length

    for mask in masks count do
        let expected = loop f points mask
        close $"{what}, batch %A{mask}" 1e-12 expected (batched f mask lanes (stacked points mask))

        for other in masks count do
            let outer = Array.rev points
            let inner = stacked points other
            // The inner batch replaces the operands of `other`.
            let row (operands: Tensor[]) = batched f other lanes (Array.mapi (fun i m -> if m then inner[i] else operands[i]) other)

            let expected = loop row outer mask

            close $"{what}, batch %A{other} in batch %A{mask}" 1e-12 expected (batched row mask lanes (stacked outer mask))

let private staged kind (f: Tensor[] -> Tensor[]) = NestEngine.call kind f

/// Every law, for one application and every choice of the operands that vary.
let check (a: Application) =
    let point = a.Points[0]
    let apply = a.Apply DType.Float64
    let all = apply point

    let differentiable = [|
        for i in 0 .. all.Length - 1 do
            if isFloat all[i] then i
    |]

    let floats = [|
        for i in 0 .. point.Length - 1 do
            if isFloat point[i] then i
    |]

    batch a.Name apply a.Points

    for kind in [ CallKind.Compiled; CallKind.Checkpoint ] do
        close $"{a.Name}, {kind}" 1e-12 all (staged kind apply point)
        batch $"{a.Name}, {kind}" (staged kind apply) a.Points

    for mask in masks point.Length do
        let operands = stacked a.Points mask
        let f = batched apply mask lanes
        close $"{a.Name}, compiled batch %A{mask}" 1e-12 (f operands) (staged CallKind.Compiled f operands)

    if differentiable.Length > 0 then
        for mask in masks floats.Length do
            let active = [|
                for i in 0 .. floats.Length - 1 do
                    if mask[i] then floats[i]
            |]

            let what = $"{a.Name} by operands %A{active}"

            // The other operands stay; results that have no derivative are left out.
            let functionOf dtype (rest: Tensor[]) (x: Tensor[]) =
                let operands = Array.copy rest
                active |> Array.iteri (fun i operand -> operands[operand] <- x[i])
                let results = a.Apply dtype operands
                differentiable |> Array.map (fun i -> results[i])

            let at (operands: Tensor[]) = active |> Array.map (fun i -> operands[i])

            let f, x = functionOf DType.Float64 point, at point
            secondOrder what a.Tolerance a.Differentiable f x
            series what 1e-10 f x
            let t = directions 300 x
            let ct = directions 350 (f x)
            let pushed, pulled = forward f x t, reverse f x ct
            let kinds = [ CallKind.Compiled; CallKind.Checkpoint ]

            for kind in kinds do
                let within f = staged kind f
                close $"{what}, forward in {kind}" 1e-12 pushed (within (forwardFunction x.Length f) (Array.append x t))
                close $"{what}, forward of {kind}" 1e-12 pushed (forward (within f) x t)
                series $"{what}, {kind}" 1e-10 (within f) x

                close $"{what}, reverse in {kind}" 1e-12 pulled (within (reverseFunction x.Length f) (Array.append x ct))

                close $"{what}, reverse of {kind}" 1e-12 pulled (reverse (within f) x ct)

                secondOrder $"{what}, {kind}" a.Tolerance a.Differentiable (within f) x

            // Batches of derivatives, and derivatives of batches.
            let points = a.Points |> Array.map (fun p -> Array.append (at p) t)
            let every = Array.create points[0].Length true
            let f' = forwardFunction x.Length f

            close $"{what}, batch of forward" 1e-12 (loop f' points every) (batched f' every lanes (stacked points every))

            let points = a.Points |> Array.map (fun p -> Array.append (at p) ct)
            let every = Array.create points[0].Length true
            let f' = reverseFunction x.Length f

            close $"{what}, batch of reverse" 1e-12 (loop f' points every) (batched f' every lanes (stacked points every))

            let every = Array.create x.Length true
            let points = a.Points |> Array.map at

            secondOrder $"{what}, of a batch" a.Tolerance a.Differentiable (batched f every lanes) (stacked points every)

            // The same in float32, at the same rounded point.
            let single = Primitive.convert DType.Float32
            let rounded = Array.map single x
            let exact = rounded |> Array.map (Primitive.convert DType.Float64)

            let f32 = functionOf DType.Float32 (point |> Array.map (fun p -> if isFloat p then single p else p))

            let y, y32 = f exact, f32 rounded
            close $"{what}, float32" 1e-5 y y32
            close $"{what}, forward in float32" 1e-4 (forward f exact t) (forward f32 rounded (Array.map single t))

            close
                $"{what}, reverse in float32"
                1e-4
                (reverse f exact ct)
                (reverse f32 rounded (Array.map2 (fun (y: Tensor) -> Primitive.convert y.DType) y32 ct))

            let sum = Array.append rounded (Array.map single t)

            close
                $"{what}, second order in float32"
                1e-3
                (forward (forwardFunction x.Length f) (Array.append exact t) (directions 400 (Array.append exact t)))
                (forward (forwardFunction x.Length f32) sum (directions 400 sum))
