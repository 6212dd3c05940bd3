using CsCheck;
using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>The façade's tests run at all: xunit and CsCheck are found and executed.</summary>
public sealed class SetUpTests
{
    [Fact]
    public void Facts_run() => Assert.Equal("Pipeline", PipelineVersion.Name);

    [Fact]
    public void Samples_run() => Gen.Int.Select(Gen.Int).Sample((a, b) => a + b == b + a);
}
