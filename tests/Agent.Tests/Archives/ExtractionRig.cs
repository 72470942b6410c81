using Orbit.Agent.Archives;
using Orbit.Agent.Tests.Files;

namespace Orbit.Agent.Tests.Archives;

/// <summary>Unpacks archives of a test below its own directory, and sees that a refused one leaves nothing at all.</summary>
internal sealed class ExtractionRig : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public string Destination => _files["room/unpacked"];

    public async Task<ExtractedTree> ExtractAsync(byte[] archive, ExtractionOptions? options = null)
    {
        Directory.CreateDirectory(_files["room"]);
        string path = _files.Write("archive", archive);
        return await ArchiveExtraction.ExtractAsync(path, Destination, options ?? new(), null, default);
    }

    public async Task RefusesAsync(string reason, byte[] archive, ExtractionOptions? options = null)
    {
        Exception? thrown = await Record.ExceptionAsync(() => ExtractAsync(archive, options));
        Assert.True(thrown is ArchiveRefusal, $"{archive.Length} bytes were not refused with {reason}: {thrown}");
        ArchiveRefusal refusal = (ArchiveRefusal)thrown;

        Assert.True(refusal.Reason == reason, $"{refusal.Reason}: {refusal.Message}");
        Assert.Empty(Directory.EnumerateFileSystemEntries(_files["room"]));
        Assert.Equal([_files["archive"], _files["room"]], Directory.EnumerateFileSystemEntries(_files.Root).Order());
    }

    public void Dispose() => _files.Dispose();
}
