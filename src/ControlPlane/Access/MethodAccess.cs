using System.Collections.Frozen;
using System.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Orbit.Contracts.V1;
using Orbit.ControlPlane.Platform;
using MethodDescriptor = Google.Protobuf.Reflection.MethodDescriptor;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Orbit.ControlPlane.Access;

/// <summary>
/// Who may call each gRPC method, read at start from the contract's <c>access</c> option. A mapped method that does not state it stops the
/// start, and so does any other address that states nothing (<see cref="EndpointAccess"/>).
/// </summary>
internal sealed class MethodAccess : IBeforeStart
{
    /// <summary>Published protocols whose contracts are not ours to annotate. Anybody may call them.</summary>
    private static readonly string[] Published =
        ["grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection", "grpc.health.v1.Health"];

    private FrozenDictionary<string, MethodRule> _rules = FrozenDictionary<string, MethodRule>.Empty;

    /// <summary>Every mapped method by its full name, <c>/orbit.v1.AuthService/Login</c>.</summary>
    public IReadOnlyDictionary<string, MethodRule> All => _rules;

    /// <summary>The rule of a method.</summary>
    public MethodRule Of(string fullName) =>
        _rules.TryGetValue(fullName, out MethodRule? rule) ? rule : throw new InvalidOperationException($"{fullName} was mapped after the start.");

    /// <inheritdoc />
    public Task PrepareAsync(WebApplication app, CancellationToken ct)
    {
        var rules = new Dictionary<string, MethodRule>(StringComparer.Ordinal);
        foreach (RouteEndpoint endpoint in ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            if (endpoint.Metadata.GetMetadata<GrpcMethodMetadata>() is { } method)
            {
                rules[method.Method.FullName] = RuleOf(method);
            }
            else if (EndpointAccessMetadata.Of(endpoint) is null && !IsRefusal(endpoint))
            {
                throw StartRefused.Because($"The address {endpoint.RoutePattern.RawText} does not state who may ask for it (Allow).");
            }
        }

        _rules = rules.ToFrozenDictionary(StringComparer.Ordinal);
        return Task.CompletedTask;
    }

    /// <summary>The engine's own answer to calls of methods that do not exist.</summary>
    private static bool IsRefusal(RouteEndpoint endpoint) =>
        endpoint.DisplayName?.StartsWith("gRPC - Unimplemented", StringComparison.Ordinal) == true;

    private static MethodRule RuleOf(GrpcMethodMetadata method)
    {
        if (Published.Contains(method.Method.ServiceName, StringComparer.Ordinal))
        {
            return new MethodRule(Contracts.V1.Access.Anonymous, ApiToken.Read, GrpcPortOnly: false);
        }

        ServiceDescriptor? service = DescriptorOf(method.ServiceType);
        MethodDescriptor? described = service?.FindMethodByName(method.Method.Name);
        Contracts.V1.Access access = StatedBy(described);
        return access != Contracts.V1.Access.Unspecified
            ? new MethodRule(access, ScopeOf(described!, access), GrpcPortOnly: service!.Methods.Any(m => StatedBy(m) == Contracts.V1.Access.Agent))
            : throw StartRefused.Because($"The gRPC method {method.Method.FullName} does not state who may call it (option `access`).");
    }

    private static Contracts.V1.Access StatedBy(MethodDescriptor? method) =>
        method?.GetOptions()?.GetExtension(OptionsExtensions.Access) ?? Contracts.V1.Access.Unspecified;

    /// <summary>The scope that an API token needs: what reads says so by its verb.</summary>
    private static string ScopeOf(MethodDescriptor method, Contracts.V1.Access access)
    {
        if (access is Contracts.V1.Access.Webhook)
        {
            return ApiToken.Builds;
        }

        Google.Api.HttpRule? http = method.GetOptions()?.GetExtension(Google.Api.AnnotationsExtensions.Http);
        bool reads = access is Contracts.V1.Access.Viewer && http?.PatternCase is null or Google.Api.HttpRule.PatternOneofCase.None or Google.Api.HttpRule.PatternOneofCase.Get;
        return reads ? ApiToken.Read : method.Service.FullName == RunService.Descriptor.FullName ? ApiToken.Runs : ApiToken.Write;
    }

    /// <summary>Generated base classes name the class that holds their descriptor.</summary>
    private static ServiceDescriptor? DescriptorOf(Type implementation)
    {
        for (Type? type = implementation; type is not null; type = type.BaseType)
        {
            if (type.GetCustomAttribute<BindServiceMethodAttribute>(inherit: false) is { } bound)
            {
                return bound.BindType.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor;
            }
        }

        return null;
    }
}

/// <summary>Who may call a method, and where.</summary>
/// <param name="Access">As the contract states it.</param>
/// <param name="Scope">The scope that an API token needs for it.</param>
/// <param name="GrpcPortOnly">True for a service that agents speak: it is not served on the port for browsers.</param>
internal sealed record MethodRule(Contracts.V1.Access Access, string Scope, bool GrpcPortOnly);
