// The operation, and the line of the user's code, that made the first NaN or infinity; and every product where zero met one.
namespace Pipeline

open System
open System.Collections.Concurrent
open System.Collections.Generic
open System.Diagnostics
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>Entries of a product in a derivative where one factor is zero and the other NaN or infinite: counted as zero (docs/annihilation.md).</summary>
[<Sealed; AutoSerializable(false); NullableContext(1uy)>]
type Annihilation internal (count: int, operands: string, location: string) =
    /// <summary>How many entries of the product.</summary>
    member _.Count = count
    /// <summary>The two factors: types, and values in short.</summary>
    member _.Operands = operands
    /// <summary>file:line of the user's code that asked for the product (the gradient, for one of a backward pass).</summary>
    member _.Location = location

    /// <summary>One line with all of it.</summary>
    override _.ToString() = $"zero times NaN or infinity in {count} entries of the product of {operands}, at {location}"

[<RequireQualifiedAccess>]
module internal Inspection =
    let entries (a: Tensor) = a.ToArray<float>()

    /// 0: finite; 1: an infinity; 2: NaN.
    let private severity (x: float) =
        if Double.IsNaN x then 2
        elif Double.IsInfinity x then 1
        else 0

    let worst (a: Tensor) =
        if DType.isFloat a.DType then
            entries a |> Array.fold (fun worst x -> max worst (severity x)) 0
        else
            0

    /// The first entry of that severity, and its place.
    let firstOf found (a: Tensor) : struct (float * int) =
        let all = entries a
        let place = all |> Array.findIndex (fun x -> severity x = found)
        struct (all[place], place)

    let placeText (shape: int[]) (place: int) =
        let mutable rest = place
        let index = Array.zeroCreate shape.Length

        for i in shape.Length - 1 .. -1 .. 0 do
            index[i] <- rest % shape[i]
            rest <- rest / shape[i]

        Shape.text index

    /// Type and values; of many values the one at the place that counts, where there is such a one, or else the range.
    let describe (shape: int[]) (place: int) (a: Tensor) =
        let text (x: float) = Printing.print (NDArray.scalar DType.Float64 x)

        if a.Size <= 8 then $"{a.Type} {Printing.print(a.Array).ReplaceLineEndings String.Empty}"
        elif Shape.equal a.Dims shape then $"{a.Type} with {text (Array.item place (entries a))} there"
        else $"{a.Type} from {text (Array.min (entries a))} to {text (Array.max (entries a))}"

    /// file:line of the innermost frame of the call that is not the library's, or its method where no file is known.
    let location () =
        let isUser (frame: StackFrame) =
            let method = frame.GetMethod()

            not (isNull method || isNull method.Module) && Instructions.isUsersAssembly method.Module.Assembly

        StackTrace(true).GetFrames()
        |> Array.tryFind isUser
        |> Option.map (fun frame ->
            if isNull (frame.GetFileName()) then
                let method = frame.GetMethod()
                $"{method.DeclaringType}.{method.Name}"
            else
                $"{frame.GetFileName()}:{frame.GetFileLineNumber()}")
        |> Option.defaultValue "an unknown line"

    let throwAtFirst (step: WatchedStep) =
        let found = step.Results |> List.ofArray |> List.collect Watch.numbers |> List.tryFind (fun a -> worst a > 0)

        match found with
        | None -> ()
        | Some result ->
            let numbers operands = operands |> List.ofArray |> List.collect Watch.numbers

            let given = numbers step.Operands
            let severity = worst result

            let isNaN a = worst a = 2

            let watched, others = Array.zip step.FromArgument step.Operands |> Array.partition fst

            if
                isNaN result
                && not (numbers (Array.map snd watched) |> List.exists isNaN)
                && numbers (Array.map snd others) |> List.exists isNaN
            then
                raise (
                    NonFiniteException
                        $"{Typing.name step.Op}: meets a NaN that is not made from the function's argument, at {location ()}: a tensor that the function captures, or computes from constants alone. Pass what it is made from as the argument, and the operation that made it is named."
                )
            elif given |> List.forall (fun a -> worst a < severity) then
                let struct (value, place) = firstOf severity result

                let there = if result.Rank = 0 then "" else $" at {placeText result.Dims place}"

                let from = given |> List.map (describe result.Dims place) |> String.concat " and "

                let number = if Double.IsNaN value then "NaN" else Printing.print (NDArray.scalar64 value)

                raise (
                    NonFiniteException
                        $"{Typing.name step.Op}: made the first {number}{there}, from {from}, at {location ()}. Keep the operands where the operation is finite: choose them with Where before it, not its result after it."
                )

    let annihilation (step: WatchedStep) : Annihilation voption =
        /// Of a product of a change with a coefficient.
        let inspect (a: Tensor) (b: Tensor) =
            let isAnnihilated x y = (x = 0.0 && not (Double.IsFinite y)) || (y = 0.0 && not (Double.IsFinite x))

            let hits = Array.map2 isAnnihilated (entries a) (entries b)

            match Array.tryFindIndex id hits with
            | None -> ValueNone
            | Some place ->
                let count = hits |> Array.filter id |> Array.length
                let text = describe a.Dims place
                ValueSome(Annihilation(count, $"{text a} and {text b}", location ()))

        match step.Op with
        | Op.Zip Zip.Scale ->
            match Watch.numbers step.Operands[0], Watch.numbers step.Operands[1] with
            | [ a ], [ b ] when Shape.equal a.Dims b.Dims -> inspect a b
            | _ -> ValueNone
        | Op.Quotient ->
            match step.Operands |> List.ofArray |> List.collect Watch.numbers with
            | [ t; n; d ] when Shape.equal t.Dims n.Dims && Shape.equal t.Dims d.Dims -> inspect t (Primitive.zip Zip.Divide n d)
            | _ -> ValueNone
        | _ -> ValueNone

    /// f, except that the first operation to make a NaN or an infinity throws.
    let guard (f: 'T -> 'R) (x: 'T) : 'R = Watch.run "CheckNumbers" throwAtFirst f x

    /// f's result with the products of its derivatives in which zero met a NaN or an infinity.
    let annihilations (f: 'T -> 'R) (x: 'T) : struct ('R * IReadOnlyList<Annihilation>) =
        let found = ConcurrentQueue<Annihilation>()
        let inspect step = annihilation step |> ValueOption.iter found.Enqueue
        let result = Watch.run "CheckNumbers" inspect f x
        struct (result, Array.AsReadOnly(found.ToArray()) :> IReadOnlyList<_>)
