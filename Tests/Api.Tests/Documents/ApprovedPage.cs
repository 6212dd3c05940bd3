using Xunit;

namespace Pipeline.Api.Tests;

/// <summary>A page of docs that tests write: what they wrote, where it is not the approved text, lies beside it as NAME.received.md.</summary>
internal static class ApprovedPage
{
    internal static void Check(string name, string page)
    {
        var approved = RepositoryFolder.Of("docs", $"{name}.md");
        var received = RepositoryFolder.Of("docs", $"{name}.received.md");
        var expected = File.Exists(approved) ? File.ReadAllText(approved).ReplaceLineEndings("\n") : "";
        if (expected != page)
            File.WriteAllText(received, page);
        else
            File.Delete(received);
        Assert.Equal(expected, page);
    }
}
