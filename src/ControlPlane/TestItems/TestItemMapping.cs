using Orbit.ControlPlane.Access;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.TestItems;

/// <summary>Test items between the domain and the wire.</summary>
internal static class TestItemMapping
{
    /// <summary>What a person says of a new item.</summary>
    public static TestItemFacts ToFacts(this Wire.CreateTestItemRequest request) => new(
        request.Name, request.JobName, request.ParameterSetId, new Dictionary<string, string>(request.Labels), request.PackagePattern,
        request.HasEnabled ? request.Enabled : null)
    {
        Agents = [.. request.Agents],
        Notify = [.. request.Notify.Select(ToDomain)],
        Rollback = request.Rollback.ToDomain(),
        Concurrency = request.Concurrency,
        NewestOnly = request.NewestOnly,
    };

    /// <summary>What a person says of an item that is there.</summary>
    public static TestItemFacts ToFacts(this Wire.UpdateTestItemRequest request) => new(
        request.Name, request.JobName, request.ParameterSetId, new Dictionary<string, string>(request.Labels), request.PackagePattern,
        request.HasEnabled ? request.Enabled : null)
    {
        Agents = [.. request.Agents],
        Notify = [.. request.Notify.Select(ToDomain)],
        Rollback = request.Rollback.ToDomain(),
        Concurrency = request.Concurrency,
        NewestOnly = request.NewestOnly,
    };

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
        Agents = { item.AgentNames },
        Notify = { item.NotifyList.Select(n => new Wire.NotifyEntry { Address = n.Address, Rule = n.Rule.ToWire(), Language = n.Language }) },
        Rollback = item.Rollback is { } rollback ? (Wire.RollbackPolicy)((int)rollback + 1) : Wire.RollbackPolicy.Unspecified,
        Concurrency = item.Concurrency,
        NewestOnly = item.NewestOnly,
        HasGate = item.Gate.Length > 0,
        CreatedAt = item.CreatedAt.ToWire(),
        UpdatedAt = item.UpdatedAt.ToWire(),
    };

    /// <summary>When somebody is told; always unless the caller says otherwise.</summary>
    public static NotifyRule ToDomain(this Wire.NotifyRule rule) => rule switch
    {
        Wire.NotifyRule.Unspecified or Wire.NotifyRule.Always => NotifyRule.Always,
        Wire.NotifyRule.OnFailure => NotifyRule.OnFailure,
        Wire.NotifyRule.OnChange => NotifyRule.OnChange,
        Wire.NotifyRule.Never => NotifyRule.Never,
        _ => throw OrbitException.Invalid("TEST_ITEM_INVALID", "rule names no rule of notification."),
    };

    /// <summary>When somebody is told.</summary>
    public static Wire.NotifyRule ToWire(this NotifyRule rule) => (Wire.NotifyRule)((int)rule + 1);

    private static NotifyEntry ToDomain(Wire.NotifyEntry entry) => new(EmailAddress.Parse(entry.Address), entry.Rule.ToDomain(), entry.Language);

    private static RollbackWish? ToDomain(this Wire.RollbackPolicy policy) => policy switch
    {
        Wire.RollbackPolicy.Unspecified => null,
        Wire.RollbackPolicy.Never => RollbackWish.Never,
        Wire.RollbackPolicy.OnDeployFailure => RollbackWish.OnDeployFailure,
        Wire.RollbackPolicy.OnAnyFailure => RollbackWish.OnAnyFailure,
        _ => throw OrbitException.Invalid("TEST_ITEM_INVALID", "rollback names no policy."),
    };
}
