using System.Reflection;
using Google.Api;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>One verb and path of a gRPC method.</summary>
/// <param name="Method">The method.</param>
/// <param name="Verb">HTTP verb in upper case.</param>
/// <param name="Path">Path template.</param>
/// <param name="Body">Request field that is the body; <c>*</c> for all, empty for none.</param>
/// <param name="ResponseBody">Response field that is the body; empty for all.</param>
internal sealed record RestRoute(MethodDescriptor Method, string Verb, PathTemplate Path, string Body, string ResponseBody)
{
    /// <summary>Full name of the message that is written as it is.</summary>
    private const string RawBody = "orbit.v1.RawBody";

    /// <summary>Path of the method in gRPC.</summary>
    public string GrpcPath { get; } = $"/{Method.Service.FullName}/{Method.Name}";

    /// <summary>Whether responses are bytes with a media type instead of JSON.</summary>
    public bool IsRaw { get; } = Method.OutputType.FullName == RawBody;
}

/// <summary>A route with what its path says.</summary>
internal sealed record RestMatch(RestRoute Route, IReadOnlyList<KeyValuePair<string, string>> PathFields);

/// <summary>What the request was before it became a gRPC request; among the request's features while it is served.</summary>
/// <param name="Verb">HTTP verb.</param>
/// <param name="Path">Path without the query, as it was sent.</param>
/// <param name="Route">Route that was taken.</param>
internal sealed record RestCall(string Verb, string Path, RestRoute Route);

/// <summary>The REST paths of all mapped gRPC services, from their annotations. Built at the first request, when all are mapped.</summary>
internal sealed class RestRoutes(EndpointDataSource endpoints, ILogger<RestRoutes> log)
{
    private readonly Lock _building = new();
    private IReadOnlyList<RestRoute>? _all;

    /// <summary>The more specific first.</summary>
    public IReadOnlyList<RestRoute> All
    {
        get
        {
            lock (_building)
            {
                return _all ??= Build();
            }
        }
    }

    /// <summary>Finds the route of a request.</summary>
    /// <param name="verb">HTTP verb.</param>
    /// <param name="path">Encoded path, beginning with a slash.</param>
    /// <param name="otherVerbs">Without a match: the verbs that the path has instead.</param>
    public RestMatch? Match(string verb, string path, out IReadOnlyList<string> otherVerbs)
    {
        string[] segments = path[1..].Split('/');
        var others = new SortedSet<string>(StringComparer.Ordinal);
        otherVerbs = [];
        foreach (RestRoute route in All)
        {
            if (!route.Path.TryMatch(segments, out List<KeyValuePair<string, string>>? fields))
            {
                continue;
            }

            if (route.Verb == verb)
            {
                return new(route, fields);
            }

            others.Add(route.Verb);
        }

        otherVerbs = [.. others];
        return null;
    }

    private static IEnumerable<RestRoute> RoutesOf(MethodDescriptor method)
    {
        if (method.GetOptions()?.GetExtension(AnnotationsExtensions.Http) is not { } rule)
        {
            return [];
        }

        return method.IsClientStreaming
            ? throw new InvalidOperationException($"{method.FullName} streams requests and cannot have a REST path.")
            : rule.AdditionalBindings.Prepend(rule).Select(each => RouteOf(method, each));
    }

    private static RestRoute RouteOf(MethodDescriptor method, HttpRule rule)
    {
        (string verb, string path) = rule.PatternCase switch
        {
            HttpRule.PatternOneofCase.Get => ("GET", rule.Get),
            HttpRule.PatternOneofCase.Put => ("PUT", rule.Put),
            HttpRule.PatternOneofCase.Post => ("POST", rule.Post),
            HttpRule.PatternOneofCase.Delete => ("DELETE", rule.Delete),
            HttpRule.PatternOneofCase.Patch => ("PATCH", rule.Patch),
            HttpRule.PatternOneofCase.Custom => (rule.Custom.Kind, rule.Custom.Path),
            _ => throw new InvalidOperationException($"{method.FullName} has a REST path without a verb."),
        };
        var route = new RestRoute(method, verb, PathTemplate.Parse(path), rule.Body, rule.ResponseBody);
        foreach (string field in route.Path.Fields.Concat(rule.Body is "" or "*" ? [] : [rule.Body]))
        {
            FieldPath.Resolve(method.InputType, field);
        }

        if (rule.ResponseBody.Length > 0)
        {
            FieldPath.Resolve(method.OutputType, rule.ResponseBody);
        }

        return route;
    }

    private static ServiceDescriptor? DescriptorOf(System.Type service) =>
        service.GetCustomAttribute<BindServiceMethodAttribute>(inherit: true)?.BindType
            .GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?
            .GetValue(null) as ServiceDescriptor;

    private List<RestRoute> Build()
    {
        List<RestRoute> routes = [.. endpoints.Endpoints
            .Select(endpoint => endpoint.Metadata.GetMetadata<GrpcMethodMetadata>()?.ServiceType)
            .OfType<System.Type>()
            .Distinct()
            .Select(DescriptorOf)
            .OfType<ServiceDescriptor>()
            .SelectMany(service => service.Methods)
            .SelectMany(RoutesOf)
            .OrderBy(route => route.Path.Rank, StringComparer.Ordinal)];
        foreach (IGrouping<string, RestRoute> same in routes.GroupBy(route => $"{route.Verb} {route.Path.Rank}").Where(same => same.Count() > 1))
        {
            throw new InvalidOperationException(
                $"{string.Join(" and ", same.Select(route => route.Method.FullName))} have the same REST path {same.Key}.");
        }

        log.RoutesFound(routes.Count);
        return routes;
    }
}
