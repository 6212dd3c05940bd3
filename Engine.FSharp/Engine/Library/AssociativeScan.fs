// Running results of an associative operation in a logarithmic number of rounds: all pairs of neighbours at once, then the pairs' running results, then
// what lies between them (Blelloch, "Prefix sums and their applications", 1990).
namespace Pipeline.Engine

open Pipeline

[<RequireQualifiedAccess>]
module internal AssociativeScan =
    /// Every second entry of the leading axis.
    let private everySecond start limit (a: Tensor) =
        let starts, strides = Array.zeroCreate a.Rank, Array.create a.Rank 1
        let limits = Array.copy a.Dims
        starts[0] <- start
        limits[0] <- limit
        strides[0] <- 2
        Primitive.slice starts limits strides a

    /// first[0], second[0], first[1], second[1], ...; the first may have one entry more.
    let private interleave (first: Tensor) (second: Tensor) =
        let n = second.Dims[0]

        let pairs =
            Primitive.stack 1 [| Primitive.sliceAxis 0 0 n first; second |]
            |> Primitive.reshape (Array.append [| 2 * n |] second.Dims[1..])

        if first.Dims[0] = n then
            pairs
        else
            Primitive.concatenate 0 [| pairs; Primitive.sliceAxis 0 n (n + 1) first |]

    /// combine takes tensors with a leading axis of pairs: earlier ones @ later ones.
    let rec private scan (combine: Tensor[] -> Tensor[] -> Tensor[]) (elements: Tensor[]) : Tensor[] =
        let n = elements[0].Dims[0]

        if n < 2 then
            elements
        else
            let pick start limit = Array.map (everySecond start limit)

            let pairs = combine (pick 0 (n - 1) elements) (pick 1 n elements)
            let odd = scan combine pairs

            if n = 2 then
                Array.map2 interleave (elements |> Array.map (Primitive.sliceAxis 0 0 1)) odd
            else
                let before = odd |> Array.map (fun a -> Primitive.sliceAxis 0 0 ((n - 1) / 2) a)

                let between = combine before (pick 2 n elements)

                let even = Array.map2 (fun a b -> Primitive.concatenate 0 [| Primitive.sliceAxis 0 0 1 a; b |]) elements between

                Array.map2 interleave even odd

    let private flip (a: Tensor) = ShapeOperations.flip 0 a

    /// Running results along an axis of every tensor, from its end if reverse.
    let run (combine: 'T -> 'T -> 'T) (elements: 'T) (axis: int) (reverse: bool) : 'T =
        let name = "AssociativeScan"
        let struct (leaves, structure) = Tree.flatten elements

        if leaves.Length = 0 then
            raise (LoopException $"{name}: there is no tensor among the elements to go along.")

        let axes = leaves |> Array.map (fun a -> Shape.axis name a.Rank axis)
        let lengths = Array.map2 (fun (a: Tensor) axis -> a.Dims[axis]) leaves axes

        if (Array.distinct lengths).Length > 1 then
            raise (
                LoopException
                    $"{name}: the tensors have {Shape.text lengths} entries along axis {axis}; they are the elements and must be equal in number."
            )

        Loops.settled leaves (fun leaves ->
            let elements =
                leaves
                |> Array.mapi (fun i a ->
                    let front = Primitive.moveAxis axes[i] 0 a
                    if reverse then flip front else front)

            let types = elements |> Array.map (fun a -> { Type = Typing.tensor a.DType a.Dims[1..]; IsWeak = a.Weak })

            let count = types.Length

            // Traced once, for one pair.
            let program =
                Staging.stage name (Array.append types types) (fun pair ->
                    let earlier = Tree.rebuild<'T> structure pair[.. count - 1]
                    let later = Tree.rebuild<'T> structure pair[count..]
                    struct (Loops.returned name structure types (combine earlier later), Structure.Leaf))

            let combineAll (earlier: Tensor[]) (later: Tensor[]) =
                let size = earlier[0].Dims[0]
                let arguments = Array.concat [ earlier; later; program.Captured ]
                let mask = arguments |> Array.mapi (fun i _ -> i < 2 * count)

                let results, hidden = Batch.map size (Primitive.evaluateGraph program.Graph) arguments mask

                Array.map2 (fun a isHidden -> if isHidden then a else BatchLanes.lead size a) results hidden

            scan combineAll elements
            |> Array.mapi (fun i a -> Primitive.moveAxis 0 axes[i] (if reverse then flip a else a))
            |> Tree.rebuild<'T> structure)
