// Where the values of a nest lie while it runs: slots, and the memory of those that have some of their own.
namespace Pipeline.Engine

open System.Collections.Generic

/// Places in the workspace from one on. Blocks of so many elements; the memory of those that are done is used again.
[<Sealed>]
type internal BlockSlots(start: int, elements: int) =
    let places = List<nativeint>()
    let free = Dictionary<int, Stack<nativeint>>()
    let mutable top = start

    // Loads wait for stores before them that lie at the same place of a page of 4,096 bytes, which is a block's size.
    let apart = 1600

    let take bytes =
        let place = top
        top <- top + ((bytes + 63) &&& ~~~63)
        nativeint place

    /// Where the next memory would be.
    member _.Top = top
    member _.Places = places.ToArray()

    /// Memory that stays.
    member _.Take(bytes: int) = take bytes

    /// A slot without memory of its own.
    member _.Empty() =
        places.Add 0n
        places.Count - 1

    /// A slot of one number of at most 8 bytes.
    member _.Number() =
        places.Add(take 8)
        places.Count - 1

    /// A slot of a block of elements of so many bytes.
    member _.Block(bytes: int) =
        match free.TryGetValue bytes with
        | true, stack when stack.Count > 0 -> places.Add(stack.Pop())
        | _ -> places.Add(take (bytes * elements + apart))

        places.Count - 1

    /// The block of a slot is not read any more.
    member _.Release(slot: int, bytes: int) =
        match free.TryGetValue bytes with
        | true, stack -> stack.Push places[slot]
        | _ ->
            let stack = Stack()
            stack.Push places[slot]
            free[bytes] <- stack
