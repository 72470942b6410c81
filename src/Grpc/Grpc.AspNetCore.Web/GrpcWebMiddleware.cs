using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Web;

/// <summary>Shows the gRPC engine a gRPC request, and turns its response back into what a browser can read.</summary>
internal sealed class GrpcWebMiddleware(RequestDelegate next, GrpcWebOptions options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (GrpcWebContentType.Parse(context.Request.ContentType) is not { } asked
            || !HttpMethods.IsPost(context.Request.Method)
            || !IsEnabled(context.GetEndpoint()))
        {
            await next(context);
            return;
        }

        await ServeAsync(context, asked);
    }

    private static void AnswerWith(GrpcWebContentType answer, HttpResponse response)
    {
        // The engine's own refusals (wrong method, no such path) are plain HTTP and keep their type.
        if (response.ContentType?.StartsWith(GrpcWebContentType.Grpc, StringComparison.OrdinalIgnoreCase) == true)
        {
            response.ContentType = answer.Text;
        }
    }

    private bool IsEnabled(Endpoint? endpoint) =>
        endpoint?.Metadata.GetMetadata<IGrpcWebEnabledMetadata>()?.GrpcWebEnabled ?? options.DefaultEnabled;

    private async Task ServeAsync(HttpContext context, GrpcWebContentType asked)
    {
        GrpcWebContentType answer = asked.AnswerFor(context.Request.Headers.Accept);
        (string protocol, string? contentType) = (context.Request.Protocol, context.Request.ContentType);
        context.Request.Protocol = HttpProtocol.Http2;
        context.Request.ContentType = asked.AsGrpc;
        if (asked.IsBase64)
        {
            context.Request.Body = new Base64ReadStream(context.Request.Body);
        }

        IFeatureCollection features = context.Features;
        IHttpResponseBodyFeature body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        IHttpResponseTrailersFeature? trailers = features.Get<IHttpResponseTrailersFeature>();
        IHttpResetFeature? reset = features.Get<IHttpResetFeature>();
        var response = new GrpcWebResponse(body, answer.IsBase64);
        features.Set<IHttpResponseBodyFeature>(response);
        features.Set<IHttpResponseTrailersFeature>(response);
        features.Set<IHttpResetFeature>(response);
        context.Response.OnStarting(() =>
        {
            AnswerWith(answer, context.Response);
            return Task.CompletedTask;
        });
        try
        {
            await next(context);
            await response.FinishAsync(context.RequestAborted);
        }
        finally
        {
            features.Set(body);
            features.Set(trailers);
            features.Set(reset);
            (context.Request.Protocol, context.Request.ContentType) = (protocol, contentType);
        }
    }
}
