// Where the values of a nest lie while it runs, in the workspace from one place on.
namespace Pipeline.Engine

open System.Collections.Generic

/// Blocks of so many elements; the memory of those that are done is used again.
[<Sealed>]
type internal BlockMemory(start: int, elements: int) =
    let free = Dictionary<int, Stack<int>>()
    let mutable top = start

    // Loads wait for stores before them that lie at the same place of a page of 4,096 bytes, which is a block's size.
    let apart = 1600

    let take bytes =
        let place = top
        top <- top + ((bytes + 63) &&& ~~~63)
        place

    /// Where the next memory would be.
    member _.Top = top

    /// Memory that stays.
    member _.Take(bytes: int) = take bytes

    /// The place of one number of at most 8 bytes.
    member _.Number() = take 8

    /// The place of a block of elements of so many bytes.
    member _.Block(bytes: int) =
        match free.TryGetValue bytes with
        | true, stack when stack.Count > 0 -> stack.Pop()
        | _ -> take (bytes * elements + apart)

    /// The block at a place is not read any more.
    member _.Release(place: int, bytes: int) =
        match free.TryGetValue bytes with
        | true, stack -> stack.Push place
        | _ ->
            let stack = Stack()
            stack.Push place
            free[bytes] <- stack
