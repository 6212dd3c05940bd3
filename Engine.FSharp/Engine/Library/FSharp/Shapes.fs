// Movements of entries as curried functions.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>Movements of entries as curried functions.</summary>
[<AutoOpen>]
module Shapes =
    /// <summary>Another shape of the same numbers; one size may be -1.</summary>
    let reshape (shape: int seq) (a: Tensor) : Tensor = ShapeOperations.reshape (Array.ofSeq shape) a

    /// <summary>The axes reversed.</summary>
    let transpose (a: Tensor) : Tensor = ShapeOperations.transpose null a

    /// <summary>The axes in another order: axis i of the result is the one of the i-th number.</summary>
    let permute (permutation: int seq) (a: Tensor) : Tensor = ShapeOperations.transpose (Array.ofSeq permutation) a

    /// <summary>One axis in another place, the others in their order.</summary>
    let moveAxis (source: int) (target: int) (a: Tensor) : Tensor = ShapeOperations.moveAxis source target a
    /// <summary>A new axis of size 1.</summary>
    let expandDims (axis: int) (a: Tensor) : Tensor = ShapeOperations.expandDims axis a
    /// <summary>Without the axes of size 1.</summary>
    let squeeze (a: Tensor) : Tensor = ShapeOperations.squeeze a
    /// <summary>Without one axis, of size 1.</summary>
    let squeezeAxis (axis: int) (a: Tensor) : Tensor = ShapeOperations.squeezeAxis axis a

    /// <summary>Repeated along new axes and along axes of size 1.</summary>
    let broadcastTo (shape: int seq) (a: Tensor) : Tensor = ShapeOperations.broadcastTo (Array.ofSeq shape) a

    /// <summary>Side by side along an axis.</summary>
    let concatenate (axis: int) (parts: Tensor seq) : Tensor = ShapeOperations.concatenate axis (Array.ofSeq parts)

    /// <summary>Side by side along a new axis.</summary>
    let stack (axis: int) (parts: Tensor seq) : Tensor = ShapeOperations.stack axis (Array.ofSeq parts)

    /// <summary>The entries of an axis, one by one, which lose it.</summary>
    let unstack (axis: int) (a: Tensor) : Tensor list = List.ofSeq (ShapeOperations.unstack axis a)

    /// <summary>Entries start to limit - 1 of an axis in steps; negative positions count from the end. F#'s own <c>x.[a..b]</c> includes b.</summary>
    let slice (axis: int) (start: int) (limit: int) (step: int) (a: Tensor) : Tensor = ShapeOperations.slice axis start limit step a

    /// <summary>The entries of an axis moved on by so many places, the last ones to the front.</summary>
    let roll (axis: int) (shift: int) (a: Tensor) : Tensor = ShapeOperations.roll shift axis a
    /// <summary>The entries of an axis in reverse.</summary>
    let flip (axis: int) (a: Tensor) : Tensor = ShapeOperations.flip axis a

    /// <summary>The entry of the first axis.</summary>
    let entry (index: int) (a: Tensor) : Tensor = ShapeOperations.entry 0 index a

    /// <summary>The entry of an axis, which disappears.</summary>
    let entryAlong (axis: int) (index: int) (a: Tensor) : Tensor = ShapeOperations.entry axis index a
    /// <summary>The entries of an axis at integer indices.</summary>
    let take (axis: int) (indices: Tensor) (a: Tensor) : Tensor = ShapeOperations.take axis indices a

    /// <summary>The entries of an axis at integer indices: one below 0 takes the first entry, one past the end the last.</summary>
    let takeClamped (axis: int) (indices: Tensor) (a: Tensor) : Tensor = ShapeOperations.takeClamped axis indices a
