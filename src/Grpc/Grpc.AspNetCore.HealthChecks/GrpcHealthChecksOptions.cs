using System.Collections;

namespace Grpc.AspNetCore.HealthChecks;

/// <summary>Which health checks speak for which gRPC service.</summary>
public sealed class GrpcHealthChecksOptions
{
    /// <summary>The mappings; at first the empty name, which is the server as a whole, is mapped to all checks.</summary>
    public ServiceMappingCollection Services { get; } = [];

    /// <summary>Answer from the last published report instead of running the checks on each call.</summary>
    public bool UseHealthChecksCache { get; set; }

    /// <summary>Let watches run on while the host stops, instead of ending them after a last NOT_SERVING.</summary>
    public bool SuppressCompletionOnShutdown { get; set; }
}

/// <summary>Mappings by service name.</summary>
public sealed class ServiceMappingCollection : ICollection<ServiceMapping>
{
    private readonly Dictionary<string, ServiceMapping> _mappings = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public int Count => _mappings.Count;

    /// <inheritdoc />
    public bool IsReadOnly => false;

    /// <summary>Adds or replaces the mapping of a service.</summary>
    public void Map(string name, Func<HealthCheckMapContext, bool> predicate) => _mappings[name] = new(name, predicate);

    /// <inheritdoc />
    public void Add(ServiceMapping item)
    {
        ArgumentNullException.ThrowIfNull(item);
        _mappings.Add(item.Name, item);
    }

    /// <inheritdoc />
    public void Clear() => _mappings.Clear();

    /// <inheritdoc />
    public bool Contains(ServiceMapping item) => item is not null && _mappings.TryGetValue(item.Name, out ServiceMapping? own) && own == item;

    /// <inheritdoc />
    public void CopyTo(ServiceMapping[] array, int arrayIndex) => _mappings.Values.CopyTo(array, arrayIndex);

    /// <inheritdoc />
    public bool Remove(ServiceMapping item) => Contains(item) && _mappings.Remove(item.Name);

    /// <inheritdoc />
    public IEnumerator<ServiceMapping> GetEnumerator() => _mappings.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal ServiceMapping? Find(string name) => _mappings.GetValueOrDefault(name);
}

/// <summary>The checks that speak for one service.</summary>
public sealed class ServiceMapping(string name, Func<HealthCheckMapContext, bool> predicate)
{
    /// <summary>Name of the service; empty is the server as a whole.</summary>
    public string Name { get; } = name;

    /// <summary>Chooses the checks.</summary>
    public Func<HealthCheckMapContext, bool> Predicate { get; } = predicate;
}

/// <summary>A health check to choose or not.</summary>
public sealed class HealthCheckMapContext(string name, IEnumerable<string> tags)
{
    /// <summary>Name of the check.</summary>
    public string Name { get; } = name;

    /// <summary>Its tags.</summary>
    public IEnumerable<string> Tags { get; } = tags;
}
