using System.Text.Json;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Orbit.Grpc.Tests.Reflection;

[Collection(nameof(ForeignClients))]
public sealed class ReflectionTests(ForeignClients clients)
{
    private static readonly string[] Mapped =
    [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "orbit.grpctests.v1.EchoService",
    ];

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task A_node_client_that_knows_only_a_name_calls_the_service(string version)
    {
        await using EchoServer server = await StartAsync();

        JsonElement seen = await clients.NodeAsync(
            "reflect.mjs",
            server.Http2.Authority,
            clients.PathOf($"protos/grpc/reflection/{version}/reflection.proto"),
            $"grpc.reflection.{version}");

        Assert.Equal(Mapped, Texts(seen, "services"));
        Assert.Equal("from node", seen.GetProperty("said").GetString());
        Assert.Equal(
            ["google/api/annotations.proto", "google/protobuf/descriptor.proto", "google/api/http.proto"],
            Texts(seen, "files_by_name"));
        Assert.Equal("google/api/annotations.proto", seen.GetProperty("file_by_extension").GetString());
        Assert.Contains(72295728, seen.GetProperty("extension_numbers").EnumerateArray().Select(number => number.GetInt32()));
        Assert.Equal((int)StatusCode.NotFound, seen.GetProperty("missing_code").GetInt32());
    }

    [Fact]
    public async Task A_python_client_that_knows_only_a_name_calls_the_service_and_sees_its_health()
    {
        await using EchoServer server = await StartAsync();

        JsonElement seen = await clients.PythonAsync("reflect.py", server.Http2.Authority);

        Assert.Equal(Mapped, Texts(seen, "services"));
        Assert.Equal("from python", seen.GetProperty("said").GetString());
        Assert.Equal(1, seen.GetProperty("health").GetInt32());
        Assert.Equal("NOT_FOUND", seen.GetProperty("unknown").GetString());
    }

    [Fact]
    public async Task Every_symbol_of_a_file_leads_to_it_and_what_it_imports()
    {
        await using EchoServer server = await StartAsync();
        using AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call =
            new ServerReflection.ServerReflectionClient(server.Connect()).ServerReflectionInfo();

        foreach ((string symbol, string file) in ((string, string)[])
        [
            ("orbit.grpctests.v1.EchoService.Say", "echo.proto"),
            ("orbit.grpctests.v1.SayRequest", "echo.proto"),
            ("orbit.grpctests.v1.SayRequest.text", "echo.proto"),
            ("grpc.health.v1.HealthCheckResponse.ServingStatus", "grpc/health/v1/health.proto"),
            ("grpc.health.v1.HealthCheckResponse.NOT_SERVING", "grpc/health/v1/health.proto"),
            ("google.api.http", "google/api/annotations.proto"),
            ("google.protobuf.FileDescriptorProto", "google/protobuf/descriptor.proto"),
        ])
        {
            ServerReflectionResponse answer = await AskAsync(call, new() { FileContainingSymbol = symbol });
            Assert.Equal(file, FileDescriptorProto.Parser.ParseFrom(answer.FileDescriptorResponse.FileDescriptorProto[0]).Name);
        }

        ServerReflectionResponse unasked = await AskAsync(call, new() { Host = "h" });
        Assert.Equal((int)StatusCode.InvalidArgument, unasked.ErrorResponse.ErrorCode);
        Assert.Equal("h", unasked.ValidHost);
        ServerReflectionResponse unknown = await AskAsync(call, new() { AllExtensionNumbersOfType = "no.such.Type" });
        Assert.Equal((int)StatusCode.NotFound, unknown.ErrorResponse.ErrorCode);
    }

    private static Task<EchoServer> StartAsync() => EchoServer.StartAsync(
        services: services => services.AddGrpcReflection().AddGrpcHealthChecks(),
        pipeline: app =>
        {
            app.MapGrpcReflectionService();
            app.MapGrpcHealthChecksService();
        });

    private static async Task<ServerReflectionResponse> AskAsync(
        AsyncDuplexStreamingCall<ServerReflectionRequest, ServerReflectionResponse> call, ServerReflectionRequest question)
    {
        await call.RequestStream.WriteAsync(question);
        Assert.True(await call.ResponseStream.MoveNext());
        Assert.Equal(question, call.ResponseStream.Current.OriginalRequest);
        return call.ResponseStream.Current;
    }

    private static IEnumerable<string?> Texts(JsonElement element, string property) =>
        element.GetProperty(property).EnumerateArray().Select(text => text.GetString());
}
