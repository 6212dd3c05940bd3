// Trees of tensors as F# values: mapped, joined, taken apart and compared.
namespace Pipeline.FSharp

open Pipeline
open Pipeline.Engine

/// <summary>Functions of trees: of any record, union, tuple, list, array, map or option that holds tensors.</summary>
[<RequireQualifiedAccess>]
module Tree =
    /// <summary>The tree with each tensor mapped, under any transformation: <c>Tree.map (fun w -&gt; 0.9 * w) model</c>.</summary>
    /// <remarks>What is no tensor stays as it is. A tree without tensors is returned unchanged.</remarks>
    /// <exception cref="T:Pipeline.TreeException">The tree cannot be rebuilt, or the function returned null.</exception>
    let map (f: Tensor -> Tensor) (tree: 'T) : 'T = Pipeline.Engine.Tree.mapOf "map" f tree

    /// <summary>Two trees of one structure joined tensor by tensor: <c>Tree.map2 (fun w g -&gt; w - 0.1 * g) model gradient</c>.</summary>
    /// <exception cref="T:Pipeline.TreeException">The trees differ in structure, or in what is no tensor; the message names the first place.</exception>
    let map2 (f: Tensor -> Tensor -> Tensor) (first: 'T) (second: 'T) : 'T = Pipeline.Engine.Tree.zipOf "map2" f first second

    /// <summary>The tensors of a tree with their names, and the way back: <c>let flat = Tree.flatten model in flat.Rebuild(flat.Leaves |&gt; Seq.map square)</c>.</summary>
    let flatten (tree: 'T) : FlatTree<'T> = FlatTree tree

    /// <summary>Whether two trees have one structure and each tensor of the first is within the tolerances of the second's: <c>Tree.allClose 1e-9 0.0 found expected</c>.</summary>
    /// <remarks>As <c>Tensor.AllClose</c>: |a - b| &lt;= absolute + relative |b|. Trees that differ in structure, in a shape, or in what is no tensor are not close.</remarks>
    /// <exception cref="T:System.ArgumentOutOfRangeException">A tolerance is negative or NaN.</exception>
    let allClose (relative: float) (absolute: float) (found: 'T) (expected: 'T) : bool =
        Pipeline.Engine.Tree.forall2 (fun a b -> Tensor.AllClose(a, b, relative, absolute)) found expected

    /// <summary>Whether two trees have one structure and the same dtypes, shapes and numbers to the bit: <c>Tree.sameBits (f p) (jit f p)</c>.</summary>
    let sameBits (first: 'T) (second: 'T) : bool = Pipeline.Engine.Tree.forall2 (fun a b -> Tensor.SameBits(a, b)) first second
