using System.IO.Pipelines;

namespace Orbit.ControlPlane.Platform;

/// <summary>
/// Waits for the whole of a short call from a browser before anybody works on it. A page that is left while its call is on the way ends the
/// call here, without a word: to the gRPC engine a message that is cut off would be an error of the server.
/// </summary>
internal sealed class WholeCalls(RequestDelegate next)
{
    /// <summary>Bytes; what browsers ask is far shorter, and what is longer is read as it comes.</summary>
    private const int Longest = 32 * 1024;

    public async Task InvokeAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (request.ContentLength is > 0 and <= Longest and var length
            && request.ContentType?.StartsWith("application/grpc-web", StringComparison.OrdinalIgnoreCase) == true
            && !await HasArrivedAsync(request.BodyReader, (int)length, context.RequestAborted))
        {
            context.Abort();
            return;
        }

        await next(context);
    }

    /// <summary>False: the caller left before.</summary>
    private static async Task<bool> HasArrivedAsync(PipeReader body, int length, CancellationToken ct)
    {
        try
        {
            ReadResult result = await body.ReadAtLeastAsync(length, ct);
            body.AdvanceTo(result.Buffer.Start); // it is read again by whom it is meant for
            return result.Buffer.Length >= length;
        }
        catch (BadHttpRequestException wrong) when (wrong.StatusCode != StatusCodes.Status400BadRequest)
        {
            throw; // too slow or too long is the caller's doing while it is there
        }
        catch (Exception left) when (left is IOException or OperationCanceledException)
        {
            return false;
        }
    }
}
