using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.TestItems;

/// <summary>Test items between the domain and the wire.</summary>
internal static class TestItemMapping
{
    /// <summary>What a person says of a new item.</summary>
    public static TestItemFacts ToFacts(this Wire.CreateTestItemRequest request) => new(
        request.Name, request.JobName, request.ParameterSetId, new Dictionary<string, string>(request.Labels), request.PackagePattern,
        request.HasEnabled ? request.Enabled : null);

    /// <summary>What a person says of an item that is there.</summary>
    public static TestItemFacts ToFacts(this Wire.UpdateTestItemRequest request) => new(
        request.Name, request.JobName, request.ParameterSetId, new Dictionary<string, string>(request.Labels), request.PackagePattern,
        request.HasEnabled ? request.Enabled : null);

    /// <summary>An item as people see it.</summary>
    public static Wire.TestItem ToWire(this TestItem item) => new()
    {
        Id = item.Id,
        Name = item.Name,
        JobName = item.JobName,
        ParameterSetId = item.ParameterSetId,
        Labels = { item.LabelPairs.ToDictionary(l => l.Key, l => l.Value) },
        PackagePattern = item.PackagePattern,
        Enabled = item.Enabled,
        CreatedAt = item.CreatedAt.ToWire(),
        UpdatedAt = item.UpdatedAt.ToWire(),
    };
}
