// Which of an operation's tensors take part: those of a mask taken out, and put back among the others.
module internal Pipeline.Engine.Mask

open Pipeline

/// The items of the mask.
let choose (mask: bool[]) (items: 'T[]) : 'T[] =
    let mutable count = 0

    for i in 0 .. items.Length - 1 do
        if mask[i] then count <- count + 1

    let chosen = Array.zeroCreate count
    let mutable next = 0

    for i in 0 .. items.Length - 1 do
        if mask[i] then
            chosen[next] <- items[i]
            next <- next + 1

    chosen

/// Items in the places of the mask, null elsewhere.
let spread (mask: bool[]) (items: Tensor[]) : Tensor[] =
    let all = Array.zeroCreate mask.Length
    let mutable next = 0

    for i in 0 .. mask.Length - 1 do
        if mask[i] then
            all[i] <- items[next]
            next <- next + 1

    all

/// Tangents in the places of the mask, zeros where none is known, null elsewhere.
let given (mask: bool[]) (types: TensorType[]) (tangents: Tensor[]) : Tensor[] =
    Array.mapi (fun i m -> if m then Primitive.orZeros types[i] tangents[i] else null) mask

/// The items of the mask, part by part.
let chooseParts (mask: Parts<bool>) (items: Parts<'T>) : Parts<'T> = Parts.map2 choose mask items

/// Items in the places of the mask, null elsewhere, part by part.
let spreadParts (mask: Parts<bool>) (items: Parts<Tensor>) : Parts<Tensor> = Parts.map2 spread mask items

/// The same with zeros where no tangent is known, as the items of the mask alone.
let givenParts (mask: Parts<bool>) (types: Parts<TensorType>) (tangents: Parts<Tensor>) : Parts<Tensor> =
    chooseParts mask (Parts.map2 (Array.map2 Primitive.orZeros) types tangents)
