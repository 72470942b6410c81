using Orbit.ControlPlane.Platform;

namespace Orbit.ControlPlane.Gateway;

/// <summary>
/// Lets a few agents at a time through the part of the handshake that needs the database, in the order in which they came: a crowd that comes
/// back at once must not take its connections from all who work. Who would wait for long is told when to come back.
/// </summary>
internal sealed class SessionAdmission(int places, TimeSpan longestWait) : IDisposable
{
    private const int AtATime = 16; // a sixth of the connections to the database
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SoonestReturn = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LatestReturn = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _places = new(places, places);

    public SessionAdmission()
        : this(AtATime, LongestWait)
    {
    }

    /// <summary>Waits for a place, which is given back by disposing.</summary>
    /// <exception cref="OrbitException">CROWDED.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken ct) =>
        await _places.WaitAsync(longestWait, ct) ? new Place(_places) : throw Crowded();

    /// <summary>The refusal, each time with another moment to come back at.</summary>
    public static OrbitException Crowded() =>
        OrbitException.Later("CROWDED", "Many agents connect at this moment.", SoonestReturn + (Random.Shared.NextDouble() * (LatestReturn - SoonestReturn)));

    /// <inheritdoc />
    public void Dispose() => _places.Dispose();

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
