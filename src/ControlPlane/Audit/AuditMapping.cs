using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.Audit;

/// <summary>Audit entries between the domain and the wire.</summary>
internal static class AuditMapping
{
    /// <summary>What a list is asked for.</summary>
    public static AuditFilter ToFilter(this Wire.ListAuditRequest request) => new()
    {
        Who = TextRule.Filter("who", request.Who),
        Action = TextRule.Filter("action", request.Action),
        Object = TextRule.Filter("object", request.Object),
        Text = TextRule.Filter("query", request.Query),
        After = request.After.ToTime("after"),
        Before = request.Before.ToTime("before"),
    };

    /// <summary>What an export is asked for.</summary>
    public static AuditFilter ToFilter(this Wire.ExportAuditRequest request) => new()
    {
        Who = TextRule.Filter("who", request.Who),
        Action = TextRule.Filter("action", request.Action),
        Object = TextRule.Filter("object", request.Object),
        Text = TextRule.Filter("query", request.Query),
        After = request.After.ToTime("after"),
        Before = request.Before.ToTime("before"),
    };

    /// <summary>An entry as admins see it.</summary>
    public static Wire.AuditEntry ToWire(this AuditEntry entry) => new()
    {
        Id = entry.Id.ToString("D"),
        Time = entry.At.ToWire(),
        Who = entry.Who,
        Action = entry.Action,
        Object = entry.Object,
        Old = entry.Old is null ? null : StructMapping.ToValue(entry.Old),
        New = entry.New is null ? null : StructMapping.ToValue(entry.New),
        RemoteAddress = entry.RemoteAddress,
    };
}
