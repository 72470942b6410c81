using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Web;
using Microsoft.AspNetCore.Builder;
using Orbit.Grpc.Tests.Wire;

namespace Orbit.Grpc.Tests.Web;

[Collection(nameof(ForeignClients))]
public sealed class GrpcWebTests(ForeignClients clients)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_browser_client_calls_streams_fails_and_gives_up_as_a_native_one_does()
    {
        await using EchoServer server = await StartAsync();
        string descriptors = clients.PathOf("echo.binpb");
        await File.WriteAllBytesAsync(descriptors, DescriptorSet());

        JsonElement seen = await clients.NodeAsync("web.mjs", server.Http1.OriginalString, descriptors);

        Assert.Equal("from the web", Text(seen, "text"));
        Assert.Equal("why", Text(seen, "header"));
        Assert.Equal("bye", Text(seen, "trailer"));
        Assert.True(seen.GetProperty("stream").GetBoolean());
        Assert.Equal("bye", Text(seen, "stream_trailer"));
        foreach (string failure in (string[])["unary_error", "stream_error"])
        {
            JsonElement error = seen.GetProperty(failure);
            Assert.Equal("NotFound", Text(error, "code"));
            Assert.Equal("nothing à dire", Text(error, "message"));
            Assert.Equal("google.rpc.ErrorInfo", error.GetProperty("details")[0].GetString());
            Assert.Equal("bye", Text(error, "trailer"));
        }

        Assert.Equal(3, seen.GetProperty("before_error").GetInt32());
        Assert.Equal("Canceled", Text(seen.GetProperty("aborted"), "code"));
        Assert.Equal(2, seen.GetProperty("before_abort").GetInt32());
        await server.Witness.Ended.WaitAsync(Patience);
        Assert.Equal("DeadlineExceeded", Text(seen.GetProperty("deadline"), "code"));
        Assert.Equal("Unimplemented", Text(seen.GetProperty("unknown"), "code"));
    }

    [Fact]
    public async Task Headers_arrive_before_the_first_message()
    {
        await using EchoServer server = await StartAsync();
        using var http = new HttpClient();
        using HttpRequestMessage request = Request(server, new SayRequest { Text = "wait" }, "application/grpc-web+proto");
        request.Headers.Add("x-question", "why");

        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience);

        Assert.Equal("why", Assert.Single(response.Headers.GetValues("x-answer")));
        Assert.Equal("application/grpc-web+proto", response.Content.Headers.ContentType?.MediaType);
    }

    [Theory]
    [InlineData("/orbit.grpctests.v1.EchoService/Say", 1)]
    [InlineData("/orbit.grpctests.v1.EchoService/Repeat", 3)]
    public async Task Text_mode_carries_the_same_frames_in_base64(string path, int messages)
    {
        await using EchoServer server = await StartAsync();
        using var http = new HttpClient();
        using HttpRequestMessage request = Request(
            server, new SayRequest { Text = new string('é', 20_000), Count = 3 }, "application/grpc-web-text+proto", path);

        using HttpResponseMessage response = await http.SendAsync(request).WaitAsync(Patience);

        Assert.Equal("application/grpc-web-text+proto", response.Content.Headers.ContentType?.MediaType);
        List<(byte Flag, byte[] Payload)> frames = Frames(FromSegments(await response.Content.ReadAsStringAsync()));
        Assert.Equal(messages, frames.Count(frame => frame.Flag == 0));
        Assert.All(frames.Take(messages), frame => Assert.Equal(20_000, SayResponse.Parser.ParseFrom(frame.Payload).Text.Length));
        Assert.Equal(0x80, frames[^1].Flag);
        Assert.Contains("grpc-status: 0\r\n", System.Text.Encoding.ASCII.GetString(frames[^1].Payload), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, null, true)]
    [InlineData(true, false, false)]
    [InlineData(false, null, false)]
    [InlineData(false, true, true)]
    public async Task After_routing_an_endpoints_own_word_goes_before_the_default(bool byDefault, bool? own, bool served)
    {
        await using EchoServer server = await EchoServer.StartAsync(
            pipeline: app =>
            {
                app.UseRouting();
                app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = byDefault });
            },
            endpoints: mapped => _ = own switch { true => mapped.EnableGrpcWeb(), false => mapped.DisableGrpcWeb(), null => mapped });
        using var http = new HttpClient();
        using HttpRequestMessage request = Request(server, new SayRequest { Text = "t" }, "application/grpc-web");
        using HttpResponseMessage response = await http.SendAsync(request).WaitAsync(Patience);
        Assert.Equal(served, response.Content.Headers.ContentType?.MediaType == "application/grpc-web");
    }

    private static Task<EchoServer> StartAsync() => EchoServer.StartAsync(pipeline: app =>
    {
        app.UseGrpcWeb(new GrpcWebOptions { DefaultEnabled = true });
        app.UseRouting();
    });

    private static HttpRequestMessage Request(
        EchoServer server, SayRequest message, string contentType, string path = "/orbit.grpctests.v1.EchoService/Say")
    {
        byte[] payload = message.ToByteArray();
        byte[] frame = [0, .. BitConverter.GetBytes(payload.Length).Reverse(), .. payload];

        // Two separately padded parts, as a client that sends in parts makes.
        byte[] body = contentType.Contains("text", StringComparison.Ordinal)
            ? System.Text.Encoding.ASCII.GetBytes(Convert.ToBase64String(frame, 0, 7) + Convert.ToBase64String(frame, 7, frame.Length - 7))
            : frame;
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = new(contentType);
        return new HttpRequestMessage(HttpMethod.Post, new Uri(server.Http1, path)) { Content = content };
    }

    private static byte[] FromSegments(string text)
    {
        using var bytes = new MemoryStream();
        foreach (char[] group in text.Chunk(4))
        {
            bytes.Write(Convert.FromBase64CharArray(group, 0, group.Length));
        }

        return bytes.ToArray();
    }

    private static List<(byte Flag, byte[] Payload)> Frames(byte[] body)
    {
        var frames = new List<(byte, byte[])>();
        for (int position = 0; position < body.Length;)
        {
            int length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(position + 1));
            frames.Add((body[position], body[(position + 5)..(position + 5 + length)]));
            position += 5 + length;
        }

        return frames;
    }

    private static byte[] DescriptorSet()
    {
        var all = new List<FileDescriptor>();
        AddWithDependencies(EchoReflection.Descriptor);
        var set = new FileDescriptorSet();
        set.File.AddRange(all.Select(file => FileDescriptorProto.Parser.ParseFrom(file.SerializedData)));
        return set.ToByteArray();

        void AddWithDependencies(FileDescriptor file)
        {
            foreach (FileDescriptor dependency in file.Dependencies)
            {
                AddWithDependencies(dependency);
            }

            if (!all.Contains(file))
            {
                all.Add(file);
            }
        }
    }

    private static string? Text(JsonElement element, string property) => element.GetProperty(property).GetString();
}
