using System.Net;
using System.Text.Json;

namespace Orbit.Grpc.Tests.Rest;

/// <summary>Streams over REST.</summary>
public sealed class RestStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Each_message_is_a_line()
    {
        await using RestServer server = await RestServer.StartAsync();
        using HttpResponseMessage response = await server.Http.GetAsync("/api/v1/watch?count=10000");
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        string[] lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            Enumerable.Range(1, 10_000).Select(id => (long)id),
            lines.Select(line => JsonSerializer.Deserialize<JsonElement>(line).GetProperty("id").GetInt64()));
    }

    [Fact]
    public async Task A_line_arrives_when_it_is_written_and_the_method_ends_when_the_caller_goes()
    {
        await using RestServer server = await RestServer.StartAsync();
        using (HttpResponseMessage response = await server.Http.GetAsync("/api/v1/watch?count=1&wait=true", HttpCompletionOption.ResponseHeadersRead))
        {
            using var lines = new StreamReader(await response.Content.ReadAsStreamAsync());
            Assert.StartsWith("{\"id\":1,", await lines.ReadLineAsync().WaitAsync(Patience), StringComparison.Ordinal);
            await server.Server.Witness.Waiting.WaitAsync(Patience);
        }

        await server.Server.Witness.Ended.WaitAsync(Patience);
    }

    [Fact]
    public async Task An_error_before_the_first_message_is_a_status_and_after_it_a_last_line()
    {
        await using RestServer server = await RestServer.StartAsync();
        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("GET", "/api/v1/watch?fail=true");
        Assert.Equal(HttpStatusCode.NotFound, status);
        Assert.Equal("BOOK_NOT_FOUND", error.GetProperty("reason").GetString());

        string[] lines = (await server.Http.GetStringAsync("/api/v1/watch?count=2&fail=true")).TrimEnd('\n').Split('\n');
        Assert.Equal(3, lines.Length);
        Assert.Equal("""{"error":{"code":"NOT_FOUND","message":"No more.","reason":"BOOK_NOT_FOUND","details":{}}}""", lines[2]);
    }

    [Fact]
    public async Task A_deadline_is_an_error_and_not_a_broken_connection()
    {
        await using RestServer server = await RestServer.StartAsync();
        server.Http.DefaultRequestHeaders.Add("grpc-timeout", "500m");
        (HttpStatusCode status, JsonElement error, _) = await server.SendAsync("GET", "/api/v1/watch?wait=true");
        Assert.Equal(HttpStatusCode.GatewayTimeout, status);
        Assert.Equal("DEADLINE_EXCEEDED", error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_raw_body_is_written_as_it_is_and_cut_off_when_it_fails()
    {
        await using RestServer server = await RestServer.StartAsync();
        using HttpResponseMessage response = await server.Http.GetAsync("/api/v1/text?count=3");
        Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        Assert.Equal("Zeile 1\nZeile 2\nZeile 3\n", await response.Content.ReadAsStringAsync());

        using HttpResponseMessage empty = await server.Http.GetAsync("/api/v1/text");
        Assert.Equal("", await empty.Content.ReadAsStringAsync());
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => server.Http.GetStringAsync("/api/v1/text?count=3&fail=true"));
    }
}
