using Orbit.ControlPlane.Platform;
using Wire = Orbit.Contracts.V1;

namespace Orbit.ControlPlane.ParameterSets;

/// <summary>Parameter sets between the domain and the wire.</summary>
internal static class ParameterSetMapping
{
    /// <summary>A change that a person asks for.</summary>
    public static ParameterSetEdit ToEdit(this Wire.UpdateParameterSetRequest request) => new(
        request.Id,
        request.HasName ? request.Name : null,
        request.Parameters?.ToJson("parameters"),
        request.HasIsDefault ? request.IsDefault : null,
        request.HasVersion ? request.Version : null);

    /// <summary>A set as people see it.</summary>
    public static Wire.ParameterSet ToWire(this ParameterSetSnapshot snapshot) => new()
    {
        Id = snapshot.Set.Id,
        Name = snapshot.Set.Name,
        IsDefault = snapshot.Set.IsDefault,
        Version = snapshot.Content.Version,
        Parameters = StructMapping.ToStruct(SecretForm.Masked(snapshot.Content.Parameters)),
        UpdatedAt = snapshot.Content.UpdatedAt.ToWire(),
        UpdatedBy = snapshot.Content.UpdatedBy,
    };

    /// <summary>One difference; its values are masked already.</summary>
    public static Wire.ParameterChange ToWire(this ParameterDifference difference) => new()
    {
        Path = difference.Path,
        Old = difference.Old is null ? null : StructMapping.ToValue(difference.Old.ToJsonString()),
        New = difference.New is null ? null : StructMapping.ToValue(difference.New.ToJsonString()),
    };
}
