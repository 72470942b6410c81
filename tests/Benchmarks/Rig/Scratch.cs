namespace Orbit.Benchmarks.Rig;

/// <summary>A directory and processes of one benchmark; disposing ends the processes, newest first, and removes the directory.</summary>
internal sealed class Scratch : IAsyncDisposable
{
    private readonly Stack<IAsyncDisposable> _owned = new();

    /// <summary>The directory; short, because it holds a socket, and not readable by others.</summary>
    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("orbit-bench-").FullName;

    /// <summary>Takes care of the end of something.</summary>
    public T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _owned.Push(part);
        return part;
    }

    /// <summary>A path in the directory.</summary>
    public string PathOf(string name) => Path.Combine(Directory, name);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        while (_owned.TryPop(out IAsyncDisposable? part))
        {
            await part.DisposeAsync();
        }

        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
