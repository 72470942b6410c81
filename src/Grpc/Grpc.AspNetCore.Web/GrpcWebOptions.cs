namespace Grpc.AspNetCore.Web;

/// <summary>How gRPC-Web is served.</summary>
public class GrpcWebOptions
{
    /// <summary>Serve every gRPC endpoint that does not say otherwise. Off unless set.</summary>
    public bool DefaultEnabled { get; set; }
}

/// <summary>Says on an endpoint whether it is served over gRPC-Web.</summary>
public interface IGrpcWebEnabledMetadata
{
    /// <summary>Whether it is.</summary>
    bool GrpcWebEnabled { get; }
}

/// <summary>Serves a service or method over gRPC-Web whatever the default is.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class EnableGrpcWebAttribute : Attribute, IGrpcWebEnabledMetadata
{
    /// <inheritdoc />
    public bool GrpcWebEnabled => true;
}

/// <summary>Keeps a service or method off gRPC-Web whatever the default is.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
public sealed class DisableGrpcWebAttribute : Attribute, IGrpcWebEnabledMetadata
{
    /// <inheritdoc />
    public bool GrpcWebEnabled => false;
}
