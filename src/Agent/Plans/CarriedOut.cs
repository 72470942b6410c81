using Microsoft.Extensions.Logging;
using Orbit.Agent.Files;
using Orbit.Shared;

namespace Orbit.Agent.Plans;

/// <summary>
/// Ids of deployments that this agent has carried out and been told to forget, in a file below the data directory. An id is never given
/// twice, so an offer of one of these comes from a control plane whose database is older than what this agent did for it; to carry it out
/// would be to do it again.
/// </summary>
internal sealed class CarriedOut
{
    private const int IdBytes = 16;
    private const int Kept = 20_000;
    private readonly Lock _gate = new();
    private readonly HashSet<Guid> _ids = [];
    private readonly string _path;

    /// <summary>Reads what is there.</summary>
    public CarriedOut(string dataDirectory)
    {
        _path = Path.Combine(dataDirectory, "carried-out");
        byte[] stored = File.Exists(_path) ? File.ReadAllBytes(_path) : [];
        int whole = stored.Length / IdBytes; // what was cut off at the end belongs to one that is still in the journal
        foreach (int index in Enumerable.Range(0, whole))
        {
            _ids.Add(new Guid(stored.AsSpan(index * IdBytes, IdBytes), bigEndian: true));
        }

        if (whole > Kept * 2 || stored.Length % IdBytes != 0)
        {
            Guid[] newest = [.. _ids.Order().TakeLast(Kept)]; // ids are ordered by time
            Identity.PrivateFile.Write(_path, [.. newest.SelectMany(id => id.ToByteArray(bigEndian: true))]);
        }
    }

    /// <summary>True for one that was carried out here.</summary>
    public bool Has(Guid id)
    {
        lock (_gate)
        {
            return _ids.Contains(id) && Safeguard.IsOn("carried-out");
        }
    }

    /// <summary>Adds one that is about to be forgotten, if anything was done for it that must not be done again.</summary>
    public void Note(Assignment assignment, ILogger logger)
    {
        if (!assignment.IsDeploy || (assignment.Work is null && !assignment.Ended))
        {
            return;
        }

        try
        {
            Add(assignment.Id);
        }
        catch (IOException full)
        {
            logger.NotNoted(assignment.Id, full.Message);
        }
    }

    /// <summary>Adds one; durable when it returns.</summary>
    private void Add(Guid id)
    {
        lock (_gate)
        {
            if (_ids.Add(id))
            {
                FileStreamOptions options = new() { Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite };
                using (FileStream file = new(_path, options))
                {
                    file.Write(id.ToByteArray(bigEndian: true));
                    file.Flush(flushToDisk: true);
                }

                DurableFile.SyncDirectory(Path.GetDirectoryName(_path)!);
            }
        }
    }
}
