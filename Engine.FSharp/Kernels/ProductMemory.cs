using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Pipeline.Kernels;

/// <summary>What products of one thread keep for the next ones, so that they allocate nothing.</summary>
internal sealed unsafe class ProductMemory
{
    [ThreadStatic]
    private static ProductMemory? own;

    private byte[] rows = [];
    private byte[] columns = [];
    private byte[] sums = [];
    private byte[] results = [];

    public static ProductMemory Own => own ??= new();

    /// <summary>Room for rows of the left matrix.</summary>
    public byte* Rows(nint bytes) => Room(ref rows, bytes);

    /// <summary>Room for columns of the right matrix.</summary>
    public byte* Columns(nint bytes) => Room(ref columns, bytes);

    /// <summary>Room for sums of blocks.</summary>
    public byte* Sums(nint bytes) => Room(ref sums, bytes);

    /// <summary>Room for results that are not yet where they go.</summary>
    public byte* Results(nint bytes) => Room(ref results, bytes);

    /// <summary>From a whole vector of the widest kind on.</summary>
    private static byte* Room(ref byte[] memory, nint bytes)
    {
        if (memory.Length < bytes + 64)
            memory = GC.AllocateUninitializedArray<byte>(checked((int)bytes + 64), pinned: true);

        return (byte*)(((nint)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(memory)) + 63) & ~63);
    }
}
