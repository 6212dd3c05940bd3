// The operands of operations with bodies, by what they are to the body: the one place that knows in which order they come.
namespace Pipeline.Engine

/// What a body is given: its inputs, or the operands, types or flags that belong to them, in this order.
[<NoComparison; NoEquality>]
type internal Parts<'T> = {
    /// The same in every step.
    Constants: 'T[]
    /// What each step hands to the next.
    Carries: 'T[]
    /// Of each step its own: slices of what is stacked outside. Among results, the slices that a step leaves behind.
    Inputs: 'T[]
    /// Of what a step hands on, handed to the step before.
    Cotangents: 'T[]
    /// What constants have received, to which each step adds.
    Sums: 'T[]
}

[<RequireQualifiedAccess>]
module internal Parts =
    let join (parts: Parts<'T>) : 'T[] = Array.concat [ parts.Constants; parts.Carries; parts.Inputs; parts.Cotangents; parts.Sums ]

    let map (f: 'A[] -> 'B[]) (parts: Parts<'A>) : Parts<'B> = {
        Constants = f parts.Constants
        Carries = f parts.Carries
        Inputs = f parts.Inputs
        Cotangents = f parts.Cotangents
        Sums = f parts.Sums
    }

    let map2 (f: 'A[] -> 'B[] -> 'C[]) (a: Parts<'A>) (b: Parts<'B>) : Parts<'C> = {
        Constants = f a.Constants b.Constants
        Carries = f a.Carries b.Carries
        Inputs = f a.Inputs b.Inputs
        Cotangents = f a.Cotangents b.Cotangents
        Sums = f a.Sums b.Sums
    }

    /// Items in the order of join as parts of the sizes that others have.
    let like (sizes: Parts<'A>) (items: 'T[]) : Parts<'T> =
        let mutable start = 0

        sizes
        |> map (fun part ->
            start <- start + part.Length
            Array.sub items (start - part.Length) part.Length)

    /// Each part followed by the same part of others: values by their tangents.
    let beside (first: Parts<'T>) (second: Parts<'T>) : Parts<'T> = map2 Array.append first second

    /// What was put beside parts of the sizes that others have, and those.
    let apart (first: Parts<'A>) (both: Parts<'T>) : struct (Parts<'T> * Parts<'T>) =
        struct (map2 (fun (part: 'A[]) (items: 'T[]) -> items[.. part.Length - 1]) first both,
                map2 (fun (part: 'A[]) (items: 'T[]) -> items[part.Length ..]) first both)

[<RequireQualifiedAccess; CompilationRepresentation(CompilationRepresentationFlags.ModuleSuffix)>]
module internal Loop =
    /// So many steps.
    let counted (length: int) constants carries (body: Graph) : Loop = {
        Body = body
        Condition = ValueNone
        Length = ValueSome length
        Reverse = false
        Constants = constants
        Carries = carries
        Slots = 0
    }

    /// As many steps as the condition asks for, up to a bound if it is not 0.
    let conditional (bound: int) constants (condition: Graph) (body: Graph) : Loop = {
        Body = body
        Condition = ValueSome condition
        Length = if bound = 0 then ValueNone else ValueSome bound
        Reverse = false
        Constants = constants
        Carries = body.InputCount - constants
        Slots = 0
    }

    /// The body, after the condition if there is one.
    let bodies (loop: Loop) : Graph[] = Array.append (ValueOption.toArray loop.Condition) [| loop.Body |]

    /// The loop with other bodies in their place.
    let withBodies (bodies: Graph[]) (loop: Loop) : Loop = {
        loop with
            Body = Array.last bodies
            Condition = if loop.Condition.IsSome then ValueSome bodies[0] else ValueNone
    }

    /// What belongs to the operands of a loop, or to the inputs of its body.
    let parts (loop: Loop) (items: 'T[]) : Parts<'T> =
        let carried = loop.Constants + loop.Carries

        {
            Constants = items[.. loop.Constants - 1]
            Carries = items[loop.Constants .. carried - 1]
            Inputs = items[carried..]
            Cotangents = [||]
            Sums = [||]
        }

    /// What belongs to its results, or to those of its body.
    let results (loop: Loop) (items: 'T[]) : Parts<'T> = {
        Constants = [||]
        Carries = items[.. loop.Carries - 1]
        Inputs = items[loop.Carries ..]
        Cotangents = [||]
        Sums = [||]
    }
