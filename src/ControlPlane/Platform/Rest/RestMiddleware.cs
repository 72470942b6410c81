using System.Net.Mime;
using Grpc.Core;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Orbit.ControlPlane.Platform.Rest;

/// <summary>
/// Turns a REST request into the gRPC request that it stands for, in process, so that routing, authentication, interceptors and endpoint
/// metadata are those of the gRPC method, and turns the response back.
/// </summary>
internal sealed class RestMiddleware(
    RequestDelegate next, RestRoutes routes, OpenApiDocument openApi, IOptions<RestOptions> options, ILogger<RestMiddleware> log)
{
    private const string OpenApiPath = "/openapi.json";

    public async Task InvokeAsync(HttpContext context)
    {
        string path = PathOf(context);
        if (path == OpenApiPath && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.ContentType = MediaTypeNames.Application.Json;
            await context.Response.Body.WriteAsync(openApi.Bytes, context.RequestAborted);
        }
        else if (routes.Match(context.Request.Method, path, out IReadOnlyList<string> otherVerbs) is { } match)
        {
            await ServeAsync(context, match, path);
        }
        else if (otherVerbs.Count > 0)
        {
            context.Response.Headers.Allow = string.Join(", ", otherVerbs);
            await AnswerAsync(context, RestError.Plain(
                StatusCode.Unimplemented, $"{path} takes {string.Join(", ", otherVerbs)}, not {context.Request.Method}.", RestError.VerbUnsupported));
        }
        else if (IsOurs(path))
        {
            await AnswerAsync(context, RestError.Plain(StatusCode.NotFound, $"There is nothing at {path}.", RestError.PathUnknown));
        }
        else
        {
            await next(context);
        }
    }

    /// <summary>The path as it was sent: the decoded one cannot tell a slash from an encoded one.</summary>
    private static string PathOf(HttpContext context)
    {
        string target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (!target.StartsWith('/'))
        {
            // Absolute form, or `*`.
            target = Uri.TryCreate(target, UriKind.Absolute, out Uri? absolute) ? absolute.AbsolutePath : "/";
        }

        int query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    private static Task AnswerAsync(HttpContext context, RestError error) =>
        error.WriteAsync(context.Response, context.Response.BodyWriter, context.RequestAborted);

    private static void BecomeGrpc(HttpRequest request, RestRoute route, byte[] frame)
    {
        request.Method = HttpMethods.Post;
        request.Path = route.GrpcPath;
        request.QueryString = default;
        request.Protocol = HttpProtocol.Http2;
        request.ContentType = "application/grpc";
        request.ContentLength = frame.Length;
        request.Headers.TE = "trailers";
        request.Headers.TransferEncoding = default;

        // What the response may be packed with is between us and the engine.
        request.Headers.Remove("grpc-accept-encoding");
        request.Headers.Remove("grpc-encoding");
        request.Body = new MemoryStream(frame);
    }

    private bool IsOurs(string path) =>
        path.StartsWith(options.Value.Prefix, StringComparison.Ordinal)
        && !options.Value.PassOn.Any(other => path.StartsWith(other, StringComparison.Ordinal));

    private async Task ServeAsync(HttpContext context, RestMatch match, string path)
    {
        byte[] frame;
        try
        {
            frame = await RestRequest.ReadAsync(context.Request, match, options.Value, context.RequestAborted);
        }
        catch (OrbitException refusal)
        {
            await AnswerAsync(context, RestError.Of(refusal));
            return;
        }

        HttpRequest request = context.Request;
        (string verb, PathString decoded, QueryString query, string protocol, string? type, long? length, Stream body) =
            (request.Method, request.Path, request.QueryString, request.Protocol, request.ContentType, request.ContentLength, request.Body);
        IFeatureCollection features = context.Features;
        IHttpResponseBodyFeature inner = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        IHttpResponseTrailersFeature? trailers = features.Get<IHttpResponseTrailersFeature>();
        IHttpResetFeature? reset = features.Get<IHttpResetFeature>();
        var response = new RestResponse(context, inner, match.Route, options.Value.SuccessStatusOf(match.Route.Method.FullName), log);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpResponseTrailersFeature>(response);
        features.Set<IHttpResetFeature>(response);
        features.Set(new RestCall(verb, path, match.Route));
        try
        {
            BecomeGrpc(request, match.Route, frame);
            await next(context);
            await response.FinishAsync(context.RequestAborted);
        }
        finally
        {
            features.Set(inner);
            features.Set(trailers);
            features.Set(reset);
            (request.Method, request.Path, request.QueryString, request.Protocol, request.ContentType, request.ContentLength, request.Body) =
                (verb, decoded, query, protocol, type, length, body);
        }
    }
}
