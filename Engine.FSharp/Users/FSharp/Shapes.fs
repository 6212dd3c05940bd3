// Movements of entries as curried functions.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Movements of entries as curried functions.</summary>
[<AutoOpen>]
module Shapes =
    /// <summary>Another shape of the same numbers; one size may be -1.</summary>
    let reshape (shape: int seq) (a: Tensor) : Tensor =
        Operations.reshape (Array.ofSeq shape) a

    /// <summary>The axes reversed.</summary>
    let transpose (a: Tensor) : Tensor = Operations.transpose null a

    /// <summary>Side by side along an axis.</summary>
    let concatenate (axis: int) (parts: Tensor seq) : Tensor =
        Operations.concatenate axis (Array.ofSeq parts)

    /// <summary>Side by side along a new axis.</summary>
    let stack (axis: int) (parts: Tensor seq) : Tensor =
        Operations.stack axis (Array.ofSeq parts)

    /// <summary>The entry of the first axis.</summary>
    let entry (index: int) (a: Tensor) : Tensor = Operations.entry 0 index a

    /// <summary>The entries of an axis at integer indices.</summary>
    let take (axis: int) (indices: Tensor) (a: Tensor) : Tensor = Operations.take axis indices a

    /// <summary>The entries of an axis at integer indices: one below 0 takes the first entry, one past the end the last.</summary>
    let takeClamped (axis: int) (indices: Tensor) (a: Tensor) : Tensor = Operations.takeClamped axis indices a
