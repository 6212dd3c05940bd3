// F#'s slices of tensors: ranges include both their ends.
namespace Pipeline.FSharp

open System
open Pipeline
open Pipeline.Engine

/// <summary>F#'s slices of tensors: ranges include both their ends.</summary>
[<AutoOpen>]
module Slicing =
    type Tensor with
        /// <summary><c>z.[a0..a1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option) : Tensor = Slices.take [ Part.Range(a0, a1) ] this

        /// <summary><c>z.[a0..a1, b0..b1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1) ] this

        /// <summary><c>z.[a0..a1, b]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b: int) : Tensor = Slices.take [ Part.Range(a0, a1); Part.Entry b ] this

        /// <summary><c>z.[a, b0..b1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b0: int option, b1: int option) : Tensor = Slices.take [ Part.Entry a; Part.Range(b0, b1) ] this

        /// <summary><c>z.[a0..a1, b0..b1, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option, c0: int option, c1: int option) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Range(c0, c1) ] this

        /// <summary><c>z.[a0..a1, b0..b1, c]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option, c: int) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Entry c ] this

        /// <summary><c>z.[a0..a1, b, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b: int, c0: int option, c1: int option) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Range(c0, c1) ] this

        /// <summary><c>z.[a0..a1, b, c]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b: int, c: int) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Entry c ] this

        /// <summary><c>z.[a, b0..b1, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b0: int option, b1: int option, c0: int option, c1: int option) : Tensor =
            Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Range(c0, c1) ] this

        /// <summary><c>z.[a, b0..b1, c]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b0: int option, b1: int option, c: int) : Tensor =
            Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Entry c ] this

        /// <summary><c>z.[a, b, c0..c1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b: int, c0: int option, c1: int option) : Tensor =
            Slices.take [ Part.Entry a; Part.Entry b; Part.Range(c0, c1) ] this

        /// <summary><c>z.[a0..a1, b0..b1, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice
            (a0: int option, a1: int option, b0: int option, b1: int option, c0: int option, c1: int option, d0: int option, d1: int option)
            : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Range(c0, c1); Part.Range(d0, d1) ] this

        /// <summary><c>z.[a0..a1, b0..b1, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice
            (a0: int option, a1: int option, b0: int option, b1: int option, c0: int option, c1: int option, d: int)
            : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Range(c0, c1); Part.Entry d ] this

        /// <summary><c>z.[a0..a1, b0..b1, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice
            (a0: int option, a1: int option, b0: int option, b1: int option, c: int, d0: int option, d1: int option)
            : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Entry c; Part.Range(d0, d1) ] this

        /// <summary><c>z.[a0..a1, b0..b1, c, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b0: int option, b1: int option, c: int, d: int) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Range(b0, b1); Part.Entry c; Part.Entry d ] this

        /// <summary><c>z.[a0..a1, b, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice
            (a0: int option, a1: int option, b: int, c0: int option, c1: int option, d0: int option, d1: int option)
            : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Range(c0, c1); Part.Range(d0, d1) ] this

        /// <summary><c>z.[a0..a1, b, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b: int, c0: int option, c1: int option, d: int) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Range(c0, c1); Part.Entry d ] this

        /// <summary><c>z.[a0..a1, b, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b: int, c: int, d0: int option, d1: int option) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Entry c; Part.Range(d0, d1) ] this

        /// <summary><c>z.[a0..a1, b, c, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a0: int option, a1: int option, b: int, c: int, d: int) : Tensor =
            Slices.take [ Part.Range(a0, a1); Part.Entry b; Part.Entry c; Part.Entry d ] this

        /// <summary><c>z.[a, b0..b1, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice
            (a: int, b0: int option, b1: int option, c0: int option, c1: int option, d0: int option, d1: int option)
            : Tensor =
            Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Range(c0, c1); Part.Range(d0, d1) ] this

        /// <summary><c>z.[a, b0..b1, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b0: int option, b1: int option, c0: int option, c1: int option, d: int) : Tensor =
            Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Range(c0, c1); Part.Entry d ] this

        /// <summary><c>z.[a, b0..b1, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b0: int option, b1: int option, c: int, d0: int option, d1: int option) : Tensor =
            Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Entry c; Part.Range(d0, d1) ] this

        /// <summary><c>z.[a, b0..b1, c, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b0: int option, b1: int option, c: int, d: int) : Tensor =
            Slices.take [ Part.Entry a; Part.Range(b0, b1); Part.Entry c; Part.Entry d ] this

        /// <summary><c>z.[a, b, c0..c1, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b: int, c0: int option, c1: int option, d0: int option, d1: int option) : Tensor =
            Slices.take [ Part.Entry a; Part.Entry b; Part.Range(c0, c1); Part.Range(d0, d1) ] this

        /// <summary><c>z.[a, b, c0..c1, d]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b: int, c0: int option, c1: int option, d: int) : Tensor =
            Slices.take [ Part.Entry a; Part.Entry b; Part.Range(c0, c1); Part.Entry d ] this

        /// <summary><c>z.[a, b, c, d0..d1]</c>: ranges include both ends; the axes of single numbers disappear.</summary>
        member this.GetSlice(a: int, b: int, c: int, d0: int option, d1: int option) : Tensor =
            Slices.take [ Part.Entry a; Part.Entry b; Part.Entry c; Part.Range(d0, d1) ] this
