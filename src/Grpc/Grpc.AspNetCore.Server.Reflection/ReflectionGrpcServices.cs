using Google.Protobuf;
using Grpc.Core;
using V1 = Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace Grpc.AspNetCore.Server.Reflection;

/// <summary>The current version.</summary>
internal sealed class ReflectionV1GrpcService(ReflectionAnswers answers) : V1.ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<V1.ServerReflectionRequest> requestStream,
        IServerStreamWriter<V1.ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        await foreach (V1.ServerReflectionRequest question in requestStream.ReadAllAsync(context.CancellationToken))
        {
            await responseStream.WriteAsync(answers.Answer(question), context.CancellationToken);
        }
    }
}

/// <summary>The version before, the same on the wire but for the service's name.</summary>
internal sealed class ReflectionV1AlphaGrpcService(ReflectionAnswers answers) : V1Alpha.ServerReflection.ServerReflectionBase
{
    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<V1Alpha.ServerReflectionRequest> requestStream,
        IServerStreamWriter<V1Alpha.ServerReflectionResponse> responseStream,
        ServerCallContext context)
    {
        await foreach (V1Alpha.ServerReflectionRequest question in requestStream.ReadAllAsync(context.CancellationToken))
        {
            V1.ServerReflectionRequest current = V1.ServerReflectionRequest.Parser.ParseFrom(question.ToByteString());
            V1Alpha.ServerReflectionResponse answer =
                V1Alpha.ServerReflectionResponse.Parser.ParseFrom(answers.Answer(current).ToByteString());
            await responseStream.WriteAsync(answer, context.CancellationToken);
        }
    }
}
