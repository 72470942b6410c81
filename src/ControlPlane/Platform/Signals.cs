using System.Collections.Concurrent;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// Wake-ups without data, by topic. A signal only says "look again": whoever waits reads the truth from the database.
/// </summary>
/// <remarks>Take <see cref="Changed"/> before reading, so that a change during the read is not missed.</remarks>
internal sealed class Signals
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _waiting = new(StringComparer.Ordinal);

    /// <summary>Raised for topics that other replicas must hear of as well; the storage listens to it where there can be other replicas.</summary>
    public event Action<string>? Raised;

    /// <summary>Raised for every topic that is signalled in this process, whoever began it.</summary>
    public event Action<string>? RaisedHere;

    /// <summary>A task that ends at the next <see cref="Raise"/> of the topic.</summary>
    public Task Changed(string topic) =>
        _waiting.GetOrAdd(topic, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Wakes all who wait for the topic, here and on other replicas.</summary>
    public void Raise(string topic)
    {
        RaiseHere(topic);
        Raised?.Invoke(topic);
    }

    /// <summary>Wakes all who wait for the topic in this process.</summary>
    public void RaiseHere(string topic)
    {
        if (_waiting.TryRemove(topic, out TaskCompletionSource? waiting))
        {
            waiting.TrySetResult();
        }

        RaisedHere?.Invoke(topic);
    }

    /// <summary>Wakes everybody: after the connection to other replicas was lost, anything may have changed.</summary>
    public void RaiseAll()
    {
        foreach (string topic in _waiting.Keys)
        {
            RaiseHere(topic);
        }
    }
}

/// <summary>Names of the topics.</summary>
internal static class Topics
{
    /// <summary>Work may have become eligible.</summary>
    public const string Queue = "queue";

    /// <summary>Rows wait to be numbered for the feed.</summary>
    public const string FeedPending = "feed-pending";

    /// <summary>The feed has new numbers.</summary>
    public const string Feed = "feed";

    /// <summary>Settings changed.</summary>
    public const string Settings = "settings";

    /// <summary>Sessions ended.</summary>
    public const string Sessions = "sessions";

    /// <summary>A run has new events or log bytes.</summary>
    public static string Run(long id) => $"run:{id}";

    /// <summary>Batches of API tests may have something to do.</summary>
    public const string Batches = "batches";

    /// <summary>A gate is to be opened or stopped, or its batch has ended.</summary>
    public const string Gates = "gates";

    /// <summary>A batch has new events.</summary>
    public static string Batch(long id) => $"batch:{id}";

    /// <summary>What is wanted of an agent changed: cancel, drain, disable.</summary>
    public static string Agent(long id) => $"agent:{id}";
}
