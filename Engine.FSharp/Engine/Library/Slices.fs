// Slices as F# writes them: a range that includes both its ends, or a single number, for each of the first axes.
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
type internal Part =
    /// From the first to the last entry, both included; None: from the beginning, to the end.
    | Range of first: int option * last: int option
    /// One entry: the axis disappears.
    | Entry of int

[<RequireQualifiedAccess>]
module internal Slices =
    let take (parts: Part list) (a: Tensor) : Tensor =
        if parts.Length > a.Rank then
            raise (ShapeException $"Slice: {parts.Length} axes are named, but {Shape.text a.Dims} has {a.Rank}.")

        let starts, limits = Array.zeroCreate a.Rank, Array.copy a.Dims

        for axis, part in List.indexed parts do
            let size = a.Dims[axis]

            match part with
            | Part.Entry index ->
                let resolved = if index < 0 then index + size else index

                if resolved < 0 || resolved >= size then
                    raise (ShapeException $"Slice: there is no entry {string index} in axis {axis} of {Shape.text a.Dims}.")

                starts[axis] <- resolved
                limits[axis] <- resolved + 1
            | Part.Range(first, last) ->
                let start = defaultArg first 0
                let limit = defaultArg last (size - 1) + 1

                // start = limit is the empty range, which F# writes n..n-1.
                if start < 0 || limit > size || start > limit then
                    raise (
                        ShapeException
                            $"Slice: axis {axis} of {Shape.text a.Dims} has no entries {string start} to {string (limit - 1)}; both ends count from 0 and are included."
                    )

                starts[axis] <- start
                limits[axis] <- limit

        let isEntry axis =
            match List.tryItem axis parts with
            | Some(Part.Entry _) -> true
            | Some(Part.Range _)
            | None -> false

        Tensor.Through(Indexing.between a.Dims starts limits isEntry, a)
