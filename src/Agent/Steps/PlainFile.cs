namespace Orbit.Agent.Steps;

/// <summary>Tells plain files from links, pipes, sockets and devices, which nobody may make the agent read.</summary>
internal static class PlainFile
{
    /// <summary>Whether the path is a plain file itself, not a link to one.</summary>
    public static bool Is(string path) => Files.FileStatus.Of(path) is { Kind: Files.EntryKind.File };
}
