// Random keys as users hold them: immutable, split instead of advanced, equal draws from equal keys.
namespace Pipeline

open System
open System.Collections.Generic
open System.Runtime.InteropServices
open System.Runtime.CompilerServices
open Pipeline.Engine

/// <summary>How random bits are laid out over an array.</summary>
type RandomLayout =
    /// <summary>Each element hashes its own index: JAX's default since version 0.5.</summary>
    | Partitionable = 0
    /// <summary>The two halves of an array are hashed together: JAX's default before version 0.5.</summary>
    | Original = 1

/// <summary>A key of the threefry-2x32 generator, from which draws are made bit for bit as JAX makes them.</summary>
/// <remarks>
/// A key has no state: the same key gives the same draw again. Split it, or fold numbers into it, for draws that are independent of each other.
/// Draws are ordinary tensor operations: in a compiled function with a key as argument they are made by the compiled code, in a vectorized function a
/// batch of keys gives each lane the draw that a loop would give, and the parameters of a distribution are differentiated.
/// What does not say its dtype is float64, or int32 where integers are drawn. Immutable and safe to share between threads.
/// </remarks>
/// <example><code>
/// var keys = new RandomKey(0).Split();
/// Tensor x = keys[0].Normal([1000, 2]), noise = keys[1].Normal([1000], mean: 0, deviation: 0.1);
/// </code></example>
[<Sealed; AllowNullLiteral; AutoSerializable(false); NullableContext(1uy)>]
type RandomKey(data: Tensor, layout: RandomLayout) =
    do
        if isNull data then nullArg "data"

        if data.DType <> DType.UInt32 || data.Rank = 0 || data.Dims[data.Rank - 1] <> 2 then
            raise (
                ShapeException
                    $"The data of a key is uint32[2] (or uint32[.., 2] for a batch of keys), not {DType.name data.DType}{Shape.text data.Dims}. For a key from a seed use RandomKey(long) or RandomKey.FromSeed."
            )

        if layout <> RandomLayout.Partitionable && layout <> RandomLayout.Original then
            raise (ArgumentOutOfRangeException(nameof layout, layout, "The layout is Partitionable or Original."))

    /// <summary>The key of a seed: its high and low 32 bits, as in JAX with 64-bit types enabled.</summary>
    /// <param name="seed">Any number. Seeds from 0 to 2^32 - 1 give the same key in JAX without 64-bit types too; that keeps the low 32 bits of every
    /// seed and sets the high ones to 0, so write <c>(uint)seed</c> to meet it with a negative seed.</param>
    /// <param name="layout">How bits are laid out over arrays.</param>
    new(seed: int64, layout: RandomLayout) = RandomKey(Keys.ofSeed seed, layout)

    /// <summary>The key of a seed, with the partitionable layout.</summary>
    /// <param name="seed">Any number.</param>
    new(seed: int64) = RandomKey(seed, RandomLayout.Partitionable)

    /// <summary>The two words of the key, uint32[2]; uint32[.., 2] for a batch of keys.</summary>
    member _.Data = data
    /// <summary>How bits are laid out over arrays.</summary>
    member _.Layout = layout

    /// The key, where it is one: what draws are made from.
    static member internal Single(key: RandomKey, operation: string) : Key =
        if isNull key then nullArg "key"

        let dims = key.Data.Dims

        if dims.Length <> 1 then
            raise (
                ShapeException
                    $"{operation}: draws are from one key, but this holds a batch of shape {Shape.text dims[.. dims.Length - 2]}. Vectorize a function of one key over it."
            )

        {
            Data = key.Data
            Layout = if key.Layout = RandomLayout.Original then KeyLayout.Original else KeyLayout.Partitionable
        }

    /// <summary>The key of a seed that is computed, for instance the number of an epoch inside a compiled run.</summary>
    /// <param name="seed">An integer scalar. A type of 64 bits gives the high and the low word, a narrower one 0 and the low word.</param>
    /// <param name="layout">How bits are laid out over arrays.</param>
    /// <exception cref="T:Pipeline.DTypeException">The seed is not an integer.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The seed is not a scalar.</exception>
    static member FromSeed(seed: Tensor, [<Optional; DefaultParameterValue(RandomLayout.Partitionable)>] layout: RandomLayout) =
        RandomKey(Keys.ofSeedTensor seed, layout)

    /// <summary>Keys that are independent of each other; do not draw from this one as well.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The count is negative.</exception>
    /// <example><code>
    /// RandomKey[] keys = key.Split(3);
    /// Tensor a = keys[0].Normal(), b = keys[1].Normal();
    /// </code></example>
    member this.Split([<Optional; DefaultParameterValue(2)>] count: int) : RandomKey[] =
        Limits.NotNegative(count, nameof count)

        Keys.split count (RandomKey.Single(this, "Split")) |> Array.map (fun child -> RandomKey(child.Data, layout))

    /// <summary>The keys of <see cref="M:Pipeline.RandomKey.Split(System.Int32)"/> as one batch, Data of shape [count, 2], to vectorize or scan over.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The count is negative.</exception>
    member this.SplitBatch(count: int) =
        Limits.NotNegative(count, nameof count)
        RandomKey(Keys.splitData count (RandomKey.Single(this, "SplitBatch")), layout)

    /// <summary>A key that depends on a number too: one for each step, row or name.</summary>
    /// <param name="number">From -2^31 to 2^32 - 1, taken modulo 2^32.</param>
    /// <exception cref="T:System.ArgumentOutOfRangeException">The number does not fit into 32 bits.</exception>
    member this.FoldIn(number: int64) =
        let isWord = number >= int64 Int32.MinValue && number <= int64 UInt32.MaxValue
        Limits.Require(isWord, number, "from -2^31 to 2^32 - 1", nameof number)

        RandomKey(Keys.foldIn (Primitive.fill DType.Int64 [||] (float number)) (RandomKey.Single(this, "FoldIn")), layout)

    /// <summary>A key that depends on a computed number too, for instance the counter of a compiled loop.</summary>
    /// <param name="number">An integer scalar, taken modulo 2^32.</param>
    /// <exception cref="T:Pipeline.DTypeException">The number is not an integer.</exception>
    /// <exception cref="T:Pipeline.ShapeException">The number is not a scalar.</exception>
    member this.FoldIn(number: Tensor) = RandomKey(Keys.foldIn number (RandomKey.Single(this, "FoldIn")), layout)

    /// <summary>Random bits: every uint32 with equal probability.</summary>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    member this.Bits([<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>) =
        this.Bits(shape, DType.UInt32)

    /// <summary>Random bits: every unsigned integer of <typeparamref name="T"/> with equal probability.</summary>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <exception cref="T:Pipeline.DTypeException">The type is not byte, ushort, uint or ulong.</exception>
    member this.Bits<[<Nullable(2uy)>] 'T>
        ([<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>)
        =
        this.Bits(shape, DType.ofElement<'T> "Bits")

    /// <summary>Random bits: every unsigned integer of the dtype with equal probability.</summary>
    /// <param name="shape">The shape of the draw; a scalar if omitted.</param>
    /// <param name="dtype">UInt8, UInt16, UInt32 or UInt64.</param>
    /// <exception cref="T:Pipeline.DTypeException">The dtype is another.</exception>
    member this.Bits([<Optional; DefaultParameterValue(null: IReadOnlyList<int>); Nullable(2uy)>] shape: IReadOnlyList<int>, dtype: DType) =
        if not (dtype >= DType.UInt8 && dtype <= DType.UInt64) then
            raise (DTypeException $"Bits: random bits are uint8, uint16, uint32 or uint64, not {DType.name dtype}.")

        Keys.bits dtype (Keys.shape "Bits" shape [||]) (RandomKey.Single(this, "Bits"))

    /// <summary>The words of the key and its layout.</summary>
    override _.ToString() = $"RandomKey {data} {layout}"
