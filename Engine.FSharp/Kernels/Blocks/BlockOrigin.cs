namespace Pipeline.Kernels;

/// <summary>Where an access of a nest starts: a buffer, whose address the workspace begins with, so many bytes on, and what the variables of loops around the nest add.</summary>
/// <param name="Buffer">Its number.</param>
/// <param name="Start">Bytes from its first element.</param>
/// <param name="Variables">Where each such variable stands in the workspace, with its stride in bytes.</param>
internal sealed record BlockOrigin(int Buffer, nint Start, (int Variable, nint Stride)[] Variables)
{
    public unsafe byte* In(nint workspace)
    {
        var address = ((byte**)workspace)[Buffer] + Start;

        foreach (var (variable, stride) in Variables)
            address += *(nint*)(workspace + variable) * stride;

        return address;
    }
}
