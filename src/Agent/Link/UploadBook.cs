using Orbit.Agent.Plans;
using Orbit.Contracts.V1;

namespace Orbit.Agent.Link;

/// <summary>Everything that is to be uploaded. Plans add, the upload loop takes. Safe for any number of callers.</summary>
internal sealed class UploadBook(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly List<UploadItem> _items = [];

    /// <summary>Wakes the upload loop.</summary>
    public WakeUp Wake { get; } = new();

    /// <summary>A step has a log now, which may grow until it is sealed. Adding it again gives the same.</summary>
    public UploadItem AddLog(Assignment assignment, string step, string path, long afterSeq, bool ask) =>
        Add(new UploadItem(assignment, step, null, path, afterSeq, ask, time.GetTimestamp()), item => item.File is null && item.Step == step);

    /// <summary>A result file was listed.</summary>
    public void AddFile(Assignment assignment, ResultFile file, string path, long afterSeq, bool ask) =>
        Add(new UploadItem(assignment, "", file, path, afterSeq, ask, time.GetTimestamp()), item => item.File?.Path == file.Path);

    /// <summary>Something was added, sealed or acked.</summary>
    public void Changed() => Wake.Set();

    /// <summary>Waits until the control plane has all logs and files of an assignment, or wants no more of them.</summary>
    public async Task FinishedAsync(Guid assignment, CancellationToken ct)
    {
        Task[] under;
        lock (_gate)
        {
            under = [.. _items.Where(item => item.Assignment.Id == assignment && !item.Done).Select(item => item.Finished)];
        }

        await Task.WhenAll(under).WaitAsync(ct);
    }

    /// <summary>Nothing of the assignment is wanted any more.</summary>
    public void Drop(Guid assignment)
    {
        lock (_gate)
        {
            foreach (UploadItem item in _items.Where(item => item.Assignment.Id == assignment))
            {
                item.GiveUp();
            }

            _ = _items.RemoveAll(item => item.Assignment.Id == assignment);
        }
    }

    /// <summary>All items, logs first.</summary>
    public List<UploadItem> Items()
    {
        lock (_gate)
        {
            return [.. _items.Where(item => item.File is null), .. _items.Where(item => item.File is not null)];
        }
    }

    private UploadItem Add(UploadItem added, Func<UploadItem, bool> same)
    {
        lock (_gate)
        {
            if (_items.Find(item => item.Assignment.Id == added.Assignment.Id && same(item)) is { } known)
            {
                return known;
            }

            _items.Add(added);
        }

        added.Assignment.AckedMore ??= Changed;
        Changed();
        return added;
    }
}
