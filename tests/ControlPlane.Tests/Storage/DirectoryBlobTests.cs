using Orbit.ControlPlane.Storage.Blobs;
using Orbit.Tests.Support;

namespace Orbit.ControlPlane.Tests.Storage;

/// <summary>A directory of blobs that replicas share.</summary>
public sealed class DirectoryBlobTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("orbit-blobs-").FullName;
    private readonly ShiftedClock _clock = new();

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public async Task What_one_replica_backs_up_no_other_removes()
    {
        DirectoryBlobs one = new(_directory, _clock);
        DirectoryBlobs other = new(_directory, _clock);
        Guid blob = await WriteAsync(one);

        using (one.KeepAll())
        {
            await other.RemoveAsync(blob, default);
            Assert.Equal([blob], await one.ListAsync(default));
        }

        await other.RemoveAsync(blob, default);
        Assert.Empty(await one.ListAsync(default));
    }

    [Fact]
    public async Task A_replica_that_died_over_a_backup_holds_up_nothing_for_ever()
    {
        DirectoryBlobs blobs = new(_directory, _clock);
        Guid blob = await WriteAsync(blobs);
        _ = new DirectoryBlobs(_directory, _clock).KeepAll(); // never ended
        _clock.Advance(TimeSpan.FromHours(25));

        await blobs.RemoveAsync(blob, default);
        Assert.Empty(await blobs.ListAsync(default));
        await blobs.SweepAsync(_clock.GetUtcNow(), default);
        Assert.Empty(Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task A_blob_of_a_backup_may_be_there_from_a_restore_that_was_cut_off()
    {
        DirectoryBlobs blobs = new(_directory, _clock);
        Guid blob = await WriteAsync(blobs);
        await File.WriteAllTextAsync(Directory.GetFiles(_directory, "*", SearchOption.AllDirectories).Single() + ".part", "half");

        await blobs.PutAsync(blob, new MemoryStream([1, 2, 3]), default);

        using var bytes = new MemoryStream();
        Assert.True(await blobs.CopyToAsync(blob, bytes, default));
        Assert.Equal([1, 2, 3], bytes.ToArray());
    }

    private static Task<Guid> WriteAsync(DirectoryBlobs blobs) => blobs.WriteAsync(new MemoryStream([1, 2, 3]), default);
}
