using System.Text.Json;
using Google.Protobuf.WellKnownTypes;
using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ApiTests;

/// <summary>The library between the domain and the wire.</summary>
internal static class LibraryMapping
{
    public static ApiItemWish ToWish(this Wire.CreateCaseRequest request) => new(
        request.Name, request.Folder, request.Tags, request.State.ToDomain(), request.Visibility.ToDomain(), request.Spec?.ToJson("spec") ?? "{}");

    public static ApiItemWish ToWish(this Wire.CreateScenarioRequest request) => new(
        request.Name, request.Folder, request.Tags, request.State.ToDomain(), request.Visibility.ToDomain(), request.Spec?.ToJson("spec") ?? "{}");

    public static ApiItemWish ToWish(this Wire.UpdateCaseRequest request) => new(
        request.HasName ? request.Name : null,
        request.HasFolder ? request.Folder : null,
        request.SetTags ? request.Tags : null,
        request.State.ToDomain(),
        request.Visibility.ToDomain(),
        request.Spec?.ToJson("spec"),
        request.Version);

    public static ApiItemWish ToWish(this Wire.UpdateScenarioRequest request) => new(
        request.HasName ? request.Name : null,
        request.HasFolder ? request.Folder : null,
        request.SetTags ? request.Tags : null,
        request.State.ToDomain(),
        request.Visibility.ToDomain(),
        request.Spec?.ToJson("spec"),
        request.Version);

    public static ApiItemFilter ToFilter(this Wire.ListCasesRequest request) => new(
        ApiItemKind.Case, TextRule.Filter("folder", request.Folder), TextRule.Filter("tag", request.Tag), TextRule.Filter("query", request.Query), request.State.ToDomain());

    public static ApiItemFilter ToFilter(this Wire.ListScenariosRequest request) => new(
        ApiItemKind.Scenario, TextRule.Filter("folder", request.Folder), TextRule.Filter("tag", request.Tag), TextRule.Filter("query", request.Query), request.State.ToDomain());

    public static ApiItemState? ToDomain(this Wire.ApiItemState state) => state switch
    {
        Wire.ApiItemState.Draft => ApiItemState.Draft,
        Wire.ApiItemState.Active => ApiItemState.Active,
        Wire.ApiItemState.Archived => ApiItemState.Archived,
        _ => null,
    };

    public static ApiVisibility? ToDomain(this Wire.ApiVisibility visibility) => visibility switch
    {
        Wire.ApiVisibility.Private => ApiVisibility.Private,
        Wire.ApiVisibility.Team => ApiVisibility.Team,
        Wire.ApiVisibility.All => ApiVisibility.All,
        _ => null,
    };

    public static Wire.ApiVisibility ToWire(this ApiVisibility visibility) => visibility switch
    {
        ApiVisibility.Private => Wire.ApiVisibility.Private,
        ApiVisibility.Team => Wire.ApiVisibility.Team,
        _ => Wire.ApiVisibility.All,
    };

    /// <summary>An item as people see it; in lists without its spec.</summary>
    public static Wire.ApiItem ToWire(this ApiItem item, bool whole = true)
    {
        var wire = new Wire.ApiItem
        {
            Id = item.Id,
            Name = item.Name,
            Folder = item.Folder,
            State = item.State switch { ApiItemState.Draft => Wire.ApiItemState.Draft, ApiItemState.Archived => Wire.ApiItemState.Archived, _ => Wire.ApiItemState.Active },
            Owner = item.Owner,
            Visibility = item.Visibility.ToWire(),
            Version = item.Version,
            UpdatedAt = item.UpdatedAt.ToWire(),
            UpdatedBy = item.UpdatedBy,
        };
        wire.Tags.AddRange(item.TagList);
        wire.Spec = whole ? StructMapping.ToStruct(item.Spec) : null;
        return wire;
    }

    /// <summary>A version, with what differs from the one before.</summary>
    public static Wire.ApiItemVersion ToWire(this ApiItemVersion version, ApiItemVersion? before)
    {
        var wire = new Wire.ApiItemVersion
        {
            Version = version.Version,
            Spec = StructMapping.ToStruct(version.Spec),
            ChangedAt = version.ChangedAt.ToWire(),
            ChangedBy = version.ChangedBy,
        };
        wire.Changes.AddRange(before is null ? [] : JsonChanges.Between(before.Spec, version.Spec));
        return wire;
    }

    public static Wire.ApiEnvironment ToWire(this ApiEnvironment environment)
    {
        var wire = new Wire.ApiEnvironment
        {
            Id = environment.Id,
            Name = environment.Name,
            Variables = StructMapping.ToStruct(environment.Variables),
            UpdatedAt = environment.UpdatedAt.ToWire(),
            UpdatedBy = environment.UpdatedBy,
        };
        wire.SecretNames.AddRange(JsonSerializer.Deserialize<string[]>(environment.SecretNames));
        return wire;
    }

    public static Wire.ApiDataset ToWire(this ApiDataset dataset)
    {
        var wire = new Wire.ApiDataset
        {
            Id = dataset.Id,
            Name = dataset.Name,
            RowCount = dataset.RowCount,
            EnabledCount = dataset.EnabledCount,
            UpdatedAt = dataset.UpdatedAt.ToWire(),
            UpdatedBy = dataset.UpdatedBy,
        };
        wire.Columns.AddRange(JsonSerializer.Deserialize<string[]>(dataset.Columns));
        wire.Types_.Add(JsonSerializer.Deserialize<Dictionary<string, string>>(dataset.Types));
        return wire;
    }

    public static Wire.ApiDatasetRow ToWire(this ApiDatasetRow row)
    {
        var wire = new Wire.ApiDatasetRow { Number = row.Number, Name = row.Name, Enabled = row.Enabled, Values = StructMapping.ToStruct(row.Content) };
        if (row.Expect.Length > 0)
        {
            // A text alone is an expression.
            wire.Expect.AddRange(StructMapping.ToValue(row.Expect).ListValue.Values.Select(v => v.KindCase is Value.KindOneofCase.StructValue ? v.StructValue : new() { Fields = { ["expression"] = v } }));
        }

        return wire;
    }

    /// <summary>Checks of a row in the form in which they are stored; empty for none.</summary>
    public static string ToJson(this IReadOnlyCollection<Struct> expect) =>
        expect.Count == 0 ? "" : $"[{string.Join(',', expect.Select((check, i) => check.ToJson($"expect[{i}]")))}]";
}
