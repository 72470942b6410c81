using Grpc.Core;

namespace Orbit.ControlPlane.Tests.Access;

/// <summary>Calls methods by name.</summary>
internal static class AnyMethod
{
    private static readonly Marshaller<byte[]> Bytes = Marshallers.Create<byte[]>(b => b, b => b);

    /// <summary>Calls any method with an empty message; only the refusal is of interest.</summary>
    public static async Task<string> ReasonAsync(CallInvoker caller, string fullName, TimeSpan limit)
    {
        string[] parts = fullName.Split('/');
        var method = new Method<byte[], byte[]>(MethodType.DuplexStreaming, parts[1], parts[2], Bytes, Bytes);
        using AsyncDuplexStreamingCall<byte[], byte[]> call = caller.AsyncDuplexStreamingCall(
            method, host: null, new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime + limit));
        try
        {
            await WriteAsync(call.RequestStream);
            while (await call.ResponseStream.MoveNext(default))
            {
                // an answer says that the call was let in
            }

            return "(answered)";
        }
        catch (RpcException refused)
        {
            return Refused.ReasonOf(refused);
        }
    }

    private static async Task WriteAsync(IClientStreamWriter<byte[]> requests)
    {
        try
        {
            await requests.WriteAsync([]);
            await requests.CompleteAsync();
        }
        catch (RpcException)
        {
            // the call was refused before the message was out: the answer says why, this exception only that it is over
        }
    }
}
